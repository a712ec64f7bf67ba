"""robots.txt as RFC 9309 has it, and its Crawl-delay."""

import asyncio
from collections import defaultdict
from typing import Any
from urllib.parse import urlsplit

from scrapy.downloadermiddlewares.robotstxt import RobotsTxtMiddleware
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Request, Response

from crawler.middlewares.guard import Refused
from tracker.model import Reason

LONGEST_DELAY = 60.0
PRIVATE = Reason.PRIVATE_ADDRESS
ALLOW_ALL = b""
REFUSE_ALL = b"User-agent: *\nDisallow: /"


class Robots(RobotsTxtMiddleware):
    """Obeys robots.txt: a missing one allows everything, an unreadable one nothing."""

    def __init__(self, crawler: Any) -> None:
        super().__init__(crawler)
        self._unreachable: dict[str, Exception] = {}
        self._asking: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def robot_parser(self, request: Request) -> Any:
        # Scrapy lets all requests to a host wait on one Deferred and gives the rules to the first
        # waiter only; to the others it says that there are none, and so refuses them nothing.
        async with self._asking[urlsplit(request.url).netloc]:
            return await super().robot_parser(request)

    def process_request_2(self, rp: Any, request: Request) -> None:
        host = request.url.split("/")[2]
        if host in self._unreachable:
            # The document's own outcome should be the real one, not "robots".
            raise self._unreachable[host]
        try:
            super().process_request_2(rp, request)
        except IgnoreRequest:
            raise Refused(Reason.ROBOTS, "refused by robots.txt") from None

    async def _parse_robots(self, response: Response, netloc: str, request: Request) -> None:
        rules = response.replace(body=_rules(response))
        await super()._parse_robots(rules, netloc, request)
        parser = self._parsers[netloc]
        self._slow_down(request, parser)

    def _slow_down(self, request: Request, parser: Any) -> None:
        delay = parser.crawl_delay(self._robotstxt_useragent) or 0
        usual = self.crawler.settings.getfloat("DOWNLOAD_DELAY")
        if delay <= usual:
            return
        downloader = self.crawler.engine.downloader
        key = downloader.get_slot_key(request)
        delay = min(delay, LONGEST_DELAY)
        downloader.per_slot_settings[key] = {"delay": delay, "concurrency": 1}
        if key in downloader.slots:
            slot = downloader.slots[key]
            slot.delay, slot.concurrency = delay, 1

    def _robots_error(self, exc: Exception, netloc: str) -> None:
        # A refusal of robots.txt alone (a redirect elsewhere, too large) refuses nothing else.
        if not isinstance(exc, IgnoreRequest) or getattr(exc, "reason", "") is PRIVATE:
            self._unreachable[netloc] = exc
        super()._robots_error(exc, netloc)


def _rules(response: Response) -> bytes:
    if response.status >= 500:  # RFC 9309 §2.3.1.4
        return REFUSE_ALL
    if response.status >= 400:  # RFC 9309 §2.3.1.3
        return ALLOW_ALL
    body = response.body
    return ALLOW_ALL if body.lstrip()[:1] == b"<" else body
