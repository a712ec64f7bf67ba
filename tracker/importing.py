"""WARC files into the store: one run, closed in the chain like any other."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from tracker.model import RunState
from tracker.sources import SourcesFile
from tracker.store import Store
from tracker.store.crawling import close_run, start_run, sync_sources
from tracker.store.importing import Importer
from tracker.store.locks import Turn
from tracker.warc import NotWarcError, WarcReader

TOOL = f"policy-ethics-tracker/{version('policy-ethics-tracker')}"
TOLD_EVERY = 500  # records
Told = Callable[[str, int], None]


class ImportRefusedError(Exception):
    """Files cannot be imported; the message lists every one and why."""


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import took: the run, its counts, where files are torn; not `finished` where it was stopped."""

    run: int
    counts: dict[str, Any]
    tears: tuple[str, ...]
    finished: bool = True


def import_files(
    store: Store,
    file: SourcesFile,
    paths: Sequence[Path],
    *,
    at: datetime,
    largest: int,
    turn: Turn | None = None,
    told: Told = lambda _name, _records: None,
    stop: Callable[[], bool] = lambda: False,
) -> Imported:
    """Record the captures of WARC files as if fetched then; a capture that is there adds nothing.

    Everything before a tear is taken; asked to `stop`, it does so after the record that it is at. Raises ImportRefusedError, before anything is written, where a
    file is no WARC.
    """
    _refuse(paths, largest)
    with store.transaction() as session:
        sync_sources(session, file)
        scope = {"files": [path.name for path in paths]}
        run_id = start_run(session, verb="import", scope=scope, tool=TOOL, at=at, turn=turn)
    importer = Importer(store, run_id, file, at=at)
    originals: dict[str, str] = {}
    readers = [WarcReader(path, originals=originals, largest=largest) for path in paths]
    finished = _take(readers, importer, told, stop)
    importer.flush()
    for reader in readers:
        importer.skipped.update(reader.skipped)
    tears = tuple(reader.tear for reader in readers if reader.tear)
    counts = {"records": sum(reader.records for reader in readers), **importer.report()}
    counts["torn"] = list(tears)
    state = RunState.COMPLETE if finished else RunState.INTERRUPTED
    with store.transaction() as session:
        close_run(session, run_id, at=at, counts=counts, state=state)
    return Imported(run_id, counts, tears, finished)


def _take(
    readers: Sequence[WarcReader], importer: Importer, told: Told, stop: Callable[[], bool]
) -> bool:
    """Take the captures of all files; return whether that came to its end."""
    for reader in readers:
        for capture in reader.captures():
            importer.add(capture)
            if reader.records % TOLD_EVERY == 0:
                told(reader.path.name, reader.records)
            if stop():
                return False
    return True


def _refuse(paths: Sequence[Path], largest: int) -> None:
    problems = []
    for path in paths:
        try:
            next(WarcReader(path, originals={}, largest=largest).captures(), None)
        except NotWarcError as error:
            problems.append(str(error))
        except OSError as error:
            problems.append(f"{path}: cannot be read ({error.strerror})")
    if problems:
        raise ImportRefusedError("\n".join(problems))
