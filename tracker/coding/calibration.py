"""How sure a coding is by a calibration that `tracker train` fitted: a plain file, applied. Pure."""

import json
import math
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from tracker.model import Recommendation, Topic

FEATURES = ("found", "words_of_label", "words_of_all", "labels_found", "length")
STANCE = "stance"
RATED = (*map(str, Topic), STANCE, *map(str, Recommendation))
_MOST_WORDS = 6  # more distinct words of one label make nothing surer


class CalibrationError(Exception):
    """A calibration cannot be used; the message says why and what to do."""


class _Checked(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Fitted(_Checked):
    """One label's weights: of the constant, then of FEATURES."""

    positives: int = Field(ge=0)
    right: int = Field(ge=0)  # answers of the coder that people agree with
    weights: tuple[float, ...] = Field(min_length=len(FEATURES) + 1, max_length=len(FEATURES) + 1)


class Training(_Checked):
    """What a calibration was fitted on."""

    sha256: str
    passages: int
    domains: int
    reviewed: int  # of the passages, those that come from people's reviews


class Calibration(_Checked):
    """Says how probable it is that each answer of one coder is right."""

    format: Literal[1]
    coder: str  # whose answers: the stamp of its codings
    training: Training
    features: tuple[str, ...] = FEATURES
    labels: Mapping[str, Fitted]
    not_fitted: Mapping[str, str] = {}  # label → why

    @model_validator(mode="after")
    def _fits_this_coder(self) -> "Calibration":
        if self.features != FEATURES:
            raise ValueError(f"features are {FEATURES}")
        if unknown := set(self.labels) - set(RATED):
            raise ValueError(f"no labels of the codebook: {', '.join(sorted(unknown))}")
        return self

    def confidence(
        self, held: Collection[str], stance: str, cues: Mapping[str, Sequence[str]], words: int
    ) -> float:
        """Return the probability that the answer on the least sure label is right."""
        seen = {label: features(label, held, stance, cues, words) for label in self.labels}
        return round(min(probability(self.labels[label].weights, seen[label]) for label in seen), 4)


def features(
    label: str, held: Collection[str], stance: str, cues: Mapping[str, Sequence[str]], words: int
) -> tuple[float, ...]:
    """Return the coder's own evidence on one label, in the order of FEATURES."""
    distinct = {name: len({*found}) for name, found in cues.items()}
    return (
        float(stance != "none" if label == STANCE else label in held),
        float(min(distinct.get(label, 0), _MOST_WORDS)),
        math.log1p(sum(distinct.values())),
        float(len(held)),
        math.log1p(words),
    )


def probability(weights: Sequence[float], found: Sequence[float]) -> float:
    """Return the logistic of a constant and weighted features."""
    at = weights[0] + sum(w * x for w, x in zip(weights[1:], found, strict=True))
    return 1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, at))))


def load_calibration(path: Path, coder: str) -> Calibration:
    """Return a calibration of this coder; raises CalibrationError where the file is none."""
    try:
        found = Calibration.model_validate(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is not JSON"
        raise CalibrationError(f"{path} cannot be read: {why}") from None
    except ValidationError as error:
        said = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        raise CalibrationError(
            f"{path} is no calibration: {said}; `tracker train` writes one"
        ) from None
    if found.coder != coder:
        raise CalibrationError(
            f'{path} rates "{found.coder}", and codings are now made by "{coder}"; run `tracker train` again'
        )
    if not found.labels:
        raise CalibrationError(f"{path} has no label with enough passages to be rated")
    return found
