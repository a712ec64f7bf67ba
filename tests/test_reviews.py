"""People's verdicts: who is asked what, how verdicts combine, and that they survive edits."""

import json
import os
import re
import subprocess
import sys
from datetime import timedelta

import pytest
from builders import NOON, a_source, a_sources_file, an_institution, read_page
from sqlmodel import select
from typer.testing import CliRunner

from tracker.cli import app
from tracker.coding.codebook import load_codebook
from tracker.flat import flat
from tracker.following import judged
from tracker.model import SPOKEN, Change, ChangeClass, Finding, Review, Reviewed, Stance, Verdict
from tracker.queries import finding_rows, search
from tracker.replies import correct
from tracker.reviews import agreements, record_review
from tracker.settings import Settings
from tracker.store import Store
from tracker.update import update
from tracker.verdicts import together
from tracker.views import findings, profile
from tracker.views.addresses import PRINTED
from tracker.views.evidence import evidence_card
from tracker.waiting import judge as decide
from tracker.waiting import waiting, waiting_number

CONDEMNS = (
    "Our institute condemns the mass surveillance and arbitrary detention of Uyghurs in Xinjiang by "
    "the Chinese government, which is a grave abuse of human rights that no researcher may support."
)
PARTNERS = (
    "Before any agreement with a foreign partner is signed, the research office must screen the "
    "partner for links to military or surveillance organisations, and may refuse the agreement."
)


def published(store, *paragraphs, days=0):
    """The declared page reads so at noon, so many days later."""
    at = NOON + timedelta(days=days)
    body = (
        "<main><h1>Position</h1>"
        + "".join(f"<h2>Part {n}</h2><p>{p}</p>" for n, p in enumerate(paragraphs))
        + "</main>"
    )
    read_page(store, body, at=at)


def queue(store, reviewer="ada"):
    with store.transaction() as session:
        return waiting(session, coder=load_codebook().coder_name, reviewer=reviewer)


def judge(store, item, reviewer="ada", verdict=Verdict.CONFIRM, labels=None):
    with store.transaction() as session:
        record_review(
            session,
            passage_id=item.passage_id,
            document_id=item.document_id,
            reviewer=reviewer,
            verdict=verdict,
            labels=item.labels if labels is None else labels,
            stance=item.stance,
            coder="coder 1",
            quote=item.text,
            at=NOON,
        )


def said(store, item):
    with store.transaction() as session:
        return judged(session, [item.document_id])


def test_the_weightiest_comes_first_and_nobody_is_asked_twice(sqlite_store):
    published(sqlite_store, CONDEMNS, PARTNERS)
    first = queue(sqlite_store)[0]
    judge(sqlite_store, first)

    assert "condemns" in first.text
    assert first.key not in {item.key for item in queue(sqlite_store)}


def test_a_second_person_is_asked_and_not_told_what_the_first_said(sqlite_store):
    published(sqlite_store, CONDEMNS)
    judge(sqlite_store, queue(sqlite_store)[0], verdict=Verdict.REJECT, labels=[])

    item = queue(sqlite_store, "grace")[0]

    assert item.judged_by == 1
    assert {"china", "human_rights"} <= item.labels


def test_what_two_agree_on_waits_no_more_and_what_they_differ_on_comes_first(sqlite_store):
    published(sqlite_store, CONDEMNS, PARTNERS)
    agreed, differing = queue(sqlite_store)[:2]
    for person in ("ada", "grace"):
        judge(sqlite_store, agreed, person)
    judge(sqlite_store, differing, "ada")
    judge(sqlite_store, differing, "grace", Verdict.REJECT, [])

    third = queue(sqlite_store, "joan")

    assert third[0].key == differing.key
    assert third[0].disputed
    assert agreed.key not in {item.key for item in third}


