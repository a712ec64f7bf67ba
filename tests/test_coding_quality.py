"""The coder keeps to the floors on the coded passages, and the floors belong to this very set.

A changed floor or passage is a commit of its own, with its reason: the hash in floors.json is the set's.
"""

import hashlib
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tracker.coding.codebook import load_codebook
from tracker.coding.coder import code
from tracker.coding.evaluation import LABELS, SPEAKS, evaluate, read_gold
from tracker.model import Stance

FOLDER = Path(__file__).parent / "gold"
SET = FOLDER / "passages.jsonl"
FLOORS = json.loads((FOLDER / "floors.json").read_text(encoding="utf-8"))
ROWS = [json.loads(line) for line in SET.read_text(encoding="utf-8").splitlines()]
DEV = Path(__file__).parents[2] / "shared" / "eval" / "dev.jsonl"
CODEBOOK = load_codebook()


@pytest.fixture(scope="module")
def found():
    return evaluate(read_gold(SET), CODEBOOK, samples=0)


def test_the_floors_are_those_of_this_set():
    assert hashlib.sha256(SET.read_bytes()).hexdigest() == FLOORS["sha256"]


def test_the_set_is_broad_and_invented():
    assert len(ROWS) >= 150
    assert len({row["id"] for row in ROWS}) == len({row["text"] for row in ROWS}) == len(ROWS)
    assert all(row["host"].endswith(".example") for row in ROWS)
    assert {row["lang"] for row in ROWS} == CODEBOOK.languages
    assert sum("adversarial" in row["case"] for row in ROWS) >= 20
    for label in LABELS:
        assert {row[label] for row in ROWS} == {0, 1}


@pytest.mark.parametrize("label", [*LABELS, SPEAKS])
def test_each_label_is_found_at_least_as_well_as_its_floor(found, label: str):
    score = {score.label: score for score in found.scores}[label]

    assert score.f1 >= FLOORS["f1"][label]


@pytest.mark.parametrize("figure", ["recommendations_f1", "stance_accuracy", "stance_f1"])
def test_the_summary_figures_keep_to_their_floors(found, figure: str):
    assert getattr(found, figure) >= FLOORS[figure]


def test_every_cue_stands_in_its_passage_and_every_label_has_one():
    for row in ROWS:
        coded = code(row["text"], CODEBOOK)
        for label in {*map(str, coded.topics), *map(str, coded.recommendations)}:
            assert coded.cues[label], (row["id"], label)
        for words in coded.cues.values():
            assert all(word in row["text"] for word in words), row["id"]


def test_coding_twice_is_coding_once():
    first = [code(row["text"], CODEBOOK) for row in ROWS]

    assert [code(row["text"], CODEBOOK) for row in reversed(ROWS)] == first[::-1]


@pytest.mark.parametrize(
    "text",
    [
        "china " * 20_000,
        '"' * 50_000,
        "“" + "china says surveillance " * 5_000,
        "a" * 200_000,
        "\n" * 100_000,
        "the Chinese government, " * 5_000,
        "Chinese people " * 15_000,
        "Huawei " * 20_000,
        "south china sea. " * 10_000,
        "Huawei condemns repression. " * 5_000,
    ],
)
@pytest.mark.timeout(30)
def test_long_and_odd_texts_take_linear_time(text: str):
    code(text, CODEBOOK)


def test_passages_that_people_coded_are_coded_as_they_were():
    if not DEV.exists():
        pytest.skip("the coded passages of real institutions are not on this machine")
    dev = evaluate(read_gold(DEV), CODEBOOK, samples=0)

    for score in dev.scores:
        assert score.f1 >= FLOORS["dev"][score.label], score
    assert dev.stance_accuracy >= FLOORS["dev"]["stance_accuracy"]


def test_the_explained_codings_of_the_docs_are_what_the_coder_does_today():
    root = FOLDER.parent.parent
    done = subprocess.run(
        [sys.executable, root / "bench" / "quality.py"], capture_output=True, text=True, check=True
    )
    page = (root / "docs" / "coding-quality.md").read_text(encoding="utf-8")
    said = dict(
        re.findall(r"^## (\S+)\n\n(.*?)(?=\n\n## |\Z)", done.stdout, re.MULTILINE | re.DOTALL)
    )

    for name in ("adversarial", "right", "wrong", "gold-labels", "gold-stances"):
        shown = re.search(rf"<!-- {name} -->\n(.*?)\n<!-- end -->", page, re.DOTALL)
        assert shown is not None
        assert shown[1].strip() == said[name].strip()


def test_a_judgement_shows_the_words_that_it_rests_on():
    coded = [code(row["text"], CODEBOOK) for row in ROWS]
    judged = [one for one in coded if one.stance not in {Stance.NONE, Stance.NEUTRAL}]

    assert len(judged) > 50
    assert all(one.cues.get("stance") for one in judged)
