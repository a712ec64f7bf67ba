"""Item to recorder; nothing else."""

import asyncio
import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Self

from scrapy import signals
from sqlalchemy.exc import DBAPIError

from crawler.items import CaptureRead, DocumentRead, SourceRead
from tracker.ending import Ending
from tracker.store import loss
from tracker.store.importing import Importer
from tracker.store.locks import RunLostError
from tracker.store.recorder import Recorder

Item = SourceRead | DocumentRead | CaptureRead
UNWRITTEN = "unwritten"  # a statistic: whether something could not be written down
log = logging.getLogger(__name__)
FLUSH_EVERY = (
    0.1  # seconds that a kill may cost a fast crawl; a slow one writes each result at once
)


def end_when_asked(crawler: Any, ending: Ending) -> None:
    """Let a crawl that is asked to end finish the pages under way, and no more."""

    def begun() -> None:
        loop = asyncio.get_running_loop()
        kept: list[asyncio.Task[None]] = []  # the loop itself holds tasks weakly

        def stop() -> None:
            kept.append(loop.create_task(crawler.stop_async()))

        ending.then(lambda: loop.call_soon_threadsafe(stop))

    crawler.signals.connect(begun, signals.engine_started, weak=False)


class Record:
    """Hands what spiders read to the recorder, and has it written at once, or ten times a second.

    Where it cannot be written, nothing more is read: the run ends as interrupted.
    """

    def __init__(self, crawler: Any) -> None:
        self.crawler = crawler
        self.recorder: Recorder | Importer = crawler.spider.recorder
        self._ticking: asyncio.Task[None] | None = None
        self._stopping: asyncio.Task[None] | None = None
        self._flushed = 0.0

    @classmethod
    def from_crawler(cls, crawler: Any) -> Self:
        return cls(crawler)

    def open_spider(self) -> None:
        self._ticking = asyncio.get_running_loop().create_task(self._tick())

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(FLUSH_EVERY)
            with self._writing():
                self._flush()

    def _flush(self) -> None:
        self.recorder.flush()
        self._flushed = time.monotonic()

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except (DBAPIError, RunLostError) as error:
            if self._stopping is None:
                log.critical(
                    "the crawl ends, what it reads cannot be written down: %s", _why(error)
                )
                self.crawler.stats.set_value(UNWRITTEN, True)
                stop = self.crawler.engine.close_spider_async(reason="store")
                self._stopping = asyncio.get_running_loop().create_task(stop)

    def process_item(self, item: Item) -> Item:
        with self._writing():
            self._record(item)
        return item

    def _record(self, item: Item) -> None:
        match item, self.recorder:
            case SourceRead(), Recorder() as recorder:
                recorder.source(item.source_id, item.result, kept=item.kept, detail=item.detail)
            case DocumentRead(), Recorder() as recorder:
                recorder.document(item.task, item.result)
                if time.monotonic() - self._flushed >= FLUSH_EVERY:
                    self._flush()
            case CaptureRead(), Importer() as importer:
                importer.add(item.capture)

    def close_spider(self) -> None:
        if self._ticking:
            self._ticking.cancel()
        with self._writing():
            self.recorder.flush()


def _why(error: DBAPIError | RunLostError) -> str:
    if isinstance(error, RunLostError):
        return str(error)
    try:
        return loss(error)[0]
    except DBAPIError:  # nothing that a person could mend
        return str(error.orig).splitlines()[0]
