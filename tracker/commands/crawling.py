"""Fetching and deriving: crawl, update, run."""

import json
import os
import runpy
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, NoReturn

import typer

from tracker.commands.shared import Json, moment, open_store
from tracker.ending import INTERRUPTED, Ending
from tracker.health import UNREACHED
from tracker.model import InstitutionKind
from tracker.settings import load_settings
from tracker.store.locks import alone
from tracker.wording import number

app = typer.Typer()


@dataclass(frozen=True, slots=True)
class Crawled:
    """How the crawler ended, and what it printed where that was caught."""

    returncode: int
    stdout: str = ""


def start_crawler(
    arguments: Sequence[str], ending: Ending, *, verb: str = "crawl", capture: bool = False
) -> Crawled:
    """Start the crawler in a process of its own; its progress goes to our standard error.

    Asked to end, it is asked too: it finishes the page it reads and closes its run. Where it can,
    it is forked: the modules that both need are there already, which halves the cost of starting.
    """
    ending.between()
    given = [verb, *arguments]
    if hasattr(os, "fork") and threading.active_count() == 1:
        return _ended(_forked(given, ending, capture=capture), ending)
    command = [sys.executable, "-m", "crawler", *given]
    child = subprocess.Popen(  # noqa: S603  (our own program; arguments are a list, not a shell line)
        command, text=True, stdout=subprocess.PIPE if capture else None
    )
    with child, _passing_on(child.pid, ending):
        out, _ = child.communicate()
    return _ended(Crawled(child.returncode, out or ""), ending)


def _ended(crawled: Crawled, ending: Ending) -> Crawled:
    """Say what became of a crawler that a signal ended, with the exit code that shells give for it."""
    if crawled.returncode >= 0:
        return crawled
    if ending.asked:  # before it could hear of it
        return Crawled(INTERRUPTED)
    name = signal.Signals(-crawled.returncode).name
    print(
        f"the crawler was ended by {name}; nothing was left half done: run the same command again, "
        "it goes on from there",
        file=sys.stderr,
    )
    return Crawled(128 - crawled.returncode)


def _forked(arguments: Sequence[str], ending: Ending, *, capture: bool) -> Crawled:
    sys.stdout.flush()
    sys.stderr.flush()
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        ending.close()
        os.close(reading)
        if capture:
            os.dup2(writing, 1)
        _be_the_crawler(arguments)
    os.close(writing)
    with _passing_on(child, ending), os.fdopen(reading, encoding="utf-8") as pipe:
        said = pipe.read()
        _, status = os.waitpid(child, 0)
    return Crawled(os.waitstatus_to_exitcode(status), said)


def _be_the_crawler(arguments: Sequence[str]) -> NoReturn:
    code: object = 1
    try:
        sys.argv = ["crawler", *arguments]
        runpy.run_module("crawler", run_name="__main__")
    except SystemExit as end:
        code = end.code
    finally:
        if code == 1 and sys.exc_info()[0]:
            sys.excepthook(*sys.exc_info())
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code if isinstance(code, int) else 0)


@contextmanager
def _passing_on(child: int, ending: Ending) -> Iterator[None]:
    """Pass on to the crawler that we are asked to end."""

    def pass_on() -> None:
        with suppress(ProcessLookupError):
            os.kill(child, signal.SIGTERM)

    ending.then(pass_on)
    try:
        yield
    finally:
        ending.then(lambda: None)


def crawl_arguments(
    keys: Sequence[str] | None, kind: InstitutionKind | None, max_pages: int | None, *, due: bool
) -> list[str]:
    arguments = [*(keys or []), "--json"]
    arguments += ["--kind", kind] if kind else []
    arguments += ["--max-pages", str(max_pages)] if max_pages is not None else []
    return arguments + (["--due"] if due else [])


Keys = Annotated[
    list[str] | None, typer.Argument(metavar="KEY", help="institution or institution/source")
]
Kind = Annotated[
    InstitutionKind | None, typer.Option("--kind", help="Only institutions of this kind.")
]
MaxPages = Annotated[
    int | None, typer.Option("--max-pages", min=1, help="Most documents of a source.")
]
Due = Annotated[bool, typer.Option("--due", help="Only documents that are new or due.")]


