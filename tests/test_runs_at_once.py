"""Runs beside each other on PostgreSQL: each has its hosts to itself, none is closed while it lives."""

import re
import subprocess
import sys
import threading
import urllib.request
from datetime import timedelta

import pytest
from alembic import command
from browsing import ARGUMENTS, CHROMIUM, open_at, serving
from builders import NOON, a_failure, a_page, a_source, a_sources_file, an_institution, read_page
from conftest import _empty_postgres
from playwright.sync_api import sync_playwright
from sqlmodel import col, select
from test_migrations import config

from tracker import monitoring, queries
from tracker.archive import Candidate
from tracker.model import Document, Payload, Run, RunState, Source
from tracker.store import Store, jobs
from tracker.store.crawling import finish_run, living_runs, start_run, sync_sources
from tracker.store.integrity import damage
from tracker.store.jobs import Work
from tracker.store.locks import BusyError, RunLostError, at_work
from tracker.store.owning import neighbours
from tracker.store.planning import plan
from tracker.store.reading import pending_snapshots
from tracker.store.recorder import Recorder


@pytest.fixture
def server(postgres) -> Store:
    """An empty store on PostgreSQL, with the workers' tables."""
    store = _empty_postgres(postgres)
    jobs.install(store.engine)
    yield store
    store.close()


def a_run(store, turn=None, *, keys=(), at=NOON) -> int:
    file = a_sources_file(
        *(
            an_institution(
                a_source(url=f"http://{key}.example/policy"),
                key=key,
                hosts=(f"{key}.example",),
                homepage=f"http://{key}.example/",
            )
            for key in ("alder", "birch")
        )
    )
    with store.transaction() as session:
        sync_sources(session, file)
        return start_run(
            session, verb="crawl", scope={"keys": list(keys)}, tool="t", at=at, turn=turn
        )


def a_read(store, run, key, body="<p>The same notice of a server that is busy.") -> Recorder:
    recorder = Recorder(store, run)
    with store.transaction() as session:
        [task] = [task for task in plan(session, at=NOON, run_id=run) if task.institution == key]
    fresh = recorder.candidates(task.id, [Candidate(task.url)], at=NOON)
    recorder.document((*fresh, *task.documents)[0], a_page(body, url=task.url))
    recorder.flush()
    return recorder


def states(store) -> list[RunState]:
    with store.transaction() as session:
        return list(session.exec(select(Run.state).order_by(col(Run.id))))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("alder.example", "alder.example"),
        ("alder.example", "law.alder.example"),
        ("law.alder.example", "alder.example"),
        ("alder.example/unit", "ALDER.example:80"),
    ],
)
def test_a_host_and_what_is_below_it_are_read_by_one_run_at_a_time(server, one, other):
    with at_work(server) as first, at_work(server) as second:
        first.take_hosts([one])
        with pytest.raises(BusyError, match="another run is reading"):
            second.take_hosts([other])

    with at_work(server) as third:
        third.take_hosts([other])


def test_hosts_beside_each_other_are_read_at_once(server):
    with at_work(server) as first, at_work(server) as second:
        first.take_hosts(["law.alder.example", "birch.example"])
        second.take_hosts(["art.alder.example", "cedar.example"])


def test_an_import_is_alone(server):
    with at_work(server) as first, at_work(server) as second:
        first.take_hosts(["alder.example"])
        with pytest.raises(BusyError, match="another crawl"):
            second.take_all()


def test_on_the_embedded_database_one_run_works_at_a_time(sqlite_store):
    with (
        at_work(sqlite_store),
        pytest.raises(BusyError),
        at_work(Store(sqlite_store.engine)),
    ):
        pass


def test_a_run_is_closed_as_interrupted_when_its_process_is_gone_and_not_before(server):
    with at_work(server) as turn:
        a_run(server, turn)
        a_run(server)
        assert states(server) == [RunState.RUNNING, RunState.RUNNING]
    a_run(server)

    assert states(server) == [RunState.INTERRUPTED, RunState.INTERRUPTED, RunState.RUNNING]


