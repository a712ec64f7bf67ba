"""How far coders agree beyond chance: per cent, Krippendorff's alpha, Gwet's AC1. Pure.

A unit is what several coders judged: one value a coder, None where a coder did not judge it.
"""

import random
from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass

Unit = Sequence[Hashable | None]
Measure = Callable[[Sequence[Unit]], float | None]


@dataclass(frozen=True, slots=True)
class Estimate:
    """A measure with its 95 % interval; None where it is not defined."""

    value: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Agreement:
    """What coders' agreement on one label came to, over the units that two or more judged."""

    units: int
    per_cent: Estimate
    alpha: Estimate
    ac1: Estimate


def agreement(units: Sequence[Unit], *, samples: int = 1000, seed: int = 1) -> Agreement:
    """Measure agreement, with intervals by resampling units `samples` times (the same each time)."""
    judged = [unit for unit in units if _ratings(unit) >= 2]
    return Agreement(
        units=len(judged),
        per_cent=_estimate(per_cent, judged, samples, seed),
        alpha=_estimate(alpha, judged, samples, seed),
        ac1=_estimate(ac1, judged, samples, seed),
    )


def per_cent(units: Sequence[Unit]) -> float | None:
    """Return the mean share of pairs of coders that agree on a unit; None without such units."""
    shares = [_agreeing(unit) for unit in units if _ratings(unit) >= 2]
    return sum(shares) / len(shares) if shares else None


def alpha(units: Sequence[Unit]) -> float | None:
    """Return Krippendorff's alpha for nominal data; None where nothing varies.

    Krippendorff, Content Analysis (2004), ch. 11: one minus observed over expected disagreement.
    """
    rated = [unit for unit in units if _ratings(unit) >= 2]
    totals = Counter(value for unit in rated for value in unit if value is not None)
    number = sum(totals.values())
    if len(totals) < 2:
        return None
    observed = sum(_ratings(unit) * (1 - _agreeing(unit)) for unit in rated) / number
    expected = 1 - sum(n * (n - 1) for n in totals.values()) / (number * (number - 1))
    return 1 - observed / expected


def ac1(units: Sequence[Unit]) -> float | None:
    """Return Gwet's AC1, which stays meaningful where one value is rare; None where nothing varies.

    Gwet, British Journal of Mathematical and Statistical Psychology 61 (2008), 29-48.
    """
    rated = [unit for unit in units if _ratings(unit) >= 1]
    observed = per_cent(units)
    values = {value for unit in rated for value in unit if value is not None}
    if observed is None or len(values) < 2:
        return None
    chance = 0.0
    for value in values:
        share = sum(_share(unit, value) for unit in rated) / len(rated)
        chance += share * (1 - share)
    chance /= len(values) - 1
    return (observed - chance) / (1 - chance)


def _ratings(unit: Unit) -> int:
    return sum(value is not None for value in unit)


def _share(unit: Unit, value: Hashable) -> float:
    return sum(given == value for given in unit) / _ratings(unit)


def _agreeing(unit: Unit) -> float:
    """The share of pairs of ratings of a unit that are the same."""
    counts = Counter(value for value in unit if value is not None)
    number = sum(counts.values())
    return sum(n * (n - 1) for n in counts.values()) / (number * (number - 1))


def _estimate(measure: Measure, units: Sequence[Unit], samples: int, seed: int) -> Estimate:
    value = measure(units)
    if value is None:
        return Estimate(None, None, None)
    drawing = random.Random(seed)  # noqa: S311  (resampling, no secret)
    drawn = [measure(drawing.choices(units, k=len(units))) for _ in range(samples)]
    known = sorted(found for found in drawn if found is not None)
    if not known:
        return Estimate(value, None, None)
    last = len(known) - 1
    return Estimate(value, known[round(0.025 * last)], known[round(0.975 * last)])