def test_a_verdict_follows_its_passage_through_a_small_edit(sqlite_store):
    published(sqlite_store, CONDEMNS, "The page has a second paragraph that says little.")
    judge(sqlite_store, queue(sqlite_store)[0])
    published(sqlite_store, CONDEMNS.replace("grave abuse", "severe abuse"), days=1)

    asked = queue(sqlite_store, "x")[0]
    verdict = said(sqlite_store, asked)[asked.document_id, asked.passage_id]

    assert (verdict.reviewed, verdict.edited, verdict.outdated) == (Reviewed.ONE, True, False)
    assert queue(sqlite_store, "ada") == []


LISTED = (
    "The research office must screen all partners for ties to military, police, intelligence and "
    "surveillance organisations before an agreement is signed, and says in writing what it found."
)


@pytest.mark.parametrize(
    ("old", "new", "shift"),
    [
        ("must screen", "may screen", ("force", "weakened")),
        ("must screen", "should screen", ("force", "weakened")),
        ("must screen", "must not screen", None),
        ("screen all partners", "screen partners where appropriate", ("reach", "weakened")),
        ("military, police, intelligence and", "military, police and", ("entry", "weakened")),
    ],
)
def test_a_verdict_on_words_that_now_bind_otherwise_is_asked_for_again(
    sqlite_store, tmp_path, old, new, shift
):
    published(sqlite_store, LISTED)
    update(sqlite_store, Settings(data_dir=tmp_path), at=NOON)
    judge(sqlite_store, queue(sqlite_store)[0])
    update(sqlite_store, Settings(data_dir=tmp_path), at=NOON)
    before = screening(sqlite_store)
    published(sqlite_store, LISTED.replace(old, new), days=1)
    update(sqlite_store, Settings(data_dir=tmp_path), at=NOON + timedelta(days=1))

    [asked] = queue(sqlite_store)
    after = screening(sqlite_store)
    with sqlite_store.transaction() as session:
        [change] = session.exec(select(Change))
        found = [(s["kind"], s["direction"]) for s in change.shifts]

    assert (asked.outdated, asked.text) == (True, LISTED.replace(old, new))
    assert (before.reviewed, after.reviewed) == (Reviewed.ONE, Reviewed.NONE)
    assert "confirmed an earlier wording" not in before.rule
    assert "confirmed an earlier wording" in after.rule
    assert change.change_class is ChangeClass.MATERIAL
    assert found == ([shift] if shift else [])


def test_a_judged_rule_that_the_machine_no_longer_sees_is_asked_for_too(sqlite_store, tmp_path):
    published(sqlite_store, PARTNERS)
    update(sqlite_store, Settings(data_dir=tmp_path), at=NOON)
    judge(sqlite_store, queue(sqlite_store)[0])
    gone = PARTNERS.replace("must screen the partner for links to military", "writes down a name and sees no")  # fmt: skip
    published(sqlite_store, gone, days=1)
    update(sqlite_store, Settings(data_dir=tmp_path), at=NOON + timedelta(days=1))

    [asked] = queue(sqlite_store)

    assert (asked.text, asked.outdated) == (gone, True)
    assert "confirmed an earlier wording" in screening(sqlite_store).rule

    judge(sqlite_store, asked, verdict=Verdict.REJECT)

    assert queue(sqlite_store) == []


def screening(store):
    with store.transaction() as session:
        return session.exec(select(Finding).where(Finding.question == "R3")).one()


def test_a_verdict_on_words_that_are_gone_stays_with_those_words(sqlite_store):
    published(sqlite_store, CONDEMNS, PARTNERS)
    item = queue(sqlite_store)[0]
    judge(sqlite_store, item)
    published(sqlite_store, "The page now says other things about the institute.", PARTNERS, days=1)

    verdicts = said(sqlite_store, item)

    verdict = verdicts[item.document_id, item.passage_id]

    assert (verdict.edited, verdict.outdated) == (False, False)


def a_review(reviewer, verdict=Verdict.CONFIRM, labels=("china",), stance=Stance.CRITICAL):
    return Review(
        passage_id=1,
        document_id=1,
        reviewer=reviewer,
        at=NOON,
        verdict=verdict,
        labels=list(labels) if verdict is not Verdict.REJECT else [],
        stance=stance,
        coder="c",
    )


