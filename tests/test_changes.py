"""Two versions to a typed change."""

import json
import time
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.changes import (
    Comparison,
    Piece,
    SentenceKind,
    UnitKind,
    WordKind,
    as_ansi,
    as_html,
    as_text,
    classify,
    compare,
    from_json,
    is_flip,
    meaning,
    most_telling,
    same_edit_key,
    sentence_json,
    shifts,
    shortened,
    still_shown,
    summary,
    word_changes,
)
from tracker.model import ChangeClass, ChangeKind

R1 = frozenset({"R1"})


def pieces(*texts: str, labels: frozenset[str] = frozenset()) -> list[Piece]:
    return [Piece(text, ("Scope",), labels) for text in texts]


@pytest.mark.parametrize(
    ("before", "after", "labels", "expected"),
    [
        ("We review partners.", "We review partners.", R1, None),
        ("We review partners.", "We review all partners.", R1, (ChangeClass.MATERIAL, ChangeKind.TEXT_CHANGED)),
        ("We review partners.", "We review all partners.", frozenset(), (ChangeClass.MINOR, ChangeKind.WORDING)),
        ("We review partners.", "We review partners!", R1, (ChangeClass.MINOR, ChangeKind.TYPOGRAPHIC)),
        ("See https://a.example/1 now.", "See https://a.example/2 now.", R1, (ChangeClass.MINOR, ChangeKind.LINKS)),
        ("A right (see below).", "A right (see chapter two).", R1, (ChangeClass.MINOR, ChangeKind.LINKS)),
        ("Call 123 today.", "Call 456 today.", R1, (ChangeClass.MINOR, ChangeKind.NUMBERS)),
        ("One.", "One. Two is new here.", R1, (ChangeClass.MATERIAL, ChangeKind.PASSAGE_ADDED)),
        ("One. Two was here.", "One.", R1, (ChangeClass.MATERIAL, ChangeKind.PASSAGE_REMOVED)),
    ],
)  # fmt: skip
def test_an_edit_has_the_class_and_kind_of_what_it_touches(before, after, labels, expected):
    assert (
        classify(compare(pieces(before, labels=labels), pieces(after, labels=labels))) == expected
    )


def test_passages_in_another_order_are_a_reorder():
    found = compare(pieces("A a.", "B b.", "C c."), pieces("B b.", "C c.", "A a."))

    assert classify(found) == (ChangeClass.MINOR, ChangeKind.REORDER)
    assert [s.kind for s in found.sentences] == [SentenceKind.MOVED]


def test_labels_gained_and_lost_are_named():
    found = compare(
        [Piece("Old rule.", (), frozenset({"R1", "R2"}))],
        [Piece("New text.", (), frozenset({"R2", "R3"}))],
    )

    assert (found.labels_gained, found.labels_lost) == ({"R3"}, {"R1"})


def test_a_changed_sentence_is_told_word_by_word_and_readable_aloud():
    found = compare(
        pieces("Every partner must be reviewed."), pieces("Every partner may be reviewed.")
    )

    assert as_text(found) == "Every partner [removed: must] [added: may] be reviewed."
    assert summary(found) == "1 sentence changed under “Scope”"


def test_the_same_edit_on_two_pages_has_one_key():
    one = compare(pieces("Alpha page.", "Old footer."), pieces("Alpha page.", "New footer."))
    two = compare(pieces("Beta page.", "Old footer."), pieces("Beta page.", "New footer."))

    assert same_edit_key(one) == same_edit_key(two)


def test_a_text_seen_within_a_fortnight_is_a_flip():
    noon = datetime(2026, 3, 2, tzinfo=UTC)

    assert is_flip([("a", noon)], "a", noon + timedelta(days=14))
    assert not is_flip([("a", noon)], "a", noon + timedelta(days=15))
    assert not is_flip([("a", noon)], "b", noon)


TEXTS = st.lists(st.text("ab c.\n", max_size=30), max_size=6)


@given(TEXTS, TEXTS)
def test_word_changes_make_both_sentences(before: list[str], after: list[str]):
    for sentence in compare(pieces(*before), pieces(*after)).sentences:
        if sentence.kind is SentenceKind.CHANGED:
            words = list(word_changes(sentence.before, sentence.after))
            old = "".join(w.text for w in words if w.kind is not WordKind.ADDED)
            new = "".join(w.text for w in words if w.kind is not WordKind.REMOVED)
            assert (old.split(), new.split()) == (sentence.before.split(), sentence.after.split())


