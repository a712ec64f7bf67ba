"""Which institution said what, with the evidence."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

import streamlit as st

from tracker import queries
from tracker.model import SPOKEN, InstitutionKind, SpokenResult
from tracker.queries import Cell
from tracker.views import findings, html, shared, squares, tables
from tracker.views.addresses import APP
from tracker.views.opening import open_store
from tracker.views.takeaway import takeaway

A_PAGE = 10
CARDS = 2
FILTERS = ("result", "kind", "country", "state")


def render() -> None:
    """Show each institution's result with its quotes, or with what was searched."""
    shown = shared.frame(
        "Statements",
        "Who said what",
        "The strongest thing each institution itself has said, with the passage it rests on. A guest’s blog or a hosted event is not the institution speaking.",
    )
    if shared.nothing_yet(shown):
        return
    spoken = [cell for cell in shared.cells() if cell.question == SPOKEN]
    chosen = _filters(spoken)
    shared.left_out()
    kept = tables.keep(spoken, chosen)
    shared.show(_count(kept, spoken))
    takeaway("spoken", chosen)
    if kept:
        shared.show(squares.squares(kept, glance=True), _listing(kept))
        _evidence(kept)
    else:
        shared.show(html.card("Nothing matches these filters.", NOT_A_FINDING, CLEAR))
    shared.foot(shown)


NOT_A_FINDING = "This is not a finding that nothing was said."
CLEAR = html.go("/statements", "Clear all filters")


def _filters(spoken: Sequence[Cell]) -> dict[str, list[str]]:
    first, second, third, fourth = st.columns([3, 3, 2, 2])
    with first:
        result = shared.choose(
            "Result", "result", {str(r): html.RESULTS[r][1] for r in SpokenResult}
        )
    with second:
        kind = shared.choose("Kind", "kind", {str(k): html.KINDS[k] for k in InstitutionKind})
    with third:
        countries = sorted({cell.country for cell in spoken})
        country = shared.choose(
            "Country", "country", {code: html.country(code) for code in countries}
        )
    with fourth:
        state = shared.choose("State", "state", {name: name for name in tables.STATES})
    given = zip(FILTERS, (result, kind, country, state), strict=True)
    return {name: values for name, values in given if values}


def _count(kept: Sequence[Cell], spoken: Sequence[Cell]) -> str:
    checked = sum(cell.result not in queries.UNREAD for cell in spoken)
    counts = Counter(_counted_as(cell) for cell in kept)
    divided = "; ".join(f"{said} {number}" for said, number in counts.most_common())
    return (
        f'<p class="t-meta"><b>{len(kept)} of {len(spoken)} institutions match</b>{": " + divided if divided else ""}. '
        f"{len(spoken)} in scope, {checked} checked, {len(spoken) - checked} not checked or unreachable (shown hatched).</p>"
    )


def _counted_as(cell: Cell) -> str:
    """The words under which an institution is counted: what is possible is never added to what is confirmed."""
    state = cell.state
    return f"{html.RESULTS[cell.result][1]}{f', {state}:' if state else ''}"


def _listing(kept: Sequence[Cell]) -> str:
    rows = [
        [
            html.go(APP.institution(cell.institution), cell.name),
            html.escape(html.words(cell.kind)),
            html.escape(html.country(cell.country)),
            html.badge_of(cell),
            _day(cell, cell.since),
            _day(cell, cell.latest),
        ]
        for cell in kept
    ]
    columns = ["Institution", "Kind", "Country", "Result", "First", "Latest"]
    return html.table(columns, rows, caption="Institutions and their results", stack=True)


def _day(cell: Cell, at: datetime | None) -> str:
    return html.day(at) if at or cell.result in html.ABSENT else "undated"


def _evidence(kept: Sequence[Cell]) -> None:
    shared.show("<h2>The quotes</h2>")
    part = shared.page_of(len(kept), "statements", size=A_PAGE)
    keys = [cell.institution for cell in kept[part]]
    with open_store().transaction() as session:
        rows = queries.finding_rows(session, questions=[SPOKEN], institutions=keys)
        around = queries.context(session, rows, most=CARDS)
    for row in rows:
        name = html.go(APP.institution(row.institution), row.name)
        shared.show(f"<h3>{name}</h3>", findings.block(row, around, most=CARDS))
    quoted = [i for row in rows for i in (*row.evidence[:CARDS], *row.awaiting[:CARDS])]
    shared.citations(quoted, around.versions)
