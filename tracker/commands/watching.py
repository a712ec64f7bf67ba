"""Watching by itself: a run whenever something is due, and what monitors ask."""

import json
import sys
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from tracker import monitoring
from tracker.commands.crawling import run_once
from tracker.commands.shared import Json, moment, open_store
from tracker.ending import INTERRUPTED, EndedError, Ending
from tracker.hours import opens
from tracker.settings import load_settings
from tracker.sources import load_sources
from tracker.store import BUSY
from tracker.store.crawling import sync_sources
from tracker.store.locks import BusyError, alone

app = typer.Typer()

LONGEST_SLEEP = 600.0  # seconds; sources.yaml and subscriptions may have changed by then
SHORTEST_SLEEP = 60.0  # so that a source that stays due, such as a refused one, is not hammered
AFTER_TROUBLE = 600.0


@app.command()
def watch() -> None:
    """Run whenever something is due, until told to end; for systemd and the like."""
    ending = Ending()
    _say("watching; end with Ctrl-C or SIGTERM")
    while not ending.asked:
        try:
            wait = _look(ending)
        except EndedError:
            break
        except BusyError as error:
            _say(str(error))
            wait = AFTER_TROUBLE
        if not ending.asked:
            _say(f"next look in {max(1, round(wait / 60))} min")
            ending.sleep(wait)
    _say("ended")


def _look(ending: Ending) -> float:
    """Run if something is due, else send what fell due meanwhile; return the seconds to wait."""
    wait = _seconds_until_due()
    if wait <= 0:
        return _run_and_wait(ending)
    _send(ending)
    return wait


def _seconds_until_due() -> float:
    """How long to sleep: until something is due, and never so long that nobody looks in."""
    file = load_sources(load_settings().sources)
    store = open_store()
    with store.transaction() as session:
        sync_sources(session, file)
        due = monitoring.next_due(session)
    store.close()
    now = datetime.now(UTC)
    begins = max(due or now, opens(load_settings().watch_hours, now))
    return min(LONGEST_SLEEP, (begins - now).total_seconds())


def _run_and_wait(ending: Ending) -> float:
    """Run once; return the seconds to wait before looking again."""
    code, counts = run_once(["--json", "--due"], ending)
    read = counts.get("fetched", 0) + counts.get("not_modified", 0)
    if code == BUSY or (counts.get("documents", 0) and not read):
        return AFTER_TROUBLE
    if code not in {0, INTERRUPTED}:
        raise typer.Exit(code)
    return min(LONGEST_SLEEP, max(SHORTEST_SLEEP, _seconds_until_due()))


def _send(ending: Ending) -> None:
    """Send what fell due between runs, such as digests."""
    from tracker.alerts.outbox import send_due  # noqa: PLC0415

    store = open_store()
    with alone(store, "update"):
        report = send_due(
            store, load_settings(), at=moment(store), alone=True, between=ending.between
        )
    store.close()
    if report.sent or report.failed:
        _say(f"{report.sent} messages sent, {report.failed} failed")


def _say(line: str) -> None:
    print(f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S} {line}", file=sys.stderr, flush=True)


@app.command()
def status(
    max_age: Annotated[
        float, typer.Option("--max-age", min=0, help="Hours after which the last run is too old.")
    ] = 48.0,
    as_json: Json = False,
) -> None:
    """Say whether the watching is in order, in a line; exit 1 where a person should look."""
    with open_store().transaction() as session:
        found = monitoring.status(session, at=datetime.now(UTC), oldest=timedelta(hours=max_age))
    if as_json:
        print(json.dumps(found.to_json()))
    else:
        print(_line(found))
        for problem in found.problems:
            print(f"  {problem}")
    raise typer.Exit(1 if found.problems else 0)


def _line(found: monitoring.Status) -> str:
    last = found.last_complete_run_at
    sources = ", ".join(f"{number} {state}" for state, number in sorted(found.sources.items()))
    return (
        f"{'attention' if found.problems else 'ok'}: last complete run "
        f"{last.strftime('%Y-%m-%d %H:%M UTC') if last else 'never'}; sources: {sources or 'none'}; "
        f"{found.documents_read} of {found.documents_known} documents read; "
        f"{found.deliveries_due} deliveries due, {found.deliveries_failed} failed"
    )
