"""One change: what exactly differs, and can it be cited."""

import streamlit as st

from tracker.changes import as_html_sides
from tracker.settings import Settings
from tracker.views import changed, html, shared
from tracker.views.addresses import APP, PRINTED, id_in
from tracker.views.opening import open_store


def render() -> None:
    """Show the change that the address names."""
    wanted = id_in(st.query_params.get("id", ""))
    with open_store().transaction() as session:
        found = None if wanted is None else changed.load(session, wanted)
    if found is None:
        shown = shared.frame("Change", "No such change")
        shared.missing("change", "/changes", "All changes")
        shared.foot(shown)
        return
    row = found.row
    title = changed.title(found)
    shown = shared.frame(title, title)
    shared.answers("id")
    shared.left_out()
    printed = PRINTED.change(row.id)
    shared.show(
        html.actions(
            html.go("/changes", "‹ All changes"),
            html.go(printed, "Print"),
            _follow(row.institution),
        ),
        changed.head(found),
    )
    if found.act:
        shared.show(changed.own(found, found.act), changed.provenance(found))
    else:
        _compared(found)
    address = Settings().public_url.rstrip("/") + APP.change(row.id)
    shared.show("<h2>Cite</h2>")
    st.code(changed.citation(found, address), language=None, wrap_lines=True)
    shared.foot(shown, printed=printed)


def _compared(found: changed.Changed) -> None:
    together, beside = st.tabs(["Changed sentences", "Side by side"])
    with together:
        shared.show(changed.text(found))
    with beside:
        shared.show(
            as_html_sides(found.difference.sentences)
            if found.difference.sentences
            else changed.text(found)
        )
    shared.show("<h2>Where this comes from</h2>", changed.provenance(found))


def _follow(institution: str) -> str:
    return html.go(f"/alerts?institution={institution}", "Follow this institution")
