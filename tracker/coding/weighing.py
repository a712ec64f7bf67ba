"""Weighs all evidence of a passage: for a stance, and for each recommendation. Pure.

The weights were fitted on coded passages (bench/weights.py) and hold no text of them.
"""

import json
import re
from collections.abc import Collection, Iterator, Mapping
from functools import cache, lru_cache
from importlib.resources import files

from pydantic import BaseModel, ConfigDict, Field

from tracker.coding.evidence import Evidence
from tracker.coding.topics import Cues
from tracker.model import Recommendation, Stance, Topic

MOST = 3  # more distinct words of one concept say nothing more
_HEAVIEST = 4  # concepts whose words are shown for a label that no rule found
#: Words that tell who speaks or how strongly, or that stand in any text: they show no label.
_WIDE = re.compile(r"wide_|we$|duty$|soft_duty$|policy$|attributed$|tells$|relay|news|vendor")
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


class Scales:
    """Answers that are weighed together, so that each piece of evidence is looked up once."""

    def __init__(self, balances: Collection[Balance]) -> None:
        self.constants = [balance.constant for balance in balances]
        names = dict.fromkeys(name for balance in balances for name in balance.weights)
        self.rows = {name: tuple(b.weights.get(name, 0.0) for b in balances) for name in names}

    def sums(self, found: Mapping[str, float]) -> list[float]:
        """Return what all evidence together comes to, for each answer."""
        rows = [
            row if much == 1 else tuple(weight * much for weight in row)
            for row, much in zip(map(self.rows.get, found), found.values(), strict=True)
            if row
        ]
        if not rows:
            return self.constants
        return [c + sum(column) for c, column in zip(self.constants, zip(*rows, strict=True), strict=True)]  # fmt: skip


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


@cache
def _scales() -> tuple[Scales, Scales]:
    """The scales of stances and of recommendations."""
    weights = load_weights()
    return Scales([*weights.stances.values()]), Scales([*weights.recommendations.values()])


def how_sure(held: Collection[str], stance: Stance) -> float:
    """Return how often the least sure of these answers is right, on domains left out."""
    right = load_weights().right
    given = {*held, str(stance)} - {Stance.NONE}
    return min(right[answer] for answer in given or {"nothing"})


def weighed_stance(found: Mapping[str, float]) -> Stance:
    """Return the stance on China that the evidence speaks for most."""
    sums = dict(zip(load_weights().stances, _scales()[0].sums(found), strict=True))
    return max(sums, key=sums.__getitem__)


def weighed(seen: Evidence, found: Mapping[str, float], cues: Cues) -> set[Recommendation]:
    """Return the recommendations that all evidence together speaks for; mends `cues`."""
    held = set()
    sums = _scales()[1].sums(found)
    balances = load_weights().recommendations.items()
    for (recommendation, balance), total in zip(balances, sums, strict=True):
        words: list[str] = []
        if total >= balance.bar:
            words = cues.get(str(recommendation)) or heaviest(seen, balance, found)
        if words:
            held.add(recommendation)
            cues[str(recommendation)] = words
        else:
            cues.pop(str(recommendation), None)
    return held


def heaviest(seen: Evidence, balance: Balance, found: Mapping[str, float]) -> list[str]:
    """Return the words of the concepts that speak most for an answer."""
    sums: dict[str, float] = {}
    for name in found:
        concept, _, n = name.rpartition(" ")
        if n.isdigit() and concept in seen.lexicon.bits and not _WIDE.match(concept):
            sums[concept] = sums.get(concept, 0.0) + balance.weights.get(name, 0.0)
    heavy = sorted(sums, key=lambda concept: (-sums[concept], concept))[:_HEAVIEST]
    return [word for concept in heavy if sums[concept] > 0 for word in seen.words((concept,))]


def evidence(seen: Evidence, topics: Collection[Topic]) -> Found:
    """Return what a passage holds: concepts by their distinct words, topics, who speaks."""
    found = dict.fromkeys(_counted(seen), 1.0)
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


def _counted(seen: Evidence) -> Iterator[str]:
    """Give each concept once for its first distinct word, once for its second, and its third."""
    counts: dict[int, int] = {}
    for _, mask in {(seen.folded[start:end], mask) for start, end, mask in seen.hits}:
        for at in _bits(mask):
            counts[at] = counts.get(at, 0) + 1
    names = _numbered(tuple(seen.lexicon.bits))
    for at in sorted(counts):
        yield from names[at][: counts[at]]


@lru_cache(maxsize=10_000)  # terms have few masks, and the same ones in every passage
def _bits(mask: int) -> tuple[int, ...]:
    """Return which bits are set."""
    return tuple(at for at in range(mask.bit_length()) if mask >> at & 1)


@cache
def _numbered(concepts: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(f"{name} {n}" for n in range(1, MOST + 1)) for name in concepts)


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
