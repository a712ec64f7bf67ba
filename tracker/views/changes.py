"""What changed, and what exactly differs."""

import streamlit as st
from sqlmodel import Session

from tracker import queries
from tracker.changes import Piece, compare
from tracker.model import ChangeClass
from tracker.views import html, shared


def render() -> None:
    """Show the list of changes, or the one that the address names."""
    figures = shared.frame(
        "Changes",
        "Every edit lies between two of our reads. Material ones touch coded text; the rest is listed, never sent by default.",
    )
    if shared.nothing_yet(figures):
        return
    wanted = st.query_params.get("id")
    if wanted is not None:
        _one(wanted)
    else:
        _list()
    shared.foot(figures)


def _list() -> None:
    classes = st.multiselect(
        "Class", [str(c) for c in ChangeClass], default=[], key="c_class", bind="query-params"
    )
    with shared.open_store().transaction() as session:
        rows = queries.change_rows(session, classes=classes, limit=200)
    if not rows:
        st.html(
            '<div class="t-card">No change matches. The first read of a source is its baseline and changes nothing.</div>'
        )
        return
    cells = [
        [
            f'<a href="/changes?id={row.id}" target="_self">{html.escape(row.title)}</a>',
            html.escape(row.name),
            html.escape(f"{row.change_class} · {row.kind.replace('_', ' ')}"),
            html.escape(row.summary),
            f"{html.day(row.seen_from)} – {html.day(row.seen_to)}",
            "seen twice" if row.confirmed else "seen once",
        ]
        for row in rows
    ]
    columns = [
        "Document",
        "Institution",
        "Class and kind",
        "What the text did",
        "Between",
        "Confidence",
    ]
    st.html(html.table(columns, cells, caption="Changes, newest first"))


def _one(wanted: str) -> None:
    with shared.open_store().transaction() as session:
        rows = queries.change_rows(session, change_id=int(wanted)) if wanted.isdigit() else []
        if not rows:
            st.html(
                '<div class="t-card"><b>No such change.</b> <a href="/changes" target="_self">All changes</a></div>'
            )
            return
        row = rows[0]
        sides = [_pieces(session, version) for version in (row.from_version_id, row.to_version_id)]
    st.html('<p class="t-meta"><a href="/changes" target="_self">‹ All changes</a></p>')
    st.html(f"<h2>{html.escape(row.name)}: {html.escape(row.title)}</h2>")
    labels = ", ".join(row.labels) or "none"
    st.html(
        f'<p class="t-meta">{row.change_class} · {html.escape(row.kind.replace("_", " "))} · between {html.day(row.seen_from)} and {html.day(row.seen_to)} · '
        f"{html.link(row.url, 'live page')} · labels touched, by machine, not yet reviewed: {html.escape(labels)} · meaning not assessed</p>"
    )
    st.html(f"<p>{html.escape(row.summary)}</p>")
    if row.to_version_id is not None:
        st.html(html.difference(compare(*sides)))


def _pieces(session: Session, version_id: int | None) -> list[Piece]:
    if version_id is None:
        return []
    rows = queries.passages_of(session, version_id)
    return [Piece(row.text, tuple(filter(None, row.heading_path.split(" › ")))) for row in rows]
