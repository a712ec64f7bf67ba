"""What passages are weighed by: concepts and answers alone, and words shown for whatever holds."""

import json
from pathlib import Path

import pytest

from tracker.coding.codebook import load_codebook
from tracker.coding.coder import code
from tracker.coding.weighing import how_sure, load_weights
from tracker.model import Recommendation, Stance, Topic

CODEBOOK = load_codebook()
WEIGHTS = load_weights()
GOLD = Path(__file__).parent / "gold" / "passages.jsonl"
VOICES = {
    f"voices {name}" for name in ("told", "ours", "grave", "mostly told", "assembly", "supposed")
}
ANSWERS = {*map(str, Topic), *map(str, Recommendation), *map(str, Stance)}


def is_known(name: str) -> bool:
    first, _, last = name.rpartition(" ")
    if last in {"1", "2", "3"}:
        return first in CODEBOOK.lexicon.bits or first.split()[0] in {"own", "others"}
    answer = first in {"rule", "topic", "stance", "by rule"} and last in ANSWERS
    return answer or name in VOICES or name in {"told", "own", "binding", "asks"}


def test_weights_are_of_concepts_voices_and_answers_never_of_a_passages_words():
    balances = [*WEIGHTS.recommendations.values(), *WEIGHTS.stances.values()]

    assert [name for b in balances for name in b.weights if not is_known(name)] == []


def test_every_answer_has_a_weight_of_its_own_and_says_how_often_it_was_right():
    assert set(WEIGHTS.recommendations) == set(Recommendation)
    assert set(WEIGHTS.stances) == set(Stance) - {Stance.NONE}
    assert set(WEIGHTS.right) == ANSWERS - {"none"} | {"nothing"}


def test_a_coding_is_as_sure_as_its_least_sure_answer():
    right = WEIGHTS.right

    assert how_sure({"china", "R1"}, Stance.CRITICAL) == min(
        right["china"], right["R1"], right["critical"]
    )
    assert how_sure(set(), Stance.NONE) == right["nothing"]


@pytest.mark.parametrize("label", list(Recommendation))
def test_a_recommendation_that_holds_rests_on_words_of_the_passage(label: Recommendation):
    rows = [json.loads(line) for line in GOLD.read_text(encoding="utf-8").splitlines()]
    holding = [
        (r["text"], c) for r in rows if label in (c := code(r["text"], CODEBOOK)).recommendations
    ]

    assert holding
    assert all(c.cues[label] and all(w in text for w in c.cues[label]) for text, c in holding)


def test_what_a_newspaper_tells_of_weighs_less_than_the_rule_itself():
    rule = (
        "Before any agreement with a foreign partner the office checks whether it violates human "
        "rights, and refuses where it does."
    )
    told = (
        "The university checks partners abroad for human rights abuses, the newspaper reports. "
        "Critics say, according to the reporter, that it refuses nobody."
    )

    assert Recommendation.R1 in code(rule, CODEBOOK).recommendations
    assert Recommendation.R1 not in code(told, CODEBOOK).recommendations
