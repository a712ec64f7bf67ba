"""A connection to PostgreSQL that is lost in the middle of work: a clear word, and nothing is lost or doubled."""

import os
import subprocess
import sys
import time
from datetime import timedelta

import pytest
from builders import NOON
from chain import PLAIN, RULE, Site, page
from sqlalchemy import create_engine, event, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool
from teams import database, final_rows

from tracker.model import Reason
from tracker.store import Store, loss, upgrade
from tracker.update import update

#: Where in an update, by its share of all statements, the connection is lost.
MOMENTS = (0.05, 0.2, 0.35, 0.5, 0.65, 0.8, 0.95)
FIRST = {"one": page(PLAIN), "two": page(RULE), "three": page(PLAIN, RULE), "four": page(PLAIN)}
LATER = {"one": page(PLAIN, RULE), "two": page(PLAIN), "three": Reason.NOT_FOUND, "four": page(PLAIN)}  # fmt: skip


@pytest.fixture
def opened(postgres):
    """Opens a store of that name on a database of its own."""
    made = []

    def opening(name: str) -> Store:
        context = database(postgres, f"lost_{name}_{os.getpid()}")
        url = context.__enter__()
        engine = create_engine(url)
        upgrade(engine)
        engine.dispose()
        store = Store.open(url)
        made.append((store, context))
        return store

    yield opening
    for store, context in made:
        store.close()
        context.__exit__(None, None, None)


def two_reads(store, folder) -> Site:
    """A site read twice, of which the second read waits to be updated."""
    site = Site(store, folder)
    site.subscribe()
    site.read(FIRST, at=NOON)
    site.read(LATER, at=NOON + timedelta(days=1), derive=False)
    return site


class Cut:
    """Counts an engine's statements, and ends the connection of its own at the one that is asked for."""

    def __init__(self, engine, at: int | None = None) -> None:
        self.engine, self.at, self.count = engine, at, 0

    def __enter__(self):
        event.listen(self.engine, "before_cursor_execute", self.note)
        return self

    def __exit__(self, *_) -> None:
        event.remove(self.engine, "before_cursor_execute", self.note)

    def note(self, connection, _cursor, _statement, *_) -> None:
        self.count += 1
        if self.count == self.at:
            own = connection.connection.driver_connection.info.backend_pid
            other = create_engine(self.engine.url, poolclass=NullPool)
            with other.connect() as ending:
                ending.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": own})


def test_an_update_whose_connection_is_lost_leaves_the_same_rows_when_run_again(opened, tmp_path):
    at = NOON + timedelta(days=1, hours=1)
    calm = two_reads(opened("calm"), tmp_path / "calm")
    with Cut(calm.store.engine) as whole:
        update(calm.store, calm.settings, at=at)
    expected = final_rows(calm.store)
    assert expected["changes"]

    for number, moment in enumerate(MOMENTS):
        cut_off = two_reads(opened(f"cut{number}"), tmp_path / f"cut{number}")
        cut = Cut(cut_off.store.engine, int(whole.count * moment))
        with cut, pytest.raises(OperationalError) as lost:
            update(cut_off.store, cut_off.settings, at=at)
        update(cut_off.store, cut_off.settings, at=at)

        assert "connection to the database was lost" in loss(lost.value)[0]
        assert final_rows(cut_off.store) == expected, moment


def test_the_command_says_that_the_connection_was_lost_and_can_be_run_again(opened, tmp_path):
    site = two_reads(opened("command"), tmp_path)
    engine = site.store.engine
    environment = {
        **os.environ,
        "TRACKER_DATABASE_URL": engine.url.render_as_string(hide_password=False),
        "TRACKER_DATA_DIR": str(tmp_path),
    }
    command = [sys.executable, "-m", "tracker", "update"]
    with engine.begin() as holding:
        holding.execute(text("LOCK TABLE version IN EXCLUSIVE MODE"))
        working = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)
        waiting = "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE NOT granted"
        ended: list[bool] = []
        while not ended and working.poll() is None:
            time.sleep(0.05)
            ended = list(holding.execute(text(waiting)).scalars())
        _, said = working.communicate(timeout=60)

    assert (working.returncode, said.count("\n")) == (75, 1)
    assert "run the same command again" in said
    done = subprocess.run(command, env=environment, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
