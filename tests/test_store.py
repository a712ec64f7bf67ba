"""The write side, on both databases."""

from datetime import timedelta

import pytest
from builders import NOON, a_failure, a_page, a_sources_file, an_institution
from sqlmodel import col, func, select, text

from tracker.archive import Candidate, sha256
from tracker.model import (
    Document,
    Fetch,
    Institution,
    Payload,
    Reason,
    Run,
    RunState,
    Snapshot,
    Source,
    SourceState,
)
from tracker.settings import Settings
from tracker.store import Store, StoreError
from tracker.store.crawling import finish_run, start_run, sync_sources
from tracker.store.integrity import damage
from tracker.store.payloads import payload_bytes
from tracker.store.planning import plan
from tracker.store.recorder import Recorder
from tracker.update import update


def begin(store, *, at=NOON, scope=None) -> int:
    with store.transaction() as session:
        sync_sources(session, a_sources_file())
        return start_run(session, verb="crawl", scope=scope or {}, tool="tracker 0", at=at)


def declare(store, run_id, *, at=NOON):
    """Make the declared page a document, if it is none yet, and return its task."""
    with store.transaction() as session:
        task = plan(session, at=at)[0]
    recorder = Recorder(store, run_id)
    fresh = recorder.candidates(task.id, [Candidate(task.url)], at=at)
    return recorder, (*fresh, *task.documents)[0]


def crawl(store, *results, at=NOON):
    """One run that records these results for the declared page."""
    run_id = begin(store, at=at)
    recorder, task = declare(store, run_id, at=at)
    for result in results:
        recorder.document(task, result)
    recorder.flush()
    with store.transaction() as session:
        finish_run(session, run_id, at=at, counts={})
    return run_id


def only(store, table):
    with store.transaction() as session:
        return session.exec(select(table)).one()


def count(store, table) -> int:
    with store.transaction() as session:
        return session.exec(select(func.count()).select_from(table)).one()


def test_a_page_is_kept_byte_for_byte(store: Store):
    body = b"\xff\x00<html>caf\xe9</html>" * 50

    crawl(store, a_page(body))

    with store.transaction() as session:
        assert payload_bytes(session, only(store, Snapshot).payload_id) == body


def test_the_same_bytes_twice_are_one_payload_and_one_snapshot(store: Store):
    crawl(store, a_page("<p>same</p>"))
    update(store, Settings(), at=NOON)
    crawl(store, a_page("<p>same</p>", at=NOON + timedelta(days=1)), at=NOON + timedelta(days=1))

    assert (count(store, Payload), count(store, Snapshot), count(store, Fetch)) == (1, 1, 2)


def test_the_same_bytes_before_the_first_were_read_are_a_capture_of_their_own(store: Store):
    crawl(store, a_page("same"))
    crawl(store, a_page("same", at=NOON + timedelta(days=1)), at=NOON + timedelta(days=1))

    # The first may yet prove a wall, and then the second is one too.
    assert (count(store, Payload), count(store, Snapshot)) == (1, 2)


def test_a_later_capture_is_stored_against_the_first(store: Store):
    page = "".join(f"<p>{sha256(str(n).encode())}</p>" for n in range(400))
    later = f"{page}<p>A clause that was not there before.</p>"

    crawl(store, a_page(page))
    crawl(store, a_page(later, at=NOON + timedelta(days=1)), at=NOON + timedelta(days=1))

    with store.transaction() as session:
        first, second = session.exec(select(Payload).order_by(col(Payload.id)))
        assert second.base_id == first.id
        assert len(second.body) < len(first.body) / 4
        assert payload_bytes(session, second.id) == later.encode()


def test_not_modified_keeps_the_validators_and_marks_the_page_as_read(store: Store):
    crawl(store, a_page("text"))
    tomorrow = NOON + timedelta(days=1)

    crawl(store, a_page(None, at=tomorrow), at=tomorrow)

    document = only(store, Document)
    assert (document.etag, document.last_good_at) == ('"1"', tomorrow)