@pytest.mark.parametrize(
    ("reviews", "reviewed", "rejected", "disputed"),
    [
        ([a_review("a")], "one", False, False),
        ([a_review("a"), a_review("b")], "two", False, False),
        ([a_review("a"), a_review("b", Verdict.REJECT)], "none", False, True),
        ([a_review("a"), a_review("b", Verdict.AMEND, ["R3"])], "none", False, True),
        ([a_review("a"), a_review("b", Verdict.REJECT), a_review("c")], "two", False, False),
        ([a_review("a", Verdict.REJECT)], "one", True, False),
        ([a_review("a", Verdict.REJECT), a_review("b", Verdict.REJECT)], "two", True, False),
    ],
)
def test_verdicts_combine_by_majority_and_a_tie_waits(reviews, reviewed, rejected, disputed):
    found = together(reviews)

    assert (found.reviewed, found.rejected, found.disputed) == (reviewed, rejected, disputed)


def test_agreement_counts_what_two_or_more_judged(sqlite_store):
    published(sqlite_store, CONDEMNS, PARTNERS)
    first, second = queue(sqlite_store)[:2]
    for person in ("ada", "grace"):
        judge(sqlite_store, first, person)
    judge(sqlite_store, second, "ada")
    with sqlite_store.transaction() as session:
        found = agreements(session)

    assert found["china"].units == 1
    assert found["china"].per_cent.value == 1


def test_verdicts_are_only_ever_added(sqlite_store):
    published(sqlite_store, CONDEMNS)
    item = queue(sqlite_store)[0]
    judge(sqlite_store, item)
    judge(sqlite_store, item, verdict=Verdict.REJECT)
    with sqlite_store.transaction() as session:
        kept = session.exec(select(Review)).all()

    assert [row.verdict for row in kept] == [Verdict.CONFIRM, Verdict.REJECT]
    assert said(sqlite_store, item)[item.document_id, item.passage_id].rejected


def test_what_waits_in_all_is_said_where_only_some_is_shown(sqlite_store, tmp_path, monkeypatch):
    monkeypatch.setenv("TRACKER_DATA_DIR", str(tmp_path))
    published(sqlite_store, CONDEMNS, f"{CONDEMNS} Again.", f"{CONDEMNS} And again.")
    judge(sqlite_store, queue(sqlite_store)[0], reviewer="bob")
    with sqlite_store.transaction() as session:
        coder = load_codebook().coder_name
        numbers = {
            who: waiting_number(session, coder=coder, reviewer=who) for who in ("ada", "bob")
        }
    assert (
        numbers == {who: len(queue(sqlite_store, who)) for who in numbers} == {"ada": 3, "bob": 2}
    )
    sqlite_store.close()

    listed, all_listed = (
        CliRunner().invoke(app, ["review", "list", "--as", "ada", *more]).stdout
        for more in (["--limit", "2"], [])
    )
    asked = CliRunner().invoke(app, ["review", "next", "--as", "ada", "--limit", "1"], input="s\n")

    assert "Waiting for review, 2 of 3" in listed
    assert "Waiting for review, 3 of 3" in all_listed
    assert "1 of 3" in asked.stdout
    assert "2 more wait for you" in asked.stdout


def test_the_command_line_asks_records_and_names_what_it_does_not_know(sqlite_store, tmp_path):
    published(sqlite_store, CONDEMNS)
    sqlite_store.close()

    def tracker(*arguments):
        return subprocess.run(
            [sys.executable, "-c", "from tracker.cli import main; main()", *arguments],
            env={**os.environ, "TRACKER_DATA_DIR": str(tmp_path)},
            capture_output=True,
            text=True,
            check=False,
        )

    key = json.loads(tracker("review", "list", "--as", "ada", "--json").stdout)[0]["item"]
    wrong = tracker("review", "amend", key, "--as", "ada", "--label", "chima")
    done = tracker("review", "confirm", key, "--as", "ada")
    again = tracker("review", "confirm", key, "--as", "ada")

    assert (wrong.returncode, "did you mean" in wrong.stderr) == (2, True)
    assert (done.returncode, again.returncode) == (0, 2)
    assert "nothing called" in again.stderr


