"""Institutions × recommendations, one cell with all it rests on, and policies element by element."""

from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

import streamlit as st

from tracker import queries
from tracker.coding.codebook import RecommendationEntry, load_codebook, question_title
from tracker.findings import ElementState
from tracker.flat import by_words, element_said
from tracker.model import CoverageResult, InstitutionKind, Recommendation
from tracker.queries import Cell, FindingRow
from tracker.views import findings, html, matrix, shared, tables
from tracker.views.addresses import APP
from tracker.views.evidence import quoted, search_record
from tracker.views.opening import open_store
from tracker.views.takeaway import takeaway
from tracker.wording import MEANINGS

MOST = 12  # institutions that can be picked
BESIDE = 4  # of them, whose quotes are laid beside each other
CARDS = 4
LEAD = (
    "How published policies stand to the report’s recommendations. R1 to R6 and their elements are the tracker’s own "
    "definitions, after the recommendations as summarised in the press. Sorted by name; no score, no rank."
)


def render() -> None:
    """Show the matrix, the cell that the address names, and chosen policies side by side."""
    shown = shared.frame("Compare", "Policies against the recommendations", LEAD)
    if shared.nothing_yet(shown):
        return
    chosen = _filters()
    shared.answers("cell", "sort")
    shared.left_out()
    _drawer(chosen)
    kept = tables.keep([c for c in shared.cells() if c.question in tables.CODES], chosen)
    takeaway("coverage", chosen)
    _matrix(_sorted(kept), chosen)
    _side_by_side(chosen.get("institution", ()))
    shared.foot(shown)


def _filters() -> dict[str, list[str]]:
    left, middle, right = st.columns([4, 3, 3])
    names = {key: row.name for key, row in shared.institutions().items()}
    with left:
        picked = shared.choose(f"Institutions (up to {MOST})", "institution", names, most=MOST)
    with middle:
        kind = shared.choose("Kind", "kind", {str(k): html.KINDS[k] for k in InstitutionKind})
    with right:
        words = {str(r): html.RESULTS[r][1] for r in CoverageResult}
        result = shared.choose("Result", "result", words)
    given = {"institution": picked, "kind": kind, "result": result}
    return {name: values for name, values in given.items() if values}


def _entries() -> Mapping[Recommendation, RecommendationEntry]:
    return load_codebook().recommendations


SORTS = {"name": "name", "kind": "kind, then name"}


def _sorted(kept: Sequence[Cell]) -> Sequence[Cell]:
    """By name or by kind, as the address says; never by what was found."""
    order = st.query_params.get("sort", "name")
    with st.columns([2, 8])[0]:
        given = st.selectbox(
            "Sorted by",
            list(SORTS),
            index=list(SORTS).index(order) if order in SORTS else 0,
            format_func=SORTS.__getitem__,
        )
    shared.remember("sort", [given] if given != "name" else [])
    kinds = list(InstitutionKind)
    return (
        sorted(kept, key=lambda c: kinds.index(InstitutionKind(c.kind)))
        if given == "kind"
        else kept
    )


def _matrix(kept: Sequence[Cell], chosen: tables.Filters) -> None:
    by_place = {(cell.institution, cell.question): cell for cell in kept}
    names = {cell.institution: cell.name for cell in kept}
    if not names:
        shared.show(
            html.card(
                "Nothing matches these filters.",
                "This is not a finding that nothing is stated.",
                html.go("/compare", "Clear all filters"),
            )
        )
        return
    heads = [f"{code} {entry.title}" for code, entry in _entries().items()]
    rows = [["All shown", *(_sum(kept, code) for code in tables.CODES)]]
    rows += [
        [
            html.go(APP.institution(key), name),
            *(_cell(by_place.get((key, code)), chosen) for code in tables.CODES),
        ]
        for key, name in names.items()
    ]
    shared.show(
        f'<p class="t-meta">{html.number(len(names), "institution")}. Choose a cell to see what it rests on. '
        "A dashed frame is possible, found by machine; a filled one is confirmed by people; hatched is not checked.</p>",
        html.table(["Institution", *heads], rows, caption="Institutions and recommendations"),
    )


def _sum(kept: Sequence[Cell], code: str) -> str:
    parts = [part for c in kept if c.question == code and (part := matrix.coverage_part(c))]
    sure = sum(part in matrix.CONFIRMED for part in parts)
    if not parts:
        return '<span class="t-small">not addressed to them</span>'
    counts = {
        "possible": parts.count("maybe"),
        "none found": parts.count("none_found"),
        "not checked or unreachable": parts.count("unread"),
    }
    said = [f"<b>{sure} of {len(parts)} confirmed</b>"]
    said += [f"{count} {what}" for what, count in counts.items() if count]
    return f'<span class="t-small">{"<br>".join(said)}</span>'


def _cell(cell: Cell | None, chosen: tables.Filters) -> str:
    if cell is None:
        return '<span class="t-small">filtered out</span>'
    badge = html.badge_of(cell)
    if cell.result == "not_applicable":
        return badge
    address = _address(chosen, cell=f"{cell.institution}:{cell.question}")
    said = [
        queries.result_said(cell.result, state=cell.state, least=cell.at_least),
        *(html.OVERLAYS[name][1] for name in cell.overlays),
    ]
    label = f"{cell.name}, {cell.question}: {', '.join(said)}, what it rests on"
    return f'<a href="{html.escape(address)}" target="_self" aria-label="{html.escape(label)}" style="text-decoration:none">{badge}</a>'


