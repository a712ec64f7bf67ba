"""The first request to a host waits as all others do: another run may have asked it a moment ago."""

from time import monotonic
from typing import Any, Self

from scrapy import signals
from scrapy.http import Request


class FirstWait:
    """Counts a host's delay from when this run began, which is when it got the host to itself."""

    def __init__(self, crawler: Any) -> None:
        self.crawler = crawler
        self.began = monotonic()

    @classmethod
    def from_crawler(cls, crawler: Any) -> Self:
        made = cls(crawler)
        crawler.signals.connect(made.wait, signals.request_reached_downloader)
        return made

    def wait(self, request: Request) -> None:
        downloader = self.crawler.engine.downloader
        slot = downloader.slots[downloader.get_slot_key(request)]
        slot.lastseen = slot.lastseen or self.began