@given(TEXTS)
def test_a_text_does_not_differ_from_itself(texts: list[str]):
    assert compare(pieces(*texts), pieces(*texts)).sentences == ()


@given(TEXTS, TEXTS)
def test_a_comparison_rebuilds_either_text(before: list[str], after: list[str]):
    found = compare(pieces(*before), pieces(*after))
    old = compare([], pieces(*before))
    new = compare([], pieces(*after))

    # By words: sentences that were only cut otherwise are told as one.
    assert words(old.added) - words(found.removed) + words(found.added) == words(new.added)


def words(told: Iterable[str]) -> Counter[str]:
    return Counter(word for sentence in told for word in sentence.split())


@given(TEXTS, TEXTS)
def test_one_result_has_every_rendering_and_survives_json(before: list[str], after: list[str]):
    found = compare(pieces(*before), pieces(*after))

    assert (
        tuple(from_json(json.loads(json.dumps(sentence_json(s)))) for s in found.sentences)
        == found.sentences
    )
    for shown in (as_text(found), as_ansi(found), as_html(found.sentences)):
        for kind in (SentenceKind.ADDED, SentenceKind.REMOVED):
            if any(s.kind is kind for s in found.sentences):
                assert f"[{kind}: " in shown


def test_a_moved_block_is_recognised_beside_other_edits():
    before = pieces("Alpha one. Alpha two.", "Beta one. Beta two.", "Gamma ends here.")
    after = pieces("Beta one. Beta two.", "Gamma ends there.", "Alpha one. Alpha two.")

    found = {(s.kind, s.before) for s in compare(before, after).sentences}

    assert found in (
        {(SentenceKind.MOVED, "Alpha one. Alpha two."), (SentenceKind.CHANGED, "Gamma ends here.")},
        {(SentenceKind.MOVED, "Beta one. Beta two."), (SentenceKind.CHANGED, "Gamma ends here.")},
    )


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (
            "- Respect rights: do no work that harms them.\n- Protect rights from misuse by other.\n- Fulfil rights.",
            "- Respect rights: do no work that harms them - Protect rights from misuse by others - Fulfil rights",
            "- Respect rights: do no work that harms [removed: them.] [added: them] - Protect rights from misuse by [removed: other.] [added: others] - Fulfil [removed: rights.] [added: rights]",
        ),
        (
            "Partners answer to the board. They report once a year.",
            "Partners answer to the board and they report once a year. Guests register.",
            "Partners answer to the [removed: board. They] [added: board and they] report once a year.\n[added: Guests register.]",
        ),
    ],
)  # fmt: skip
def test_sentences_that_were_only_cut_otherwise_are_one_change(before, after, expected):
    assert as_text(compare(pieces(before), pieces(after))) == expected


@given(st.lists(st.sampled_from(["one two three", "four five", "six"]), min_size=2, max_size=9))
def test_where_sentences_end_alone_is_typographic(parts: list[str]):
    one = pieces(". ".join(part.capitalize() for part in parts) + ".")
    other = pieces("; ".join(parts) + ".")

    assert classify(compare(one, other)) == (ChangeClass.MINOR, ChangeKind.TYPOGRAPHIC)


@pytest.mark.parametrize(
    ("most", "told"),
    [(1, ["Rule."]), (2, ["Partners.", "Rule."]), (3, ["First.", "Partners.", "Rule."]), (9, ["First.", "Second.", "Partners.", "Rule."])],
)  # fmt: skip
def test_what_touches_coded_text_is_told_first_in_the_order_of_the_text(most, told):
    new = [
        *pieces("First.", "Second."),
        *pieces("Partners.", labels=frozenset({"partnership"})),
        *pieces("Rule.", labels=R1),
    ]

    found = [s for s in compare([], new).sentences if s.unit is UnitKind.SENTENCE]

    assert [s.after for s in most_telling(found, most)] == told


def test_changes_stand_in_the_order_of_the_text():
    found = compare(
        pieces("First old thing. Middle. Last."), pieces("Middle. New here. Last. End.")
    )

    assert [(s.kind, s.before or s.after) for s in found.sentences] == [
        (SentenceKind.REMOVED, "First old thing."),
        (SentenceKind.ADDED, "New here."),
        (SentenceKind.ADDED, "End."),
    ]


def test_a_table_is_told_by_row():
    found = compare(
        pieces("Partner | Since. When. Why.\nAlder | 2020\nBirch | 2021"),
        pieces("Partner | Since. When. Why.\nAlder | 2024\nBirch | 2021\nCedar | 2025"),
    )

    assert [(s.unit, s.kind) for s in found.sentences] == [
        (UnitKind.ROW, SentenceKind.CHANGED),
        (UnitKind.ROW, SentenceKind.ADDED),
    ]
    assert summary(found) == "1 table row added, 1 table row changed under “Scope”"


