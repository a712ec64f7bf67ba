"""Captures that come in late: versions, changes and findings are as if everything had come in order."""

from dataclasses import dataclass
from datetime import timedelta

from builders import NOON, a_failure, a_page, a_sources_file
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlmodel import col, select

from tracker.archive import Candidate, Capture
from tracker.model import (
    Change,
    ChangeKind,
    Delivery,
    DeliveryState,
    Document,
    Finding,
    Reason,
    RunState,
    Snapshot,
    Version,
)
from tracker.settings import Settings
from tracker.store import Store
from tracker.store.crawling import close_run, finish_run, start_run, sync_sources
from tracker.store.deliveries import claim_due, mark_sent
from tracker.store.importing import Importer
from tracker.store.integrity import damage
from tracker.store.planning import plan
from tracker.store.recorder import Recorder
from tracker.store.subscriptions import add_subscription
from tracker.update import update

LATER = NOON + timedelta(days=400)
URL = "http://alder.example/policy"
SETTINGS = Settings(confirm_after_hours=1)
CLAUSE = (
    "Before any research partnership begins, staff of the institute check whether the partner or the "
    "use of the work would put human rights at risk, above all where the partner sells facial "
    "recognition for the surveillance of people, and they write down what they found. "
)
REFUSED = (
    "A partner who sells facial recognition to a police force must be refused by the council. "
)
PLAIN = (
    "The institute works with partners in many countries and keeps a register of agreements, gifts "
    "and appointments, which its council reads twice a year and publishes in the annual report. "
)


def page(*paragraphs: str, title: str = "Partnerships") -> str:
    said = "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)
    return f"<html lang=en><head><title>{title}</title></head><body><main><h1>{title}</h1>{said}</main></body></html>"


PAGES = (
    page(PLAIN * 4, "Version one of the text stands here and is plain."),
    page(PLAIN * 4, CLAUSE, "Version two names a duty.", title="Partnerships policy"),
    page(PLAIN * 4, CLAUSE, "Version two names a duty and a person who answers for it."),
    page(
        PLAIN * 12, CLAUSE * 8 + REFUSED, "A very long version, beside which others look collapsed."
    ),
    page("The policy was cut down to this short notice of one sentence."),
    page("Checking your browser before you go on. Please verify you are human."),
)


@dataclass(frozen=True)
class Arrival:
    """A capture on a day; crawled by us, or somebody else's that is imported."""

    day: int
    page: int
    crawled: bool = False

    @property
    def at(self):
        return NOON + timedelta(days=self.day)


def arrive(store: Store, arrival: Arrival) -> None:
    (crawl if arrival.crawled else bring)(store, arrival)


def bring(store: Store, *arrivals: Arrival) -> Importer:
    """One import of these captures."""
    with store.transaction() as session:
        sync_sources(session, a_sources_file())
        run_id = start_run(session, verb="import", scope={}, tool="test 0", at=LATER)
    importer = Importer(store, run_id, a_sources_file(), at=LATER)
    for arrival in arrivals:
        importer.add(
            Capture(
                url=URL,
                at=arrival.at,
                status=200,
                headers=(("Content-Type", "text/html; charset=utf-8"),),
                body=PAGES[arrival.page].encode(),
                origin="test.warc.gz",
            )
        )
    importer.flush()
    with store.transaction() as session:
        close_run(session, run_id, at=LATER, counts={}, state=RunState.COMPLETE)
    return importer


def crawl(store: Store, arrival: Arrival, *, unchanged: bool = False) -> None:
    """One run of ours that reads the page, or is told that it is unchanged."""
    with store.transaction() as session:
        sync_sources(session, a_sources_file())
        run_id = start_run(session, verb="crawl", scope={}, tool="test 0", at=arrival.at)
        task = plan(session, at=arrival.at)[0]
    recorder = Recorder(store, run_id)
    fresh = recorder.candidates(task.id, [Candidate(task.url)], at=arrival.at)
    body = None if unchanged else PAGES[arrival.page]
    recorder.document((*fresh, *task.documents)[0], a_page(body, at=arrival.at))
    recorder.flush()
    with store.transaction() as session:
        finish_run(session, run_id, at=arrival.at, counts={})


def derive(store: Store, *, at=LATER) -> None:
    update(store, SETTINGS, at=at)


OUTAGES = (ChangeKind.UNREACHABLE, ChangeKind.REACHABLE_AGAIN)


def told(store: Store, *, outages: bool = True) -> dict:
    """Everything that must not depend on the order of arrival."""
    with store.transaction() as session:
        versions = session.exec(select(Version).order_by(col(Version.number))).all()
        numbers = {row.id: row.number for row in versions} | {None: None}
        changes = session.exec(select(Change).where(col(Change.superseded_at).is_(None))).all()
        changes = [change for change in changes if outages or change.kind not in OUTAGES]
        between = {c.id: (numbers[c.from_version_id], numbers[c.to_version_id]) for c in changes}
        hidden = {"id", "document_id", "snapshot_id", "compared"}
        left_out = {"id", "recorded_at", "from_version_id", "to_version_id", "folded_into_id"}
        return {
            "versions": [row.model_dump(exclude=hidden) for row in versions],
            "passages": [row.snapshot_id is not None for row in versions],
            "changes": sorted(
                (
                    repr((between[c.id], between.get(c.folded_into_id)))
                    + repr(c.model_dump(exclude=left_out))
                    for c in changes
                ),
            ),
            "findings": [
                finding(row) for row in session.exec(select(Finding).order_by(Finding.question))
            ],
            "document": session.exec(select(Document)).one().model_dump(include=KEPT),
        }


