"""How a source is doing is judged from its reads alone, and says what to do."""

from datetime import timedelta

import pytest
from builders import NOON, a_failure, a_page, a_source, a_sources_file, an_institution, read_page
from sqlmodel import select

from tracker import monitoring, queries
from tracker.archive import Candidate
from tracker.checkup import check_up
from tracker.export import freeze
from tracker.health import HealthState, Read, Watched, health, summary
from tracker.model import (
    SPOKEN,
    Fetch,
    Outcome,
    QuarantineReason,
    Reason,
    Snapshot,
    SnapshotState,
    SourceKind,
)
from tracker.store.crawling import finish_run, start_run, sync_sources
from tracker.store.planning import plan
from tracker.store.recorder import Recorder
from tracker.views import profile

PAGE = Watched("alder", "policy", SourceKind.PAGE, "http://alder.example/policy")


def a_read(outcome: Outcome = Outcome.FETCHED, *, hours: float = 1, **fields) -> Read:
    return Read(at=NOON - timedelta(hours=hours), outcome=outcome, **fields)


def failed(reason: Reason, **fields) -> Read:
    return a_read(Outcome.FAILED, reason=reason, **fields)


@pytest.mark.parametrize(
    ("kind", "empty", "reads", "state", "cause"),
    [
        ("page", False, [], "never read", "no attempt yet"),
        ("page", False, [a_read()], "ok", "read"),
        ("page", False, [a_read(Outcome.NOT_MODIFIED)], "ok", "read"),
        ("page", False, [failed(Reason.TIMEOUT)], "failing", "timeout since 2026-03-02"),
        ("page", False, [failed(Reason.DNS, hours=30), failed(Reason.DNS)], "failing", "dns since 2026-03-01"),
        ("page", False, [failed(Reason.NOT_FOUND, detail="status 404")], "failing", "status 404"),
        ("page", False, [failed(Reason.ROBOTS)], "blocked", "robots.txt refuses it"),
        ("page", False, [failed(Reason.LOGIN)], "blocked", "asks for a login"),
        ("page", False, [failed(Reason.RATE_LIMITED)], "blocked", "429"),
        ("page", False, [failed(Reason.HTTP_ERROR, status=403)], "blocked", "403"),
        ("page", False, [failed(Reason.HTTP_ERROR, status=500)], "failing", "http error"),
        ("page", False, [a_read(quarantine=QuarantineReason.BOT_WALL)], "blocked", "bot wall"),
        ("page", False, [a_read(quarantine=QuarantineReason.EMPTY_SHELL)], "failing", "empty shell"),
        ("page", False, [a_read(unread='selector "main" matches nothing')], "selector broken", "main"),
        ("page", False, [a_read(final_url="http://alder.example/rules")], "moved", "http://alder.example/rules"),
        ("page", False, [a_read(final_url="https://www.alder.example/policy/")], "ok", "read"),
        ("feed", True, [a_read()], "empty feed", "the feed names no document"),
        ("sitemap", True, [a_read()], "empty feed", "the sitemap names no document"),
        ("listing", True, [a_read()], "selector broken", "`follow` finds no link"),
        ("feed", False, [a_read()], "ok", "read"),
        ("page", False, [failed(Reason.DNS, hours=h) for h in (5, 4, 3)] + [a_read()], "failing", "only 25%"),
        ("page", False, [failed(Reason.DNS, hours=24 * 15), a_read()], "ok", "read"),
    ],
)  # fmt: skip
def test_reads_lead_to_a_state_with_its_cause(kind, empty, reads, state, cause):
    source = Watched("alder", "s", SourceKind(kind), PAGE.url, empty=empty)

    found = health(source, reads, at=NOON)

    assert (found.state, cause in found.cause) == (HealthState(state), True), found
    assert bool(found.remedy) is (state != "ok")


def test_the_order_of_the_rows_and_what_comes_later_do_not_matter():
    later = a_read(Outcome.FAILED, hours=-5, reason=Reason.DNS)
    reads = [a_read(hours=1), failed(Reason.DNS, hours=2)]

    assert health(PAGE, reads, at=NOON) == health(PAGE, [*reversed(reads), later], at=NOON)


def test_share_and_last_good_read_are_of_the_last_fortnight():
    reads = [a_read(hours=2), failed(Reason.DNS, hours=1), failed(Reason.DNS, hours=24 * 20)]

    found = health(PAGE, reads, at=NOON)

    assert (found.reads, found.success, found.last_good_at) == (2, 0.5, NOON - timedelta(hours=2))


def test_the_operator_reads_one_line_and_none_where_all_is_well():
    well = health(PAGE, [a_read()], at=NOON)
    blocked = health(PAGE, [failed(Reason.ROBOTS)], at=NOON)

    assert summary([well]) == ""
    assert (
        summary([well, blocked]) == "1 of 2 sources need a look (1 blocked): tracker sources health"
    )


