"""Item to recorder; nothing else."""

import asyncio
from typing import Any, Self

from crawler.items import CaptureRead, DocumentRead, SourceRead
from tracker.store.importing import Importer
from tracker.store.recorder import Recorder

Item = SourceRead | DocumentRead | CaptureRead
FLUSH_EVERY = 1.0  # seconds: what a kill may cost


class Record:
    """Hands what spiders read to the recorder, and has it written at least once a second."""

    def __init__(self, recorder: Recorder | Importer) -> None:
        self.recorder = recorder
        self._ticking: asyncio.Task[None] | None = None

    @classmethod
    def from_crawler(cls, crawler: Any) -> Self:
        return cls(crawler.spider.recorder)

    def open_spider(self) -> None:
        self._ticking = asyncio.get_running_loop().create_task(self._tick())

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(FLUSH_EVERY)
            self.recorder.flush()

    def process_item(self, item: Item) -> Item:
        match item, self.recorder:
            case SourceRead(), Recorder() as recorder:
                recorder.source(item.source_id, item.result, detail=item.detail)
            case DocumentRead(), Recorder() as recorder:
                recorder.document(item.task, item.result)
            case CaptureRead(), Importer() as importer:
                importer.add(item.capture)
        return item

    def close_spider(self) -> None:
        if self._ticking:
            self._ticking.cancel()
        self.recorder.flush()
