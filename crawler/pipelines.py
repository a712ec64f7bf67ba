"""Item to recorder; nothing else."""

import asyncio
import time
from typing import Any, Self

from crawler.items import CaptureRead, DocumentRead, SourceRead
from tracker.store.importing import Importer
from tracker.store.recorder import Recorder

Item = SourceRead | DocumentRead | CaptureRead
FLUSH_EVERY = (
    0.1  # seconds that a kill may cost a fast crawl; a slow one writes each result at once
)


class Record:
    """Hands what spiders read to the recorder, and has it written at once, or ten times a second."""

    def __init__(self, recorder: Recorder | Importer) -> None:
        self.recorder = recorder
        self._ticking: asyncio.Task[None] | None = None
        self._flushed = 0.0

    @classmethod
    def from_crawler(cls, crawler: Any) -> Self:
        return cls(crawler.spider.recorder)

    def open_spider(self) -> None:
        self._ticking = asyncio.get_running_loop().create_task(self._tick())

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(FLUSH_EVERY)
            self._flush()

    def _flush(self) -> None:
        self.recorder.flush()
        self._flushed = time.monotonic()

    def process_item(self, item: Item) -> Item:
        match item, self.recorder:
            case SourceRead(), Recorder() as recorder:
                recorder.source(item.source_id, item.result, kept=item.kept, detail=item.detail)
            case DocumentRead(), Recorder() as recorder:
                recorder.document(item.task, item.result)
                if time.monotonic() - self._flushed >= FLUSH_EVERY:
                    self._flush()
            case CaptureRead(), Importer() as importer:
                importer.add(item.capture)
        return item

    def close_spider(self) -> None:
        if self._ticking:
            self._ticking.cancel()
        self.recorder.flush()
