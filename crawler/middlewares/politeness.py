"""robots.txt as RFC 9309 has it, with its Crawl-delay and what it asks of AI; kept for a day."""

import asyncio
import re
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from scrapy.downloadermiddlewares.robotstxt import RobotsTxtMiddleware
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Request, Response
from scrapy.utils.misc import build_from_crawler

from crawler.middlewares.guard import Refused
from tracker.model import Reason
from tracker.store.importing import Importer
from tracker.store.recorder import Recorder
from tracker.store.robots import KeptRobots, keep_robots, kept_robots

LONGEST_DELAY = 60.0
LONGEST = 512_000  # bytes that are read of a robots.txt (RFC 9309 §2.5 asks for 500 KiB at least)
KEPT_FOR = timedelta(hours=24)  # RFC 9309 §2.4
PRIVATE = Reason.PRIVATE_ADDRESS
ALLOW_ALL = b""
REFUSE_ALL = b"User-agent: *\nDisallow: /"


class Robots(RobotsTxtMiddleware):
    """Obeys robots.txt: a missing one allows everything, one that cannot be had now allows nothing."""

    def __init__(self, crawler: Any) -> None:
        super().__init__(crawler)
        self._unreachable: dict[str, Exception] = {}
        self._asking: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._waiting: set[str] = set()  # hosts whose robots.txt answers with an error of theirs
        self._signals: dict[str, tuple[str, ...]] = {}

    async def robot_parser(self, request: Request) -> Any:
        netloc = urlsplit(request.url).netloc
        # Scrapy lets all requests to a host wait on one Deferred and gives the rules to the first
        # waiter only; to the others it says that there are none, and so refuses them nothing.
        async with self._asking[netloc]:
            kept = None if netloc in self._parsers else self._kept(_origin(request))
            if kept and self._now() - kept.fetched_at < KEPT_FOR:
                self._parsers[netloc] = self._parser(kept, netloc)
                self._slow_down(request, self._parsers[netloc])
            return await super().robot_parser(request)

    def _kept(self, origin: str) -> KeptRobots | None:
        return kept_robots(self._recorder.store, origin) if self._recorder else None

    def _keep(self, found: KeptRobots) -> None:
        if self._recorder:  # who only looks records nothing
            keep_robots(self._recorder.store, found)

    @property
    def _recorder(self) -> Recorder | Importer | None:
        recorder: Recorder | Importer | None = getattr(self.crawler.spider, "recorder", None)
        return recorder

    def _now(self) -> datetime:
        clock = getattr(self.crawler.spider, "clock", None)
        return clock() if clock else datetime.now(UTC)

    def process_request_2(self, rp: Any, request: Request) -> None:
        host = request.url.split("/")[2]
        if host in self._unreachable:
            # The document's own outcome should be the real one, not "robots".
            raise self._unreachable[host]
        try:
            super().process_request_2(rp, request)
        except IgnoreRequest:
            waiting = "robots.txt cannot be had now, so nothing may be read"
            why = waiting if host in self._waiting else "refused by robots.txt"
            raise Refused(Reason.ROBOTS, why) from None
        if said := self._signals.get(host):
            request.meta["robots_signals"] = said

    async def _parse_robots(self, response: Response, netloc: str, request: Request) -> None:
        found = KeptRobots(
            origin=_origin(request),
            fetched_at=self._now(),
            status=response.status,
            body=response.body[:LONGEST],
        )
        if is_busy(found.status):
            found = self._kept(found.origin) or found
        else:
            self._keep(found)
        await super()._parse_robots(
            response.replace(body=self._rules(found, netloc)), netloc, request
        )
        self._slow_down(request, self._parsers[netloc])

    def _parser(self, kept: KeptRobots, netloc: str) -> Any:
        return build_from_crawler(self._parserimpl, self.crawler, self._rules(kept, netloc))

    def _rules(self, found: KeptRobots, netloc: str) -> bytes:
        if is_busy(found.status):  # RFC 9309 §2.3.1.4
            self._waiting.add(netloc)
            return REFUSE_ALL
        if found.status >= 400:  # RFC 9309 §2.3.1.3
            return ALLOW_ALL
        if found.body.lstrip()[:1] == b"<":
            return ALLOW_ALL
        self._signals[netloc] = tuple(preferences(found.body, str(self._robotstxt_useragent)))
        return found.body

    def _slow_down(self, request: Request, parser: Any) -> None:
        delay = min(parser.crawl_delay(self._robotstxt_useragent) or 0, LONGEST_DELAY)
        downloader = self.crawler.engine.downloader
        key = downloader.get_slot_key(request)
        usual = downloader.per_slot_settings.get(key, {}).get("delay")
        if delay <= (self.crawler.settings.getfloat("DOWNLOAD_DELAY") if usual is None else usual):
            return
        downloader.per_slot_settings[key] = {"delay": delay, "concurrency": 1}
        if key in downloader.slots:
            slot = downloader.slots[key]
            slot.delay, slot.concurrency = delay, 1

    def _robots_error(self, exc: Exception, netloc: str) -> None:
        # A refusal of robots.txt alone (a redirect elsewhere, too large) refuses nothing else.
        if not isinstance(exc, IgnoreRequest) or getattr(exc, "reason", "") in {
            PRIVATE,
            Reason.RATE_LIMITED,
        }:
            self._unreachable[netloc] = exc
        super()._robots_error(exc, netloc)


def is_busy(status: int) -> bool:
    """Tell whether a status says "not now" rather than "there is none"."""
    return status >= 500 or status == 429


def _origin(request: Request) -> str:
    return "/".join(request.url.split("/", 3)[:3])


PREFERENCE = re.compile(r"(content-signal|content-usage)\s*:\s*(.{1,200})", re.IGNORECASE)


def preferences(body: bytes, agent: str) -> Iterator[str]:
    """Yield what a robots.txt asks of AI, in the groups that speak to everybody or to us."""
    applies, in_agents = True, False
    for line in body.decode(errors="replace").splitlines():
        said = line.partition("#")[0].strip()
        field, _, value = (part.strip().lower() for part in said.partition(":"))
        if field == "user-agent":
            applies = (in_agents and applies) or value == "*" or value in agent.lower()
            in_agents = True
            continue
        in_agents = in_agents and not field
        if applies and (found := PREFERENCE.fullmatch(said)):
            yield f"robots.txt {found[1].lower()}: {found[2].strip()}"
