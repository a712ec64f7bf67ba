"""Which institution said what, with the evidence."""

import streamlit as st

from tracker import queries
from tracker.model import SPOKEN, InstitutionKind, SpokenResult
from tracker.views import html, shared


def render() -> None:
    """Show each institution's result with its quotes, or with what was searched."""
    figures = shared.frame(
        "Statements",
        "The strongest thing each institution itself has said, with the passage it rests on.",
    )
    if shared.nothing_yet(figures):
        return
    left, right = st.columns(2)
    results = left.multiselect(
        "Result", [str(r) for r in SpokenResult], key="s_result", bind="query-params"
    )
    kinds = right.multiselect(
        "Kind", [str(k) for k in InstitutionKind], key="s_kind", bind="query-params"
    )
    with shared.open_store().transaction() as session:
        rows = queries.finding_rows(session, questions=[SPOKEN], results=results, kinds=kinds)
        passages = [item["passage_id"] for row in rows for item in row.evidence]
        cues = queries.cues_of(session, passages)
    st.html(f'<p class="t-meta">{len(rows)} of {figures.institutions} institutions match.</p>')
    if not rows:
        st.html(
            '<div class="t-card">No institution matches these filters. That is not a finding that nothing was said.</div>'
        )
    for row in rows:
        badge = html.finding_badge(row.result, row.basis, row.reviewed, evidence=bool(row.evidence))
        href = f"/institution?inst={row.institution}"
        st.html(
            f'<h3 style="margin:.8rem 0 0"><a href="{href}" target="_self" style="color:inherit">{html.escape(row.name)}</a> {badge}</h3>'
        )
        if row.evidence:
            st.html(
                "".join(
                    html.evidence_card(item, cues.get(item["passage_id"], {}))
                    for item in row.evidence[:2]
                )
            )
        else:
            st.html(html.search_record(row.search_record, row.rule))
    shared.foot(figures)
