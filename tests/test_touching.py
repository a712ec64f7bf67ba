"""What an edit touches: by its words, those that carry meaning, and by the rule beside it."""

import json
import re
import time
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import pytest

from tracker.changes import Piece, classify, compare, is_flip, word_changes
from tracker.changes.edits import amounts, bodies, listed_names, sides
from tracker.coding.codebook import load_codebook
from tracker.coding.coder import code
from tracker.model import ChangeClass, Recommendation, Stance
from tracker.subjects import element_words, subject_words

MATERIAL, MINOR = ChangeClass.MATERIAL, ChangeClass.MINOR
GOLD = Path(__file__).parent / "gold" / "passages.jsonl"


@pytest.mark.parametrize(
    ("before", "after", "carried"),
    [
        # Nothing: marks, numbers, titles, addresses, dates, spelling, capitals, joined words, markup.
        ("Ask the panel.", "- Ask the panel.", set()),
        ("5.2 Ask the panel.", "6.1 Ask the panel.", set()),
        ("- B.3. Ask the panel.", "- B.3 Asking first: Ask the panel.", set()),
        ("Ask the panel by post.", "Ask the panel by post (see chapter four).", set()),
        ("Write to a@alder.example now.", "Write to b@elm.example now.", set()),
        ("As of 3 March 2024 we ask.", "As of 4 May 2025 we ask.", set()),
        ("Our programme is organised.", "Our program is organized.", set()),
        ("PARTNERS ARE CHECKED.", "Partners are checked.", set()),
        ("No bio weapons here.", "No bioweapons here.", set()),
        ("It is a human right.", "It is a {ref}human right<rights>.", set()),
        ("We check first and then sign.", "Then we sign and check first.", set()),
        # What does: other words, negated ones, names.
        ("Ask the panel.", "Ask the dean.", {"panel.", "dean."}),
        ("The use is lawful.", "The use is unlawful.", {"lawful.", "unlawful."}),
        ("Staff must ask.", "Staff may ask.", {"must", "may"}),
    ],
)  # fmt: skip
def test_marks_titles_addresses_dates_and_spelling_carry_no_meaning(before, after, carried):
    found = sides(tuple(word_changes(before, after)))

    assert {side.words[at] for side in found for at in side.edited} == carried


def test_sums_names_and_bodies_are_read_out_of_a_text():
    assert amounts("Within 30 days, or 5 % of € 400") == {"30 days": 1, "5 %": 1, "€ 400": 1}
    assert listed_names("It is barred in Ruritania, Freedonia, and North Sylvania.") == {
        "Ruritania",
        "Freedonia",
        "North Sylvania",
    }
    assert listed_names("The Terms and the Services.") == frozenset()
    assert bodies("We work with Alder University of Technology and the Institute of Rivers.") == {
        "Alder University of Technology",
        "Institute of Rivers",
    }


DUAL = "Work with a military partner must be approved by the export board."
TERM = "The board must answer within 30 days."
BARRED = "Partners from barred countries are refused by the export board."
NAMES = "They must not come from Ruritania, Freedonia, Sylvania, or Lower Moravia."
LONG = "rivers and " * 35 + "lakes"


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        # The rule's own words, near its subject.
        (DUAL, DUAL.replace("must", "may"), MATERIAL),
        (DUAL, DUAL.replace("military", "foreign"), MATERIAL),
        (DUAL, DUAL.replace("approved by the export board", "read, weighed and signed by each dean"), MATERIAL),
        (DUAL, DUAL.replace("approved", "cleared"), MINOR),
        (DUAL, f"Our approach: {DUAL}", MINOR),
        (DUAL, DUAL.upper(), MINOR),
        # A deadline, or a name of a list, in the sentence beside it; a date there is none.
        (f"{DUAL} {TERM}", f"{DUAL} {TERM.replace('30', '60')}", MATERIAL),
        (f"{DUAL} Last read 3 March 2024.", f"{DUAL} Last read 4 May 2025.", MINOR),
        (f"{BARRED} {NAMES}", f"{BARRED} {NAMES.replace('Sylvania, ', '')}", MATERIAL),
        # Three sentences further, or in a sentence as long as a contract, is another matter.
        (f"{DUAL} Ask early. Bring tea. {TERM}", f"{DUAL} Ask early. Bring tea. {TERM.replace('must', 'may')}", MINOR),
        (f"{DUAL} {LONG} must end.", f"{DUAL} {LONG} may end.", MINOR),
        (f"Military partners and {LONG} must end.", f"Military partners and {LONG} may end.", MINOR),
        # The list that a rule leads to, and no other.
        ("Military partners need leave:\n- maps\n- drones", "Military partners need leave:\n- maps", MATERIAL),
        ("Military partners need leave.\n\nWe sell:\n- maps\n- drones", "Military partners need leave.\n\nWe sell:\n- maps", MINOR),
        # Cues that are no subject.
        ("Export is licensed.", "Export is licensed by four other new offices.", MINOR),
    ],
)  # fmt: skip
def test_a_rule_is_touched_by_its_subject_its_force_its_terms_and_its_list(before, after, expected):
    def coded(text):
        words = {"R3": ("military", "barred countries")}
        return [
            Piece(text, ("Scope",), frozenset({"R3"}), cues={"R3": ("licensed",)}, subjects=words)
        ]

    assert classify(compare(coded(before), coded(after)))[0] is expected


