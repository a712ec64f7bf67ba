"""Everything on one institution, or the list of all."""

from collections.abc import Sequence

import streamlit as st

from tracker.model import SPOKEN, InstitutionKind
from tracker.queries import Cell
from tracker.views import hearing, html, profile, shared, tables
from tracker.views.addresses import APP, PRINTED
from tracker.views.evidence import search_record
from tracker.views.opening import open_store
from tracker.views.profile import Profile


def render() -> None:
    """Show the institution that the address names, or all to choose from."""
    shared.renamed(inst="institution")
    key = st.query_params.get("institution")
    if key is None:
        _all()
        return
    with open_store().transaction() as session:
        found = profile.load(session, key)
    if found is None:
        shown = shared.frame("Institution", "No such institution")
        shared.missing("institution", "/institution", "All institutions in scope")
    else:
        shown = shared.frame(found.row.name, found.row.name)
        shared.answers("institution")
        shared.left_out()
        _show(found)
    shared.foot(shown, printed=PRINTED.institution(key) if found else "")


def _all() -> None:
    shown = shared.frame(
        "Institutions",
        "Institutions in scope",
        "Ethics institutes, universities, funders, government bodies and associations whose published texts are read. Sorted by name.",
    )
    if shared.nothing_yet(shown):
        return
    left, right = st.columns([3, 3])
    with left:
        typed = shared.ask("Name", "q", hint="Part of a name").casefold()
    with right:
        kinds = shared.choose("Kind", "kind", {str(k): html.KINDS[k] for k in InstitutionKind})
    shared.left_out()
    spoken = [cell for cell in shared.cells() if cell.question == SPOKEN]
    kept = [c for c in tables.keep(spoken, {"kind": kinds}) if typed in c.name.casefold()]
    shared.show(f'<p class="t-meta"><b>{len(kept)} of {len(spoken)} institutions</b></p>')
    shared.show(
        _table(kept)
        if kept
        else html.card("No institution in scope has such a name.", "That is no statement about it.")
    )
    shared.foot(shown, printed="/p/")


def _table(kept: Sequence[Cell]) -> str:
    rows = [
        [
            html.go(APP.institution(cell.institution), cell.name),
            html.escape(html.words(cell.kind)),
            html.escape(html.country(cell.country)),
            html.escape(cell.group),
            html.badge_of(cell),
        ]
        for cell in kept
    ]
    columns = ["Institution", "Kind", "Country", "Group", "Who has spoken"]
    return html.table(columns, rows, caption="Institutions in scope", stack=True)


def _show(found: Profile) -> None:
    key = found.row.key
    shared.show(
        html.actions(
            html.go("/institution", "‹ All institutions"),
            html.go(PRINTED.institution(key), "Print this file"),
            f'<a href="/data/coverage.json?institution={key}" target="_blank" download>JSON</a>',
            html.go(f"/alerts?institution={key}", "Follow"),
        ),
        profile.answer(found),
        profile.head(found),
        f'<p class="t-meta">{html.escape(profile.coverage_line(found))}</p>',
        profile.summary(found),
        hearing.of_institution(found.findings),
    )
    quotes, documents, changes, read = st.tabs(["Quotes", "Documents", "Changes", "What was read"])
    with quotes:
        steps = profile.statements(found)
        shared.show(f"<h2>Statements by date</h2>{steps}" if steps else "")
        shared.show(profile.quotes(found) or profile.no_quote(found))
        shared.citations(profile.quoted(found), found.around.versions)
    with documents:
        shared.show(profile.documents(found))
    with changes:
        shared.show(profile.changes(found))
    with read:
        shared.show(
            search_record(found.spoken.search_record, "What was read"), profile.sources(found)
        )
