"""Fetching and deriving: crawl, update, run."""

import json
import signal
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from types import FrameType
from typing import Annotated, Any

import typer

from tracker.commands.shared import INTERRUPTED, Json, open_store
from tracker.model import InstitutionKind
from tracker.settings import load_settings
from tracker.store.locks import alone

app = typer.Typer()


def start_crawler(
    arguments: Sequence[str], *, verb: str = "crawl", capture: bool = False
) -> subprocess.CompletedProcess[str]:
    """Start the crawler in a process of its own; its progress goes to our standard error.

    Asked to end, it is asked too: it finishes the page it reads and closes its run.
    """
    command = [sys.executable, "-m", "crawler", verb, *arguments]
    with subprocess.Popen(  # noqa: S603  (our own program; arguments are a list, not a shell line)
        command, text=True, stdout=subprocess.PIPE if capture else None
    ) as child:
        before = signal.getsignal(signal.SIGTERM)

        def pass_on(number: int, frame: FrameType | None) -> None:
            child.terminate()
            if callable(before):
                before(number, frame)

        signal.signal(signal.SIGTERM, pass_on)
        out, _ = child.communicate()
        signal.signal(signal.SIGTERM, before)
    return subprocess.CompletedProcess(command, child.returncode, out)


def crawl_arguments(
    keys: Sequence[str] | None, kind: InstitutionKind | None, max_pages: int | None, *, due: bool
) -> list[str]:
    arguments = [*(keys or []), "--json"]
    arguments += ["--kind", kind] if kind else []
    arguments += ["--max-pages", str(max_pages)] if max_pages is not None else []
    return arguments + (["--due"] if due else [])


Keys = Annotated[
    list[str] | None, typer.Argument(metavar="[KEY]...", help="institution or institution/source")
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
    raise typer.Exit(start_crawler(arguments).returncode)


@app.command()
def update(
    recode: Annotated[bool, typer.Option("--recode", help="Assess everything anew.")] = False,
    at: Annotated[datetime | None, typer.Option(hidden=True)] = None,
    as_json: Json = False,
) -> None:
    """Derive what is missing: versions, passages, codings, changes, findings, deliveries."""
    from tracker.update import update as derive  # noqa: PLC0415  (loads the extractors)

    now = datetime.now(UTC) if at is None else at.replace(tzinfo=at.tzinfo or UTC)
    store = open_store()
    with alone(store, "update"):
        made = derive(store, load_settings(), at=now, recode=recode, told=_told)
    if as_json:
        print(json.dumps({name: getattr(made, name) for name in made.__dataclass_fields__}))
    else:
        print(
            f"{made.new_versions} new versions, {made.quarantined} captures set aside, "
            f"{made.coded} passages coded, {made.changes} changes, {made.owed} deliveries owed",
            file=sys.stderr,
        )


def _told(stage: str, done: int) -> None:
    if sys.stderr.isatty():
        print(f"\r{stage}: {done}   ", end="", file=sys.stderr, flush=True)


@app.command()
def run(
    keys: Keys = None,
    kind: Kind = None,
    max_pages: MaxPages = None,
    due: Due = False,
    as_json: Json = False,
) -> None:
    """Crawl, update and send once; for cron."""
    code, counts = run_once(crawl_arguments(keys, kind, max_pages, due=due))
    if as_json and counts:
        print(json.dumps(counts))
    raise typer.Exit(code)


def run_once(arguments: Sequence[str]) -> tuple[int, dict[str, Any]]:
    """Crawl, update and send once; return the crawler's exit code and what it all came to.

    Where the crawler could not start, nothing else is done and the counts are empty.
    """
    from tracker.alerts.outbox import send_due  # noqa: PLC0415
    from tracker.update import update as derive  # noqa: PLC0415

    crawled = start_crawler(arguments, capture=True)
    if crawled.returncode not in {0, INTERRUPTED}:
        return crawled.returncode, {}
    store, settings, now = open_store(), load_settings(), datetime.now(UTC)
    with alone(store, "update"):
        made = derive(store, settings, at=now, told=_told)
        sent = send_due(store, settings, at=now, alone=True)
    store.close()
    counts = json.loads(crawled.stdout or "{}")
    counts |= {"new_versions": made.new_versions, "changes": made.changes, "sent": sent.sent}
    print(
        f"{made.new_versions} new versions, {made.changes} changes, {sent.sent} messages sent, "
        f"{sent.failed} failed",
        file=sys.stderr,
    )
    if not counts.get("fetched", 0) + counts.get("not_modified", 0):
        print(
            "nothing could be read; without a network, `make demo` shows an example",
            file=sys.stderr,
        )
    return crawled.returncode, counts
