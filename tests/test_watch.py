"""Watching by itself, as real processes: it runs when something is due, and ends when asked."""

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from datetime import datetime, timedelta

import pytest
import yaml
from builders import NOON, a_page, a_source, a_sources_file, an_institution
from sqlmodel import select
from teams import in_hours
from webserver import serving

from tracker import monitoring
from tracker.archive import Candidate
from tracker.hours import opens
from tracker.model import Document, Run, RunState
from tracker.store import Store
from tracker.store.crawling import finish_run, start_run, sync_sources
from tracker.store.documents import due_after
from tracker.store.planning import plan
from tracker.store.recorder import Recorder

TRACKER = [sys.executable, "-c", "from tracker.cli import main; main()"]


@pytest.fixture
def site():
    with serving() as site:
        site.put("/policy", "<p>Partners are screened before a project starts.</p>")
        yield site


@pytest.fixture
def environment(tmp_path, site):
    page = {"kind": "page", "url": "http://alder.example/policy"}
    entry = {
        "key": "alder",
        "name": "Alder Institute",
        "kind": "ethics_institute",
        "country": "GB",
        "homepage": "http://alder.example/",
        "sources": [page],
    }
    (tmp_path / "sources.yaml").write_text(yaml.safe_dump({"institutions": [entry]}))
    return {
        **os.environ,
        "TRACKER_DATA_DIR": str(tmp_path),
        "TRACKER_SOURCES": str(tmp_path / "sources.yaml"),
        "TRACKER_DOWNLOAD_DELAY": "0",
        "http_proxy": site.address,
    }


def watching(environment):
    return subprocess.Popen([*TRACKER, "watch"], env=environment, stderr=subprocess.PIPE, text=True)


def heard(process, word):
    """Read what the process says until it says this."""
    lines = []
    for line in process.stderr:
        lines.append(line)
        if word in line:
            return lines
    raise AssertionError("".join(lines))


def runs(tmp_path):
    store = Store.open(f"sqlite:///{tmp_path / 'tracker.db'}")
    with store.transaction() as session:
        found = [run.state for run in session.exec(select(Run))]
    store.close()
    return found


def test_it_runs_what_is_due_then_waits_and_ends_when_asked(environment, tmp_path, site):
    with watching(environment) as process:
        heard(process, "next look in")
        process.send_signal(signal.SIGTERM)
        heard(process, "ended")

    assert process.returncode == 0
    assert "http://alder.example/policy" in site.urls()
    assert runs(tmp_path) == [RunState.COMPLETE]


def test_asked_to_end_in_the_middle_it_closes_its_run(environment, tmp_path, site):
    site.put("/policy", "<p>Slow</p>", delay=2)
    with watching(environment) as process:
        while not site.asked:
            time.sleep(0.05)
        process.send_signal(signal.SIGTERM)
        heard(process, "ended")

    assert process.returncode == 0
    assert RunState.RUNNING not in runs(tmp_path)


def test_status_speaks_for_people_and_monitors(environment):
    before = subprocess.run(
        [*TRACKER, "status"], env=environment, capture_output=True, text=True, check=False
    )
    subprocess.run([*TRACKER, "run"], env=environment, check=True, capture_output=True)
    after = subprocess.run(
        [*TRACKER, "status", "--json"], env=environment, capture_output=True, text=True, check=False
    )

    assert before.returncode == 1
    assert "no run was ever complete" in before.stdout
    assert after.returncode == 0
    assert json.loads(after.stdout)["documents_read"] == 1


def read_once(store, interval, documents=1):
    """A store whose only source, with what it names, was read at noon."""
    source = a_source(interval=interval)
    with store.transaction() as session:
        sync_sources(session, a_sources_file(an_institution(source)))
        run_id = start_run(session, verb="crawl", scope={}, tool="tracker 0", at=NOON)
        task = plan(session, at=NOON)[0]
    recorder = Recorder(store, run_id)
    named = [Candidate(f"{task.url}{number or ''}") for number in range(documents)]
    for document in recorder.candidates(task.id, named, at=NOON):
        recorder.document(document, a_page("<p>Policy</p>"))
    recorder.flush()
    with store.transaction() as session:
        finish_run(session, run_id, at=NOON, counts={})


@pytest.mark.parametrize(
    ("interval", "after"),
    [("12h", timedelta(hours=12)), ("2w", timedelta(weeks=2)), (None, timedelta(days=1))],
)
def test_a_source_is_due_after_its_interval(sqlite_store, interval, after):
    read_once(sqlite_store, interval)
    with sqlite_store.transaction() as session:
        due = monitoring.next_due(session)

    # A little early, so that a daily run at five finds what was read at six past five due.
    assert 0.9 * after <= due - NOON <= after


