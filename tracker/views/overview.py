"""What this is, how fresh it is, and what changed."""

import streamlit as st

from tracker import queries
from tracker.model import SPOKEN, ChangeClass
from tracker.views import html, shared

#: What the report says of institutes that spoke (see docs); never our own finding.
REPORTED = (
    ("Ada Lovelace Institute", "June 2022"),
    ("Stanford HAI", "August 2023"),
    ("AI Now Institute", "2019"),
)


def render() -> None:
    """Show the figures, the latest material changes, and who has spoken."""
    figures = shared.frame(
        "Who has spoken",
        "What AI ethics institutes, universities and funders publish on China, surveillance and research partnerships: quoted, dated, versioned.",
    )
    if shared.nothing_yet(figures):
        return
    st.html(
        html.facts(
            [
                (
                    f"{figures.spoken_confirmed} of {figures.institutions}",
                    "institutions have condemned or criticised, confirmed by people",
                ),
                (
                    str(figures.spoken_possible),
                    "more possibly have: found by machine, not yet reviewed",
                ),
                (
                    f"{figures.checked} of {figures.institutions}",
                    "institutions were read well enough to say",
                ),
                (
                    f"{figures.documents_read} of {figures.documents_known}",
                    f"known documents read; {figures.sources_failed} of {figures.sources} sources fail",
                ),
            ]
        )
    )
    with shared.open_store().transaction() as session:
        spoken = queries.finding_rows(session, questions=[SPOKEN])
        changes = queries.change_rows(session, classes=[ChangeClass.MATERIAL], limit=6)
    left, right = st.columns([3, 2], gap="large")
    with left:
        st.subheader("By institution")
        rows = [
            [
                html.escape(r.name),
                html.escape(r.kind.replace("_", " ")),
                html.finding_badge(r.result, r.basis, r.reviewed, evidence=bool(r.evidence)),
                html.day(r.since),
            ]
            for r in spoken
        ]
        st.html(
            html.table(
                ["Institution", "Kind", "Result", "Since"],
                rows,
                caption="Who has spoken, by institution",
            )
        )
    with right:
        st.subheader("Latest material changes")
        items = "".join(
            f"<li><b>{html.escape(c.name)}</b><br>{html.escape(c.title)}: {html.escape(c.summary)}<br>"
            f'<span class="t-meta"><a href="/changes?id={c.id}" target="_self">see the difference</a> · between {html.day(c.seen_from)} and {html.day(c.seen_to)}</span></li>'
            for c in changes
        )
        st.html(f'<ul class="t-list">{items or "<li>No material change so far.</li>"}</ul>')
        st.subheader("As the report has it")
        named = ", ".join(f"{name} ({when})" for name, when in REPORTED)
        st.html(
            '<p class="t-meta">The report “Shared Labs, Shared Harm” (8 December 2025), as summarised in the press, names '
            f"{html.escape(named)} among the few AI ethics centres that condemned the abuses. That is the report's claim; "
            "what the tracker itself finds stands in the table, with its quotes.</p>"
        )
    shared.foot(figures)
