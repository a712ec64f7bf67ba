"""Passages are found by their words, on both databases: coded ones, in official voice, in the latest text."""

from datetime import timedelta

import pytest
from builders import NOON, a_source, a_sources_file, an_institution, read_page
from sqlalchemy import text

from tracker import queries
from tracker.model import Stance, Verdict
from tracker.reviews import record_review
from tracker.settings import Settings
from tracker.store.word_index import index_coded
from tracker.update import update

BODY = """<main><h1>Partnerships policy</h1>
<h2>Position</h2><p>We condemn the mass surveillance of Uyghurs in Xinjiang by the Chinese government, an abuse of human
rights, with systems of the firm Zhejiang Lab. Société “d’état” 監視 is named too.</p>
<h2>Canteen</h2><p>The canteen serves lunch from eleven to two on every weekday of the term, and it is closed on
Sundays and in the summer.</p></main>"""


@pytest.fixture
def read(store):
    read_page(store, BODY)
    return store


def found(store, query, **filters):
    with store.transaction() as session:
        words = queries.terms(query)
        return [row.evidence["quote"] for row in queries.search(session, words=words, **filters)]


@pytest.mark.parametrize(
    "query", ["uyghurs", "UYGHURS xinjiang", '"mass surveillance"', "surveil*", "zhejiang", "監視"]
)
def test_words_phrases_and_beginnings_are_found(read, query):
    assert len(found(read, query)) == 1


@pytest.mark.parametrize(
    "query",
    ['"mass surveil"*', '"mass surveil*"', "“mass surveillance”", "Zhejiang-Lab*", "UYGH* xin*"],
)
def test_a_star_finds_longer_forms_in_a_phrase_too_and_any_quotation_marks_make_one(read, query):
    assert len(found(read, query)) == 1


def test_a_star_after_fewer_than_three_letters_is_no_beginning(read):
    assert queries.terms("uy* uyg*") == ["uy", "uyg*"]
    assert found(read, "uy*") == []


@pytest.mark.parametrize("query", ["canteen", '"surveillance mass"', "uyghurs canteen", "surveil"])
def test_what_a_coded_passage_does_not_hold_is_not_found(read, query):
    assert found(read, query) == []


@pytest.mark.parametrize("query", ["", '"', '""', "*", "AND", "uyghurs OR", "NEAR(", "text:x", "-", "\\", "'; drop", "_", "uyghurs _ !!", "a\0b", "\ud800x*", '"\0"*', "' <-> '*", "x':*", "(((" * 66, "²*", "e\u0301" * 60, " ".join(["uyghurs"] * 1000), "\u202e*", '"x*y" ** "'])  # fmt: skip
def test_no_query_is_an_error(read, query):
    assert isinstance(found(read, query), list)


def test_filters_narrow_the_search(read):
    assert found(read, "uyghurs", labels=["R6"]) == []
    assert found(read, "uyghurs", kinds=["funder"]) == []
    assert len(found(read, "uyghurs", labels=["china"], institutions=["alder"])) == 1


def test_a_label_alone_finds_what_holds_it(read):
    assert len(found(read, "", labels=["china"])) == 1
    assert len(found(read, "", labels=["china", "R6"])) == 1
    assert found(read, "", labels=["R6"]) == []


def test_a_body_is_found_by_who_it_is_not_by_how_it_is_spelled(read):
    assert len(found(read, "", entities=["zhejiang-lab"])) == 1
    assert len(found(read, "uyghurs", entities=["zhejiang-lab", "huawei"])) == 1
    assert found(read, "", entities=["huawei"]) == []
    assert found(read, "canteen", entities=["zhejiang-lab"]) == []


def test_a_text_that_is_gone_from_the_page_is_not_found(read):
    later = NOON + timedelta(days=1)
    read_page(read, BODY.replace("Uyghurs", "people"), at=later)

    assert found(read, "uyghurs") == []
    assert len(found(read, "people")) == 1


def test_a_guest_is_not_the_institution_speaking(store):
    source = a_source(key="blog", url="http://alder.example/blog/guest-post")
    file = a_sources_file(an_institution(source))
    read_page(store, BODY.replace("Partnerships policy", "Guest post"), file=file)

    assert found(store, "uyghurs") == []


def test_an_index_that_was_lost_is_made_anew(read):
    with read.transaction() as session:
        if session.get_bind().dialect.name != "sqlite":
            return  # PostgreSQL keeps its own
        session.connection().execute(
            text("INSERT INTO passage_search(passage_search) VALUES ('delete-all')")
        )
        session.connection().execute(text("UPDATE passage_search_to SET coding_id = 0"))
        index_coded(session)
    assert len(found(read, "uyghurs")) == 1


