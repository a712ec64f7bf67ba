"""`python -m crawler crawl`: one polite run, in a process of its own (a reactor starts only once)."""

import argparse
import json
import logging
import resource
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError

from crawler import importing
from crawler.progress import Bar, Lines, Progress, Silent
from crawler.settings import NAME, scrapy_settings
from tracker.addresses import ALLOWING
from tracker.clock import Clock, system_time
from tracker.ending import INTERRUPTED, Ending
from tracker.model import InstitutionKind, Reason, RunState
from tracker.nearness import nearest
from tracker.settings import Settings, SettingsError, load_settings
from tracker.sources import SourcesError, SourcesFile, load_sources
from tracker.store import BUSY, Store, StoreError, loss
from tracker.store.crawling import finish_run, last_moment, start_run, sync_sources
from tracker.store.locks import BusyError, RunLostError, Turn, at_work
from tracker.store.planning import SourceTask, plan
from tracker.store.recorder import Recorder

WRONG_INPUT = 2


@dataclass(frozen=True, slots=True)
class Asked:
    """What the command line asks for."""

    keys: tuple[str, ...]
    kind: InstitutionKind | None
    max_pages: int | None
    due: bool
    dry_run: bool
    json: bool
    quiet: bool
    at: datetime | None


def main(arguments: Sequence[str] | None = None) -> int:
    """Crawl, and return the exit code: 0 when every source has an outcome."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if given[:1] == ["look"]:
        from crawler.looking import main as look  # noqa: PLC0415  (needs Scrapy at once)

        return look(given[1:])
    if given[:1] == ["import"]:
        return importing.main(given[1:])
    asked, ending = _asked(given), Ending()
    try:
        settings = load_settings()
        file = load_sources(settings.sources)
        _known_keys(asked.keys, file)
        if asked.dry_run:
            return _dry_run(settings, file, asked)
        store = Store.open(settings.store_url)
    except (SettingsError, SourcesError, StoreError, UnknownKeyError) as error:
        print(error, file=sys.stderr)
        return WRONG_INPUT
    try:
        with at_work(store) as turn:
            return _crawl(store, file, settings, asked, turn=turn, ending=ending)
    except BusyError as error:
        print(error, file=sys.stderr)
        return BUSY
    except StoreError as error:
        print(error, file=sys.stderr)
        return WRONG_INPUT
    except DBAPIError as error:
        said, code = loss(error)
        print(said, file=sys.stderr)
        return code
    except RunLostError as error:
        print(error, file=sys.stderr)
        return INTERRUPTED
    finally:
        store.close()


def _asked(arguments: Sequence[str]) -> Asked:
    parser = argparse.ArgumentParser(prog="crawler", description=__doc__, allow_abbrev=False)
    parser.add_argument("verb", choices=["crawl"])
    parser.add_argument("keys", nargs="*", metavar="KEY", help="institution or institution/source")
    parser.add_argument("--kind", type=InstitutionKind, choices=list(InstitutionKind))
    parser.add_argument("--max-pages", type=int, metavar="N", help="most documents of a source")
    parser.add_argument("--due", action="store_true", help="only documents that are new or due")
    parser.add_argument("--dry-run", action="store_true", help="say what would be read")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--quiet", action="store_true")
    parser.add_argument(
        "--at", type=_moment, metavar="T", help="set the clock (demonstration, tests)"
    )
    given = vars(parser.parse_intermixed_args(arguments))
    del given["verb"]
    return Asked(**given | {"keys": tuple(given["keys"])})


def _moment(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    return at if at.tzinfo else at.replace(tzinfo=UTC)


class UnknownKeyError(Exception):
    """No institution or source has that key."""


def _known_keys(keys: Sequence[str], file: SourcesFile) -> None:
    known = {entry.key for entry in file.institutions}
    known |= {
        f"{entry.key}/{source.key}"
        for entry in file.institutions
        for source in (*entry.sources, *entry.attributed_sources)
    }
    problems = []
    for key in keys:
        if key not in known:
            guess = nearest(key, known)
            hint = (
                f'; did you mean "{guess}"?' if guess else "; `tracker sources list` names them all"
            )
            problems.append(f'no institution or source has the key "{key}"{hint}')
    if problems:
        raise UnknownKeyError("\n".join(problems))


def _dry_run(settings: Settings, file: SourcesFile, asked: Asked) -> int:
    """Say what would be read, without asking anybody or writing anything."""
    from crawler.preview import lines  # noqa: PLC0415

    at = asked.at or datetime.now(UTC)
    store = Store.open(settings.store_url if _exists(settings.store_url) else "sqlite://")
    try:
        with store.transaction() as session:
            sync_sources(session, file)
            tasks = plan(session, keys=asked.keys, kind=asked.kind, due_only=asked.due, at=at)
            for line in lines(session, tasks, max_pages=asked.max_pages):
                print(line)
            session.rollback()
    finally:
        store.close()
    return 0


def _exists(url: str) -> bool:
    parsed = make_url(url)
    return parsed.get_backend_name() != "sqlite" or Path(parsed.database or "").exists()


def _crawl(
    store: Store, file: SourcesFile, settings: Settings, asked: Asked, *, turn: Turn, ending: Ending
) -> int:
    started = time.monotonic()
    run_id, tasks, clock = _begin(store, file, asked, turn)
    if clock.warning:
        print(clock.warning, file=sys.stderr)
    recorder = Recorder(store, run_id, turn)
    progress = _progress(asked)
    given: dict[str, Any] = {
        "tasks": tasks,
        "recorder": recorder,
        "clock": clock,
        "progress": progress,
    }
    given |= {"max_pages": asked.max_pages, "due_only": asked.due}
    finished = not tasks or _read(settings, given, ending)
    progress.close()
    counts = _counts(recorder, time.monotonic() - started)
    with store.transaction() as session:
        state = RunState.COMPLETE if finished else RunState.INTERRUPTED
        finish_run(session, run_id, at=clock(), counts=counts, state=state)
    _report(run_id, counts, asked)
    if ending.asked and not finished:
        print("stopped as asked; the next crawl goes on from there", file=sys.stderr)
    return 0 if finished else INTERRUPTED


def _begin(
    store: Store, file: SourcesFile, asked: Asked, turn: Turn
) -> tuple[int, list[SourceTask], Clock]:
    scope = {"keys": list(asked.keys), "kind": asked.kind, "max_pages": asked.max_pages}
    with store.transaction() as session:
        sync_sources(session, file)
        scope["due"] = asked.due
        clock = Clock(system_time(asked.at), after=last_moment(session))
        at = clock()
        run_id = start_run(session, verb="crawl", scope=scope, tool=NAME, at=at, turn=turn)
        chosen: dict[str, Any] = {"keys": asked.keys, "kind": asked.kind, "due_only": asked.due}
        tasks = plan(session, **chosen, at=at, run_id=run_id)
        turn.take_hosts(host for task in tasks if task.due or task.documents for host in task.hosts)
        return run_id, tasks, clock


def _progress(asked: Asked) -> Progress:
    if asked.quiet:
        return Silent()
    if sys.stderr.isatty():
        return Bar()
    return Lines(lambda line: print(line, file=sys.stderr))


def _read(settings: Settings, given: dict[str, Any], ending: Ending) -> bool:
    """Run the spider; return whether it came to its end."""
    from scrapy.crawler import AsyncCrawlerProcess  # noqa: PLC0415  (installs the reactor)

    from crawler.pipelines import UNWRITTEN, end_when_asked  # noqa: PLC0415
    from crawler.spiders.statements import Statements  # noqa: PLC0415

    process = AsyncCrawlerProcess(scrapy_settings(settings))
    # What fails is an outcome row; only our own mistakes belong on the screen.
    logging.getLogger("scrapy.downloadermiddlewares").setLevel(logging.CRITICAL)
    crawler = process.create_crawler(Statements)
    end_when_asked(crawler, ending)
    process.crawl(crawler, **given)
    process.start(install_signal_handlers=False)  # ours hear from before the reactor to after it
    finished = crawler.stats.get_value("finish_reason") == "finished"
    return finished and not crawler.stats.get_value(UNWRITTEN)


def _counts(recorder: Recorder, seconds: float) -> dict[str, Any]:
    used = resource.getrusage(resource.RUSAGE_SELF)
    failed = dict(sorted(recorder.failed.items()))
    read = recorder.counts["fetched"] + recorder.counts["not_modified"]
    return {
        "documents": read + sum(failed.values()),
        "fetched": recorder.counts["fetched"],
        "not_modified": recorder.counts["not_modified"],
        "failed": failed,
        "new_snapshots": recorder.counts["new_snapshots"],
        "seconds": round(seconds, 2),
        "cpu_seconds": round(used.ru_utime + used.ru_stime, 2),
    }


def _report(run_id: int, counts: dict[str, Any], asked: Asked) -> None:
    failed = ", ".join(f"{reason} {number}" for reason, number in counts["failed"].items())
    line = (
        f"run {run_id}: {counts['documents']} documents, {counts['fetched']} fetched, "
        f"{counts['not_modified']} not modified, {sum(counts['failed'].values())} failed"
        f"{f' ({failed})' if failed else ''}, {counts['new_snapshots']} new snapshots, "
        f"{counts['seconds']:.1f} s"
    )
    if not asked.quiet:
        print(line, file=sys.stderr)
        if Reason.PRIVATE_ADDRESS in counts["failed"]:
            print(f"{Reason.PRIVATE_ADDRESS}: {ALLOWING}", file=sys.stderr)
    if asked.json:
        print(json.dumps({"run": run_id, **counts}))


if __name__ == "__main__":
    sys.exit(main())