def test_the_stores_reads_are_judged(store):
    feed = a_source(key="news", kind=SourceKind.FEED, url="http://alder.example/feed")
    with store.transaction() as session:
        sync_sources(session, a_sources_file(an_institution(a_source(), feed)))
        run_id = start_run(session, verb="crawl", scope={}, tool="t", at=NOON)
        tasks = {task.key: task for task in plan(session, at=NOON)}
    recorder = Recorder(store, run_id)
    recorder.source(tasks["news"].id, a_page("<rss/>", url=feed.url), detail="names no documents")
    (document,) = recorder.candidates(tasks["policy"].id, [Candidate(tasks["policy"].url)], at=NOON)
    recorder.document(document, a_page("<p>wall</p>"))
    recorder.flush()
    with store.transaction() as session:
        snapshot = session.exec(select(Snapshot)).one()
        snapshot.state, snapshot.quarantine = SnapshotState.QUARANTINED, QuarantineReason.BOT_WALL
        finish_run(session, run_id, at=NOON, counts={})

    with store.transaction() as session:
        found = {one.source.key: one for one in check_up(session, at=NOON + timedelta(hours=1))}

        listed = {row.key: row.state for row in queries.source_rows(session)}
        packed = freeze(session, codebook={}, at=NOON)["tables"]["sources"]
        counted = monitoring.status(session, at=NOON, oldest=timedelta(days=2))
        wrong = queries.overview(session).sources_wrong

    states = {"news": HealthState.EMPTY_FEED, "policy": HealthState.BLOCKED}
    assert {key: one.state for key, one in found.items()} == states
    assert listed == {row["key"]: row["state"] for row in packed} == states
    assert counted.sources == {"empty feed": 1, "blocked": 1}
    assert wrong == 2


def test_a_failure_long_ago_is_still_told(store):
    with store.transaction() as session:
        sync_sources(session, a_sources_file())
        run_id = start_run(session, verb="crawl", scope={}, tool="t", at=NOON)
        (task,) = plan(session, at=NOON)
    recorder = Recorder(store, run_id)
    (document,) = recorder.candidates(task.id, [Candidate(task.url)], at=NOON)
    recorder.document(document, a_failure(Reason.DNS))
    recorder.flush()

    with store.transaction() as session:
        (found,) = check_up(session, at=NOON + timedelta(days=40))

    assert (found.state, found.reads, found.success) == (HealthState.FAILING, 0, None)


WALL = "<html><body><h1>Just a moment...</h1><p>Checking your browser before you go on.</p></body></html>"


def test_a_source_behind_a_wall_is_blocked_and_not_read_wherever_it_is_named(store):
    read_page(store, "<main><h1>Fees</h1><p>Fees are due in October of each year of study.</p></main>")  # fmt: skip
    read_page(store, WALL, at=NOON + timedelta(days=3))

    with store.transaction() as session:
        [row] = queries.finding_rows(session, questions=[SPOKEN])
        [source] = queries.source_rows(session)
        [judged] = check_up(session, at=NOON + timedelta(days=90))
        sheet = profile.sheet(profile.load(session, "alder"), profile.APP)

    [failure] = row.search_record["failures"]
    assert (failure["state"], source.state, judged.state) == ("blocked",) * 3
    assert (row.result, row.rule) == ("unreachable", "1 of 1 starting points failed")
    assert "not read: policy (blocked: answers with a bot wall)" in sheet
    assert source.last_good_at == judged.last_good_at == NOON  # the wall was no good read


def test_since_when_a_source_fails_is_the_same_whenever_it_is_asked(store):
    read_page(store, "<main><h1>Fees</h1><p>Fees are due in October of each year of study.</p></main>")  # fmt: skip
    for day in (1, 10, 20):
        with store.transaction() as session:
            run_id = start_run(session, verb="crawl", scope={}, tool="t", at=NOON)
            (task,) = plan(session, at=NOON + timedelta(days=day))
        recorder = Recorder(store, run_id)
        recorder.document(task.documents[0], a_failure(Reason.DNS, at=NOON + timedelta(days=day)))
        recorder.flush()
        with store.transaction() as session:
            finish_run(session, run_id, at=NOON + timedelta(days=day), counts={})

    with store.transaction() as session:
        causes = {
            check_up(session, at=None if day is None else NOON + timedelta(days=day))[0].cause
            for day in (None, 20, 30, 90)
        }

    assert causes == {"dns since 2026-03-03"}


def test_what_an_archive_captured_says_nothing_of_how_a_source_is_doing(store):
    read_page(store, "<main><h1>Fees</h1><p>Fees are due in October of each year of study.</p></main>")  # fmt: skip
    with store.transaction() as session:
        run_id = start_run(session, verb="import", scope={}, tool="t", at=NOON)
        fetch = Fetch(run_id=run_id, source_id=1, document_id=1, url="http://alder.example/policy", at=NOON + timedelta(days=1), outcome=Outcome.FETCHED, payload_id=1)  # fmt: skip
        session.add(fetch)
        session.flush()
        session.add(Snapshot(document_id=1, fetch_id=fetch.id, payload_id=1, media_type="text/html", captured_at=fetch.at, imported=True, state=SnapshotState.QUARANTINED, quarantine=QuarantineReason.BOT_WALL))  # fmt: skip
    with store.transaction() as session:
        [found] = check_up(session, at=NOON + timedelta(days=2))

    assert (found.state, found.reads) == (HealthState.OK, 1)
