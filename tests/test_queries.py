"""The questions that screens ask, answered the same by both databases."""

from datetime import UTC, date, datetime, timedelta

import pytest
from builders import NOON, read_page
from sqlmodel import select

from tracker import monitoring, queries
from tracker.export import freeze
from tracker.model import (
    SPOKEN,
    ChangeClass,
    Document,
    InstitutionKind,
    Passage,
    Review,
    Verdict,
)
from tracker.queries.changes import WITHHELD
from tracker.shares import shares
from tracker.views import changed, documented, html, profile, statements, tables

CONDEMNS = (
    "We condemn the mass surveillance of Uyghurs in Xinjiang by the Chinese government, which is an abuse of human "
    "rights that no researcher of ours may take part in."
)


def body(text):
    return f"<main><h1>Position of the institute</h1><p>{text}</p></main>"


@pytest.fixture
def read(store):
    """A page that condemned for a day, and then did so in other words."""
    read_page(store, body(CONDEMNS))
    read_page(store, body(CONDEMNS.replace("no researcher", "nobody")), at=NOON + timedelta(days=1))
    return store


def ask(store, question, **asked):
    with store.transaction() as session:
        return question(session, **asked)


def test_cells_say_what_findings_say_without_their_evidence(read):
    cells = {cell.question: cell for cell in ask(read, queries.cells)}
    rows = ask(read, queries.finding_rows, questions=list(cells))

    assert len(cells) == 7
    assert {row.question: (row.result, row.reviewed, row.since) for row in rows} == {
        cell.question: (cell.result, cell.reviewed, cell.since) for cell in cells.values()
    }
    assert queries.tally(cells.values()) == queries.Tally(1, 0, 1, 0, 0, 0)


@pytest.mark.parametrize(
    ("asked", "number"),
    [
        ({}, 1),
        ({"kind": ["ethics_institute"]}, 1),
        ({"kind": ["funder"]}, 0),
        ({"country": ["GB"], "result": ["condemned"]}, 1),
        ({"result": ["none_found"]}, 0),
        ({"state": ["possible"]}, 1),
        ({"state": ["confirmed"]}, 0),
        ({"institution": ["nobody"]}, 0),
    ],
)
def test_the_screen_and_the_export_keep_the_same_rows(read, asked, number):
    exported = ask(read, lambda session: tables.TABLES["spoken"].rows(session, asked))
    shown = tables.keep([c for c in ask(read, queries.cells) if c.question == SPOKEN], asked)

    assert len(exported) == len(shown) == number


def test_changes_are_counted_by_day_as_they_are_listed(read):
    (row,) = ask(read, queries.change_rows)

    assert ask(read, queries.change_days) == [(ChangeClass.MATERIAL, date(2026, 3, 3), 1)]
    assert ask(read, queries.change_days, institutions=["alder"], labels=["china"]) != []
    assert ask(read, queries.change_days, institutions=["nobody"]) == []
    assert ask(read, queries.change_rows, labels=["R6"]) == []
    assert ask(read, queries.change_rows, since=row.seen_to + timedelta(seconds=1)) == []
    assert ask(read, queries.change_rows, document_id=row.document_id, limit=1, offset=1) == []


def test_a_document_has_its_versions_with_their_captures_and_every_attempt(read):
    (document,) = ask(read, queries.document_rows, institution="alder")
    found = ask(read, lambda session: documented.load(session, document.id))

    assert [version.number for version in found.versions] == [1, 2]
    assert [version.status for version in found.versions] == [200, 200]
    assert found.versions[-1].text_sha256 == document.text_sha256
    assert found.versions[-1].payload_sha256 == document.payload_sha256
    assert len(found.checks) == 2
    assert document.first_seen == NOON


def test_two_versions_are_those_that_the_address_names(read):
    found = ask(read, lambda session: documented.load(session, 1))

    assert [v.number for v in documented.pair(found, None, None)] == [1, 2]
    assert [v.number for v in documented.pair(found, "2", "1")] == [2, 1]
    assert documented.pair(found, "1", "3") is None


def test_a_withheld_document_is_listed_without_its_words(read):
    with read.transaction() as session:
        session.get_one(Document, 1).withheld = True
    (row,) = ask(read, queries.change_rows)

    assert (row.summary, row.added, row.removed) == (WITHHELD, (), ())
    assert ask(read, lambda session: changed.load(session, row.id)).difference.sentences == ()


def test_what_is_not_there_is_none(read):
    assert ask(read, lambda session: profile.load(session, "nobody")) is None
    assert ask(read, lambda session: documented.load(session, 99)) is None
    assert ask(read, lambda session: changed.load(session, 99)) is None


def test_the_overview_counts_what_is_fresh(read):
    figures = ask(read, queries.overview)

    assert (figures.documents_known, figures.documents_read, figures.documents_fresh) == (1, 1, 1)
    assert figures.last_run_at == datetime(2026, 3, 3, 12, tzinfo=UTC)


def test_how_fresh_the_data_is_tells_of_verdicts_that_came_after_the_last_read(read):
    judged = NOON + timedelta(days=30)
    with read.transaction() as session:
        passage = session.exec(select(Passage)).first()
        document = session.exec(select(Document)).one()
        session.add(
            Review(
                passage_id=passage.id, document_id=document.id, reviewer="a", at=judged,
                verdict=Verdict.CONFIRM, labels=["china"], coder="codebook 1.2",
            )
        )  # fmt: skip

    figures = ask(read, queries.overview)

    assert figures.verdicts_to == judged
    assert html.as_of(figures.last_run_at, figures.verdicts_to) == (
        "Data as of 3 Mar 2026, 12:00 UTC, people’s verdicts to 1 Apr 2026, 12:00 UTC"
    )


def test_what_is_possible_is_never_counted_with_what_is_confirmed():
    def cell(key, reviewed, result="condemned", possible=None):
        return queries.Cell(key, key, InstitutionKind.FUNDER, "GB", "core", "census", SPOKEN, result, reviewed, possible, None, None)  # fmt: skip

    cells = [cell("a", "two"), cell("b", "none"), cell("c", "one", "discussed", "condemned")]

    said = statements._count(cells, cells)
    (share, _) = shares(cells)
    assert "condemned, confirmed: 1; condemned, possible: 1; discussed, confirmed: 1" in said
    counted = queries.tally(cells)
    assert (share.spoken, share.possible) == (counted.confirmed, counted.possible) == (1, 2)


def test_documents_are_counted_once_and_alike_wherever_their_number_is_said(read):
    with read.transaction() as session:
        known = session.get_one(Document, 1)
        twin = Document(**known.model_dump(exclude={"id", "url"}), url="http://alder.example/twin")
        twin.moved_to_id = known.id
        session.add(twin)
    with read.transaction() as session:
        figures = queries.overview(session)
        watched = monitoring.status(session, at=NOON, oldest=timedelta(days=9))
        packed = freeze(session, codebook={}, at=NOON)["denominators"]
        line = profile.coverage_line(profile.load(session, "alder"))

    counts = [(one.documents_known, one.documents_read) for one in (figures, watched)]
    assert counts == [(1, 1), (1, 1)]
    assert (packed["documents_known"], packed["documents_read"]) == (1, 1)
    assert line.startswith("1 of 1 known document read")
