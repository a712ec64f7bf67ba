"""Workers of a team: doing jobs, and looking at the queue."""

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Annotated

import typer

from tracker import queries
from tracker.commands.shared import Json, WrongInputError, open_store, print_table
from tracker.settings import load_settings
from tracker.store import BUSY, Store
from tracker.store.jobs import Work, lacking

app = typer.Typer()
COLUMNS = ("work", "institution", "state", "tries", "since", "not_before")


@app.command()
def worker(
    concurrency: Annotated[int, typer.Option("--concurrency", min=1, help="Jobs at a time.")] = 2,
    queues: Annotated[
        str, typer.Option("--queues", help="Only these: crawl, update, send; with commas.")
    ] = "",
    status: Annotated[bool, typer.Option("--status", help="Show the queue and end.")] = False,
    as_json: Json = False,
    look: Annotated[int, typer.Option(hidden=True, min=2, max=60)] = 60,
) -> None:
    """Take crawls, updates and deliveries from a queue that any number of machines share."""
    if status or as_json:
        queue(as_json=as_json)
        raise typer.Exit
    _store().close()
    from tracker.worker import DatabaseLostError, Pace, is_news, run_worker  # noqa: PLC0415  (an extra)

    chosen = _queues(queues)
    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%F %T", stream=sys.stderr
    )
    for handler in logging.getLogger().handlers:
        handler.addFilter(is_news)
    logging.getLogger("procrastinate").setLevel(logging.ERROR)  # how jobs end is said by themselves
    settings, named = load_settings(), ", ".join(chosen) or "every queue"
    logging.getLogger("tracker.worker").info("working on %s; end with Ctrl-C or SIGTERM", named)
    try:
        run_worker(settings, concurrency=concurrency, queues=chosen, pace=Pace(look))
    except DatabaseLostError as error:
        print(error, file=sys.stderr)
        raise typer.Exit(BUSY) from None


@app.command()
def queue(as_json: Json = False) -> None:
    """Show who works for this store, and which jobs wait, run or failed."""
    with _store().transaction() as session:
        found = queries.queue_view(session, at=datetime.now(UTC))
    if as_json:
        print(json.dumps(found.to_json()))
        return
    counts = [f"{n} {work} {state}" for (work, state), n in found.depth().items() if n]
    print(f"{found.workers} workers; {', '.join(counts) or 'no jobs'}")
    if found.jobs:
        print_table([job.to_json() for job in found.jobs], COLUMNS, "Jobs")


def _queues(given: str) -> list[Work]:
    names = [name.strip() for name in given.split(",") if name.strip()]
    known = [work for work in Work if work is not Work.SCHEDULE]
    if wrong := [name for name in names if name not in known]:
        raise WrongInputError(
            f"--queues: no such queue ({', '.join(wrong)}); there are {', '.join(known)}"
        )
    return [Work(name) for name in names]


def _store() -> Store:
    """Open the store; raises WrongInputError that lists all that workers lack here."""
    store = open_store()
    if problems := lacking(store.engine):
        lines = "".join(f"\n  {problem}" for problem in problems)
        raise WrongInputError(
            f"workers need what is missing here:{lines}\n"
            "Without workers, `tracker watch` does the same on one machine."
        )
    return store
