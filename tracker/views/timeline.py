"""When institutions first spoke, and apart from that what the report reports. Prints, needs no script."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from tracker.views.html import escape, number
from tracker.views.report import PUBLISHED, REPORTED

LANES = {"said": 26, "sure": 88, "maybe": 126}  # pixels from the top
FEW = 12  # statements that stand in a row each
TOP, ROW, HEIGHT = (
    66,
    21,
    164,
)  # pixels: the first row, from row to row, the whole where there are lanes
HALF = 50  # per cent of the width
COLUMNS = 90  # dots that share one of these stand above each other


@dataclass(frozen=True, slots=True)
class Point:
    """One first statement on the timeline."""

    at: datetime
    name: str
    confirmed: bool


def timeline(points: Sequence[Point], until: date) -> str:
    """Return first statements by stated date, and apart from them what the report reports.

    Few stand in a row each, with their names; many are dots in two lanes.
    """
    first = min([REPORTED[0].begin.year, *(p.at.year for p in points)])
    scale = _Scale(date(first, 1, 1), date(max(until.year, PUBLISHED.year) + 1, 1, 1))
    parts = [_years(scale), _report_line(scale), *(_reported(scale))]
    if few := len(points) <= FEW:
        parts += _rows(scale, points)
    else:
        parts += _dots(scale, [p for p in points if p.confirmed], "sure")
        parts += _dots(scale, [p for p in points if not p.confirmed], "maybe")
    height = TOP + ROW * len(points) + 10 if few else HEIGHT
    return f'<div class="t-time" style="height:{height}px" role="img" aria-label="{escape(_said(points))}">{"".join(parts)}</div>'


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


def _rows(scale: _Scale, points: Sequence[Point]) -> list[str]:
    """One row a statement, with the name on the side that has more room."""
    drawn = []
    for at, point in enumerate(sorted(points, key=lambda p: (p.at, p.name))):
        x, y = scale.x(point.at.date()), TOP + ROW * at
        side = f"right:{round(100 - x, 2)}%" if x > HALF else f"left:{x}%"
        drawn.append(
            f'<span class="dot {_lane(point)}" style="left:{x}%;top:{y}px"></span>'
            f'<span class="who" style="{side};top:{y - 2}px">{escape(point.name)}, {point.at.day} {point.at:%b %Y}</span>'
        )
    return drawn


def _lane(point: Point) -> str:
    return "sure" if point.confirmed else "maybe"


def _dots(scale: _Scale, points: Sequence[Point], lane: str) -> list[str]:
    taken: Counter[int] = Counter()
    drawn = []
    for point in sorted(points, key=lambda p: p.at):
        x = scale.x(point.at.date())
        column = int(x * COLUMNS / 100)
        y = LANES[lane] - min(taken[column], 4) * 5
        taken[column] += 1
        said = f"{point.name}, {point.at.day} {point.at:%b %Y}"
        drawn.append(
            f'<span class="dot {lane}" style="left:{x}%;top:{y}px" title="{escape(said)}"></span>'
        )
    return drawn
