"""When a document is read again, when it is gone, and that it stays one document wherever it moves."""

from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from builders import NOON, a_failure, a_page, a_source, a_sources_file, an_institution
from sqlmodel import col, select

from tracker.archive import Candidate
from tracker.model import (
    Change,
    ChangeKind,
    Document,
    DocumentState,
    Finding,
    Reason,
    Source,
    SourceKind,
    SourceState,
    Version,
)
from tracker.settings import Settings
from tracker.store import Store
from tracker.store.crawling import finish_run, start_run, sync_sources
from tracker.store.planning import plan
from tracker.store.recorder import Recorder
from tracker.update import update

HOST = "http://alder.example"
TEXT = " ".join(
    f"Clause {n} asks every partner of the institute for an account of what its work is used for."
    for n in range(12)
)


def page(text: str = TEXT) -> str:
    return f"<html><head><title>Policy</title></head><body><main><h1>Policy</h1><p>{text}</p></main></body></html>"


class Watch:
    """Runs without a network: what each address answers is given, what was asked for is returned."""

    def __init__(self, store: Store, *sources) -> None:
        self.store = store
        self.file = a_sources_file(an_institution(*sources))

    def __call__(self, at: datetime, answers: dict, *, named=(), due=False) -> list[str]:
        with self.store.transaction() as session:
            sync_sources(session, self.file)
            run_id = start_run(session, verb="crawl", scope={}, tool="t", at=at)
            tasks = plan(session, due_only=due, at=at)
        recorder = Recorder(self.store, run_id)
        asked = [document for task in tasks for document in task.documents]
        for task in tasks:
            declared = task.kind is SourceKind.PAGE
            candidates = [
                Candidate(task.url if declared else HOST + path) for path in named or [""]
            ]
            if not declared:
                result = a_page("list", at=at, url=task.url)
                recorder.source(task.id, result)
            unread = recorder.unknown(candidates if declared or named else [])
            asked += recorder.adopt(task.id, unread, named=len(candidates), at=at)
        for document in asked:
            answer = answers[document.url.removeprefix(HOST)]
            recorder.document(document, answer(document.url, at))
        recorder.flush()
        with self.store.transaction() as session:
            finish_run(session, run_id, at=at, counts={})
        update(self.store, Settings(), at=at)
        return [document.url.removeprefix(HOST) for document in asked]

    def rows(self, table, *where):
        with self.store.transaction() as session:
            return session.exec(select(table).where(*where).order_by(col(table.id))).all()

    def changes(self) -> list[ChangeKind]:
        return [change.kind for change in self.rows(Change)]


def shows(text: str = TEXT, **fields):
    return lambda url, at: a_page(page(text), at=at, url=url, **fields)


def unchanged(url: str, at: datetime):
    return a_page(None, at=at, url=url)


def leads_to(path: str, text: str = TEXT, *, for_good: bool = True):
    def answer(url: str, at: datetime):
        return a_page(page(text), at=at, url=url, final_url=HOST + path, moved_for_good=for_good)

    return answer


def fails(reason: Reason):
    return lambda url, at: a_failure(reason, at=at, url=url)


def days(number: float) -> datetime:
    return NOON + timedelta(days=number)


@pytest.fixture
def watch(store: Store) -> Watch:
    return Watch(store, a_source())


@pytest.fixture
def feed(sqlite_store: Store) -> Watch:
    return Watch(sqlite_store, a_source(key="feed", kind=SourceKind.FEED, url=f"{HOST}/feed"))


def test_what_keeps_still_is_asked_for_less_and_less_often(watch: Watch):
    watch(days(0), {"/policy": shows()})

    asked_on = [n for n in range(1, 70) if watch(days(n), {"/policy": unchanged}, due=True)]

    waits = [later - earlier for earlier, later in pairwise([0, *asked_on])]
    assert len(waits) == 6
    assert all(0.9 * 2**n <= wait <= 2**n for n, wait in enumerate(waits))


def test_what_changed_is_asked_for_sooner(watch: Watch):
    watch(days(0), {"/policy": shows()})
    for number in (1, 3, 7):
        watch(days(number), {"/policy": unchanged}, due=True)
    watch(days(15), {"/policy": shows(TEXT + " And one more clause was added.")}, due=True)

    asked_on = [n for n in range(16, 30) if watch(days(n), {"/policy": unchanged}, due=True)]

    assert asked_on[0] == 19


def test_a_declared_interval_overrides_what_was_learned(store: Store):
    watch = Watch(store, a_source(interval="1w"))
    watch(days(0), {"/policy": shows()})

    assert [n for n in range(1, 30) if watch(days(n), {"/policy": unchanged}, due=True)] == [
        7,
        14,
        21,
        28,
    ]


def test_reading_often_teaches_nothing(watch: Watch):
    watch(days(0), {"/policy": shows()})
    for minutes in range(1, 5):
        watch(NOON + timedelta(minutes=minutes), {"/policy": unchanged})

    assert watch.rows(Document)[0].revisit_hours == 24


def test_a_page_is_gone_only_when_three_reads_in_a_row_found_nothing_there(watch: Watch):
    watch(days(0), {"/policy": shows()})
    for number, reason in enumerate(
        [Reason.NOT_FOUND, Reason.TIMEOUT, Reason.NOT_FOUND, Reason.NOT_FOUND], start=1
    ):
        watch(days(number), {"/policy": fails(reason)})
        assert ChangeKind.DOCUMENT_REMOVED not in watch.changes()

    watch(days(5), {"/policy": fails(Reason.NOT_FOUND)})

    assert watch.rows(Document)[0].state is DocumentState.GONE
    assert ChangeKind.DOCUMENT_REMOVED in watch.changes()


