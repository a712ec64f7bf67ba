"""CPU a page, without what a start costs: between a spider's opening and its closing, and in reading.

python pages.py crawl OUT   one crawl
python pages.py update OUT  one update: the stage that reads captures and keeps what they say
"""

import json
import sys
import time
from pathlib import Path

from scrapy import signals


class Watch:
    """A Scrapy extension that writes down the CPU seconds between a spider's opening and closing."""

    def __init__(self, crawler, out: Path) -> None:
        self.out, self.began = out, 0.0
        crawler.signals.connect(self.opened, signal=signals.spider_opened)
        crawler.signals.connect(self.closed, signal=signals.spider_closed)

    @classmethod
    def from_crawler(cls, crawler):
        return cls(crawler, Path(crawler.settings["WATCH_OUT"]))

    def opened(self) -> None:
        self.began = time.process_time()

    def closed(self) -> None:
        self.out.write_text(json.dumps(time.process_time() - self.began))


def watched(settings: dict, out: str) -> dict:
    extensions = {**settings.get("EXTENSIONS", {}), "pages.Watch": 1}
    return {**settings, "EXTENSIONS": extensions, "WATCH_OUT": out}


def crawl(out: str) -> int:
    import crawler.__main__ as program

    settings = program.scrapy_settings
    program.scrapy_settings = lambda given: watched(settings(given), out)
    return program.main(["crawl", "--quiet"])


def update(out: str) -> int:
    import tracker.update as program
    from tracker.cli import app

    stage, spent = program.read_snapshots, []

    def timed(*given, **named):
        began = time.process_time()
        try:
            return stage(*given, **named)
        finally:
            spent.append(time.process_time() - began)

    program.read_snapshots = timed
    app(["update"], standalone_mode=False)
    Path(out).write_text(json.dumps(sum(spent)))
    return 0


if __name__ == "__main__":
    sys.exit({"crawl": crawl, "update": update}[sys.argv[1]](sys.argv[2]))
