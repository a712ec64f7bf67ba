"""How good the coder is against passages that people coded. Pure but for reading the gold file."""

import json
import random
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from tracker.coding.codebook import Codebook
from tracker.coding.coded import Coded
from tracker.coding.coder import code
from tracker.model import Recommendation, Stance, Topic

LABELS = (*map(str, Topic), *map(str, Recommendation))
JUDGED = (Stance.CONDEMNS, Stance.CRITICAL, Stance.REPORTED, Stance.NEUTRAL)
SPEAKS = "speaks"  # critical or condemning, on surveillance or human rights


class InputError(Exception):
    """Lines that cannot be used; the message lists all of them."""


class _Passage(BaseModel):
    model_config = ConfigDict(extra="ignore")

    id: str
    text: str


class _Gold(_Passage):
    china: int = Field(ge=0, le=1)
    surveillance: int = Field(ge=0, le=1)
    human_rights: int = Field(ge=0, le=1)
    partnership: int = Field(ge=0, le=1)
    stance: Stance
    R1: int = Field(ge=0, le=1)
    R2: int = Field(ge=0, le=1)
    R3: int = Field(ge=0, le=1)
    R4: int = Field(ge=0, le=1)
    R5: int = Field(ge=0, le=1)
    R6: int = Field(ge=0, le=1)
    url: str = ""
    host: str = ""


@dataclass(frozen=True, slots=True)
class Score:
    """One label: how many passages have it, and how well it is found; intervals are 95 %."""

    label: str
    positives: int
    precision: float
    recall: float
    f1: float
    f1_low: float
    f1_high: float


@dataclass(frozen=True, slots=True)
class Evaluation:
    passages: int
    coder: str
    scores: tuple[Score, ...]
    macro_f1: float
    recommendations_f1: float  # macro, R1 to R6
    stance_accuracy: float
    stance_f1: float  # macro, of JUDGED
    stances: tuple[tuple[str, str, int], ...]  # (gold, coded, passages)

    def to_json(self) -> dict[str, Any]:
        """Return the evaluation as plain values."""
        return {
            "passages": self.passages,
            "coder": self.coder,
            "labels": {
                s.label: {
                    "positives": s.positives,
                    "precision": s.precision,
                    "recall": s.recall,
                    "f1": s.f1,
                    "f1_interval": [s.f1_low, s.f1_high],
                }
                for s in self.scores
            },
            "macro_f1": self.macro_f1,
            "recommendations_f1": self.recommendations_f1,
            "stance_accuracy": self.stance_accuracy,
            "stance_f1": self.stance_f1,
            "stances": [{"gold": g, "coded": c, "passages": n} for g, c, n in self.stances],
        }


def code_lines(lines: Iterable[str], codebook: Codebook) -> Iterator[dict[str, Any]]:
    """Code passages {"id", "text"}, one JSON object a line; raises InputError naming bad lines."""
    for passage in _checked(lines, _Passage):
        yield {"id": passage.id, **as_labels(code(passage.text, codebook))}


def as_labels(coded: Coded) -> dict[str, Any]:
    """Return a coding as the flat JSON of `tracker code`."""
    held = coded.labels
    return {
        **{label: int(label in held) for label in map(str, Topic)},
        "stance": str(coded.stance),
        **{label: int(label in held) for label in map(str, Recommendation)},
        "cues": {label: list(words) for label, words in coded.cues.items()},
    }


def read_gold(path: Path) -> list[dict[str, Any]]:
    """Read coded passages; raises InputError listing every line that is none."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is not UTF-8"
        raise InputError(f"{path} cannot be read: {why}") from None
    return [gold.model_dump(mode="json") for gold in _checked(lines, _Gold)]


def _checked(lines: Iterable[str], shape: type[Any]) -> list[Any]:
    found, problems = [], []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            found.append(shape.model_validate(json.loads(line)))
        except json.JSONDecodeError as error:
            problems.append(f"  line {number}: not JSON ({error.msg})")
        except ValidationError as error:
            fields = ", ".join(
                f"{'.'.join(map(str, e['loc'])) or 'line'}: {e['msg'].lower()}"
                for e in error.errors()
            )
            problems.append(f"  line {number}: {fields}")
    if problems:
        raise InputError("\n".join(["these lines cannot be used:", *problems]))
    return found


def evaluate(
    gold: Sequence[dict[str, Any]], codebook: Codebook, *, samples: int = 1000, seed: int = 1
) -> Evaluation:
    """Code every gold passage and compare; intervals by resampling passages `samples` times."""
    coded = [as_labels(code(row["text"], codebook)) for row in gold]
    truth = {label: [bool(row[label]) for row in gold] for label in LABELS}
    guess = {label: [bool(row[label]) for row in coded] for label in LABELS}
    truth[SPEAKS], guess[SPEAKS] = [_speaks(r) for r in gold], [_speaks(r) for r in coded]
    dice = random.Random(seed)  # noqa: S311  (resampling, not secrecy)
    draws = [dice.choices(range(len(gold)), k=len(gold)) for _ in range(samples)] if gold else []
    scores = tuple(_score(label, truth[label], guess[label], draws) for label in truth)
    f1 = {score.label: score.f1 for score in scores}
    pairs = Counter((g["stance"], c["stance"]) for g, c in zip(gold, coded, strict=True))
    return Evaluation(
        passages=len(gold),
        coder=codebook.coder_name,
        scores=scores,
        macro_f1=_mean([f1[label] for label in LABELS]),
        recommendations_f1=_mean([f1[str(r)] for r in Recommendation]),
        stance_accuracy=_mean([float(g == c) for (g, c), n in pairs.items() for _ in range(n)]),
        stance_f1=_mean([_stance_f1(pairs, stance) for stance in JUDGED]),
        stances=tuple((g, c, n) for (g, c), n in sorted(pairs.items())),
    )


def _mean(values: Sequence[float]) -> float:
    return round(sum(values) / len(values), 3) if values else 1.0


def _stance_f1(pairs: Counter[tuple[str, str]], stance: Stance) -> float:
    hits = pairs[stance, stance]
    named = sum(n for pair, n in pairs.items() for side in pair if side == stance)
    return 2 * hits / named if named else 1.0


def _speaks(row: dict[str, Any]) -> bool:
    strong = row["stance"] in {Stance.CRITICAL, Stance.CONDEMNS}
    return strong and bool(row["surveillance"] or row["human_rights"])


def _score(label: str, truth: list[bool], guess: list[bool], draws: list[list[int]]) -> Score:
    outcomes = [(t, g) for t, g in zip(truth, guess, strict=True)]
    precision, recall, f1 = _ratios(outcomes)
    spread = sorted(_ratios([outcomes[i] for i in draw])[2] for draw in draws)
    low, high = (spread[len(draws) // 40], spread[-1 - len(draws) // 40]) if draws else (f1, f1)
    return Score(label, sum(truth), precision, recall, f1, low, high)


def _ratios(outcomes: Sequence[tuple[bool, bool]]) -> tuple[float, float, float]:
    counts = Counter(outcomes)
    hits, false, missed = counts[True, True], counts[False, True], counts[True, False]
    precision = hits / (hits + false) if hits + false else 0.0
    recall = hits / (hits + missed) if hits + missed else 0.0
    f1 = 2 * hits / (2 * hits + false + missed) if hits + false + missed else 1.0
    return round(precision, 3), round(recall, 3), round(f1, 3)
