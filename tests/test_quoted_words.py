"""Quotes show the words that a result goes by, and results say how sure they are, wherever they are read."""

import io
import re
from csv import DictReader

import pytest
from builders import NOON, read_page

from tracker import queries
from tracker.assessment import assessed
from tracker.coding.codebook import load_codebook
from tracker.commands.shared import print_rows, print_table
from tracker.explaining import explain, in_words
from tracker.export import freeze
from tracker.model import SPOKEN
from tracker.store import assessing
from tracker.views import data, findings
from tracker.views.addresses import PRINTED

POLICY = """<main><h1>Policy on research partnerships</h1>
<h2>Review</h2><p>Every partnership with a foreign institution must be checked for human rights risks, such as repression
of people by the partner, before the agreement is signed. The committee approves it, and checks it again each year.</p>
<h2>Statement</h2><p>We condemn the mass surveillance of Uyghurs in Xinjiang by the Chinese government, an abuse of human
rights.</p>
<h2>News</h2><p>The members heard a report in which the United States government accuses Chinese laboratories of
helping the surveillance of Uyghurs; the institute took no position.</p></main>"""
ELEMENTS = "rights_named*: yes (must), by “human rights”, “repression”; before_start*: yes (must), by “before”"


@pytest.fixture
def found(sqlite_store):
    read_page(sqlite_store, POLICY)
    with sqlite_store.transaction() as session:
        rows = queries.finding_rows(session, questions=[SPOKEN, "R1"])
        yield {row.question: row for row in rows}, queries.context(session, rows, most=9), session


@pytest.mark.parametrize("places", [findings.APP, PRINTED])
def test_the_words_that_hold_an_element_are_marked_in_the_quote_on_screen_and_on_paper(
    found, places
):
    rows, around, _ = found
    shown = findings.block(rows["R1"], around, most=9, places=places)

    assert '<mark title="R1 before start">before</mark>' in shown
    assert "R1 escalation: committee" in shown
    assert "(must, “human rights”, “repression”)" in shown


def test_exports_name_the_words_that_hold_an_element(found):
    rows, _, session = found
    (row,) = DictReader(io.StringIO(data.as_csv([rows["R1"].to_json()], {})))
    frozen = freeze(session, codebook={}, at=NOON)
    quotes = {(q["question"], q["number"]): q for q in frozen["tables"]["evidence"]}

    assert row["elements"].startswith(ELEMENTS)
    assert "R1 before_start: before" in row["quote_element_cues"]
    assert quotes["R1", 1]["element_cues"]["R1 before_start"] == ["before"]


def test_a_label_that_people_took_away_leaves_no_words_of_its_elements():
    item = {"quote": "Check it before you sign.", "elements": {"R1": ["before_start"]}}

    assert queries.element_words({**item, "labels": ["R1"]}) == {"R1 before_start": ["before"]}
    assert queries.element_words({**item, "labels": ["R3"]}) == {}


def explained(session, question: str, width: int | None) -> list[str]:
    (subject,) = assessing.subjects(session, key="alder")
    made = assessed(session, subject, load_codebook())
    found = explain(
        institution=subject.key,
        name=subject.name,
        question=question,
        evidence=made.evidence,
        record=made.record,
        result=made.results[question],
    )
    return in_words(found, width=width).splitlines()


@pytest.mark.parametrize("width", [None, 80, 40])
def test_explain_shows_every_cue_word_and_the_whole_quote_at_any_width(found, width):
    rows, _, session = found
    lines = explained(session, "R1", width)
    said = " ".join(" ".join(lines).split())

    for item in rows["R1"].evidence:
        assert " ".join(item["quote"].split()) in said
        assert all(", ".join(words) in said for words in item["cues"].values())
    assert "holds R1 rights named: human rights, repression; R1 before start: before" in said
    if width:
        assert [line for line in lines if len(line) > width and len(line.split()) > 1] == []


def test_a_passage_that_amounts_to_less_stands_apart_from_what_the_result_rests_on(found):
    rows, around, session = found
    shown = findings.block(rows[SPOKEN], around, most=9)
    result, apart, weaker = shown.partition(findings.WEAKER)

    assert rows[SPOKEN].result == "condemned"
    assert "We condemn the mass surveillance" in re.sub("<[^>]+>", "", result)
    assert "The members heard" not in re.sub("<[^>]+>", "", result)
    assert apart
    assert "by itself discussed, beside the result" in weaker
    assert [q["amounts_to"] for q in rows[SPOKEN].quotes()] == ["condemned", "discussed"]
    assert "counts as discussed, beside the result" in "\n".join(explained(session, SPOKEN, None))


ROW = {"result": "partial", "reviewed": "one", "state": "confirmed", "at_least": True}


def test_a_table_says_possible_and_at_least_beside_the_result(found, capsys):
    rows, _, _ = found
    shown = {"as_json": False, "as_csv": False, "title": "T"}
    print_rows([rows[SPOKEN].to_json()], ["institution", "result"], **shown)
    print_table([ROW], ["result"], "T")
    printed = capsys.readouterr().out

    assert "possible: condemned" in printed
    assert "at least partial" in printed


def test_csv_and_json_keep_the_result_as_code_and_say_its_state_in_one_word(found, capsys):
    rows, _, session = found
    print_rows([rows[SPOKEN].to_json()], [], as_json=False, as_csv=True, title="T")
    (row,) = DictReader(io.StringIO(capsys.readouterr().out))
    frozen = freeze(session, codebook={}, at=NOON)["tables"]

    assert (row["result"], row["state"], row["at_least"]) == ("condemned", "possible", "False")
    assert frozen["spoken"][0]["state"] == "possible"
    assert {q["state"] for q in frozen["evidence"]} == {"possible"}
    assert all(r["state"] is None for r in frozen["coverage"] if r["result"] == "not_checked")