def test_a_renamed_heading_is_a_change_and_renumbering_hides_no_addition():
    renamed = compare([Piece("Body.", ("Rules",))], [Piece("Body.", ("Guidance",))])
    numbered = compare(
        [Piece("Body.", ("4. Contacts",))],
        [Piece("A new duty.", ("4. Duties",), R1), Piece("Body.", ("5. Contacts",))],
    )

    assert classify(renamed) == (ChangeClass.MINOR, ChangeKind.WORDING)
    assert classify(numbered) == (ChangeClass.MATERIAL, ChangeKind.PASSAGE_ADDED)


@pytest.mark.parametrize(
    "sentence",
    [
        "Dr. Alder and Prof. Birch of the U.S. office review it.",
        "See No. 5, e.g. the list, i.e. Art. 3 of the rules.",
    ],
)
def test_an_abbreviation_ends_no_sentence(sentence):
    assert len(compare([], pieces(sentence)).sentences) == 2  # with its heading


def test_a_date_that_moves_is_a_matter_of_numbers_but_may_is_a_word():
    dated = compare(
        pieces("Updated 3 March 2024.", labels=R1), pieces("Updated 12 May 2025.", labels=R1)
    )
    bound = compare(pieces("You must ask.", labels=R1), pieces("You may ask.", labels=R1))

    assert classify(dated) == (ChangeClass.MINOR, ChangeKind.NUMBERS)
    assert classify(bound) == (ChangeClass.MATERIAL, ChangeKind.TEXT_CHANGED)


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        ("Facial recognition is used in all halls of the colege.", ChangeClass.MINOR),
        ("Facial detection is used in all halls of the college.", ChangeClass.MATERIAL),
        ("Facial recognition is not used in all halls of the college.", ChangeClass.MATERIAL),
        ("Facial recognition is used in four further new halls.", ChangeClass.MATERIAL),
    ],
)
def test_a_word_touches_a_topic_that_it_is_about(after, expected):
    def coded(text):
        return [Piece(text, (), frozenset({"surveillance"}), cues={"surveillance": ("facial recognition", "facial", "recognition", "detection")})]  # fmt: skip

    found = compare(coded("Facial recognition is used in all halls of the college."), coded(after))

    assert classify(found)[0] is expected


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("Staff must ask the panel.", "Staff should ask the panel.", "“must” became “should”"),
        ("Staff should ask the panel.", "Staff may ask the panel.", "“should” became “may”"),
        ("We check all partners.", "We check partners where appropriate.", "“all” became “where appropriate”"),
        ("We check partners.", "We check partners where appropriate.", "“where appropriate” was added"),
        ("We screen military, police and surveillance partners.", "We screen military and surveillance partners.", "“police” left a list"),
        ("Partners may join.", "Partners must join.", "“may” became “must”"),
        ("Staff must ask the panel.", "Staff must ask the board.", ""),
        ("- export lists\n- end use\n- rights", "- export lists\n- rights", "“end use” left a list"),
    ],
)  # fmt: skip
def test_what_an_edit_may_mean_is_said_by_template(before, after, said):
    found = compare(pieces(before, labels=R1), pieces(after, labels=R1))

    assert meaning(found, shifts(found)) == said


SCREENED = "Partners linked to a military are screened by the research office before an agreement is signed."
OFFICE = (
    "The research office must answer within four weeks, and keeps a record of what it was asked."
)
CUED = {
    "R3": ("military", "screened"),
    "china": ("Chinese",),
    "surveillance": ("facial recognition",),
}