def test_an_old_run_is_a_problem(sqlite_store):
    read_once(sqlite_store, None)
    with sqlite_store.transaction() as session:
        fresh = monitoring.status(session, at=NOON, oldest=timedelta(hours=48))
        stale = monitoring.status(
            session, at=NOON + timedelta(hours=72), oldest=timedelta(hours=48)
        )

    assert fresh.problems == ()
    assert "72 hours ago" in stale.problems[0]


def test_a_source_that_is_not_due_is_not_asked_again_because_another_is(sqlite_store):
    read_once(sqlite_store, None)
    with sqlite_store.transaction() as session:
        soon, later = (
            plan(session, due_only=True, at=NOON + timedelta(hours=hours))[0] for hours in (1, 24)
        )

    assert (soon.due, later.due) == (False, True)


@pytest.mark.parametrize(
    ("hours", "now", "begins"),
    [
        ("", 12, 12),
        ("22-6", 23, 23),
        ("22-6", 5, 5),
        ("22-6", 6, 22),
        ("22-6", 12, 22),
        ("1-5", 3, 3),
        ("1-5", 5, 25),
        ("1-5", 0, 1),
        ("7-7", 7, 7),
        ("22-6 UTC", 12, 22),
        ("22-6 Europe/Berlin", 12, 21),  # an hour before UTC in winter
        ("22-6 Europe/Berlin", 21, 21),
        ("22-6 Europe/Berlin", 5, 21),
        ("1-5 Asia/Kolkata", 12, 19.5),
    ],
)
def test_watching_keeps_to_its_hours(hours, now, begins):
    midnight = NOON.replace(hour=0)

    found = opens(hours, midnight + timedelta(hours=now))

    assert found == midnight + timedelta(hours=begins)


@pytest.mark.parametrize(
    ("summer", "winter"),
    [("2026-03-28T12:00", "2026-03-28T21:00"), ("2026-03-29T12:00", "2026-03-29T20:00")],
)
def test_hours_follow_the_clock_on_the_wall_through_a_change_of_time(summer, winter):
    at, begins = (datetime.fromisoformat(f"{text}+00:00") for text in (summer, winter))

    assert opens("22-6 Europe/Berlin", at) == begins


@pytest.mark.parametrize("hours", ["22", "24-6", "22-6 Atlantis", "22-6 ../etc/passwd", "at night"])
def test_hours_that_are_none_are_refused_with_their_remedy(environment, hours):
    tried = subprocess.run(
        [*TRACKER, "watch"], env={**environment, "TRACKER_WATCH_HOURS": hours},
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip

    assert tried.returncode == 2
    assert f'("{hours}")' in tried.stderr
    assert "TRACKER_WATCH_HOURS" in tried.stderr
    assert "Europe/Berlin" in tried.stderr
    assert "Traceback" not in tried.stderr


def test_outside_its_hours_it_asks_nobody_and_within_them_it_reads(environment, site):
    with watching({**environment, "TRACKER_WATCH_HOURS": in_hours(2, 3)}) as process:
        said = heard(process, "next look in")
        process.send_signal(signal.SIGTERM)
        heard(process, "ended")
    before = site.urls()
    with watching({**environment, "TRACKER_WATCH_HOURS": in_hours(0, 2)}) as process:
        heard(process, "next look in")
        process.send_signal(signal.SIGTERM)
        heard(process, "ended")

    assert before == []
    assert "next look in 10 min" in said[-1]
    assert "http://alder.example/policy" in site.urls()


def test_what_was_read_at_one_time_drifts_apart():
    due = {due_after(NOON, 24, who=f"{n}/feed") for n in range(50)}

    assert len(due) > 40
    assert min(due) >= NOON + timedelta(hours=24 * 0.9)
    assert max(due) <= NOON + timedelta(hours=24 * 0.95)
    assert due_after(NOON, 24, who="1/feed") == due_after(NOON, 24, who="1/feed")


def test_five_hundred_documents_read_in_one_hour_are_not_due_in_one_hour_a_week_later(sqlite_store):
    read_once(sqlite_store, "1w", documents=500)
    with sqlite_store.transaction() as session:
        due = list(session.exec(select(Document.due_at)))

    hours = Counter((at - NOON) // timedelta(hours=1) for at in due)
    assert sum(hours.values()) == 500
    assert max(hours.values()) <= 100
    assert min(hours) >= 168 * 0.9 - 1
    assert max(hours) <= 168 * 0.95