def test_what_a_living_run_fetched_waits_for_its_end(server):
    with at_work(server) as turn:
        a_read(server, a_run(server, turn), "alder")
        with server.transaction() as session:
            assert pending_snapshots(session, limit=9, leave=living_runs(session)) == []
    with server.transaction() as session:
        assert len(pending_snapshots(session, limit=9, leave=living_runs(session))) == 1


def test_the_chain_is_in_the_order_in_which_runs_end(server):
    with at_work(server) as one, at_work(server) as two, at_work(server) as three:
        runs = [a_run(server, turn, keys=[str(number)]) for number, turn in enumerate((one, two, three))]  # fmt: skip
        for run, key in zip(runs, ("alder", "birch", "birch"), strict=True):
            a_read(server, run, key, body=f"<p>What run {run} read.")
        for run in (runs[1], runs[2], runs[0]):
            with server.transaction() as session:
                finish_run(session, run, at=NOON, counts={})

    with server.transaction() as session:
        assert list(damage(session)) == []
        session.get_one(Run, runs[2]).previous_sha256 = "0" * 64
        session.flush()
        assert any("does not follow" in found.problem for found in damage(session))
        session.rollback()


def test_runs_that_end_at_once_make_one_chain(server):
    with at_work(server) as turn:
        runs = [a_run(server, turn, keys=[str(number)]) for number in range(6)]

        def finish(run):
            with server.transaction() as session:
                finish_run(session, run, at=NOON, counts={})

        threads = [threading.Thread(target=finish, args=[run]) for run in runs]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert states(server) == [RunState.COMPLETE] * 6
    with server.transaction() as session:
        assert list(damage(session)) == []


def test_a_run_that_was_taken_for_dead_writes_nothing_more(server):
    run = a_run(server)
    recorder = a_read(server, run, "alder")
    a_run(server, keys=["birch"])  # nobody holds the first run's lock: its connection was lost

    with server.transaction() as session:
        document = session.exec(select(Document)).one()
        [task] = [t for t in plan(session, at=NOON) if t.documents]
    recorder.document(task.documents[0], a_failure(url=document.url))
    with pytest.raises(RunLostError, match="run the same command again"):
        recorder.flush()
    with pytest.raises(RunLostError), server.transaction() as session:
        finish_run(session, run, at=NOON, counts={})
    with server.transaction() as session:
        assert list(damage(session)) == []


def test_a_run_judges_only_the_sources_that_it_was_to_read(server):
    with at_work(server) as turn:
        mine, other = (a_run(server, turn, keys=[key]) for key in ("alder", "birch"))
        a_read(server, mine, "alder")
        a_read(server, other, "birch")
        with server.transaction() as session:
            finish_run(session, mine, at=NOON + timedelta(seconds=1), counts={})

        with server.transaction() as session:
            baselines = dict(session.exec(select(Source.url, Source.baseline_run_id)).all())
    assert baselines == {
        "http://alder.example/policy": mine,
        "http://birch.example/policy": None,
    }


