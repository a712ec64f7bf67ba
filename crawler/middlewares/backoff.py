"""When a server says "not now", everything for its host waits, for a while."""

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from time import monotonic
from typing import Any, Self

from scrapy.http import Request, Response

from crawler.middlewares.guard import Refused
from tracker.model import Reason

LONGEST = 120.0  # seconds that a run waits for one host at a time
MOST = 3  # waits for one host in a run
WITHOUT_WORD = 10  # times the usual delay, where the server does not say how long
NOT_NOW = {429, 503}
LEFT_ALONE = "the server asked to be left alone for now"


class Backoff:
    """Keeps Retry-After (RFC 9110 §10.2.3) for the whole host; then gives the host up for this run."""

    def __init__(self, crawler: Any) -> None:
        self.crawler = crawler
        self.waits: Counter[str] = Counter()
        self.until: dict[str, float] = {}
        self.given_up: set[str] = set()

    @classmethod
    def from_crawler(cls, crawler: Any) -> Self:
        return cls(crawler)

    def process_request(self, request: Request) -> None:
        if self._host(request) in self.given_up:
            raise Refused(Reason.RATE_LIMITED, LEFT_ALONE)

    def process_response(self, request: Request, response: Response) -> Response | Request:
        if response.status not in NOT_NOW:
            return response
        wait = self._wait(response)
        if wait is None:
            return response
        host = self._host(request)
        if not self._may_wait(host, wait):
            self._give_up(host)
            return response
        self._pause(host, wait)
        return request.replace(dont_filter=True, priority=request.priority + 1)

    def _wait(self, response: Response) -> float | None:
        """Seconds to wait, or None where nothing says that it would help."""
        stated = retry_after(response, now=lambda: datetime.now(UTC))
        if stated is None and response.status == 429:
            usual: float = self.crawler.settings.getfloat("DOWNLOAD_DELAY") * WITHOUT_WORD
            return usual or None
        return stated

    def _may_wait(self, host: str, wait: float) -> bool:
        if self.until.get(host, 0.0) > monotonic():
            return True  # sent before the wait began
        self.waits[host] += 1
        return wait <= LONGEST and self.waits[host] <= MOST

    def _pause(self, host: str, wait: float) -> None:
        until = max(self.until.get(host, 0.0), monotonic() + wait)
        self.until[host] = until
        slot = self.crawler.engine.downloader.slots.get(host)
        if slot is not None:
            slot.delay = slot.delay or 0.001  # the downloader looks at the time only with a delay
            slot.lastseen = until - slot.delay

    def _give_up(self, host: str) -> None:
        self.given_up.add(host)
        slot = self.crawler.engine.downloader.slots.get(host)
        while slot is not None and slot.queue:  # what was let through before we knew
            _, answer = slot.queue.popleft()
            answer.errback(Refused(Reason.RATE_LIMITED, LEFT_ALONE))

    def _host(self, request: Request) -> str:
        return str(self.crawler.engine.downloader.get_slot_key(request))


def retry_after(response: Response, *, now: Callable[[], datetime]) -> float | None:
    """Return the seconds that Retry-After asks for, given as seconds or as a date."""
    given = (response.headers.get(b"Retry-After") or b"").decode("latin-1").strip()
    if given.isdigit():
        return float(given[:9])
    try:
        at = parsedate_to_datetime(given)
    except ValueError:
        return None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return max(0.0, (at - now()).total_seconds())
