"""A calibration rates codings on domains left out, and changes none of them."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from builders import NOON, read_page
from chain import RULE
from sqlmodel import select
from typer.testing import CliRunner

from tracker.cli import app
from tracker.coding.calibration import CalibrationError, load_calibration
from tracker.coding.codebook import load_codebook
from tracker.coding.coder import code
from tracker.coding.evaluation import read_gold
from tracker.model import Stance, Verdict, VersionPassage
from tracker.reviews import record_review
from tracker.store import Store

GOLD = Path(__file__).parent / "gold" / "passages.jsonl"
CODEBOOK = load_codebook()


def trained(folder: Path, gold: Path = GOLD) -> tuple[Path, dict]:
    out = folder / "calibration.json"
    found = CliRunner().invoke(app, ["train", str(gold), "--out", str(out), "--json"])
    assert found.exit_code == 0, found.output
    return out, json.loads(found.stdout)


def test_a_calibration_changes_how_sure_a_coding_is_and_nothing_else(tmp_path):
    out, _ = trained(tmp_path)
    rated = replace(CODEBOOK, calibration=load_calibration(out, CODEBOOK.coder_name))
    rows = read_gold(GOLD)
    before, after = ([code(r["text"], book) for r in rows] for book in (CODEBOOK, rated))

    assert [replace(c, confidence=0) for c in before] == [replace(c, confidence=0) for c in after]
    assert [c.confidence for c in before] != [c.confidence for c in after]
    assert all(0 < c.confidence < 1 for c in after)


def test_training_twice_writes_the_same_and_few_positives_are_not_fitted(tmp_path):
    rows = [json.loads(line) for line in GOLD.read_text(encoding="utf-8").splitlines()]
    rare = [row for row in rows if row["R5"]][10:]
    fewer = tmp_path / "fewer.jsonl"
    kept = [json.dumps(row) for row in rows if row not in rare]
    fewer.write_text("\n".join(kept), encoding="utf-8")
    out, found = trained(tmp_path, fewer)
    first = out.read_bytes()
    again, _ = trained(tmp_path, fewer)

    assert again.read_bytes() == first
    assert found["calibration"]["not_fitted"].keys() == {"R5"}
    assert "R5" not in found["labels"]
    assert found["calibration"]["training"]["passages"] == len(read_gold(fewer))


def test_a_calibration_of_another_coder_is_refused(tmp_path):
    out, _ = trained(tmp_path)

    with pytest.raises(CalibrationError, match="run `tracker train` again"):
        load_calibration(out, "codebook 9")


def test_verdicts_of_people_in_the_store_are_learned_from_with_the_gold_file(tmp_path, monkeypatch):
    monkeypatch.setenv("TRACKER_DATA_DIR", str(tmp_path))
    store = Store.open(f"sqlite:///{tmp_path / 'tracker.db'}")
    read_page(store, f"<main><h1>Policy</h1><p>{RULE}</p></main>")
    with store.transaction() as session:
        passage_id = session.exec(select(VersionPassage.passage_id)).one()
        record_review(
            session, passage_id=passage_id, document_id=1, reviewer="ada", verdict=Verdict.REJECT,
            labels=frozenset(), stance=Stance.NONE, coder=CODEBOOK.coder_name, quote=RULE, at=NOON,
        )  # fmt: skip
    store.close()

    alone = CliRunner().invoke(app, ["train", "--reviews"])
    both = CliRunner().invoke(app, ["train", str(GOLD), "--reviews", "--json"])

    learned = json.loads(both.stdout)["calibration"]["training"]
    assert learned["reviewed"] == 1
    assert learned["passages"] == len(read_gold(GOLD)) + 1
    assert "at least two domains" in str(alone.exception)
