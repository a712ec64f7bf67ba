"""A backup holds everything, fits either database, and a broken one changes nothing."""

import io
import os
import subprocess
import sys

import pytest
from builders import NOON, a_failure, a_page, a_source, a_sources_file, an_institution
from sqlalchemy import event
from sqlmodel import SQLModel, select

from tracker.archive import Candidate
from tracker.model import Document
from tracker.settings import Settings
from tracker.store import Store
from tracker.store.backup import BackupError, dump, load
from tracker.store.crawling import finish_run, start_run, sync_sources
from tracker.store.integrity import damage
from tracker.store.planning import plan
from tracker.store.recorder import Recorder
from tracker.store.subscriptions import add_subscription
from tracker.update import update


def fill(store):
    with store.transaction() as session:
        sync_sources(session, a_sources_file())
        run_id = start_run(session, verb="crawl", scope={}, tool="tracker 0", at=NOON)
        task = plan(session, at=NOON)[0]
        add_subscription(session, name="mine", channel="email", target="a@b.example", at=NOON)
    recorder = Recorder(store, run_id)
    urls = [task.url, "http://alder.example/new"]
    old, new = recorder.candidates(task.id, [Candidate(url) for url in urls], at=NOON)
    recorder.document(old, a_page("<main><p>The Chinese state must be named here.</p></main>"))
    recorder.document(new, a_failure(url=urls[1]))
    recorder.flush()
    with store.transaction() as session:
        moved = session.get_one(Document, old.id)
        moved.moved_to_id = new.id  # a later row of the same table
        finish_run(session, run_id, at=NOON, counts={})
    update(store, Settings(), at=NOON)


def dumped(store, **options):
    out = io.BytesIO()
    with store.transaction() as session:
        dump(session, out, at=NOON, **options)
    out.seek(0)
    return out


def contents(store):
    with store.engine.connect() as connection:
        return {
            table.name: [
                tuple(row) for row in connection.execute(select(table).order_by(*table.primary_key))
            ]
            for table in SQLModel.metadata.sorted_tables
        }


def test_a_store_restored_on_either_database_is_the_same(tmp_path, store):
    source = Store.open(f"sqlite:///{tmp_path / 'source.db'}")
    fill(source)
    with store.transaction() as session:
        load(session, dumped(source))
        assert list(damage(session)) == []

    assert contents(store) == contents(source)
    assert any(contents(source)["version_passage"])
    fill_again = Candidate("http://alder.example/later")
    with store.transaction() as session:
        run_id = start_run(session, verb="crawl", scope={}, tool="tracker 0", at=NOON)
        task = plan(session, at=NOON)[0]
    assert Recorder(store, run_id).candidates(task.id, [fill_again], at=NOON)
    source.close()


def test_without_subscribers_no_address_leaves(sqlite_store, tmp_path):
    fill(sqlite_store)
    other = Store.open(f"sqlite:///{tmp_path / 'other.db'}")
    with other.transaction() as session:
        load(session, dumped(sqlite_store, subscribers=False))

    assert contents(other)["subscription"] == []
    other.close()


@pytest.mark.parametrize("damaged", [b"", b"not a backup", 20, -10])
def test_what_is_no_whole_backup_is_refused_and_leaves_nothing(sqlite_store, tmp_path, damaged):
    fill(sqlite_store)
    whole = dumped(sqlite_store).getvalue()
    given = damaged if isinstance(damaged, bytes) else whole[:damaged]
    other = Store.open(f"sqlite:///{tmp_path / 'other.db'}")

    with pytest.raises(BackupError, match="torn one"), other.transaction() as session:
        load(session, io.BytesIO(given))

    assert not any(contents(other).values())
    other.close()


def test_a_store_that_holds_anything_is_not_overwritten(sqlite_store):
    fill(sqlite_store)

    with (
        pytest.raises(BackupError, match="not empty"),
        sqlite_store.transaction() as session,
    ):
        load(session, dumped(sqlite_store))


def test_the_command_line_backs_up_restores_and_refuses_to_overwrite(sqlite_store, tmp_path):
    fill(sqlite_store)
    sqlite_store.close()

    def tracker(folder, *arguments):
        return subprocess.run(
            [sys.executable, "-c", "from tracker.cli import main; main()", *arguments],
            env={**os.environ, "TRACKER_DATA_DIR": str(folder)},
            capture_output=True,
            text=True,
            check=False,
        )

    file = str(tmp_path / "tracker.backup")
    made = tracker(tmp_path, "backup", file)
    twice = tracker(tmp_path, "backup", file)
    restored = tracker(tmp_path / "new", "restore", file)
    again = tracker(tmp_path / "new", "restore", file)

    assert (made.returncode, twice.returncode) == (0, 2), made.stderr
    assert "the evidence is clean" in restored.stdout
    assert (again.returncode, "not empty" in again.stderr) == (2, True)


def test_a_backup_is_of_one_moment_whatever_is_written_meanwhile(store, tmp_path):
    fill(store)
    before = contents(store)
    written = []

    def meanwhile(_connection, _cursor, statement, *_):
        if "FROM source" in statement and not written:
            written.append(statement)
            other = an_institution(a_source(url="http://birch.example/"), key="birch")
            with Store(store.engine).transaction() as session:
                sync_sources(session, a_sources_file(an_institution(), other))

    event.listen(store.engine, "before_cursor_execute", meanwhile)
    out = dumped(store)
    event.remove(store.engine, "before_cursor_execute", meanwhile)
    assert len(contents(store)["source"]) == 2

    restored = Store.open(f"sqlite:///{tmp_path / 'restored.db'}")
    with restored.transaction() as session:
        load(session, out)
    assert contents(restored) == before
    restored.close()
