"""`python -m crawler import`: one polite run over what a web archive holds of addresses."""

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from crawler.cdx import Archive
from crawler.settings import NAME, scrapy_settings
from tracker.clock import Clock, system_time
from tracker.ending import INTERRUPTED, Ending
from tracker.model import RunState
from tracker.settings import Settings, SettingsError, load_settings
from tracker.sources import SourcesError, SourcesFile, load_sources
from tracker.store import BUSY, Store, StoreError
from tracker.store.crawling import close_run, last_moment, start_run, sync_sources
from tracker.store.importing import Importer, in_words
from tracker.store.locks import BusyError, Turn, at_work

WRONG_INPUT = 2


@dataclass(frozen=True, slots=True)
class Asked:
    """What the command line asks for."""

    urls: tuple[str, ...]
    archive: str | None
    since: date | None
    until: date | None
    max_captures: int
    json: bool


def main(arguments: Sequence[str]) -> int:
    """Import what the archive holds, and return the exit code: 1 where part could not be read."""
    asked, ending = _asked(arguments), Ending()
    try:
        settings = load_settings()
        file = load_sources(settings.sources)
        archive = _archive(asked.archive or settings.web_archive)
        store = Store.open(settings.store_url)
    except (SettingsError, SourcesError, StoreError, WrongAddressError) as error:
        print(error, file=sys.stderr)
        return WRONG_INPUT
    try:
        with at_work(store) as turn:
            turn.take_all()
            return _import(store, file, settings, archive, asked, turn=turn, ending=ending)
    except (WrongAddressError, StoreError) as error:
        print(error, file=sys.stderr)
        return WRONG_INPUT
    except BusyError as error:
        print(error, file=sys.stderr)
        return BUSY
    finally:
        store.close()


class WrongAddressError(Exception):
    """Addresses that cannot be asked for; the message names every one and why."""


def _asked(arguments: Sequence[str]) -> Asked:
    parser = argparse.ArgumentParser(prog="crawler import", description=__doc__, allow_abbrev=False)
    parser.add_argument("urls", nargs="+", metavar="URL", help="a page, or with a * all below it")
    parser.add_argument("--from", dest="archive", metavar="BASE", help="the archive's CDX address")
    parser.add_argument("--since", type=date.fromisoformat, metavar="DATE")
    parser.add_argument("--until", type=date.fromisoformat, metavar="DATE")
    parser.add_argument("--max-captures", type=int, default=100, metavar="N")
    parser.add_argument("--json", action="store_true")
    given = vars(parser.parse_intermixed_args(arguments))
    return Asked(**given | {"urls": tuple(given["urls"])})


def _archive(base: str) -> Archive:
    try:
        return Archive.at(base)
    except ValueError:
        raise WrongAddressError(
            f'--from: not a web address ("{base}"); it is https://host/collection/cdx'
        ) from None


def _import(
    store: Store,
    file: SourcesFile,
    settings: Settings,
    archive: Archive,
    asked: Asked,
    *,
    turn: Turn,
    ending: Ending,
) -> int:
    with store.transaction() as session:
        sync_sources(session, file)
        clock = Clock(system_time(), after=last_moment(session))
    problems = _unwatched(store, file, asked.urls, clock())
    if problems:
        raise WrongAddressError("\n".join(problems))
    with store.transaction() as session:
        scope = {"archive": archive.index, "urls": list(asked.urls)}
        run_id = start_run(session, verb="import", scope=scope, tool=NAME, at=clock(), turn=turn)
    importer = Importer(store, run_id, file, at=clock())
    finished, failed, left_out = _read(settings, archive, asked, importer, clock, ending=ending)
    counts = {**importer.report(), "failed": failed, "left_out": left_out}
    with store.transaction() as session:
        state = RunState.COMPLETE if finished else RunState.INTERRUPTED
        close_run(session, run_id, at=clock(), counts=counts, state=state)
    print(in_words(run_id, counts), file=sys.stderr)
    if asked.json:
        print(json.dumps({"run": run_id, **counts}))
    return INTERRUPTED if not finished else int(bool(failed))


def _unwatched(store: Store, file: SourcesFile, urls: Sequence[str], at: datetime) -> list[str]:
    """Addresses that no source covers; what lies below a * is judged page by page."""
    importer = Importer(store, 0, file, at=at)
    problems = []
    for url in urls:
        try:
            place = importer.place_of(url.rstrip("*"))
        except ValueError:
            problems.append(f'not a web address ("{url}"); write it as https://host/path')
            continue
        if place is None and not url.endswith("*"):
            problems.append(f"{url}: no source in sources.yaml covers it; add one first")
    return problems


def _read(
    settings: Settings,
    archive: Archive,
    asked: Asked,
    importer: Importer,
    clock: Callable[[], datetime],
    *,
    ending: Ending,
) -> tuple[bool, dict[str, int], int]:
    from scrapy.crawler import AsyncCrawlerProcess  # noqa: PLC0415  (installs the reactor)

    from crawler.pipelines import end_when_asked  # noqa: PLC0415
    from crawler.spiders.archives import Archives  # noqa: PLC0415

    # One request at a time: between two, the pause that an archive asks for must hold.
    process = AsyncCrawlerProcess({**scrapy_settings(settings), "CONCURRENT_REQUESTS": 1})
    crawler = process.create_crawler(Archives)
    given: dict[str, Any] = {
        "archive": archive,
        "urls": asked.urls,
        "since": asked.since,
        "until": asked.until,
        "most": asked.max_captures,
        "recorder": importer,
        "clock": clock,
        "told": lambda line: print(line, file=sys.stderr, flush=True),
    }
    end_when_asked(crawler, ending)
    process.crawl(crawler, **given)
    process.start(install_signal_handlers=False)
    spider = crawler.spider
    assert isinstance(spider, Archives)
    finished = crawler.stats is not None and crawler.stats.get_value("finish_reason") == "finished"
    return bool(finished), dict(spider.failed), spider.left_out
