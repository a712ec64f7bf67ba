"""Captures that others made: import, of files and of a web archive."""

import json
import sys
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Annotated, Any

import typer

from tracker.commands.crawling import start_crawler
from tracker.commands.shared import (
    Json,
    WrongInputError,
    institution_keys,
    known_keys,
    moment,
    open_store,
)
from tracker.ending import Ending
from tracker.settings import load_settings
from tracker.sources import load_sources
from tracker.store.importing import in_words
from tracker.store.locks import at_work
from tracker.wording import number

app = typer.Typer()

What = Annotated[
    list[str], typer.Argument(metavar="FILE|URL", help="WARC files; with --wayback, addresses")
]
Wayback = Annotated[
    bool, typer.Option("--wayback", help="Ask a web archive for captures of these addresses.")
]
Base = Annotated[
    str | None, typer.Option("--from", metavar="BASE", help="The web archive's CDX address.")
]
Since = Annotated[str | None, typer.Option("--since", metavar="DATE", help="Not before this day.")]
Until = Annotated[str | None, typer.Option("--until", metavar="DATE", help="Not after this day.")]
Most = Annotated[int, typer.Option("--max-captures", min=1, help="Most captures of a document.")]


@app.command("import")
def import_(
    what: What,
    wayback: Wayback = False,
    base: Base = None,
    since: Since = None,
    until: Until = None,
    max_captures: Most = 100,
    as_json: Json = False,
) -> None:
    """Record captures that others made, as if fetched then; then run `tracker update`.

    WARC files, plain or gzipped; with --wayback, what a Memento web archive holds of addresses
    (a trailing * takes everything below).
    """
    if wayback:
        options = {
            "--from": base,
            "--since": _day(since, "--since"),
            "--until": _day(until, "--until"),
        }
        arguments = [*what, "--max-captures", str(max_captures)]
        arguments += [
            part for name, value in options.items() if value for part in (name, str(value))
        ]
        arguments += ["--json"] if as_json else []
        raise typer.Exit(start_crawler(arguments, Ending(), verb="import").returncode)
    if base or since or until:
        raise WrongInputError("--from, --since and --until go with --wayback; leave them out")
    _import_files([Path(name) for name in what], as_json=as_json)


def _import_files(paths: list[Path], *, as_json: bool) -> None:
    from tracker.importing import ImportRefusedError, import_files  # noqa: PLC0415

    settings, ending = load_settings(), Ending()
    file, store = load_sources(settings.sources), open_store()
    given: dict[str, Any] = {"largest": settings.max_bytes, "told": _told}
    given["stop"] = lambda: ending.asked
    try:
        with at_work(store) as turn:
            turn.take_all()
            done = import_files(store, file, paths, at=moment(store), turn=turn, **given)
    except ImportRefusedError as error:
        raise WrongInputError(str(error)) from None
    if as_json:
        print(json.dumps({"run": done.run, **done.counts}))
    print("\n".join([in_words(done.run, done.counts), *done.tears]), file=sys.stderr)
    if not done.finished:
        ending.between()


def _day(given: str | None, option: str) -> date | None:
    try:
        return date.fromisoformat(given) if given else None
    except ValueError:
        raise WrongInputError(f'{option}: "{given}" is not a date such as 2019-01-31') from None


def _midnight(day: date | None) -> datetime | None:
    return None if day is None else datetime.combine(day, time(), UTC)


def export_warc(folder: Path, institutions: list[str] | None, since: str | None) -> None:
    """Write the evidence as WARC files and say what is in each."""
    from tracker.warc_export import write_warc  # noqa: PLC0415

    first, now = _midnight(_day(since, "--since")), datetime.now(UTC)
    with open_store().transaction() as session:
        keys = known_keys(institutions, institution_keys(session))
        for written in write_warc(session, folder, institutions=keys, since=first, at=now):
            print(f"{written.path}: {number(written.captures, 'capture')}")


def _told(name: str, records: int) -> None:
    if sys.stderr.isatty():
        print(f"\r{name}: {records} records   ", end="", file=sys.stderr, flush=True)
