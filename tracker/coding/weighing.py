"""Weighs all evidence of a passage: for a stance, and for each recommendation. Pure.

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
_HEAVIEST = 4  # concepts whose words are shown for a label that no rule found
_TOLD = ("wide_told", "attributed", "tells")
_BINDING = ("wide_must", "duty")

Found = dict[str, float]  # what speaks for or against, each from 0 to 1


class _Checked(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Balance(_Checked):
    """How one answer is weighed: it holds where the sum reaches `bar`."""

    bar: float = 0.0
    constant: float
    weights: Mapping[str, float]

    def sum(self, found: Mapping[str, float]) -> float:
        """Return what all evidence together comes to."""
        weights = self.weights
        return self.constant + sum(weights.get(name, 0.0) * much for name, much in found.items())


class Weights(_Checked):
    """What passages are weighed by, and what that was fitted on."""

    format: int = Field(ge=1, le=1)
    sha256: str  # of the passages and labels that it was fitted on
    passages: int
    domains: int
    right: Mapping[str, float]  # answer → how often it was right where given, domains left out
    stances: Mapping[Stance, Balance]  # on China; the heaviest is taken
    recommendations: Mapping[Recommendation, Balance]


@cache
def load_weights() -> Weights:
    """Return the weights; raises pydantic.ValidationError where their file is wrong."""
    text = files("tracker.coding").joinpath("weights.json").read_text(encoding="utf-8")
    return Weights.model_validate(json.loads(text))


def how_sure(held: Collection[str], stance: Stance) -> float:
    """Return how often the least sure of these answers is right, on domains left out."""
    right = load_weights().right
    given = {*held, str(stance)} - {Stance.NONE}
    return min(right[answer] for answer in given or {"nothing"})


def weighed_stance(found: Mapping[str, float]) -> Stance:
    """Return the stance on China that the evidence speaks for most."""
    balances = load_weights().stances
    return max(balances, key=lambda stance: balances[stance].sum(found))


def weighed(seen: Evidence, found: Mapping[str, float], cues: Cues) -> set[Recommendation]:
    """Return the recommendations that all evidence together speaks for; mends `cues`."""
    held = set()
    for recommendation, balance in load_weights().recommendations.items():
        words: list[str] = []
        if balance.sum(found) >= balance.bar:
            words = cues.get(str(recommendation)) or _heaviest(seen, balance, found)
        if words:
            held.add(recommendation)
            cues[str(recommendation)] = words
        else:
            cues.pop(str(recommendation), None)
    return held


def evidence(seen: Evidence, topics: Collection[Topic]) -> Found:
    """Return what a passage holds: concepts by their distinct words, topics, who speaks."""
    found = {f"{name} {n}": 1.0 for name, n in _counted(seen)}
    found |= {f"topic {topic}": 1.0 for topic in topics}
    found["asks"] = min(seen.text.count("?"), MOST) / MOST
    return found | _shares(seen)


def answers(stance: Stance, ruled: Collection[Recommendation]) -> Found:
    """Return as evidence what is found already."""
    return {f"stance {stance}": 1.0} | {f"rule {recommendation}": 1.0 for recommendation in ruled}


def counted(prefix: str, words: Collection[str]) -> Found:
    """Return the first three distinct words as evidence of their own."""
    distinct = len({word.lower() for word in words})
    return {f"{prefix} {n}": 1.0 for n in range(1, min(distinct, MOST) + 1)}


def _counted(seen: Evidence) -> Iterator[tuple[str, int]]:
    """Give each concept once for its first distinct word, once for its second, and its third."""
    counts: Counter[int] = Counter()
    for _, mask in {(seen.folded[start:end], mask) for start, end, mask in seen.hits}:
        left = mask
        while left:
            lowest = left & -left
            counts[lowest] += 1
            left ^= lowest
    for name, bit in seen.lexicon.bits.items():
        for n in range(min(counts[bit], MOST)):
            yield name, n + 1


def _shares(seen: Evidence) -> Found:
    """Return the shares of sentences that are told, are of the publisher itself, and bind."""
    told, own = seen.bits(_TOLD), seen.bits(("wide_own",))
    must, binding = seen.bits(("wide_must",)), seen.bits(_BINDING)
    every = max(1, len(seen.masks))
    return {
        "told": sum(bool(m & told and not m & (must | own)) for m in seen.masks) / every,
        "own": sum(bool(m & own) for m in seen.masks) / every,
        "binding": sum(bool(m & binding) for m in seen.masks) / every,
    }


def _heaviest(seen: Evidence, balance: Balance, found: Mapping[str, float]) -> list[str]:
    """Return the words of the concepts that speak most for a label."""
    sums: dict[str, float] = {}
    for name in found:
        concept, _, n = name.rpartition(" ")
        if n.isdigit() and concept in seen.lexicon.bits:
            sums[concept] = sums.get(concept, 0.0) + balance.weights.get(name, 0.0)
    heavy = sorted(sums, key=lambda concept: (-sums[concept], concept))[:_HEAVIEST]
    return [word for concept in heavy if sums[concept] > 0 for word in seen.words((concept,))]
