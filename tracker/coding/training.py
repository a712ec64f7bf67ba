"""Fits how probable it is that the coder's answers are right, and says how well that is told. Pure.

Plain logistic regression with a ridge, by Newton's method; every figure is of passages whose whole
domain was left out. It rates answers and never changes one.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import urlsplit

import numpy as np
from numpy.typing import NDArray

from tracker.coding.calibration import (
    RATED,
    STANCE,
    Calibration,
    Fitted,
    Training,
    features,
)
from tracker.coding.codebook import Codebook
from tracker.coding.coder import code

FOLDS = 8
FEWEST = 20  # passages with a label, below which nothing is fitted
RIDGE = 5.0
_BINS = 10
_STEPS = 50
_ENOUGH = 1e-9
_SHORT = 3  # letters of "ac" or "edu" in ac.uk and edu.au

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Bin:
    """Answers that were told to be right with about the same probability."""

    low: float
    high: float
    answers: int
    told: float
    right: float


@dataclass(frozen=True, slots=True)
class Told:
    """How well probabilities tell right answers from wrong ones."""

    answers: int
    right: int
    brier: float
    ece: float
    auc: float | None  # None where all answers are right, or none
    bins: tuple[Bin, ...]


@dataclass(frozen=True, slots=True)
class Trained:
    """A calibration and its figures on domains left out."""

    calibration: Calibration
    told: Mapping[str, Told]  # label → figures
    whole: Told | None  # of whole codings, by the least sure label; None where nothing was fitted
    now: Told  # of whole codings, by the coder's own confidence

    @property
    def helps(self) -> bool:
        """Tell whether it rates whole codings better than the coder does, and orders them no worse."""
        if self.whole is None:
            return False
        ordered = (self.whole.auc or 0.5) >= (self.now.auc or 0.5)
        return ordered and self.whole.brier < self.now.brier

    def to_json(self) -> dict[str, Any]:
        """Return the figures as plain values."""
        return {
            "calibration": self.calibration.model_dump(mode="json"),
            "labels": {label: asdict(told) for label, told in self.told.items()},
            "whole_coding": asdict(self.whole) if self.whole else None,
            "whole_coding_without": asdict(self.now),
            "helps": self.helps,
        }


def train(gold: Sequence[Mapping[str, Any]], codebook: Codebook, *, reviewed: int = 0) -> Trained:
    """Fit a calibration on coded passages, the last `reviewed` of which people judged in the store.

    Raises ValueError where all passages are of one domain: then none can be left out.
    """
    groups = [domain(row) for row in gold]
    if len({*groups}) < 2:
        raise ValueError("the passages need at least two domains (`url` or `host`)")
    folds = _folds(groups)
    seen, right, sure = _answers(gold, codebook)
    fitted, why, out = _fit_labels(gold, seen, right, folds)
    wholly = np.min([*right.values()], axis=0)
    calibration = Calibration(
        format=1,
        coder=codebook.coder_name,
        training=Training(
            sha256=_hash(gold), passages=len(gold), domains=len({*groups}), reviewed=reviewed
        ),
        labels=fitted,
        not_fitted=why,
    )
    return Trained(
        calibration,
        {label: tell(out[label], right[label]) for label in out},
        tell(np.min([*out.values()], axis=0), wholly) if out else None,
        tell(sure, wholly),
    )


def _answers(
    gold: Sequence[Mapping[str, Any]], codebook: Codebook
) -> tuple[dict[str, Floats], dict[str, Floats], Floats]:
    """What the coder had to go by, whether each answer is right, and how sure it was."""
    seen: dict[str, list[tuple[float, ...]]] = {label: [] for label in RATED}
    right: dict[str, list[float]] = {label: [] for label in RATED}
    sure = []
    for row in gold:
        coded = code(row["text"], codebook)
        held = {*map(str, coded.topics), *map(str, coded.recommendations)}
        words, stance = len(row["text"].split()), str(coded.stance)
        for label in RATED:
            seen[label].append(features(label, held, stance, coded.cues, words))
            same = row[STANCE] == stance if label == STANCE else row[label] == (label in held)
            right[label].append(float(same))
        sure.append(coded.confidence)
    return (
        {label: np.array(rows) for label, rows in seen.items()},
        {label: np.array(rows) for label, rows in right.items()},
        np.array(sure),
    )


def _fit_labels(
    gold: Sequence[Mapping[str, Any]],
    seen: Mapping[str, Floats],
    right: Mapping[str, Floats],
    folds: NDArray[np.int_],
) -> tuple[dict[str, Fitted], dict[str, str], dict[str, Floats]]:
    fitted, why, out = {}, {}, {}
    for label in RATED:
        positives = sum(bool(row[label]) and row[label] != "none" for row in gold)
        if positives < FEWEST:
            why[label] = f"few positives: {positives} of the {FEWEST} it takes"
            continue
        weights = tuple(round(float(w), 6) for w in fit(seen[label], right[label]))
        fitted[label] = Fitted(positives=positives, right=int(right[label].sum()), weights=weights)
        out[label] = _left_out(seen[label], right[label], folds)
    return fitted, why, out


def _left_out(rows: Floats, right: Floats, folds: NDArray[np.int_]) -> Floats:
    """Return for each answer what is told of it by a fit without its domain."""
    told = np.zeros(len(right))
    for fold in sorted({*folds.tolist()}):
        inside = folds == fold
        told[inside] = _probabilities(fit(rows[~inside], right[~inside]), rows[inside])
    return told


def fit(rows: Floats, right: Floats) -> Floats:
    """Return the weights, constant first, that make the answers most probable under the ridge."""
    middle, spread = rows.mean(axis=0), rows.std(axis=0)
    spread[spread == 0] = 1.0
    known = np.column_stack([np.ones(len(rows)), (rows - middle) / spread])
    held = np.diag([1e-3, *[RIDGE] * rows.shape[1]])  # the constant is held only against infinity
    weights = np.zeros(known.shape[1])
    for _ in range(_STEPS):
        told = _logistic(known @ weights)
        slope = known.T @ (told - right) + held @ weights
        curve = known.T @ (known * (told * (1 - told))[:, None]) + held
        step = np.linalg.solve(curve, slope)
        weights -= step
        if np.abs(step).max() < _ENOUGH:
            break
    plain = weights[1:] / spread
    return np.array([weights[0] - plain @ middle, *plain])


def _probabilities(weights: Floats, rows: Floats) -> Floats:
    return _logistic(weights[0] + rows @ weights[1:])


def _logistic(at: Floats) -> Floats:
    told: Floats = 1.0 / (1.0 + np.exp(-np.clip(at, -30.0, 30.0)))
    return told


def tell(told: Floats, right: Floats) -> Told:
    """Return Brier score, expected calibration error, area under the curve and the table behind."""
    at = np.minimum((told * _BINS).astype(int), _BINS - 1)
    bins = tuple(
        Bin(
            n / _BINS,
            (n + 1) / _BINS,
            int((at == n).sum()),
            _rounded(told[at == n].mean()),
            _rounded(right[at == n].mean()),
        )
        for n in sorted({*at.tolist()})
    )
    off = sum(abs(b.told - b.right) * b.answers for b in bins) / len(right)
    brier = float(((told - right) ** 2).mean())
    return Told(
        len(right), int(right.sum()), _rounded(brier), _rounded(off), _auc(told, right), bins
    )


def _auc(told: Floats, right: Floats) -> float | None:
    good, bad = told[right == 1], told[right == 0]
    if not len(good) or not len(bad):
        return None
    above = (good[:, None] > bad).mean() + 0.5 * (good[:, None] == bad).mean()
    return _rounded(above)


def _rounded(value: Any) -> float:
    return round(float(value), 4)


def domain(row: Mapping[str, Any]) -> str:
    """Return what is left out together: the registered name of the passage's host, else its id."""
    host = row.get("host") or urlsplit(row.get("url") or "").hostname or ""
    parts = host.lower().split(".")
    many = 3 if len(parts) > 2 and len(parts[-2]) <= _SHORT else 2
    return ".".join(parts[-many:]) or str(row["id"])


def _folds(groups: Sequence[str]) -> NDArray[np.int_]:
    """A domain stands in one fold, folds hold about as many domains, and the same each time."""
    mixed = sorted({*groups}, key=lambda group: hashlib.sha256(group.encode()).digest())
    place = {group: at % FOLDS for at, group in enumerate(mixed)}
    return np.array([place[group] for group in groups])


def _hash(gold: Sequence[Mapping[str, Any]]) -> str:
    lines = [json.dumps(dict(row), sort_keys=True, ensure_ascii=False) for row in gold]
    return hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()
