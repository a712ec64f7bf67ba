"""Reads what a web archive holds of addresses: first its list of captures, then the captures, raw."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from email.utils import parsedate_to_datetime
from itertools import groupby
from typing import Any
from urllib.parse import urlsplit

from scrapy import Spider
from scrapy.http import Request, Response
from twisted.python.failure import Failure

from crawler.cdx import Archive, CdxError, Run, moment, read_cdx, spread
from crawler.items import CaptureRead
from crawler.outcomes import not_fetched
from tracker.archive import Capture, Repeat, evidence, sha256
from tracker.belonging import Place, page_key
from tracker.store.importing import Importer

ORIGINAL = "x-archive-orig-"
TRIES = 5  # of one address that is refused for now
LONGEST_WAIT = timedelta(minutes=10)
FIRST_WAIT = timedelta(seconds=5)
NOT_NOW = [429, 502, 503, 504]
NOTHING_THERE = 404


class Archives(Spider):
    """Every capture becomes one item; a run of alike ones is read once and seen to its last day."""

    name = "archives"

    def __init__(
        self,
        *,
        archive: Archive,
        urls: Sequence[str],
        since: date | None,
        until: date | None,
        most: int,
        recorder: Importer,
        clock: Callable[[], datetime],
        told: Callable[[str], None],
    ) -> None:
        super().__init__()
        self.archive, self.urls, self.since, self.until = archive, urls, since, until
        self.most, self.recorder, self.clock, self.told = most, recorder, clock, told
        self.failed: Counter[str] = Counter()
        self.left_out = 0
        self.planned = self.done = 0

    async def start(self) -> AsyncIterator[Any]:
        for url in self.urls:
            yield self._request(
                self.archive.query(url, since=self.since, until=self.until),
                self.listed,
                {"url": url},
            )

    def _request(
        self, address: str, callback: Callable[..., Any], given: dict[str, Any], tried: int = 0
    ) -> Request:
        return Request(
            address,
            callback=callback,
            errback=self.not_read,
            dont_filter=True,
            cb_kwargs={**given, "tried": tried},
            meta={
                "hosts": [self.archive.host],
                "dont_retry": True,
                "handle_httpstatus_list": [*NOT_NOW, NOTHING_THERE],
            },
        )

    async def _later(
        self, response: Response, callback: Callable[..., Any], given: dict[str, Any], tried: int
    ) -> Request | None:
        """Ask again when the archive says, and ask it nothing meanwhile; None when it is enough."""
        assert response.request is not None
        if tried + 1 >= TRIES:
            self.failed[f"status {response.status}"] += 1
            self.told(f"{response.request.url}: given up after {TRIES} tries ({response.status})")
            return None
        wait = retry_after(response, at=self.clock()) or FIRST_WAIT * 2**tried
        self.told(f"{self.archive.host} asks for a pause of {wait.total_seconds():.0f} s")
        engine = self.crawler.engine
        assert engine is not None
        engine.pause()
        await asyncio.sleep(min(wait, LONGEST_WAIT).total_seconds())
        engine.unpause()
        return self._request(response.request.url, callback, given, tried + 1)

    async def listed(self, response: Response, url: str, tried: int) -> AsyncIterator[Any]:
        """Plan the captures that the archive lists and we do not have."""
        if response.status in NOT_NOW:
            again = await self._later(response, self.listed, {"url": url}, tried)
            if again is not None:
                yield again
            return
        try:
            runs = [] if response.status == NOTHING_THERE else read_cdx(response.body)
        except CdxError as error:
            self.failed["unreadable list"] += 1
            self.told(f"{url}: {error}")
            return
        for request in self._plan(url, runs):
            yield request

    def _plan(self, url: str, runs: Sequence[Run]) -> Iterator[Request]:
        documents = captures = 0
        for _, of_page in groupby(runs, key=lambda run: page_key(run.url)):
            page = list(of_page)
            if not isinstance(self.recorder.place_of(page[0].url), Place):
                self.recorder.skipped["of no watched source"] += len(page)
                continue
            chosen = spread(page, self.most)
            self.left_out += len(page) - len(chosen)
            documents += 1
            for run in chosen:
                if self.recorder.knows(run.url, run.first, run.last):
                    self.recorder.counts["known"] += 1
                    continue
                captures += 1
                yield self._request(self.archive.raw(run), self.captured, {"run": run})
        self.planned += captures
        self.told(f"{url}: {captures} captures of {documents} documents to read")

    async def captured(self, response: Response, run: Run, tried: int) -> AsyncIterator[Any]:
        """Record a capture, and that the page was the same until the last of its run."""
        if response.status in NOT_NOW:
            again = await self._later(response, self.captured, {"run": run}, tried)
            if again is not None:
                yield again
            return
        self._count_down(run)
        capture = self._capture(response, run)
        yield CaptureRead(capture)
        if run.last > capture.at:
            repeat = Repeat(sha256(response.body))
            yield CaptureRead(
                Capture(
                    capture.url,
                    run.last,
                    200,
                    capture.headers,
                    None,
                    capture.origin,
                    repeats=repeat,
                )
            )

    def _capture(self, response: Response, run: Run) -> Capture:
        headers = original_headers(response)
        return Capture(
            url=run.url,
            at=capture_time(response) or run.first,
            status=response.status,
            headers=evidence(headers),
            body=response.body,
            origin=response.url,
        )

    def _count_down(self, run: Run) -> None:
        self.done += 1
        if self.done % 20 == 0 or self.done == self.planned:
            self.told(f"{self.done} of {self.planned} captures read, last of {run.url}")

    def not_read(self, failure: Failure) -> None:
        address = failure.request.url  # type: ignore[attr-defined]
        result = not_fetched(address, failure, at=self.clock())
        self.failed[str(result.reason)] += 1
        self.told(f"{address}: {result.reason} ({result.detail})")


def original_headers(response: Response) -> list[tuple[str, str]]:
    """Return the headers of the page itself: Wayback marks them, pywb passes them on."""
    given = [
        (name.decode("latin-1"), value.decode("latin-1"))
        for name, values in response.headers.items()
        for value in values
    ]
    marked = [
        (name[len(ORIGINAL) :], value) for name, value in given if name.lower().startswith(ORIGINAL)
    ]
    return marked or given


def capture_time(response: Response) -> datetime | None:
    """Return when a capture was taken: Memento-Datetime (RFC 7089), else the address's timestamp.

    An archive that cannot read one capture answers with the next, so the time asked for is not proof.
    """
    said = (response.headers.get(b"Memento-Datetime") or b"").decode("latin-1")
    try:
        return parsedate_to_datetime(said).astimezone(UTC)
    except ValueError:
        stamps = (part.removesuffix("id_") for part in urlsplit(response.url).path.split("/"))
        return next(filter(None, map(moment, stamps)), None)


def retry_after(response: Response, *, at: datetime) -> timedelta | None:
    """Return how long an answer asks to wait (RFC 9110 §10.2.3), in seconds or until a date."""
    said = (response.headers.get(b"Retry-After") or b"").decode("latin-1").strip()
    if said.isdigit():
        return min(timedelta(seconds=int(said[:9])), LONGEST_WAIT)
    try:
        return max(timedelta(), parsedate_to_datetime(said).astimezone(UTC) - at)
    except ValueError:
        return None
