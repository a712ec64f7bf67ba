"""Workers that share one queue: nothing is done twice, nothing is lost, and no host is hurried."""

import json
import os
import signal

import pytest
from teams import (
    JITTER,
    Team,
    a_job_of,
    database,
    declare,
    final_rows,
    gaps,
    hosts,
    in_hours,
    make_due,
    publish,
)
from webserver import serving

from tracker.store import jobs
from tracker.store.jobs import Work

INSTITUTIONS, PAGES, DELAY = 3, 6, 0.25


def subscribe(team) -> None:
    team("alerts", "add", "mine", "--channel", "outbox", "--rule", "{}")


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    """The rows of one process that runs by itself on the embedded database."""
    folder = tmp_path_factory.mktemp("alone")
    declare(folder, INSTITUTIONS)
    with serving() as site:
        team = Team(folder, site, f"sqlite:///{folder / 'tracker.db'}", delay=0)
        subscribe(team)
        for later in (False, True, True):
            publish(site, INSTITUTIONS, PAGES, later=later)
            team("run", "--due")
            make_due(team.store)
        yield final_rows(team.store)
        team.store.close()


@pytest.fixture
def team(tmp_path, site, postgres):
    declare(tmp_path, INSTITUTIONS)
    with database(postgres, f"team_{os.getpid()}") as url:
        made = Team(tmp_path, site, url, delay=DELAY)
        yield made
        made.store.close()


@pytest.mark.timeout(600)
def test_two_workers_one_killed_leave_the_rows_of_one_process(alone, team, site):
    subscribe(team)
    crawls = len(hosts(INSTITUTIONS))
    publish(site, INSTITUTIONS, PAGES, later=False)
    with team.workers(2) as workers:
        a_job_of(team, workers[0].pid)
        os.killpg(workers[0].pid, signal.SIGKILL)
        team.wait(crawls)
        publish(site, INSTITUTIONS, PAGES, later=True)
        for _ in range(2):
            team.make_due()
            team.wait(crawls)

    rows = final_rows(team.store)
    assert {name: rows[name] for name in rows if rows[name] != alone[name]} == {}
    assert rows["changes"]
    assert rows["deliveries"]
    assert "clean" in team("verify")
    assert ("interrupted",) in team.sql("SELECT state FROM run")
    assert min(gaps(site).values()) > DELAY - JITTER


def test_a_worker_that_is_told_to_end_ends_clean_and_its_job_waits_for_another(team, site):
    publish(site, INSTITUTIONS, PAGES, later=False)
    with team.workers(1) as workers:
        a_job_of(team, workers[0].pid)
        workers[0].send_signal(signal.SIGTERM)
        assert workers[0].wait(timeout=30) == 0

    shown = json.loads(team("queue", "--json"))
    begun = [job for job in shown["jobs"] if job["tries"]]
    assert [(job["work"], job["state"]) for job in begun] == [("crawl", "waiting")]
    assert shown["workers"] == 0
    assert ("interrupted",) in team.sql("SELECT state FROM run")
    assert "clean" in team("verify")
    assert "crawl waiting" in team("worker", "--status")


def test_a_command_that_is_told_to_end_did_not_fail_and_its_job_is_done_later(team, site):
    publish(site, INSTITUTIONS, PAGES, later=False)
    with team.workers(1) as workers:
        os.kill(a_job_of(team, workers[0].pid), signal.SIGTERM)
        team.until("SELECT 1 FROM procrastinate_jobs WHERE task_name = 'crawl' AND status = 'todo' AND attempts = 1")  # fmt: skip
        team.wait(len(hosts(INSTITUTIONS)))

    log = (team.folder / "workers.log").read_text()
    assert "stopped as asked, and put back" in log
    assert "failed" not in log
    pages = len(hosts(INSTITUTIONS)) * PAGES
    assert team.sql("SELECT count(*) FROM document WHERE state = 'live'") == [(pages,)]


def test_a_job_that_fails_is_tried_again_later(team, site):
    publish(site, INSTITUTIONS, PAGES, later=False)
    sources = team.folder / "sources.yaml"
    with team.workers(1) as workers:
        a_job_of(team, workers[0].pid)
        sources.write_text("institutions: [{}]")
        team.until("SELECT 1 FROM procrastinate_jobs WHERE task_name = 'crawl' AND status = 'todo' AND attempts = 1 AND scheduled_at > now() + interval '1 second'")  # fmt: skip


def test_workers_read_only_in_the_hours_given_and_leave_what_was_queued_before(team, site):
    publish(site, INSTITUTIONS, PAGES, later=False)
    team.environment["TRACKER_WATCH_HOURS"] = in_hours(2, 3)
    with team.store.transaction() as session:
        jobs.ask(session, Work.CRAWL, lock="hosts of oak", institution="oak-university")
    with team.workers(1):
        team.wait(1)
        team.until("SELECT 1 FROM procrastinate_jobs WHERE task_name = 'schedule' AND status = 'succeeded'")  # fmt: skip
    closed = (site.urls(), team.sql("SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'crawl'"))  # fmt: skip

    team.make_due()
    team.environment["TRACKER_WATCH_HOURS"] = in_hours(0, 2)
    with team.workers(1):
        team.wait(len(hosts(INSTITUTIONS)))

    assert closed == ([], [(1,)])
    pages = len(hosts(INSTITUTIONS)) * PAGES
    assert team.sql("SELECT count(*) FROM document WHERE state = 'live'") == [(pages,)]


def test_workers_outlive_the_loss_of_every_connection(team, site):
    publish(site, INSTITUTIONS, PAGES, later=False)
    with team.workers(2) as workers:
        a_job_of(team, workers[0].pid)
        team.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()")  # fmt: skip
        team.wait(len(hosts(INSTITUTIONS)))
        assert [worker.poll() for worker in workers] == [None, None]

    pages = len(hosts(INSTITUTIONS)) * PAGES
    assert team.sql("SELECT count(*) FROM document WHERE state = 'live'") == [(pages,)]
    assert "clean" in team("verify")
    assert ("interrupted",) in team.sql("SELECT state FROM run")
    assert min(gaps(site).values()) > DELAY - JITTER
