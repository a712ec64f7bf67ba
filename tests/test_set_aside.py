"""Where the machine matched and people said that it is no match, a result says so, everywhere the same."""

import json

import pytest
from builders import an_institution
from sqlmodel import col, select
from test_owning import SITEMAP, UNIVERSITY, World, statement

from tracker import queries
from tracker.explaining import in_words
from tracker.model import Coding, Document, Passage, Stance, Verdict
from tracker.reviews import record_review
from tracker.settings import Settings
from tracker.update import update
from tracker.views import html

SCREENS = (
    "Before any agreement with a foreign partner is signed, the research office must screen the "
    "partner for links to military or surveillance organisations that abuse human rights."
)
SAID = "matched by machine in 1 passage, set aside by one person on 2 May 2026"
PAGE = "http://birch.example/policy"


@pytest.fixture
def world(store):
    made = World(store, an_institution(SITEMAP, **UNIVERSITY))
    made.read("birch/all", {PAGE: statement(SCREENS)})
    return made


def judge(world, verdict, *labels, reviewer="ada", day=2):
    with world.store.transaction() as session:
        passage = session.exec(select(Passage).where(col(Passage.text).startswith(SCREENS))).one()
        coding = session.exec(select(Coding).where(Coding.passage_id == passage.id)).one()
        record_review(
            session, passage_id=passage.id, document_id=session.exec(select(Document.id)).one(), reviewer=reviewer,
            verdict=verdict, labels=labels, stance=Stance.NONE, coder=coding.coder, at=world.at.replace(month=5, day=day),
        )  # fmt: skip
    update(world.store, Settings(), at=world.at)


def badge(world):
    with world.store.transaction() as session:
        [cell] = queries.cells(session, questions=["R1"])
    return html.badge_of(cell)


def test_a_label_that_people_took_away_is_told_with_how_many_and_when_and_never_no_match(world):
    assert world.finding("birch", "R1").result in {"partial", "stated"}

    judge(world, Verdict.AMEND, "human_rights")
    row = world.finding("birch", "R1")

    assert row.result == "none_found"
    assert row.aside == SAID
    assert row.to_json()["set_aside"] == SAID
    assert row.evidence == ()
    for shown in (badge(world), html.badge_of(row)):
        assert SAID in shown
        assert "no match by machine" not in shown
        assert "ada" not in json.dumps(row.to_json())


@pytest.mark.parametrize(
    ("verdict", "labels", "because"),
    [
        (Verdict.REJECT, (), "rejected in review"),
        (Verdict.AMEND, ("human_rights",), "matched by machine, R1 taken away in review"),
    ],
)
def test_an_explanation_lists_what_was_set_aside_with_the_verdict(world, verdict, labels, because):
    judge(world, verdict, *labels)
    found = world.explained("birch", "R1")
    said = in_words(found)

    [passage] = found.to_json()["passages"]
    assert passage["quote"].startswith(SCREENS)
    assert (passage["counts"], passage["because"]) == (False, because)
    assert f"Result: none found ({SAID})" in said
    assert f"does not count: {because}" in said
    assert found.to_json()["set_aside"] == SAID


def test_two_people_and_the_last_day_are_told(world):
    judge(world, Verdict.REJECT)
    judge(world, Verdict.REJECT, reviewer="grace", day=4)

    assert world.finding("birch", "R1").aside == SAID.replace("one person on 2", "two people on 4")


def test_where_the_machine_matched_nothing_that_is_said(store):
    world = World(store, an_institution(SITEMAP, **UNIVERSITY))
    world.read("birch/all", {PAGE: statement("Term begins.")})

    assert world.finding("birch", "R1").aside == ""
    assert "no match by machine" in badge(world)
