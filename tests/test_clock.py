"""A clock that jumps: nothing is put before what was there, nothing is said twice, the chain holds."""

import itertools
import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest
from builders import NOON
from chain import PLAIN, RULE, page
from crawls import a_page
from hypothesis import given
from hypothesis import strategies as st
from teams import final_rows

from tracker.clock import Clock
from tracker.model import Channel, Delivery, DeliveryState, Fetch, Run, Snapshot, Version
from tracker.store.integrity import damage
from tracker.store.subscriptions import add_subscription

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
TEXTS = [page(PLAIN), page(PLAIN, RULE), page(PLAIN, RULE, "The board looks at it again.")]
#: How far the system's clock is off at each of four runs.
JUMPS = {
    "none": (-5 * HOUR, -4 * HOUR, -3 * HOUR, -2 * HOUR),
    "an hour back": (-5 * HOUR, -6 * HOUR, -4.5 * HOUR, -2 * HOUR),
    "a day forward, then right again": (-5 * HOUR, DAY, -4 * HOUR, -3 * HOUR),
}


@given(st.lists(st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))))  # noqa: DTZ001
def test_the_time_goes_forward_whatever_the_system_says(moments):
    left = iter(moments)
    clock = Clock(lambda: next(left, NOON), after=None)
    told = [clock() for _ in moments]

    assert told == sorted(set(told))
    assert all(told >= given for told, given in zip(told, moments, strict=True))


@pytest.mark.parametrize(("behind", "said"), [(-HOUR, ""), (timedelta(seconds=5), ""), (HOUR, "1:00:00 behind")])  # fmt: skip
def test_a_clock_that_is_behind_the_last_run_is_said(behind, said):
    clock = Clock(lambda: NOON - behind, after=NOON)

    assert clock() > min(NOON, NOON - behind)
    assert clock() > NOON
    assert said in clock.warning
    assert bool(clock.warning) == bool(said)


def tracker(crawl, *words: str) -> str:
    environment = {**crawl.environment, "TRACKER_CONFIRM_AFTER_HOURS": "0", "TRACKER_SECRET": "s"}
    done = subprocess.run([sys.executable, "-m", "tracker", *words], env=environment, capture_output=True, text=True, check=False)  # fmt: skip
    assert done.returncode in {0, 1}, done.stderr
    return done.stdout


def read_at(crawl, moments) -> None:
    """Crawl, update and send at each of these times by the system's clock; the last text is read twice."""
    with crawl.store.transaction() as session:
        add_subscription(session, name="mine", channel=Channel.OUTBOX, at=datetime.now(UTC) - DAY)
    for moment, text in zip(moments, (*TEXTS, TEXTS[-1]), strict=True):
        crawl.site.put("/policy", text)
        at = (datetime.now(UTC) + moment).isoformat()
        crawl("--at", at)
        tracker(crawl, "update", "--at", at[:19])
        tracker(crawl, "alerts", "send")


@pytest.fixture(scope="module")
def calm(tmp_path_factory, request):
    from crawls import Crawl  # noqa: PLC0415
    from webserver import serving  # noqa: PLC0415

    with serving() as site:
        crawl = Crawl(tmp_path_factory.mktemp("calm"), site)
        crawl.declare(a_page())
        read_at(crawl, JUMPS["none"])
        yield final_rows(crawl.store)
        crawl.store.close()


@pytest.mark.parametrize("jump", [name for name in JUMPS if name != "none"])
def test_after_a_jump_the_rows_are_the_same_and_in_order(crawl, calm, jump):
    crawl.declare(a_page())
    read_at(crawl, JUMPS[jump])

    assert final_rows(crawl.store) == calm
    assert len(calm["changes"]) == len(TEXTS) - 1
    runs, fetches = crawl.rows(Run), crawl.rows(Fetch)
    assert all(run.started_at < run.finished_at for run in runs)
    assert all(one.finished_at < next_.started_at for one, next_ in itertools.pairwise(runs))  # fmt: skip
    assert [f.at for f in fetches] == sorted({f.at for f in fetches})
    captured = [s.captured_at for s in crawl.rows(Snapshot)]
    assert captured == sorted(set(captured))
    versions = crawl.rows(Version)
    assert [v.number for v in versions] == [1, 2, 3]
    assert all((v.seen_from or v.seen_to) <= v.seen_to <= v.last_seen_at for v in versions)
    assert {d.state for d in crawl.rows(Delivery)} == {DeliveryState.SENT}
    mails = list(crawl.folder.rglob("*.eml"))
    assert len(mails) == len(crawl.rows(Delivery)) == len(calm["deliveries"]) >= 1
    with crawl.store.transaction() as session:
        assert list(damage(session)) == []


def test_status_and_the_crawl_say_that_the_clock_is_behind(crawl, site):
    site.put("/policy", TEXTS[0])
    crawl.declare(a_page())
    crawl("--at", (datetime.now(UTC) + DAY).isoformat())
    problems = json.loads(tracker(crawl, "status", "--json"))["problems"]
    crawl()

    assert "behind the last run" in problems[0]
    assert "behind the last run" in crawl.said


def test_a_run_that_was_cut_off_ends_after_all_that_it_read(crawl, site):
    for number in range(6):
        site.put(f"/{number}", TEXTS[0], delay=0.3)
    crawl.declare(*[a_page(f"/{number}") for number in range(6)])
    process = crawl.start("--at", (datetime.now(UTC) + DAY).isoformat())
    while not crawl.rows(Fetch):
        pass
    process.kill()
    process.communicate()
    crawl()

    cut, last = crawl.rows(Run)
    assert cut.started_at < max(f.at for f in crawl.rows(Fetch) if f.run_id == cut.id)
    assert cut.finished_at > max(f.at for f in crawl.rows(Fetch) if f.run_id == cut.id)
    assert last.started_at >= cut.finished_at