@pytest.mark.parametrize(
    ("label", "before", "after", "expected"),
    [
        # A rule: any words of its sentences, what obliges beside them, its list; not a stray word.
        ("R3", SCREENED, SCREENED.replace("the research office", "the head of each unit"), ChangeClass.MATERIAL),
        ("R3", SCREENED, SCREENED.replace("an agreement", "any agreement"), ChangeClass.MATERIAL),
        ("R3", SCREENED, SCREENED.replace("signed", "concluded"), ChangeClass.MINOR),
        ("R3", f"{SCREENED} {OFFICE}", SCREENED, ChangeClass.MATERIAL),
        ("R3", f"{SCREENED} {OFFICE}", f"{SCREENED} {OFFICE.replace('must', 'may')}", ChangeClass.MATERIAL),
        ("R3", f"{SCREENED} The office is on the ground floor.", SCREENED, ChangeClass.MINOR),
        ("R3", "Military partners:\n- drones\n- export lists", "Military partners:\n- drones", ChangeClass.MATERIAL),
        # The subject that findings rest on: any longer edit of its sentence.
        ("china", "A Chinese lab took part in it.", "A Chinese lab left it in the spring of last year.", ChangeClass.MATERIAL),
        # A topic beside it: only words on that topic.
        ("surveillance", "The gates use facial recognition.", "The gates use cards.", ChangeClass.MATERIAL),
        ("surveillance", "The gates use facial recognition.", "The gates do not use facial recognition.", ChangeClass.MATERIAL),
        ("surveillance", "Gates with facial recognition stand in the old hall.", "Gates with facial recognition stand beside our new northern library.", ChangeClass.MINOR),
        ("surveillance", "The gates use facial recognition (TTW).", "The gates use facial recognition (see our chapter on facial recognition).", ChangeClass.MINOR),
        ("surveillance", "Since last year the college uses facial recognition at its three gates.", "Since last year the college has ended facial recognition at its three gates.", ChangeClass.MATERIAL),
        # Partners alone are context.
        ("partnership", "Our partners meet in May.", "Our partners left.", ChangeClass.MINOR),
    ],
)  # fmt: skip
def test_an_edit_counts_where_it_is_about_what_is_coded(label, before, after, expected):
    def coded(text):
        return [Piece(text, ("Scope",), frozenset({label}), cues=CUED)]

    assert classify(compare(coded(before), coded(after)))[0] is expected


def test_an_element_that_came_or_went_touches_its_recommendation():
    found = compare(
        [Piece("One. The dean decides.", (), R1, frozenset({"R1 escalation"}), {"R1": ("one",)})],
        [Piece("One.", (), R1, cues={"R1": ("one",)})],
    )

    assert classify(found) == (ChangeClass.MATERIAL, ChangeKind.PASSAGE_REMOVED)


def test_uncoded_sentences_mean_nothing_in_the_codebooks_terms():
    found = compare(pieces("You must knock."), pieces("You may knock."))

    assert shifts(found) == ()


def test_elements_gained_and_lost_are_named():
    found = compare(
        [Piece("Ask first.", (), R1, frozenset({"R1 before_start"}))],
        [Piece("Ask again.", (), R1, frozenset({"R1 recheck"}))],
    )

    assert meaning(found, ()) == "R1: “before start” no longer found; R1: “recheck” now found"


def test_an_edit_that_lasts_is_told_from_one_taken_back():
    assert still_shown(["We may check."], ["We must check."], "Intro. We may check. More.")
    assert not still_shown(["We may check."], ["We must check."], "Intro. We must check. More.")


def test_crawled_text_can_drive_no_terminal_and_no_page():
    found = compare([], pieces("\x1b]0;owned\x07<script>alert(1)</script> \u202egnp"))

    assert "\x1b]" not in as_ansi(found)
    assert "\u202e" not in as_text(found)
    assert "<script>" not in as_html(found.sentences)


def test_a_long_sentence_is_shown_around_its_edit():
    words = [f"w{n}" for n in range(200)]
    found = compare(pieces(" ".join(words)), pieces(" ".join([*words[:100], "new", *words[100:]])))

    shown = as_text(Comparison((shortened(found.sentences[0], 300),)))

    assert shown.startswith("w0 w1")
    assert "w99 [added: new] w100" in shown
    assert len(shown) < 300


@pytest.mark.parametrize(
    "words",
    [
        [f"word{n}" for n in range(30_000)],
        ["same", "again."] * 14_000,
        ["x."] * 28_000,
        ["a.", "b.", "c.", "b."] * 7_000,
    ],
)
def test_no_input_takes_long(words: list[str]):
    before = pieces(*[" ".join(words[n : n + 200]) for n in range(0, len(words), 200)])
    after = pieces(
        *[" ".join([*words[n : n + 200], f"more{n}."]) for n in range(100, len(words), 200)]
    )

    began = time.process_time()
    compare(before, after)

    assert time.process_time() - began < 10


@given(
    st.lists(st.sampled_from(["a b.", "b a.", "c.", "a b c d.", "x | y"]), max_size=40), st.data()
)
def test_any_shuffle_of_a_text_only_moves(lines: list[str], data: st.DataObject):
    shuffled = data.draw(st.permutations(lines))
    found = compare(pieces("\n".join(lines)), pieces("\n".join(shuffled)))

    assert {s.kind for s in found.sentences} <= {SentenceKind.MOVED}
