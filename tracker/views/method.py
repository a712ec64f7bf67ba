"""How it is done, and what it is not."""

import streamlit as st

from tracker import queries
from tracker.coding.codebook import load_codebook
from tracker.views import html, shared


def render() -> None:
    """Show the codebook, the state of the sources, and the limits."""
    figures = shared.frame(
        "Method & data", "How texts are found, kept, coded and reviewed, and where that ends."
    )
    codebook = load_codebook()
    st.html(
        f"""<p>Pages are fetched politely and kept byte for byte with their headers. A version is the text of a page where it
differs from the one before; passages of it are coded with codebook {html.escape(codebook.version)}, from their words alone. What the machine
finds is <em>possible</em> until a person confirms it. Nothing found is a finding only where an archive was read, four fifths
of the known documents were read, and every language is covered.</p>"""
    )
    st.subheader("Recommendations")
    cells = [
        [
            f"{code} {html.escape(entry.title)}",
            html.escape(entry.report),
            html.escape(", ".join(k.replace("_", " ") for k in entry.applies_to)),
            html.escape(", ".join(entry.required).replace("_", " ")),
        ]
        for code, entry in codebook.recommendations.items()
    ]
    st.html(
        html.table(
            ["Recommendation", "As the report puts it", "Applies to", "Needed for “stated”"],
            cells,
            caption="Recommendations",
        )
    )
    st.subheader("Sources")
    with shared.open_store().transaction() as session:
        rows = queries.source_rows(session)
    cells = [
        [
            html.escape(f"{r.institution}/{r.key}"),
            html.escape(r.kind),
            html.escape(r.state),
            html.escape(r.reason or "–"),
            str(r.documents),
            html.day(r.last_good_at),
        ]
        for r in rows
    ]
    st.html(
        html.table(
            ["Source", "Kind", "State", "Reason", "Documents", "Last good read"],
            cells,
            caption="Sources and their state",
        )
    )
    shared.foot(figures)