PLAN = text("EXPLAIN QUERY PLAN SELECT rowid FROM passage_search WHERE passage_search MATCH :q ORDER BY rowid DESC LIMIT 2000")  # fmt: skip
PLANNED = text("EXPLAIN SELECT id FROM passage WHERE to_tsvector('simple', text) @@ to_tsquery('simple', CAST(:q AS text))")  # fmt: skip


def test_a_beginning_is_looked_up_in_the_index_of_words(read):
    with read.transaction() as session:
        if session.get_bind().dialect.name == "sqlite":
            plan = str(session.connection().execute(PLAN, {"q": '"surveil" *'}).all())
            assert "VIRTUAL TABLE INDEX" in plan
            assert "TEMP B-TREE" not in plan  # the newest come first as they are read
            return
        session.connection().execute(text("SET LOCAL enable_seqscan = off"))
        plan = str(session.connection().execute(PLANNED, {"q": "'surveil':*"}).all())
        assert "Bitmap Index Scan on passage_search" in plan


def judge(store, verdict, labels=(), stance=Stance.NONE, *, reviewer="ada"):
    with store.transaction() as session:
        [row] = queries.search(session, words=["uyghurs"])
        record_review(
            session,
            passage_id=row.evidence["passage_id"],
            document_id=row.evidence["document_id"],
            reviewer=reviewer,
            verdict=verdict,
            labels=labels,
            stance=stance,
            coder=row.evidence["coder"],
            at=NOON,
        )


def hit(store):
    with store.transaction() as session:
        [row] = queries.search(session, words=["uyghurs"])
    return row.evidence


def test_a_passage_that_people_amended_is_shown_with_their_labels_and_stance_not_the_machines(read):
    machine = hit(read)
    assert "condemns" in machine["labels"]

    judge(read, Verdict.AMEND, ["china", "R4"], Stance.NEUTRAL)

    assert hit(read)["labels"] == ["china", "R4", "neutral"]
    assert hit(read)["reviewed"] == "one"
    assert "surveillance" in machine["cues"]
    assert "surveillance" not in hit(read)["cues"]


def test_search_and_findings_say_the_same_of_a_passage_that_people_judged(read):
    judge(read, Verdict.AMEND, ["china", "surveillance"], Stance.REPORTED)
    update(read, Settings(), at=NOON)
    with read.transaction() as session:
        [row] = queries.finding_rows(session, questions=["spoken"])
    [item] = row.evidence
    found = hit(read)

    assert set(item["labels"]) == set(found["labels"]) == {"china", "surveillance", "reported"}
    assert item["reviewed"] == found["reviewed"]


def test_the_label_filter_goes_by_what_stands_after_review(read):
    judge(read, Verdict.AMEND, ["china", "R6"], Stance.NEUTRAL)

    for query in ("uyghurs", ""):
        assert len(found(read, query, labels=["R6"])) == 1
        assert found(read, query, labels=["surveillance", "human_rights"]) == []


def test_the_label_filter_follows_a_verdict_through_an_edit_of_its_page(read):
    judge(read, Verdict.AMEND, ["china", "R6"], Stance.NEUTRAL)
    edited = BODY.replace("with systems of the firm", "with systems made by the firm")
    read_page(read, edited, at=NOON + timedelta(days=1))

    assert len(found(read, "made", labels=["R6"])) == 1
    assert len(found(read, "", labels=["R6"])) == 1
    assert found(read, "made", labels=["surveillance"]) == []


def test_a_passage_that_people_rejected_carries_no_label_and_says_who_set_it_aside(read):
    judge(read, Verdict.REJECT)

    assert hit(read)["labels"] == []
    assert hit(read)["coded_by"] == "set aside by one person on 2 Mar 2026"
    assert found(read, "", labels=["china"]) == []


def test_what_people_took_a_label_from_makes_room_for_what_still_holds_it(read):
    body = "".join(f"<h2>Part {n}</h2><p>The Chinese government surveils Uyghurs in town {n}, an abuse of human rights.</p>" for n in range(5))  # fmt: skip
    read_page(read, f"<main><h1>Position</h1>{body}</main>", at=NOON + timedelta(days=1))
    with read.transaction() as session:
        rows = queries.search(session, labels=["china"], limit=2)
        for row in rows:
            record_review(session, passage_id=row.evidence["passage_id"], document_id=row.evidence["document_id"], reviewer="ada", verdict=Verdict.REJECT, labels=[], stance=Stance.NONE, coder=row.evidence["coder"], at=NOON)  # fmt: skip
        left = queries.search(session, labels=["china"], limit=2)

    assert len(rows) == len(left) == 2
    assert not {r.evidence["passage_id"] for r in rows} & {r.evidence["passage_id"] for r in left}