def test_a_slip_is_mended_by_a_later_verdict_of_the_same_person_and_both_are_kept(
    sqlite_store, tmp_path, monkeypatch
):
    monkeypatch.setenv("TRACKER_DATA_DIR", str(tmp_path))
    published(sqlite_store, CONDEMNS)

    def review(*words, code=0):
        done = CliRunner().invoke(app, ["review", *words])
        assert code or done.exit_code == 0, done.output
        return str(done.exception) if code else done.stdout

    key = queue(sqlite_store)[0].key
    assert "has not judged" in review("reject", key, "--as", "ada", "--again", code=2)
    review("reject", key, "--as", "ada")
    assert "mended with --again" in review("confirm", key, "--as", "ada", code=2)
    review("confirm", key, "--as", "ada", "--again", "--note", "a slip")

    (mine,) = json.loads(review("mine", "--as", "ada", "--json"))
    with sqlite_store.transaction() as session:
        kept = [(row.reviewer, row.verdict) for row in session.exec(select(Review)).all()]
        verdicts = judged(session, [1])
    assert (mine["item"], mine["verdict"], mine["note"]) == (key, "confirm", "a slip")
    assert kept == [("ada", Verdict.REJECT), ("ada", Verdict.CONFIRM)]
    assert [(v.reviewed, v.rejected) for v in verdicts.values()] == [(Reviewed.ONE, False)]


def test_what_a_corrected_finding_rests_on_is_asked_for_again_until_somebody_judged_it(
    sqlite_store,
):
    published(sqlite_store, CONDEMNS, PARTNERS)
    item = next(i for i in queue(sqlite_store) if "condemns" in i.text)
    for person in ("ada", "grace"):
        judge(sqlite_store, item, person)
    update(sqlite_store, Settings(), at=NOON)
    assert item.key not in {i.key for i in queue(sqlite_store, "joan")}
    with sqlite_store.transaction() as session:
        done = correct(session, "alder", SPOKEN, note="Their unit said so.", by="ada", at=NOON + timedelta(hours=1))  # fmt: skip

    assert "The finding still reads “condemned”: a correction changes no result" in done.follows
    assert "The passage it rests on stands first in `tracker review list`" in done.follows
    first = queue(sqlite_store, "joan")[0]
    assert (first.key, first.corrected) == (item.key, "Their unit said so.")
    assert [i.corrected for i in queue(sqlite_store, "ada") if i.key == item.key]
    with sqlite_store.transaction() as session:
        decide(session, first, reviewer="joan", verdict=Verdict.REJECT, coder="c", at=NOON + timedelta(hours=2))  # fmt: skip
    assert item.key not in {i.key for i in queue(sqlite_store, "ada")}


ASSESS = (
    "Before any agreement is signed, the lead researcher must assess the partner, its funders and its owners "
    "for links to human rights abuses and repression, and the committee must repeat the assessment every year."
)
REFUSE = (
    "Collaboration with partners linked to surveillance or the military requires approval by the committee. "
    "The committee must refuse the collaboration where the end use could support repression of human rights."
)


@pytest.fixture
def half_read(tmp_path):
    """A policy of two passages on R1: ada confirmed the one without “before start”."""
    store = Store.open(f"sqlite:///{tmp_path / 'tracker.db'}")
    university = an_institution(a_source(), kind="university")
    body = f"<main><h1>Policy on partners</h1><h2>1</h2><p>{ASSESS}</p><h2>2</h2><p>{REFUSE}</p></main>"
    read_page(store, body, file=a_sources_file(university))
    items = {"ASSESS" if "lead" in i.text else "REFUSE": i for i in queue(store)}
    judge(store, items["REFUSE"])
    update(store, Settings(), at=NOON)
    yield store, items
    store.close()


