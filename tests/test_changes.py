"""Two versions to a typed change."""

import time
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.changes import (
    Piece,
    SentenceKind,
    WordKind,
    as_text,
    classify,
    compare,
    is_flip,
    same_edit_key,
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


@pytest.mark.parametrize(
    "words", [[f"word{n}" for n in range(30_000)], ["same", "again."] * 14_000, ["x."] * 28_000]
)
def test_no_input_takes_long(words: list[str]):
    before = pieces(*[" ".join(words[n : n + 200]) for n in range(0, len(words), 200)])
    after = pieces(
        *[" ".join([*words[n : n + 200], f"more{n}."]) for n in range(100, len(words), 200)]
    )

    began = time.process_time()
    compare(before, after)

    assert time.process_time() - began < 10
