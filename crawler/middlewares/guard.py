"""Which requests may leave: official hosts, http and https, no private address; redirects too."""

from typing import Any, Self
from urllib.parse import urlsplit

from scrapy.exceptions import IgnoreRequest
from scrapy.http import Request

from tracker.addresses import LONGEST_URL, literal, on_official_host, refusal
from tracker.model import Reason


class Refused(IgnoreRequest):
    """A request that was not sent, and why."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


class Guard:
    """Refuses requests that must not leave. A redirect is a request of its own."""

    def __init__(self, allowed: frozenset[str]) -> None:
        self.allowed = allowed

    @classmethod
    def from_crawler(cls, crawler: Any) -> Self:
        return cls(frozenset(crawler.settings.getlist("ALLOW_HOSTS")))

    def process_request(self, request: Request) -> None:
        parts = urlsplit(request.url)
        host = parts.hostname or ""
        if parts.scheme not in {"http", "https"}:
            raise Refused(Reason.FOREIGN_HOST, f"{parts.scheme} is not a web address")
        if len(request.url) > LONGEST_URL:
            raise Refused(Reason.TOO_LARGE, f"its address has more than {LONGEST_URL} characters")
        hosts = request.meta.get("hosts")
        if hosts is not None and not on_official_host(request.url, hosts):
            raise Refused(Reason.FOREIGN_HOST, f"{host} is not an official host")
        if host in self.allowed:
            return
        address = literal(host)
        if address and (why := refusal(address)):
            raise Refused(Reason.PRIVATE_ADDRESS, f"{host} is {why}")
