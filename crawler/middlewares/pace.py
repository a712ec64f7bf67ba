"""The delay between two requests to a host, from a run's first on."""

from time import monotonic
from typing import Any, Self

from scrapy import signals
from scrapy.http import Request


class FirstWait:
    """Counts a host's delay from when this run began, which is when it got the host to itself.

    Another run may have asked it a moment before.
    """

    def __init__(self, crawler: Any) -> None:
        self.crawler = crawler
        self.began = monotonic()

    @classmethod
    def from_crawler(cls, crawler: Any) -> Self:
        made = cls(crawler)
        crawler.signals.connect(made.wait, signals.request_reached_downloader)
        return made

    def wait(self, request: Request) -> None:
        slot = self.crawler.engine.downloader.slots[request.meta["download_slot"]]
        slot.lastseen = slot.lastseen or self.began