def test_a_label_that_came_without_words_of_the_edit_is_no_news():
    def coded(text, labels):
        words = {"R6": ("entity list",), "R6 own_rule": ("keep to",)}
        elements = frozenset({"R6 own_rule"}) if labels else frozenset()
        return [Piece(text, (), labels, elements, subjects=words)]

    before = coded("We keep to the entity list. Our post box is number nine.", frozenset())
    after = coded("We keep to the entity list. Our post box is new.", frozenset({"R6"}))

    found = compare(before, after)

    assert found.labels_gained == {"R6"}
    assert classify(found)[0] is MINOR


def test_an_element_is_lost_by_the_words_that_it_was_found_by():
    def coded(text, elements):
        words = {"R1": ("human rights",), "R1 before_start": ("before",), "R1 recheck": ("yearly",)}
        return [Piece(text, (), frozenset({"R1"}), frozenset(elements), subjects=words)]

    rule = "Human rights are weighed before a project begins."
    both = coded(rule, {"R1 before_start"})

    assert classify(compare(both, coded(rule.replace("before", "when"), set())))[0] is MATERIAL
    assert classify(compare(both, coded(rule.replace("weighed", "considered"), set())))[0] is MINOR


def test_a_sentence_that_went_to_another_row_only_moved():
    def coded(*rows):
        said = {"surveillance": ("facial recognition",)}
        return [Piece("\n".join(rows), (), frozenset({"surveillance"}), subjects=said)]

    told = "Facial recognition errs on darker skin."
    before = coded("Fairness | Loans differ. " + told, "Bias | Tests are few.")
    after = coded("Fairness | Loans differ.", "Bias | Tests are few. " + told)

    assert classify(compare(before, after))[0] is MINOR


@pytest.mark.parametrize(
    ("heading", "expected"), [("Further reading", MINOR), ("Safeguards", MATERIAL)]
)
def test_lists_that_lead_elsewhere_touch_nothing(heading, expected):
    def coded(text):
        said = {"human_rights": ("human rights",)}
        return [Piece(text, (heading,), frozenset({"human_rights"}), subjects=said)]

    found = compare(coded("- Rivers"), coded("- Rivers\n- Human rights at work"))

    assert classify(found)[0] is expected


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        ("Our partners are Alder College and the University of Elm.", MATERIAL),
        ("Our partners are Alder College and many more friends.", MINOR),
    ],
)
def test_a_partner_that_is_named_is_news_and_context_is_not(after, expected):
    def coded(text):
        return [
            Piece(text, (), frozenset({"partnership"}), cues={"partnership": ("partners",)}),
        ]

    assert classify(compare(coded("Our partners are Alder College."), coded(after)))[0] is expected


def test_texts_served_by_turns_flip_for_three_months():
    day = timedelta(days=1)
    noon = datetime(2026, 3, 1, 12, tzinfo=UTC)
    turns = [("a", noon), ("b", noon + day), ("a", noon + 12 * day)]

    assert is_flip(turns, "b", noon + 60 * day)
    assert not is_flip(turns[:2], "a", noon + 60 * day)
    assert not is_flip(turns, "b", noon + 200 * day)