def test_reviewing_one_passage_of_a_policy_never_makes_it_lack_what_another_may_hold(half_read):
    store, _ = half_read
    with store.transaction() as session:
        [row] = finding_rows(session, questions=["R1"])
    states = {element["name"]: element["state"] for element in row.elements}

    assert (row.result, row.reviewed, row.at_least) == ("partial", "one", True)
    assert row.rule == "confirmed so far: rights named; awaiting review: before start"
    assert states["before_start"] == "possible"
    assert [item["quote"] for item in row.evidence] == [REFUSE]
    assert [item["quote"] for item in row.awaiting] == [ASSESS]
    assert "before_start*: possible, 1 passage awaits review" in flat(row.to_json())["elements"]


def test_the_file_of_an_institution_shows_what_awaits_review_beside_the_confirmed(half_read):
    store, _ = half_read
    with store.transaction() as session:
        sheet = profile.sheet(profile.load(session, "alder"), PRINTED)
    rests, _, awaits = sheet.partition(findings.AWAITING)

    assert "at least" in rests
    assert "possible: 1 quote awaiting review" in rests
    assert "before start*</span> (possible, 1 passage awaits review)" in rests
    assert "lacks" not in rests.lower()
    assert "must refuse" in re.sub("<[^>]+>", "", rests)
    assert "lead researcher" not in re.sub("<[^>]+>", "", rests)
    assert "lead researcher" in re.sub("<[^>]+>", "", awaits)
    assert "What it may add to:" in awaits


def test_after_a_correction_what_awaits_review_comes_first_and_nobody_is_first_asked_again(
    half_read,
):
    store, items = half_read
    with store.transaction() as session:
        done = correct(session, "alder", "R1", note="It is assessed before.", by="ada", at=NOON + timedelta(hours=1))  # fmt: skip
    mine, others = queue(store), queue(store, "grace")

    assert (mine[0].key, mine[0].corrected) == (items["ASSESS"].key, "It is assessed before.")
    assert [i.key for i in mine][1:] == [items["REFUSE"].key]
    assert [i.key for i in others][:2] == [items["ASSESS"].key, items["REFUSE"].key]
    assert mine[1].weight < 10 < others[1].weight
    assert "What awaits review on it stands first in `tracker review list`" in done.follows


def test_evidence_says_who_coded_it_and_names_nobody(sqlite_store):
    published(sqlite_store, CONDEMNS)
    machine = shown(sqlite_store)
    judge(sqlite_store, queue(sqlite_store)[0])
    update(sqlite_store, Settings(), at=NOON)
    person = shown(sqlite_store)

    coder = load_codebook().coder_name
    assert machine["coded_by"] == f"coded by machine ({coder}), not yet reviewed"
    assert person["coded_by"] == "confirmed by one person on 2 Mar 2026"
    assert "ada" not in json.dumps(person)


def shown(store):
    with store.transaction() as session:
        row = finding_rows(session, questions=[SPOKEN])[0]
        assert row.evidence
        card = evidence_card(row.evidence[0], {})
        [found] = search(session, words=["uyghurs"])
    [item] = row.to_json()["evidence"]
    assert item["coded_by"].lower() in card.lower()  # a sentence of its own there
    assert found.evidence["coded_by"] == item["coded_by"]
    return item


def test_an_explanation_says_that_pages_and_lists_are_not_drawn_anew_yet(
    sqlite_store, tmp_path, monkeypatch
):
    monkeypatch.setenv("TRACKER_DATA_DIR", str(tmp_path))
    published(sqlite_store, CONDEMNS)

    def tracker(*words):
        done = CliRunner().invoke(app, words)
        assert done.exit_code == 0, done.output
        return done

    before = tracker("explain", "alder", "spoken").stderr
    tracker("review", "confirm", queue(sqlite_store)[0].key, "--as", "ada")
    after = tracker("explain", "alder", "spoken").stderr
    tracker("update", "--at", "2026-03-10T09:00:00+00:00")
    drawn = tracker("explain", "alder", "spoken").stderr

    assert (before, drawn) == ("", "")
    assert "still say condemned, not yet reviewed: `tracker update` draws them anew" in after
