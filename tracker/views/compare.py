"""Institutions × recommendations."""

import streamlit as st

from tracker import queries
from tracker.coding.codebook import load_codebook
from tracker.model import InstitutionKind, Recommendation
from tracker.views import html, shared


def render() -> None:
    """Show the matrix, and the evidence of one cell."""
    figures = shared.frame(
        "Compare",
        "How published policies stand to the report's recommendations. R1 to R6 and their elements are the tracker's own definitions, after the recommendations as summarised in the press. Sorted by name; no score, no rank.",
    )
    if shared.nothing_yet(figures):
        return
    kinds = st.multiselect(
        "Kind", [str(k) for k in InstitutionKind], key="m_kind", bind="query-params"
    )
    codes = [str(code) for code in Recommendation]
    with shared.open_store().transaction() as session:
        rows = queries.finding_rows(session, questions=codes, kinds=kinds)
    by_place = {(row.name, row.question): row for row in rows}
    names = list(dict.fromkeys(row.name for row in rows))
    cells = [
        [html.escape(name), *[_cell(by_place[name, code]) for code in codes]] for name in names
    ]
    st.html(html.table(["Institution", *codes], cells, caption="Institutions and recommendations"))
    titles = load_codebook().recommendations
    st.html(
        '<p class="t-meta">'
        + " · ".join(f"{code}: {html.escape(titles[Recommendation(code)].title)}" for code in codes)
        + "</p>"
    )
    _drawer(by_place, names, codes)
    shared.foot(figures)


def _cell(row: queries.FindingRow) -> str:
    return html.finding_badge(
        row.result,
        row.basis,
        row.reviewed,
        evidence=bool(row.evidence) and row.result != "not_applicable",
    )


def _drawer(
    by_place: dict[tuple[str, str], queries.FindingRow], names: list[str], codes: list[str]
) -> None:
    if not names:
        return
    st.subheader("One cell and what it rests on")
    left, right = st.columns(2)
    name = left.selectbox("Institution", names, key="m_inst")
    code = right.selectbox("Recommendation", codes, key="m_rec")
    row = by_place[name, code]
    with shared.open_store().transaction() as session:
        cues = queries.cues_of(session, [item["passage_id"] for item in row.evidence])
    st.html(f"<p>{_cell(row)} <span class='t-meta'>{html.escape(row.rule)}</span></p>")
    cards = [html.evidence_card(item, cues.get(item["passage_id"], {})) for item in row.evidence]
    st.html("".join(cards) or html.search_record(row.search_record, row.rule))