def test_a_soft_404_among_the_reads_starts_the_count_anew(watch: Watch):
    watch(days(0), {"/policy": shows()})
    gone = fails(Reason.NOT_FOUND)
    soft = lambda url, at: a_page(  # noqa: E731
        "<title>Page not found</title><h1>404</h1><p>Sorry, this page does not exist.</p>",
        at=at,
        url=url,
    )
    for number, answer in enumerate([gone, gone, soft, gone], start=1):
        watch(days(number), {"/policy": answer})

    assert watch.rows(Document)[0].state is not DocumentState.GONE
    assert ChangeKind.DOCUMENT_REMOVED not in watch.changes()


def test_a_page_that_is_gone_is_no_failed_starting_point(store: Store):
    watch = Watch(store, a_source(), a_source(key="other", url=f"{HOST}/other"))
    watch(days(0), {"/policy": shows(), "/other": shows("Another text. " * 30)})
    answers = {"/policy": fails(Reason.NOT_FOUND), "/other": unchanged}
    for number in range(1, 4):
        watch(days(number), answers)

    spoken = watch.rows(Finding, Finding.question == "spoken")[0]
    assert spoken.search_record["sources_failed"] == 0
    assert spoken.search_record["sources_tried"] == 2
    assert spoken.result != "unreachable"


def test_a_document_that_redirects_keeps_its_history_at_its_new_address(watch: Watch):
    watch(days(0), {"/policy": shows()})
    watch(days(1), {"/policy": leads_to("/new/policy")})

    assert watch(days(2), {"/new/policy": shows(TEXT + " One clause more.")}) == ["/new/policy"]
    assert len(watch.rows(Document)) == 1
    assert [version.number for version in watch.rows(Version)] == [1, 2]
    assert watch.changes().count(ChangeKind.MOVED) == 1


def test_a_redirect_for_the_time_being_is_asked_at_the_old_address(watch: Watch):
    watch(days(0), {"/policy": shows()})
    watch(days(1), {"/policy": leads_to("/maintenance", for_good=False)})

    assert watch(days(2), {"/policy": shows()}) == ["/policy"]


def test_a_redirect_to_the_front_page_is_no_move(watch: Watch):
    watch(days(0), {"/policy": shows()})
    watch(days(1), {"/policy": leads_to("/", "Welcome to the institute. " * 20)})

    assert ChangeKind.MOVED not in watch.changes()
    assert watch(days(2), {"/policy": shows()}) == ["/policy"]


def test_a_document_named_at_its_new_address_too_stays_one(feed: Watch):
    feed(days(0), {"/old": shows()}, named=["/old"])
    feed(days(1), {"/old": leads_to("/new"), "/new": shows()}, named=["/old", "/new"])

    assert feed(days(2), {"/new": unchanged}, named=["/new"]) == ["/new"]
    assert feed.changes() == [ChangeKind.MOVED]
    assert [d.moved_to_id for d in feed.rows(Document)] == [None, 1]


def test_a_document_that_is_gone_and_stands_elsewhere_has_moved(feed: Watch):
    feed(days(0), {"/old": shows()}, named=["/old"])
    feed(days(1), {"/old": fails(Reason.NOT_FOUND), "/new": shows()}, named=["/new"])

    assert feed.changes() == [ChangeKind.MOVED]
    first, second = feed.rows(Document)
    assert (first.state, first.address, second.moved_to_id) == (
        DocumentState.LIVE,
        f"{HOST}/new",
        1,
    )
    assert feed(days(2), {"/new": shows(TEXT + " More.")}, named=["/new"]) == ["/new"]
    assert [v.number for v in feed.rows(Version, Version.document_id == 1)] == [1, 2]


def test_the_same_short_words_elsewhere_are_no_move(feed: Watch):
    feed(days(0), {"/old": shows("No longer available here.")}, named=["/old"])
    answers = {"/old": fails(Reason.NOT_FOUND), "/new": shows("No longer available here.")}
    feed(days(1), answers, named=["/new"])

    assert ChangeKind.MOVED not in feed.changes()


def test_a_page_that_names_another_as_canonical_and_says_the_same_is_that_one(feed: Watch):
    copy = shows(canonical=f"{HOST}/policy")
    feed(days(0), {"/policy": shows(), "/print/policy": copy}, named=["/policy", "/print/policy"])

    assert [d.moved_to_id for d in feed.rows(Document)] == [None, 1]
    assert feed(days(1), {"/policy": unchanged}, named=["/print/policy"]) == ["/policy"]


def test_a_canonical_link_to_another_text_is_not_believed(feed: Watch):
    other = shows("Quite another text stands here. " * 20, canonical=f"{HOST}/policy")
    feed(days(0), {"/policy": shows(), "/other": other}, named=["/policy", "/other"])

    assert [d.moved_to_id for d in feed.rows(Document)] == [None, None]


def test_a_declared_page_speaks_for_its_source_whoever_named_it(store: Store):
    sources = (a_source(key="a-list", kind=SourceKind.FEED, url=f"{HOST}/feed"), a_source())
    watch = Watch(store, *sources)
    watch(days(0), {"/policy/": shows()}, named=["/policy/"])

    assert {source.state for source in watch.rows(Source)} == {SourceState.OK}
