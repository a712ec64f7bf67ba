"""Weighs all evidence of a passage for each recommendation, its rule's answer among it. Pure.

The weights were fitted on coded passages (bench/weights.py) and hold no text of them.
"""

import json
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from functools import cache
from importlib.resources import files

from pydantic import BaseModel, ConfigDict, Field

from tracker.coding.evidence import Evidence
from tracker.coding.topics import Cues
from tracker.model import Recommendation, Stance, Topic

MOST = 3  # more distinct words of one concept say nothing more
_TOLD = ("wide_told", "attributed", "tells")
_BINDING = ("wide_must", "duty")


class _Checked(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Balance(_Checked):
    """How one recommendation is weighed: it holds where the sum reaches `bar`."""

    bar: float
    constant: float
    weights: Mapping[str, float]


class Weights(_Checked):
    """What the recommendations are weighed by, and what that was fitted on."""

    format: int = Field(ge=1, le=1)
    sha256: str  # of the passages and labels that it was fitted on
    passages: int
    domains: int
    balances: Mapping[Recommendation, Balance]


@cache
def load_weights() -> Weights:
    """Return the weights; raises pydantic.ValidationError where their file is wrong."""
    text = files("tracker.coding").joinpath("weights.json").read_text(encoding="utf-8")
    return Weights.model_validate(json.loads(text))


def weighed(
    seen: Evidence,
    topics: Collection[Topic],
    stance: Stance,
    ruled: Collection[Recommendation],
    cues: Cues,
) -> set[Recommendation]:
    """Return the recommendations that all evidence together speaks for; mends `cues`."""
    found = evidence(seen, topics, stance, ruled)
    held = set()
    for recommendation, balance in load_weights().balances.items():
        weights = balance.weights
        total = balance.constant + sum(weights.get(name, 0.0) * v for name, v in found.items())
        words = total >= balance.bar and (
            cues.get(str(recommendation)) or _heaviest(seen, weights, found)
        )
        if words:
            held.add(recommendation)
            cues[str(recommendation)] = words
        else:
            cues.pop(str(recommendation), None)
    return held


def evidence(
    seen: Evidence,
    topics: Collection[Topic],
    stance: Stance,
    ruled: Collection[Recommendation],
) -> dict[str, float]:
    """Return what speaks for or against: concepts by their words, who speaks, what the rules say."""
    found = {f"{name} {n}": 1.0 for name, n in _counted(seen)}
    found |= {f"topic {topic}": 1.0 for topic in topics}
    found |= {f"rule {recommendation}": 1.0 for recommendation in ruled}
    found[f"stance {stance}"] = 1.0
    found["asks"] = min(seen.text.count("?"), MOST) / MOST
    return found | _shares(seen)


def _counted(seen: Evidence) -> Iterator[tuple[str, int]]:
    """Give each concept once for its first distinct word, once for its second, and its third."""
    words = {(seen.folded[start:end], mask) for start, end, mask in seen.hits}
    counts: Counter[int] = Counter()
    for _, mask in words:
        left = mask
        while left:
            lowest = left & -left
            counts[lowest] += 1
            left ^= lowest
    for name, bit in seen.lexicon.bits.items():
        for n in range(min(counts[bit], MOST)):
            yield name, n + 1


def _shares(seen: Evidence) -> dict[str, float]:
    """Return the shares of sentences that are told, are of the publisher itself, and bind."""
    told, own = seen.bits(_TOLD), seen.bits(("wide_own",))
    must, plain = seen.bits(("wide_must",)), seen.bits(_BINDING)
    all_ = max(1, len(seen.masks))
    return {
        "told": sum(bool(m & told and not m & (must | own)) for m in seen.masks) / all_,
        "own": sum(bool(m & own) for m in seen.masks) / all_,
        "binding": sum(bool(m & plain) for m in seen.masks) / all_,
    }


def _heaviest(seen: Evidence, weights: Mapping[str, float], found: Mapping[str, float]) -> list[str]:
    """Return the words of the concepts that speak for a label, those that weigh most first."""
    sums: Counter[str] = Counter()
    for name in found:
        concept, _, n = name.rpartition(" ")
        if n.isdigit():
            sums[concept] += weights.get(name, 0.0)  # type: ignore[assignment]
    heavy = [concept for concept, weight in sums.most_common(4) if weight > 0]
    return [word for concept in heavy for word in seen.words((concept,))]
