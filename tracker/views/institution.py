"""Everything on one institution."""

import streamlit as st

from tracker import queries
from tracker.model import SPOKEN, Recommendation
from tracker.views import html, shared


def render() -> None:
    """Show the institution that the address names, or let one be chosen."""
    figures = shared.frame(
        "Institution", "One institution: its findings, its documents, and what was read."
    )
    if shared.nothing_yet(figures):
        return
    with shared.open_store().transaction() as session:
        listed = {row.key: row for row in queries.institution_rows(session)}
    key = st.query_params.get("inst")
    if key is not None and key not in listed:
        st.html(
            '<div class="t-card"><b>No such institution.</b> It is not in scope, or the address is wrong.</div>'
        )
        st.stop()
    keys = list(listed)
    names = {k: listed[k].name for k in keys}
    chosen = st.selectbox(
        "Institution", keys, index=keys.index(key) if key else 0, format_func=names.__getitem__
    )
    if chosen != key:
        st.query_params["inst"] = chosen
    _show(listed[chosen])
    shared.foot(figures)


def _show(row: queries.InstitutionRow) -> None:
    with shared.open_store().transaction() as session:
        findings = queries.finding_rows(
            session, questions=[SPOKEN, *map(str, Recommendation)], institutions=[row.key]
        )
        documents = queries.document_rows(session, institution=row.key)
        units = queries.units_that_have_spoken(session, row.key)
        cues = queries.cues_of(session, [i["passage_id"] for f in findings for i in f.evidence])
    st.html(f"<h2>{html.escape(row.name)}</h2>")
    st.html(
        f'<p class="t-meta">{html.escape(row.kind.replace("_", " "))} · {html.escape(row.country)} · {html.link(row.homepage, row.homepage)} · in scope because: {html.escape(row.why_in_scope or "–")}</p>'
    )
    if units:
        links = ", ".join(
            f'<a href="?inst={html.escape(unit.institution)}" target="_self">{html.escape(unit.name)}</a>'
            for unit in units
        )
        st.html(f'<p class="t-meta">Units that have spoken, each for itself: {links}</p>')
    for finding in findings:
        asked = "Who has spoken" if finding.question == SPOKEN else finding.question
        badge = html.finding_badge(
            finding.result, finding.basis, finding.reviewed, evidence=bool(finding.evidence)
        )
        st.html(
            f"<h3 style='margin:.8rem 0 0'>{asked}: {badge}</h3><p class='t-meta'>{html.escape(finding.rule)}</p>"
        )
        st.html(
            "".join(
                html.evidence_card(i, cues.get(i["passage_id"], {})) for i in finding.evidence[:3]
            )
            or "<span></span>"
        )
    st.html(html.search_record(findings[0].search_record, "What was read"))
    cells = [
        [
            html.link(d.url, d.title),
            html.escape(d.state),
            str(d.versions),
            str(d.words),
            f"{html.day(d.stated_date)} ({d.stated_basis})",
            html.day(d.last_good_at),
            f"<code>{d.text_sha256[:12]}</code>",
        ]
        for d in documents
    ]
    columns = ["Document", "State", "Versions", "Words", "Stated date", "Last read", "Text hash"]
    st.html(html.table(columns, cells, caption="Documents"))
