"""`python -m crawler look`: fetches addresses as politely as a run does, records nothing, says what came.

Reads one JSON object a line from standard input and writes one a line, per attempt, to standard output;
what a server sent is written into the folder that --into names.
"""

import argparse
import json
import logging
import sys
from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from scrapy import Spider
from scrapy.http import Request, Response
from twisted.python.failure import Failure

from crawler import discovery
from crawler.outcomes import fetched, not_fetched
from crawler.settings import scrapy_settings
from tracker.archive import Fetched, NotFetched
from tracker.model import Reason, SourceKind
from tracker.settings import load_settings
from tracker.sources import SourceEntry

WRONG_INPUT = 2


class Look(BaseModel):
    """An address to look at."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    hosts: tuple[str, ...]
    source: SourceEntry
    times: int = Field(default=1, ge=1, le=3)


def main(arguments: Sequence[str]) -> int:
    """Look at every address that standard input names; return the exit code."""
    parser = argparse.ArgumentParser(prog="crawler look", allow_abbrev=False)
    parser.add_argument("--into", type=Path, required=True, metavar="FOLDER")
    folder: Path = parser.parse_args(arguments).into
    try:
        looks = [Look.model_validate_json(line) for line in sys.stdin if line.strip()]
    except ValidationError as error:
        print(f"not an address to look at: {error}", file=sys.stderr)
        return WRONG_INPUT
    return _run(looks, folder) if looks else 0


def _run(looks: Sequence[Look], folder: Path) -> int:
    from scrapy.crawler import AsyncCrawlerProcess  # noqa: PLC0415  (installs the reactor)

    settings = scrapy_settings(load_settings()) | {"ITEM_PIPELINES": {}}
    process = AsyncCrawlerProcess(settings)
    logging.getLogger("scrapy.downloadermiddlewares").setLevel(logging.CRITICAL)
    crawler = process.create_crawler(Looking)
    process.crawl(crawler, looks=looks, folder=folder)
    process.start()
    return 0 if crawler.stats.get_value("finish_reason") == "finished" else 1


class Looking(Spider):
    """Asks for each address as often as wanted, one time after the other."""

    name = "looking"

    def __init__(self, *, looks: Sequence[Look], folder: Path) -> None:
        super().__init__()
        self.looks, self.folder = looks, folder

    async def start(self) -> AsyncIterator[Any]:
        for number, look in enumerate(self.looks):
            yield self._request(look, number, 1)

    def _request(self, look: Look, number: int, attempt: int) -> Request:
        return Request(
            look.source.url,
            callback=self.answered,
            errback=self.failed,
            dont_filter=True,
            cb_kwargs={"look": look, "number": number, "attempt": attempt},
            meta={"hosts": look.hosts},
        )

    def answered(
        self, response: Response, look: Look, number: int, attempt: int
    ) -> Iterator[Request]:
        result = fetched(look.source.url, response, at=datetime.now(UTC))
        said: dict[str, Any] = {}
        if isinstance(result, Fetched):
            path = self.folder / f"{number}-{attempt}"
            path.write_bytes(result.body or b"")
            said = {"file": path.name, **named(look, response)}
        _say(look, attempt, result, **said)
        if attempt < look.times:
            yield self._request(look, number, attempt + 1)

    def failed(self, failure: Failure) -> None:
        given = failure.request.cb_kwargs  # type: ignore[attr-defined]
        look: Look = given["look"]
        result = not_fetched(look.source.url, failure, at=datetime.now(UTC))
        _say(look, given["attempt"], result)


def named(look: Look, response: Response) -> dict[str, Any]:
    """Return how many documents and further lists a feed, sitemap or listing names, or why that cannot be said."""
    source, body, url = look.source, response.body, response.url
    try:
        match source.kind:
            case SourceKind.FEED:
                found = discovery.read_feed(body, url=url)
            case SourceKind.SITEMAP:
                found = discovery.read_sitemap(body, url=url)
            case SourceKind.LISTING:
                found = discovery.read_listing(body, url=url, follow=source.follow or "a")
            case SourceKind.PAGE | SourceKind.DOCUMENT:
                return {}
    except discovery.NotDiscoverableError as error:
        return {"reason": str(Reason.UNREADABLE), "detail": str(error), "named": 0}
    wanted = discovery.wanted(found.candidates, source, look.hosts)
    return {"named": len(wanted), "further": len(found.further)}


def _say(look: Look, attempt: int, result: Fetched | NotFetched, **said: Any) -> None:
    row: dict[str, Any] = {
        "id": look.id,
        "attempt": attempt,
        "url": look.source.url,
        "final_url": result.final_url or look.source.url,
        "status": result.status,
    }
    if isinstance(result, Fetched):
        row |= {"media_type": result.media_type, "charset": result.charset}
    else:
        row |= {"reason": str(result.reason), "detail": result.detail}
    print(json.dumps(row | said), flush=True)
