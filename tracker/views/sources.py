"""Where we look, what fails and why, and how to add a place."""

from collections import Counter
from collections.abc import Sequence

import streamlit as st

from tracker import queries
from tracker.queries import SourceRow
from tracker.views import html, shared
from tracker.views.addresses import APP
from tracker.views.opening import open_store

A_PAGE = 100


def render() -> None:
    """Show the sources that fail first in words, then every source."""
    shown = shared.frame(
        "Sources",
        "Where we look, and what fails",
        "A source that cannot be read is told apart from one where nothing was found. Failing sources make an institution “unreachable”, never silent.",
    )
    if shared.nothing_yet(shown):
        return
    with open_store().transaction() as session:
        rows = queries.source_rows(session)
    states = Counter(row.state for row in rows)
    shared.show(
        html.facts(
            [
                (f"{states['ok']} of {len(rows)}", "sources read well at the last look"),
                (str(states["failed"]), "failing now"),
                (str(states["never_read"]), "not yet read"),
                (f"{shown.documents_read:,} of {shown.documents_known:,}", "known documents read"),
            ]
        )
    )
    failing = [row for row in rows if row.state == "failed"]
    shared.show("<h2>Failing now</h2>", _failing(failing) if failing else "<p>None.</p>")
    shared.show("<h2>All sources</h2>")
    wanted = shared.choose("State", "state", {state: html.words(state) for state in sorted(states)})
    kept = [row for row in rows if not wanted or row.state in wanted]
    part = shared.page_of(len(kept), "sources", size=A_PAGE)
    shared.show(_all(kept[part]))
    _add()
    shared.foot(shown)


#: What to do about a failure, by its reason.
REMEDIES = {
    "robots": "The site asks not to be read; that is obeyed. Ask the institution, or look for another official page.",
    "http_error": "The server answered with an error. Open the address; if it moved, correct it in sources.yaml.",
    "not_found": "Nothing is at the address any more. Find the new one and correct it in sources.yaml.",
    "login": "The page is behind a login; it is not read.",
    "rate_limited": "The site wants fewer requests. It is tried again later; a longer interval helps.",
    "timeout": "The server did not answer in time. It is tried again at the next run.",
    "dns": "The host’s name is not known. Correct the address in sources.yaml.",
    "connection": "The server could not be reached. It is tried again at the next run.",
    "tls": "The site’s certificate is not valid; it is not read around that.",
    "too_large": "The file is larger than what is read.",
    "foreign_host": "The address leads to a host that is not the institution’s. Add the host if it is official.",
    "private_address": "The address is on a private network and not read.",
    "unsupported_type": "The file is of a kind that is not read.",
    "unreadable": "The file is damaged or holds no text.",
    "budget": "The limit of pages was reached. Raise max_documents.",
}


def _failing(rows: Sequence[SourceRow]) -> str:
    cells = [
        [
            html.go(APP.institution(r.institution), r.institution),
            html.link(r.url, r.key),
            html.escape(html.words(r.reason or "unknown")) + _detail(r),
            html.day(r.last_good_at),
            html.escape(REMEDIES.get(r.reason or "", "See the log of the last run.")),
        ]
        for r in rows
    ]
    columns = ["Institution", "Source", "Cause", "Last good read", "What helps"]
    return html.table(columns, cells, caption="Sources that fail now")


def _detail(row: SourceRow) -> str:
    return f'<span class="t-small">{html.escape(row.detail)}</span>' if row.detail else ""


def _all(rows: Sequence[SourceRow]) -> str:
    cells = [
        [
            html.link(r.url, f"{r.institution}/{r.key}"),
            html.escape(html.words(r.kind)),
            html.escape(html.words(r.state)),
            f"{r.documents:,}",
            html.day(r.last_good_at),
        ]
        for r in rows
    ]
    columns = ["Source", "Kind", "State", "Documents", "Last good read"]
    return html.table(columns, cells, caption="All sources")


ADD = """institutions:
  - key: alder-institute
    name: Alder Institute
    kind: ethics_institute      # university, funder, government, association
    country: GB
    homepage: https://alder.example/
    why_in_scope: AI ethics research institute
    sources:
      - {kind: sitemap, url: "https://alder.example/sitemap.xml", include: ["/news/", "/reports/"]}
      - {kind: page, url: "https://alder.example/policies/partnerships"}
"""


def _add() -> None:
    shared.show(
        "<h2>Add a source</h2>",
        "<p>Sources are lines in <code>sources.yaml</code>. Write an institution with its official pages, then run "
        "<code>tracker sources check --live</code>, which names every mistake with its line, and <code>tracker run KEY</code>.</p>",
    )
    st.code(ADD, language="yaml")
