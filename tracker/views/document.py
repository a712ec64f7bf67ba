"""One document: all versions, any two compared, every attempt to read it."""

from datetime import UTC, datetime
from functools import partial

import streamlit as st

from tracker.queries import version_text
from tracker.views import documented, html, people, shared
from tracker.views.addresses import APP, PRINTED, id_in
from tracker.views.documented import Documented
from tracker.views.opening import open_store
from tracker.warc_export import capture_of


def render() -> None:
    """Show the document that the address names."""
    wanted = id_in(st.query_params.get("id", ""))
    with open_store().transaction() as session:
        found = None if wanted is None else documented.load(session, wanted)
    if found is None:
        shown = shared.frame("Document", "No such document")
        shared.missing("document", "/institution", "All institutions")
        shared.foot(shown)
        return
    shown = shared.frame(found.row.title, found.row.title)
    shared.answers("id", "a", "b")
    shared.left_out()
    printed = PRINTED.document(found.row.id)
    shared.show(
        html.actions(
            html.go(APP.institution(found.row.institution), f"‹ {found.row.name}"),
            html.go(printed, "Print"),
        ),
        documented.head(found),
    )
    left, right = st.columns([2, 3], gap="large")
    with left:
        shared.show(
            f"<h2>{html.number(len(found.versions), 'version')}</h2>", documented.timeline(found)
        )
    with right:
        shared.show("<h2>Compare two versions</h2>")
        _compare(found)
    shared.show("<h2>Changes</h2>", documented.changes(found))
    shared.show("<h2>Attempts to read it</h2>", documented.checks(found))
    _our_captures(found)
    shared.foot(shown, printed=printed)


def _compare(found: Documented) -> None:
    if found.row.withheld:
        shared.show(
            html.card("This document’s text is withheld.", "Its versions and hashes are kept.")
        )
        return
    asked = documented.pair(found, st.query_params.get("a"), st.query_params.get("b"))
    if asked is None:
        _no_pair(found)
        return
    numbers = {version.number: version for version in found.versions}
    one, two, how = st.columns(3)
    before = one.selectbox("Before", list(numbers), index=list(numbers).index(asked[0].number))
    after = two.selectbox("After", list(numbers), index=list(numbers).index(asked[1].number))
    sides = how.selectbox("Show", ["Changed sentences", "Side by side"]) == "Side by side"
    pair = (numbers[before], numbers[after])
    if (
        pair != asked
    ):  # what the address says already is left alone, so that Back leads out of the page
        shared.remember("a", [str(before)])
        shared.remember("b", [str(after)])
    with open_store().transaction() as session:
        comparison = documented.difference(session, pair)
    shared.show(documented.compared(pair, comparison, sides=sides))


def _our_captures(found: Documented) -> None:
    """Let reviewers take away what was captured; the public has quotes, hashes and links."""
    if found.row.withheld or not found.versions or not people.reviewing():
        return
    shared.show("<h2>Our captures</h2>", FOR_REVIEWERS)
    numbers = {version.number: version for version in reversed(found.versions)}
    chosen = numbers[st.selectbox("Version", list(numbers), key="capture")]
    name = f"{found.row.institution}-{found.row.id}-{chosen.number}"
    left, right = st.columns(2)
    text, packed = partial(_text, chosen.id), partial(_packed, chosen.id)
    left.download_button("Its text", text, f"{name}.txt", "text/plain", on_click="ignore")
    right.download_button(
        "Its bytes and headers (WARC)", packed, f"{name}.warc.gz", on_click="ignore"
    )


def _text(version_id: int) -> str:
    """Return a version's text once somebody asks for it."""
    with open_store().transaction() as session:
        return version_text(session, version_id)


def _packed(version_id: int) -> bytes:
    """Return a version's capture as a WARC once somebody asks for it."""
    with open_store().transaction() as session:
        return capture_of(session, version_id, at=datetime.now(UTC))


FOR_REVIEWERS = '<p class="t-meta">For reviewers only: whole texts are their publishers’.</p>'


def _no_pair(found: Documented) -> None:
    if len(found.versions) < 2:
        shared.show(documented.nothing_to_compare(found))
    else:
        shared.show(html.card("No such version.", "The address names a version that is not here."))