KEPT = {"title", "state", "last_good_at", "failures", "extraction_choice", "genre", "voice"}


def finding(row: Finding) -> dict:
    said = row.model_dump(exclude={"id", "institution_id", "evidence", "search_record"})
    quoted = [
        {key: value for key, value in item.items() if not key.endswith("_id")}
        for item in row.evidence
    ]
    record = {k: v for k, v in row.search_record.items() if k != "derived_from"}
    return {**said, "evidence": quoted, "search_record": record}


def possible(arrival: list[Arrival]) -> list[Arrival]:
    """Let no archive bring a capture that our own later arrivals would make one of the future."""
    found: list[Arrival] = []
    waiting = list(arrival)
    while waiting:
        later = [capture.day for capture in waiting if capture.crawled]
        ready = (c for c in waiting if c.crawled or all(c.day <= day for day in later))
        capture = next(ready)
        waiting.remove(capture)
        found.append(capture)
    return found


@st.composite
def histories(draw) -> tuple[list[Arrival], list[Arrival], list[bool]]:
    """Captures in order, the same as they arrive, and after which of them is derived."""
    days = draw(st.lists(st.integers(0, 60), min_size=2, max_size=6, unique=True))
    captures = [
        Arrival(day, draw(st.integers(0, len(PAGES) - 1)), draw(st.booleans()))
        for day in sorted(days)
    ]
    arrival = draw(st.permutations(captures))
    # What we read ourselves comes in as it happens.
    own = iter([capture for capture in captures if capture.crawled])
    arrival = [next(own) if capture.crawled else capture for capture in arrival]
    return (
        captures,
        possible(arrival),
        draw(st.lists(st.booleans(), min_size=len(days), max_size=len(days))),
    )


WALLED = [Arrival(6, 5, crawled=True), Arrival(60, 5, crawled=True)]
SHORT_OUTAGE = [
    Arrival(day, page, crawled=True) for day, page in ((23, 1), (28, 5), (42, 4), (55, 0))
]
TWICE = [Arrival(0, 0, crawled=False), Arrival(1, 0, crawled=True)]


@given(history=histories())
@example(history=(TWICE, TWICE, [False, False]))
@example(history=(WALLED, WALLED, [False, False]))
@example(history=(SHORT_OUTAGE, SHORT_OUTAGE, [True, True, False, False]))
@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_any_order_of_arrival_tells_the_same_history(tmp_path_factory, history):
    captures, arrival, derived = history
    in_order, otherwise = (
        Store.open(f"sqlite:///{tmp_path_factory.mktemp('store')}/tracker.db") for _ in range(2)
    )
    for capture in captures:
        arrive(in_order, capture)
        derive(in_order)
    for capture, now in zip(arrival, derived, strict=True):
        arrive(otherwise, capture)
        if now:
            derive(otherwise)
    derive(otherwise)

    # An outage is told by an update that finds it: one that ended between two updates is no item.
    each = all(now for capture, now in zip(arrival, derived, strict=True) if capture.crawled)
    assert told(otherwise, outages=each) == told(in_order, outages=each)
    for store in (in_order, otherwise):
        with store.transaction() as session:
            assert list(damage(session)) == []
        store.close()


def count(store, table) -> int:
    with store.transaction() as session:
        return len(session.exec(select(table)).all())


def changes(store: Store) -> list[Change]:
    with store.transaction() as session:
        return list(session.exec(select(Change).order_by(col(Change.id))).all())


def standing(store: Store) -> list[Change]:
    return [change for change in changes(store) if change.superseded_at is None]


def subscribe(store: Store) -> None:
    with store.transaction() as session:
        add_subscription(session, name="desk", channel="outbox", rule={}, at=NOON)


def deliveries(store: Store) -> dict[int, DeliveryState]:
    with store.transaction() as session:
        return {row.change_id: row.state for row in session.exec(select(Delivery))}


def send(store: Store) -> None:
    with store.transaction() as session:
        for claimed in claim_due(session, at=LATER):
            mark_sent(session, claimed.message_id, at=LATER)


def test_an_older_capture_becomes_the_first_version_and_the_others_keep_their_rows(store: Store):
    bring(store, Arrival(2, 1), Arrival(3, 2))
    derive(store)
    with store.transaction() as session:
        before = {row.text_sha256: row.id for row in session.exec(select(Version))}

    bring(store, Arrival(1, 0))
    derive(store)

    with store.transaction() as session:
        versions = session.exec(select(Version).order_by(col(Version.number))).all()
        assert [row.number for row in versions] == [1, 2, 3]
        assert [row.seen_to for row in versions] == [Arrival(day, 0).at for day in (1, 2, 3)]
        assert [row.current for row in versions] == [False, False, True]
        assert {row.text_sha256: row.id for row in versions[1:]} == before
    assert len(standing(store)) == 2


