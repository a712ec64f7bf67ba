"""Recommendations by kind of institution, as bars with their counts. Prints, needs no script."""

from collections import Counter
from collections.abc import Mapping, Sequence

from tracker.model import InstitutionKind
from tracker.queries import Cell
from tracker.views.html import KINDS, escape, table
from tracker.views.squares import key

COVERAGE = {
    "stated": "stated, confirmed",
    "partial": "in part, confirmed",
    "declined": "declined, confirmed",
    "maybe": "possible, found by machine",
    "none_found": "none found",
    "unread": "not checked or unreachable",
}


#: The parts that a person stands behind, a "no" included.
CONFIRMED = frozenset({"stated", "partial", "declined"})


def coverage_part(cell: Cell) -> str | None:
    """Return the part of a bar that a cell is counted in; None where the question does not apply."""
    if cell.result == "not_applicable":
        return None
    if cell.result in CONFIRMED:
        return cell.result if cell.confirmed else "maybe"
    return "none_found" if cell.result == "none_found" else "unread"


def by_kind(given: Sequence[Cell], titles: Mapping[str, str]) -> str:
    """Return kinds × recommendations, each cell a bar and its counts with their denominator."""
    kinds = [kind for kind in InstitutionKind if any(c.kind == kind for c in given)]
    rows = [
        [
            escape(KINDS[kind]),
            *(_bar([c for c in given if c.kind == kind and c.question == code]) for code in titles),
        ]
        for kind in kinds
    ]
    heads = [f"{code} {title}" for code, title in titles.items()]
    shown = table(["Kind", *heads], rows, caption="Recommendations by kind of institution")
    return shown + key(COVERAGE)


def _bar(given: Sequence[Cell]) -> str:
    counts = Counter(part for cell in given if (part := coverage_part(cell)) is not None)
    total = counts.total()
    if not total:
        return '<span class="t-small">not addressed to them</span>'
    drawn = "".join(
        f'<span class="q-{part}" style="flex:{counts[part]}"></span>'
        for part in COVERAGE
        if counts[part]
    )
    sure = sum(counts[part] for part in CONFIRMED)
    said = f"{sure} of {total} confirmed"
    disputed = sum("disputed" in cell.overlays for cell in given)
    beside = {"possible": counts["maybe"], "disputed": disputed}
    maybe = ", ".join(f"{count} {what}" for what, count in beside.items() if count)
    alt = ", ".join(f"{COVERAGE[part]}: {counts[part]}" for part in COVERAGE if counts[part])
    return (
        f'<div class="t-bar" role="img" aria-label="{escape(alt)}">{drawn}</div>{said}'
        f'<span class="t-small">{maybe}</span>'
    )