@pytest.mark.parametrize(
    ("text", "labels", "label", "named"),
    [
        ("We screen for export controls and end users.", {"R3"}, "R3", {"export controls"}),
        ("Sanctions may be enough.", {"R3"}, "R3", set()),
        ("Sanctions may be enough for partners.", {"R3", "partnership"}, "R3", {"Sanctions"}),
        ("Sanctions and embargoes apply.", {"R3"}, "R3", {"Sanctions", "embargoes"}),
        ("A sponsor's profile is published.", {"R2"}, "R2", set()),
        ("Foreign gifts are declared.", {"R2"}, "R2", {"Foreign gifts"}),
        ("We keep health, genetic and biometric data.", {"surveillance"}, "surveillance", set()),
        ("Biometric gates watch the hall.", {"surveillance"}, "surveillance", {"Biometric"}),
        ("It respects the rights and freedoms of data subjects.", {"R1"}, "R1", set()),
        ("Racist jokes are out of place.", {"human_rights"}, "human_rights", set()),
    ],
)
def test_a_passage_names_a_subject_in_words_that_say_so(text, labels, label, named):
    assert set(subject_words(text, labels, {})[label]) == named


def test_beside_china_weaker_words_name_the_subject():
    cues = {"surveillance": ("track",)}
    text = "Its police track Uyghurs."

    assert subject_words(text, {"surveillance", "china"}, cues)["surveillance"] == ("track",)
    assert subject_words(text, {"surveillance"}, cues)["surveillance"] == ()


def test_an_element_has_the_words_that_it_is_found_by():
    found = element_words("Ask the panel before work begins.", {"R1 before_start"})

    assert found == {"R1 before_start": ("before",)}


@cache
def coded_gold() -> list[Piece]:
    rows = [json.loads(line) for line in GOLD.read_text(encoding="utf-8").splitlines()]
    return [
        piece for row in rows if row["lang"] == "en" and (piece := as_piece(row["text"])).labels
    ]


def as_piece(text: str) -> Piece:
    found = code(text, load_codebook())
    elements = frozenset(f"{r} {e}" for r, held in found.elements.items() for e in held)
    cues = {label: tuple(words) for label, words in found.cues.items()}
    labels = {*map(str, found.topics), *map(str, found.recommendations)}
    if found.stance is not Stance.NONE:
        labels.add(str(found.stance))
        cues[str(found.stance)] = cues.get("stance") or cues.get("china", ())
    subjects = subject_words(text, labels, cues) | element_words(text, elements)
    return Piece(text, ("Scope",), frozenset(labels), elements, cues, subjects)


def told(edit) -> list[bool]:
    """Whether the edit of each passage that holds a recommendation, where it changes it, is material."""
    rules = set(map(str, Recommendation))
    return [
        classify(compare([piece], [as_piece(after)]))[0] is MATERIAL
        for piece in coded_gold()
        if piece.labels & rules and (after := edit(piece.text)) != piece.text
    ]


@pytest.mark.parametrize(
    "edit",
    [
        lambda text: re.sub(r"\b(must|shall)\b", "may", text, count=1),
        lambda text: re.sub(r"\b(must|shall|should)\b", r"\1, where appropriate,", text, count=1),
        lambda text: re.sub(r"\b(must|shall|should)\b", r"\1 not", text, count=1),
        lambda text: re.sub(r"\b(within|after) (\w+) (days|weeks|months|years)", r"\1 ninety \3", text, count=1),
    ],
    ids=["weaker", "where appropriate", "refused", "deadline"],
)  # fmt: skip
def test_rules_of_every_kind_that_bind_otherwise_are_told(edit):
    found = told(edit)

    assert len(found) >= 5
    assert sum(found) >= 0.95 * len(found)


@pytest.mark.parametrize(
    "edit",
    [
        lambda text: f"B.3 Our approach: {text}",
        lambda text: f"{text} Updated 3 March 2025.",
        lambda text: f"{text} The page is also to be had in large print.",
        lambda text: f"{text} Contact: research@alder.example.",
        str.upper,
    ],
    ids=["title", "date", "filler", "contact", "capitals"],
)
def test_edits_beside_the_rules_are_told_to_nobody(edit):
    found = told(edit)

    assert len(found) >= 80
    assert sum(found) <= 0.02 * len(found)


@pytest.mark.parametrize(
    "text",
    ["1" * 60_000, "1," * 30_000, "A" * 60_000, "Alder " * 20_000, "x" * 99_999 + "@", "Alder, " * 9_000],
    ids=["digits", "commas", "capitals", "names", "address", "list"],
)  # fmt: skip
def test_no_text_takes_long_to_read(text):
    began = time.process_time()
    amounts(text), listed_names(text), bodies(text), sides(tuple(word_changes(text, f"{text} x")))

    assert time.process_time() - began < 2