def test_a_change_that_still_stands_keeps_its_id_and_narrows(store: Store):
    bring(store, Arrival(1, 0), Arrival(9, 1))
    derive(store)
    (before,) = changes(store)

    bring(store, Arrival(5, 0))
    derive(store)

    (after,) = changes(store)
    assert (after.id, after.recorded_at) == (before.id, before.recorded_at)
    assert (before.seen_from, after.seen_from) == (Arrival(1, 0).at, Arrival(5, 0).at)


def test_a_change_that_happened_otherwise_is_superseded_and_names_what_took_its_place(store: Store):
    bring(store, Arrival(1, 0), Arrival(9, 2))
    derive(store)
    (before,) = changes(store)

    bring(store, Arrival(5, 1))
    derive(store)

    superseded, *stand = changes(store)
    assert superseded.id == before.id
    assert superseded.added == before.added
    assert superseded.superseded_at == LATER
    assert [change.seen_to for change in stand] == [Arrival(5, 0).at, Arrival(9, 0).at]
    assert superseded.superseded_by_id == stand[1].id


def test_imported_history_is_told_to_nobody(store: Store):
    subscribe(store)
    bring(store, *[Arrival(day, day % 3) for day in range(6)])
    derive(store)
    crawl(store, Arrival(9, 2))
    crawl(store, Arrival(10, 3))
    derive(store)

    with store.transaction() as session:
        found = session.exec(select(Change).order_by(col(Change.seen_to))).all()
        assert [change.imported for change in found] == [True] * 5 + [False]
        assert list(deliveries(store)) == [found[-1].id]


def test_what_was_told_is_not_told_again_in_other_words(store: Store):
    subscribe(store)
    crawl(store, Arrival(1, 0))
    crawl(store, Arrival(9, 2))
    crawl(store, Arrival(10, 2), unchanged=True)
    derive(store)
    send(store)

    bring(store, Arrival(5, 1))
    derive(store)

    told_of, *stand = changes(store)
    assert deliveries(store) == {told_of.id: DeliveryState.SENT}
    assert [change.imported for change in stand] == [True, False]


def test_what_was_not_yet_told_is_told_as_it_happened(store: Store):
    subscribe(store)
    crawl(store, Arrival(1, 0))
    crawl(store, Arrival(9, 3))
    derive(store)

    bring(store, Arrival(5, 1))
    derive(store)

    dropped, _, owed = changes(store)
    assert deliveries(store) == {dropped.id: DeliveryState.DROPPED, owed.id: DeliveryState.WAITING}


def test_not_modified_still_speaks_of_the_bytes_that_we_hold(store: Store):
    crawl(store, Arrival(1, 0))
    crawl(store, Arrival(9, 0), unchanged=True)
    derive(store)

    bring(store, Arrival(5, 1))
    derive(store)

    with store.transaction() as session:
        versions = session.exec(select(Version).order_by(col(Version.number))).all()
        assert versions[0].text_sha256 == versions[2].text_sha256 != versions[1].text_sha256
        assert [row.seen_from for row in versions] == [None, Arrival(1, 0).at, Arrival(5, 0).at]


def test_after_an_import_the_next_crawl_asks_for_the_bytes(store: Store):
    crawl(store, Arrival(1, 0))
    bring(store, Arrival(5, 1))
    with store.transaction() as session:
        assert plan(session, at=LATER)[0].documents[0].etag is None
    crawl(store, Arrival(9, 0))
    derive(store)

    with store.transaction() as session:
        assert len(session.exec(select(Version)).all()) == 3


def test_a_capture_imported_twice_adds_nothing(store: Store):
    bring(store, Arrival(1, 0), Arrival(2, 1))
    derive(store)
    before = told(store)

    again = bring(store, Arrival(1, 0), Arrival(2, 1))
    derive(store)

    assert again.report() == {"captures": 0, "documents": 0, "known": 2, "skipped": {}}
    assert told(store) == before
    assert count(store, Snapshot) == 2


def test_a_page_that_only_archives_knew_and_that_is_gone_is_no_news(store: Store):
    subscribe(store)
    bring(store, Arrival(1, 0))
    for hours in (0, 2, 4):
        at = LATER - timedelta(days=3) + timedelta(hours=hours)
        with store.transaction() as session:
            run_id = start_run(session, verb="crawl", scope={}, tool="test 0", at=at)
            task = plan(session, at=at)[0]
        recorder = Recorder(store, run_id)
        recorder.document(task.documents[0], a_failure(Reason.NOT_FOUND, at=at))
        recorder.flush()
        with store.transaction() as session:
            finish_run(session, run_id, at=at, counts={})
    derive(store)

    (gone,) = changes(store)
    assert (gone.kind, gone.imported) == (ChangeKind.DOCUMENT_REMOVED, True)
    assert gone.seen_from == Arrival(1, 0).at
    assert deliveries(store) == {}
