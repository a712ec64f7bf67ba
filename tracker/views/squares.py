"""Who has spoken at a glance: one square for each institution. Prints, needs no script."""

from collections import Counter
from collections.abc import Mapping, Sequence

from tracker.model import InstitutionKind
from tracker.queries import Cell, part, tally
from tracker.views.html import KINDS, escape, number, words

#: Parts of a row of squares, in the order in which they stand: class → what it means.
PARTS = {
    "condemned": "condemned, confirmed by people",
    "criticised": "criticised, confirmed by people",
    "possible": "possibly one of both, found by machine",
    "other": "spoke otherwise, such as security concerns",
    "none_found": "none found in what was read",
    "unread": "not checked or unreachable",
}
FEW, MANY = (
    16,
    60,
)  # squares in the longest row below and above which they are drawn larger and smaller


def part_of(cell: Cell) -> str:
    """Return the part of the row in which an institution's square stands."""
    spoken = part(cell)
    return cell.result if spoken == "confirmed" else spoken


def squares(spoken: Sequence[Cell], *, glance: bool = False) -> str:
    """Return a row for each kind of institution with one square for each institution.

    At a glance the key stands beside the rows, else below them.
    """
    by_kind = {kind: [cell for cell in spoken if cell.kind == kind] for kind in InstitutionKind}
    longest = max(map(len, by_kind.values()))
    # One size for all rows, or the eye would weigh institutions differently.
    size = " t-many" if longest > MANY else " t-few" if longest < FEW else ""
    rows = [_squares_of(kind, given, size) for kind, given in by_kind.items() if given]
    drawn = f'<div class="t-kinds">{"".join(rows)}</div>{key(PARTS)}'
    return f'<div class="t-glance">{drawn}</div>' if glance else drawn


def headline(spoken: Sequence[Cell]) -> str:
    """Return what the squares come to: how many have spoken of how many checked."""
    found = tally(spoken)
    if not found.institutions:
        return "Who has spoken"
    checked = number(found.institutions - found.unread, "institution")
    return f"{found.confirmed} of {checked} checked spoke out on abuses by the Chinese state"


def key(parts: Mapping[str, str]) -> str:
    """Return the key of a chart."""
    shown = "".join(
        f'<li><span class="t-sq q-{part}" aria-hidden="true"></span> {escape(what)}</li>'
        for part, what in parts.items()
    )
    return f'<ul class="t-key">{shown}</ul>'


def _squares_of(kind: InstitutionKind, given: Sequence[Cell], size: str) -> str:
    order = list(PARTS)
    placed = sorted(given, key=lambda cell: (order.index(part_of(cell)), cell.name))
    drawn = "".join(
        f'<span class="t-sq q-{part_of(cell)}{_mark(cell)}" title="{escape(", ".join((f"{cell.name}: {words(cell.result)}", *map(words, cell.overlays))))}"></span>'
        for cell in placed
    )
    found = tally(given)
    checked = found.institutions - found.unread
    said = f"{found.confirmed} of {checked} checked spoke out" if checked else "none checked"
    said += f", {found.possible} possible" if found.possible else ""
    disputed = sum("disputed" in cell.overlays for cell in given)
    said += f", {disputed} disputed" if disputed else ""
    counts = Counter(map(part_of, given))
    alt = "; ".join(f"{PARTS[part]}: {counts[part]}" for part in PARTS if counts[part])
    alt += f"; disputed by the institution: {disputed}" if disputed else ""
    return (
        f'<div><b>{escape(KINDS[kind])}</b><span class="t-small">{escape(said)}</span></div>'
        f'<div class="t-squares{size}" role="img" aria-label="{escape(KINDS[kind])}: {escape(alt)}">{drawn}</div>'
    )


def _mark(cell: Cell) -> str:
    return " t-sq-disputed" if "disputed" in cell.overlays else ""
