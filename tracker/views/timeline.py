"""When institutions first spoke, and apart from that what the report reports. Prints, needs no script."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from tracker.views.html import escape, number
from tracker.views.report import PUBLISHED, REPORTED

LANES = {"said": 26, "sure": 88, "maybe": 126}  # pixels from the top
LETTER = 0.7  # per cent of the narrowest width that a letter of a name takes
COLUMNS = 90  # dots that share one of these stand above each other


@dataclass(frozen=True, slots=True)
class Point:
    """One first statement on the timeline."""

    at: datetime
    name: str
    confirmed: bool


def timeline(points: Sequence[Point], until: date) -> str:
    """Return first statements by stated date, and apart from them what the report reports."""
    first = min([REPORTED[0].begin.year, *(p.at.year for p in points)])
    scale = _Scale(date(first, 1, 1), date(max(until.year, PUBLISHED.year) + 1, 1, 1))
    parts = [_years(scale), _report_line(scale), *(_reported(scale))]
    parts += _dots(scale, [p for p in points if p.confirmed], "sure")
    parts += _dots(scale, [p for p in points if not p.confirmed], "maybe")
    return f'<div class="t-time" role="img" aria-label="{escape(_said(points))}">{"".join(parts)}</div>'


def _said(points: Sequence[Point]) -> str:
    sure = sum(p.confirmed for p in points)
    reported = "; ".join(f"{r.name}, {r.when}, reported by the report" for r in REPORTED)
    found = f"{number(sure, 'confirmed first statement')} and {len(points) - sure} possible"
    return f"{found}, by stated date; {reported}"


@dataclass(frozen=True, slots=True)
class _Scale:
    begin: date
    end: date

    def x(self, at: date) -> float:
        """Return where a day stands, in per cent from the left."""
        return round(100 * (at - self.begin).days / (self.end - self.begin).days, 2)


def _years(scale: _Scale) -> str:
    years = range(scale.begin.year, scale.end.year)
    step = max(1, len(years) // 9)
    return "".join(
        f'<span class="year" style="left:{scale.x(date(year, 1, 1))}%">{year if i % step == 0 else ""}</span>'
        for i, year in enumerate(years)
    )


def _report_line(scale: _Scale) -> str:
    return f'<span class="report" style="left:{scale.x(PUBLISHED)}%"><span>report published</span></span>'


def _reported(scale: _Scale) -> list[str]:
    return [
        f'<span class="said" style="left:{scale.x(r.begin)}%;width:{scale.x(r.end) - scale.x(r.begin):.2f}%;top:{LANES["said"]}px">'
        f"<span>{escape(r.name)}</span></span>"
        for r in REPORTED
    ]


def _dots(scale: _Scale, points: Sequence[Point], lane: str) -> list[str]:
    taken: Counter[int] = Counter()
    drawn = []
    ordered = sorted(points, key=lambda p: p.at)
    named = _named(scale, ordered)
    for point in ordered:
        x = scale.x(point.at.date())
        column = int(x * COLUMNS / 100)
        y = LANES[lane] - min(taken[column], 4) * 5
        taken[column] += 1
        said = f"{point.name}, {point.at.day} {point.at:%b %Y}"
        drawn.append(
            f'<span class="dot {lane}" style="left:{x}%;top:{y}px" title="{escape(said)}"></span>'
        )
        if point in named:
            drawn.append(
                f'<span class="who" style="left:{x}%;top:{y - 2}px">{escape(point.name)}</span>'
            )
    return drawn


def _named(scale: _Scale, ordered: Sequence[Point]) -> list[Point]:
    """The points whose names have room up to the next dot, or up to the edge."""
    ends = [scale.x(p.at.date()) for p in ordered[1:]] + [100.0]
    return [
        point
        for point, end in zip(ordered, ends, strict=True)
        if scale.x(point.at.date()) + 2 + len(point.name) * LETTER <= end
    ]