@app.command()
def crawl(
    keys: Keys = None,
    kind: Kind = None,
    max_pages: MaxPages = None,
    due: Due = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be read.")] = False,
    as_json: Json = False,
) -> None:
    """Fetch what sources.yaml declares and what is known from it."""
    arguments = crawl_arguments(keys, kind, max_pages, due=due)
    if dry_run:
        arguments.append("--dry-run")
    if not as_json:
        arguments.remove("--json")
    raise typer.Exit(start_crawler(arguments, Ending()).returncode)


@app.command()
def update(
    recode: Annotated[
        bool, typer.Option("--recode", help="Rate and assess everything anew.")
    ] = False,
    reextract: Annotated[
        bool,
        typer.Option("--reextract", help="Read kept bytes with today's extractors; sends nothing."),
    ] = False,
    at: Annotated[datetime | None, typer.Option(hidden=True)] = None,
    as_json: Json = False,
) -> None:
    """Derive what is missing: versions, passages, codings, changes, findings, deliveries."""
    from tracker.update import update as derive  # noqa: PLC0415  (loads the extractors)

    given = None if at is None else at.replace(tzinfo=at.tzinfo or UTC)
    store, told = open_store(), _telling(Ending())
    with alone(store, "update"):
        now = moment(store, given)
        made = derive(store, load_settings(), at=now, recode=recode, anew=reextract, told=told)
    if as_json:
        print(json.dumps({name: getattr(made, name) for name in made.__dataclass_fields__}))
    else:
        print(
            f"{number(made.new_versions, 'new version')}, {number(made.quarantined, 'capture')} set aside, "
            f"{number(made.coded, 'passage')} coded, {number(made.changes, 'change')}, "
            f"{number(made.owed, 'delivery', 'deliveries')} owed",
            file=sys.stderr,
        )


def _telling(ending: Ending) -> Callable[[str, int], None]:
    """What hears how far an update is; asked to end, it ends it there, between two steps."""

    def told(stage: str, done: int) -> None:
        if sys.stderr.isatty():
            print(f"\r{stage}: {done}   ", end="", file=sys.stderr, flush=True)
        ending.between()

    return told


@app.command()
def run(
    keys: Keys = None,
    kind: Kind = None,
    max_pages: MaxPages = None,
    due: Due = False,
    as_json: Json = False,
) -> None:
    """Crawl, update and send once; for cron."""
    code, counts = run_once(crawl_arguments(keys, kind, max_pages, due=due), Ending())
    if as_json and counts:
        print(json.dumps(counts))
    raise typer.Exit(code)


def run_once(arguments: Sequence[str], ending: Ending) -> tuple[int, dict[str, Any]]:
    """Crawl, update and send once; return the crawler's exit code and what it all came to.

    Where the crawler could not start, nothing else is done and the counts are empty. Raises
    EndedError where we are asked to end.
    """
    from tracker.alerts.outbox import send_due  # noqa: PLC0415
    from tracker.update import update as derive  # noqa: PLC0415

    crawled = start_crawler(arguments, ending, capture=True)
    ending.between()
    if crawled.returncode not in {0, INTERRUPTED}:
        return crawled.returncode, {}
    store, settings = open_store(), load_settings()
    with alone(store, "update"):
        now = moment(store)
        made = derive(store, settings, at=now, told=_telling(ending))
        sent = send_due(store, settings, at=now, alone=True, between=ending.between)
    store.close()
    counts = json.loads(crawled.stdout or "{}")
    counts |= {"new_versions": made.new_versions, "changes": made.changes, "sent": sent.sent}
    print(
        f"{number(made.new_versions, 'new version')}, {number(made.changes, 'change')}, "
        f"{number(sent.sent, 'message')} sent, "
        f"{sent.failed} failed",
        file=sys.stderr,
    )
    if said := _why_nothing(counts):
        print(said, file=sys.stderr)
    return crawled.returncode, counts


def _why_nothing(counts: Mapping[str, Any]) -> str:
    """Return what to say of a run that read nothing; empty where something was read, or nothing asked for."""
    failed = counts.get("failed", {})
    if not failed or counts.get("fetched", 0) + counts.get("not_modified", 0):
        return ""
    if failed.keys() <= UNREACHED:
        return (
            "nothing could be read: is there a network? Without one, `make demo` shows an example"
        )
    return "nothing could be read: `tracker sources health` says why and what helps"
