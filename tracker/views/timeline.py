"""When institutions first spoke, and apart from that what the report reports. Prints, needs no script."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from tracker.views.html import escape, number
from tracker.views.report import PUBLISHED, REPORTED

WIDTH, LEFT, RIGHT = 1000, 12, 40
LANES = {"said": 34, "sure": 84, "maybe": 128}
STACK = 11


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
    parts = [_axis(scale), _report_line(scale), *(_reported(scale))]
    parts += _dots(scale, [p for p in points if p.confirmed], "sure")
    parts += _dots(scale, [p for p in points if not p.confirmed], "maybe")
    sure = sum(p.confirmed for p in points)
    alt = (
        f"{number(sure, 'confirmed first statement')} and {len(points) - sure} possible, by stated date; "
        + "; ".join(f"{r.name}, {r.when}, reported by the report" for r in REPORTED)
    )
    return (
        f'<svg class="t-time" viewBox="0 0 {WIDTH} 170" role="img" aria-label="{escape(alt)}">'
        f"{''.join(parts)}</svg>"
    )


@dataclass(frozen=True, slots=True)
class _Scale:
    begin: date
    end: date

    def x(self, at: date) -> float:
        share = (at - self.begin).days / (self.end - self.begin).days
        return round(LEFT + share * (WIDTH - LEFT - RIGHT), 1)


def _axis(scale: _Scale) -> str:
    years = range(scale.begin.year, scale.end.year + 1)
    step = max(1, len(years) // 9)
    ticks = "".join(
        f'<line class="axis" x1="{scale.x(date(year, 1, 1))}" x2="{scale.x(date(year, 1, 1))}" y1="144" y2="150"/>'
        + (
            f'<text x="{scale.x(date(year, 1, 1))}" y="165" text-anchor="middle">{year}</text>'
            if (year - scale.begin.year) % step == 0
            else ""
        )
        for year in years
    )
    return f'<line class="axis" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="144" y2="144"/>{ticks}'


def _report_line(scale: _Scale) -> str:
    x = scale.x(PUBLISHED)
    return (
        f'<line class="report" x1="{x}" x2="{x}" y1="18" y2="144"/>'
        f'<text x="{x}" y="12" text-anchor="end">report published</text>'
    )


def _reported(scale: _Scale) -> list[str]:
    y = LANES["said"]
    return [
        f'<rect class="said" x="{scale.x(r.begin)}" y="{y - 6}" rx="6" height="12" '
        f'width="{max(12.0, scale.x(r.end) - scale.x(r.begin)):.1f}"/>'
        f'<text x="{scale.x(r.begin)}" y="{y + 23}">{escape(r.name)}</text>'
        for r in REPORTED
    ]


def _dots(scale: _Scale, points: Sequence[Point], lane: str) -> list[str]:
    taken: Counter[int] = Counter()
    drawn = []
    for point in sorted(points, key=lambda p: p.at):
        x = scale.x(point.at.date())
        column = int(x // STACK)
        y = LANES[lane] - min(taken[column], 3) * 5
        taken[column] += 1
        drawn.append(
            f'<circle class="{lane}" cx="{x}" cy="{y}" r="6"><title>{escape(point.name)}, '
            f"{point.at.day} {point.at:%b %Y}</title></circle>"
        )
    return drawn