def test_failures_within_an_hour_count_once(store: Store):
    crawl(store, a_failure(), a_failure(at=NOON + timedelta(minutes=5)))
    assert only(store, Document).failures == 1

    crawl(store, a_failure(at=NOON + timedelta(hours=2)), at=NOON + timedelta(hours=2))
    assert only(store, Document).failures == 2


def test_a_declared_source_ends_with_its_documents_outcome(store: Store):
    crawl(store, a_failure(Reason.ROBOTS))

    source = only(store, Source)
    assert (source.state, source.reason) == (SourceState.FAILED, Reason.ROBOTS)
    assert source.baseline_run_id is None


def test_the_first_good_read_is_the_baseline(store: Store):
    crawl(store, a_failure())
    run_id = crawl(store, a_page("text", at=NOON + timedelta(days=1)), at=NOON + timedelta(days=1))
    crawl(store, a_page("more", at=NOON + timedelta(days=2)), at=NOON + timedelta(days=2))

    assert only(store, Source).baseline_run_id == run_id


def test_a_killed_run_is_closed_as_interrupted_and_resumed(store: Store):
    run_id = begin(store)
    recorder, task = declare(store, run_id)
    recorder.document(task, a_page("text"))
    recorder.flush()  # and then the process is killed

    again = begin(store, at=NOON + timedelta(minutes=1))

    with store.transaction() as session:
        assert session.get_one(Run, run_id).state is RunState.INTERRUPTED
        assert session.get_one(Run, again).scope["resumes"] == [run_id]
        assert plan(session, at=NOON)[0].documents == ()


def test_a_run_of_another_scope_resumes_nothing(store: Store):
    begin(store)

    again = begin(store, scope={"keys": ["alder"]})

    with store.transaction() as session:
        assert session.get_one(Run, again).scope["resumes"] == []


def test_what_a_source_names_is_adopted_once_whatever_its_spelling(store: Store):
    run_id = begin(store)
    recorder, task = declare(store, run_id)
    named = [
        Candidate(f"http://alder.example/{path}") for path in ("policy/", "a", "a/index.html", "b")
    ]

    unread = recorder.unknown(named)
    made = recorder.adopt(task.source_id, unread, named=3, at=NOON)

    assert [c.url[-2:] for c in unread] == ["/a", "/b"]
    assert [document.url[-2:] for document in made] == ["/a", "/b"]
    assert recorder.unknown(named) == []
    assert only(store, Source).known == 3


def test_an_institution_no_longer_listed_keeps_its_past(store: Store):
    crawl(store, a_page("text"))
    with store.transaction() as session:
        sync_sources(session, a_sources_file(an_institution(key="birch")), letting_go=True)

    with store.transaction() as session:
        rows = {row.key: row.listed for row in session.exec(select(Institution))}
        assert rows == {"alder": False, "birch": True}
        assert [task.institution for task in plan(session, at=NOON)] == ["birch"]
    assert count(store, Document) == 1


def test_an_untouched_store_shows_no_damage(store: Store):
    crawl(store, a_page("one"))
    crawl(store, a_page("two", at=NOON + timedelta(days=1)), at=NOON + timedelta(days=1))

    with store.transaction() as session:
        assert list(damage(session)) == []


@pytest.mark.parametrize(
    ("statement", "named"),
    [
        ("UPDATE payload SET sha256 = 'ab'", "payload 1"),
        ('UPDATE "fetch" SET status = 404', "run 1"),
        ("UPDATE run SET previous_sha256 = 'ab'", "run 1"),
    ],
)
def test_tampering_is_named(store: Store, statement: str, named: str):
    crawl(store, a_page("one"))
    with store.transaction() as session:
        session.exec(text(statement))

    with store.transaction() as session:
        assert any(str(found).startswith(named) for found in damage(session))


def test_a_server_without_our_schema_says_what_to_run(postgres: str):
    store = Store.open(postgres, migrate=False)
    with store.transaction() as session:
        session.exec(text("DROP TABLE IF EXISTS alembic_version"))

    with pytest.raises(StoreError, match="tracker db upgrade"):
        Store.open(postgres)
    store.close()
