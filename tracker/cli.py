"""The `tracker` command: its verbs in one place, and wrong input as one message."""

import gc
import os
import sys

import typer
from sqlalchemy.exc import DBAPIError

from tracker.coding import evaluation
from tracker.coding.calibration import CalibrationError
from tracker.commands import (
    alerts,
    answers,
    archives,
    crawling,
    explaining,
    hearing,
    people,
    reading,
    releases,
    review,
    searching,
    sources,
    training,
    upkeep,
    watching,
    working,
)
from tracker.commands.shared import WRONG_INPUT, WrongInputError
from tracker.ending import INTERRUPTED, EndedError
from tracker.replies import ReplyError
from tracker.settings import SettingsError
from tracker.sources import SourcesError
from tracker.store import BUSY, StoreError, loss
from tracker.store.locks import BusyError
from tracker.store.payloads import DamagedPayloadError

app = typer.Typer(
    help="Watch what institutions publish on China, surveillance and research partnerships.",
    epilog="To begin: `tracker demo` plays it on invented institutions; `tracker sources check`, then `tracker run KEY`, "
    "reads real ones. Settings are variables named TRACKER_…; the README lists them.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
for verbs in (
    crawling,
    archives,
    watching,
    working,
    answers,
    searching,
    explaining,
    reading,
    training,
    releases,
    upkeep,
):
    app.add_typer(verbs.app)
app.add_typer(sources.app, name="sources")
app.add_typer(alerts.app, name="alerts")
app.add_typer(review.app, name="review")
app.add_typer(people.app, name="people")
app.add_typer(hearing.notices, name="notices")
app.add_typer(hearing.replies, name="replies")


def main() -> None:
    """Run the command; wrong input is one message and exit code 2."""
    _collect_seldom()
    try:
        app()
    except (
        WrongInputError,
        SettingsError,
        SourcesError,
        ReplyError,
        StoreError,
        evaluation.InputError,
        CalibrationError,
    ) as error:
        print(error, file=sys.stderr)
        sys.exit(WRONG_INPUT)
    except BusyError as error:
        print(error, file=sys.stderr)
        sys.exit(BUSY)
    except DamagedPayloadError as error:
        print(error, file=sys.stderr)
        sys.exit(1)
    except EndedError as error:
        print(error, file=sys.stderr)
        sys.exit(INTERRUPTED)
    except DBAPIError as error:
        said, code = loss(error)
        print(said, file=sys.stderr)
        sys.exit(code)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _collect_seldom() -> None:
    """Rows make many objects and no cycles: looking for cycles cost a tenth of an update."""
    gc.enable()
    gc.freeze()
    gc.set_threshold(100_000, 50, 50)