def test_two_runs_may_fetch_the_same_bytes_at_the_same_moment(server):
    with at_work(server) as turn:
        runs = {key: a_run(server, turn, keys=[key]) for key in ("alder", "birch")}
        threads = [
            threading.Thread(target=a_read, args=(server, run, key)) for key, run in runs.items()
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    with server.transaction() as session:
        assert len(session.exec(select(Payload)).all()) == 1
        assert len(session.exec(select(Document.last_payload_id)).all()) == 2


def test_institutions_that_share_hosts_are_neighbours(store):
    def one(key, *hosts):
        source = a_source(url=f"http://{hosts[0]}/p")
        return an_institution(source, key=key, hosts=hosts, homepage=f"http://{hosts[0]}/")

    with store.transaction() as session:
        sync_sources(
            session,
            a_sources_file(
                one("alder", "alder.example"),
                one("birch", "law.alder.example", "birch.example"),
                one("cedar", "cedar.example"),
                one("dogwood", "birch.example/dogwood"),
            ),
        )
        assert neighbours(session) == {
            "alder": "alder",
            "birch": "alder",
            "cedar": "cedar",
            "dogwood": "alder",
        }


def test_an_institution_is_due_until_it_was_read_and_again_when_its_interval_is_over(store):
    file = a_sources_file(an_institution())
    with store.transaction() as session:
        sync_sources(session, file)
        assert monitoring.due(session, at=NOON) == ["alder"]
        run = start_run(session, verb="crawl", scope={}, tool="t", at=NOON)
    a_read(store, run, "alder")
    with store.transaction() as session:
        finish_run(session, run, at=NOON, counts={})

    with store.transaction() as session:
        assert monitoring.due(session, at=NOON + timedelta(hours=1)) == []
        assert monitoring.due(session, at=NOON + timedelta(days=2)) == ["alder"]


def test_a_job_is_asked_for_once(server):
    with server.transaction() as session:
        asked = [
            jobs.ask(session, Work.CRAWL, lock="x", unless=("todo", "doing"), institution=key)
            for key in ("alder", "alder", "birch")
        ]
        view = queries.queue_view(session, at=NOON)

    assert asked == [True, False, True]
    assert [(job.work, job.institution, job.state) for job in view.jobs] == [
        ("crawl", "alder", "waiting"),
        ("crawl", "birch", "waiting"),
    ]
    assert view.depth()["crawl", "waiting"] == 2


def test_the_queues_tables_are_made_once_and_are_no_part_of_the_schemas_history(server):
    before = jobs.has_tables(server.engine)
    jobs.install(server.engine)
    made = config()
    with server.engine.begin() as connection:
        made.attributes["connection"] = connection
        command.check(made)

    assert before


def test_a_worker_without_a_server_says_all_that_is_missing(tmp_path):
    for verb in ("worker", "queue"):
        done = subprocess.run(
            [sys.executable, "-m", "tracker", verb],
            env={"TRACKER_DATA_DIR": str(tmp_path), "PATH": ""},
            check=False,
            capture_output=True,
            text=True,
        )

        assert done.returncode == 2
        assert "TRACKER_DATABASE_URL" in done.stderr
        assert "tracker watch" in done.stderr
        assert "Traceback" not in done.stderr


def test_a_server_without_the_queues_tables_is_said(server):
    with server.engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE procrastinate_periodic_defers, procrastinate_events, procrastinate_jobs CASCADE")  # fmt: skip

    assert jobs.lacking(server.engine) == ["the tables of its queue: `tracker db upgrade`"]


@pytest.mark.browser
def test_the_app_and_monitors_show_the_queue(server, tmp_path):
    read_page(server, "<p>The reading room is open to all members on weekdays.")
    with server.transaction() as session:
        jobs.ask(session, Work.CRAWL, lock="x", institution="alder")
    url = server.engine.url.render_as_string(hide_password=False)

    with serving(tmp_path, TRACKER_DATABASE_URL=url) as (base, _), sync_playwright() as started:
        figures = urllib.request.urlopen(f"{base}/metrics").read().decode()
        browser = started.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        page = browser.new_page()
        open_at(page, f"{base}/sources")
        said = page.inner_text("main")
        browser.close()

    assert re.search(r'^tracker_jobs{queue="crawl",state="waiting"} 1$', figures, re.MULTILINE)
    assert re.search(r"^tracker_workers{} 0$", figures, re.MULTILINE)
    aged = r'^tracker_source_last_good_read_age_seconds{institution="alder",source="policy"} \d'
    assert re.search(aged, figures, re.MULTILINE)
    assert re.search(r"^tracker_delivery_lag_seconds 0", figures, re.MULTILINE)
    assert "Workers" in said
    assert "Jobs of the workers" in said