def _address(chosen: tables.Filters, **more: str) -> str:
    """This view's address, its order included."""
    kept = {"sort": order} if (order := st.query_params.get("sort")) else {}
    return f"/compare?{urlencode({**chosen, **kept, **more}, doseq=True)}"


def _drawer(chosen: tables.Filters) -> None:
    wanted = st.query_params.get("cell")
    if wanted is None:
        return
    key, _, code = wanted.partition(":")
    if key not in shared.institutions() or code not in tables.CODES:
        shared.missing("cell", "/compare", "The whole matrix")
        return
    with open_store().transaction() as session:
        row = queries.finding_rows(session, questions=[code], institutions=[key])[0]
        around = queries.context(session, [row], most=CARDS)
        history = queries.change_rows(session, institutions=[key], labels=[code], limit=5)
    entry = _entries()[Recommendation(code)]
    close = html.go(_address(chosen), "Close this cell")
    shared.show(
        '<section class="t-card" aria-label="One cell and what it rests on">',
        f"<h2>{html.go(APP.institution(key), row.name)}: {html.escape(question_title(code))}</h2>",
        f'<p class="t-meta">The report: “{html.escape(entry.report)}”. Our rule: every element with * in the institution’s own voice makes “stated”, any makes “partial”.</p>',
        findings.block(row, around, most=CARDS),
        _meanings(entry),
        _looked_at(row),
        "<h3>History of this cell</h3>",
        html.listing(
            [
                f"{html.go(APP.change(c.id), html.brief(c.summary))} <span class='t-meta'>{html.when(c)}</span>"
                for c in history
            ],
            empty="No change has touched it since the first read.",
        ),
        html.actions(close),
        "</section>",
    )
    shared.citations([*row.evidence[:CARDS], *row.awaiting[:CARDS]], around.versions)


def _meanings(entry: RecommendationEntry) -> str:
    """What each element asks of a text, in words."""
    shown = html.pairs(
        (html.words(name) + "*" * (name in entry.required), html.escape(MEANINGS[name]))
        for name in (*entry.required, *entry.optional)
    )
    return f"<details><summary>What the elements mean</summary>{shown}</details>"


def _looked_at(row: FindingRow) -> str:
    """What was searched; where nothing was found it stands above already."""
    if not row.evidence:
        return ""
    return f"<details><summary>What was read</summary>{search_record(row.search_record, row.rule)}</details>"


def _side_by_side(picked: Sequence[str]) -> None:
    if len(picked) < 2:
        shared.show(
            '<p class="t-meta">Pick two or more institutions to lay their policies side by side, element by element; up to four with their quotes.</p>'
        )
        return
    shared.show("<h2>Side by side, element by element</h2>")
    titles = {code: question_title(code) for code in tables.CODES}
    code = st.selectbox("Recommendation", list(titles), format_func=titles.__getitem__)
    with open_store().transaction() as session:
        rows = queries.finding_rows(session, questions=[code], institutions=picked)
    entry = _entries()[Recommendation(code)]
    shown: dict[tuple[str, int], str] = {}
    quotes = len(rows) <= BESIDE
    cell = _held if quotes else _in_words
    lines = [
        [
            html.escape(html.words(name) + ("*" if name in entry.required else ""))
            + f'<span class="t-small">{html.escape(MEANINGS[name])}</span>',
            *(cell(row, name, shown) for row in rows),
        ]
        for name in (*entry.required, *entry.optional)
    ]
    results = ["Result", *(html.badge_of(row) for row in rows)]
    heads = ["Element", *(row.name for row in rows)]
    caption = f"{titles[code]}, element by element"
    shared.show(
        html.table(heads, [results, *lines], caption=caption, stack=True, even=quotes),
        f'<p class="t-meta">* needed for “stated”.{"" if quotes else f" Pick at most {BESIDE} to read the quotes."}</p>',
    )


def _in_words(row: FindingRow, element: str, _shown: dict[tuple[str, int], str]) -> str:
    """How a policy stands to an element, where too many stand beside each other for quotes."""
    kept = next((e for e in row.elements if e["name"] == element), None)
    if kept is None or not row.evidence:
        return html.badge_of(row)
    possible = kept.get("state") == ElementState.POSSIBLE
    shape = "●" if kept["held"] else "◌" if possible else "○"
    sure = row.confirmed or not kept["held"]
    said = element_said(kept) if sure else f"possible: {element_said(kept)}"
    return (
        f'<span class="t-small"><span aria-hidden="true">{shape}</span> {html.escape(said)}</span>'
    )


def _held(row: FindingRow, element: str, shown: dict[tuple[str, int], str]) -> str:
    """The passage that holds an element; one that stands above already is named and not repeated."""
    found = [i for i in row.evidence if element in i["elements"].get(row.question, ())]
    kept = next((e for e in row.elements if e["name"] == element), {})
    if not found and kept.get("state") == ElementState.POSSIBLE:
        return f'<span class="t-small">{html.escape(element_said(kept))}</span>'
    if not found:
        return (
            html.badge_of(row)
            if not row.evidence
            else '<span class="t-small">no quote holds it</span>'
        )
    item = found[0]
    name = f"{row.question} {element}"
    held = queries.element_words(item).get(name, [])
    above = shown.setdefault((row.institution, item["passage_id"]), element)
    if above != element:
        return f'<span class="t-small">the passage at “{html.escape(html.words(above))}” holds it too{html.escape(by_words({"cues": held}))}</span>'
    state = html.PEOPLE[item["reviewed"]]
    return f'{quoted(item["quote"], item.get("language"), {name: held})}<span class="t-small">{html.go(APP.document(item["document_id"]), item["title"])} · {state}</span>'
