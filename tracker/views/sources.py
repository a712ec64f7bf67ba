"""Where we look, what fails and why, and how to add a place."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime

import streamlit as st

from tracker import queries
from tracker.checkup import check_up
from tracker.health import IN_ORDER, Health, HealthState
from tracker.store.jobs import Work
from tracker.views import html, shared
from tracker.views.addresses import APP
from tracker.views.opening import open_store

A_PAGE = 100
MOST_JOBS = 50
SAID = {HealthState.OK: "in order"}


def render() -> None:
    """Show the sources that fail first in words, then every source."""
    shown = shared.frame(
        "Sources",
        "Where we look, and what fails",
        "A source that cannot be read is told apart from one where nothing was found. Failing sources make an institution “unreachable”, never silent.",
    )
    if shared.nothing_yet(shown):
        return
    rows = _judged()
    states = Counter(row.state for row in rows)
    wrong = [row for row in rows if row.state not in IN_ORDER]
    shared.show(
        html.facts(
            [
                (f"{states[HealthState.OK]} of {len(rows)}", "sources in order"),
                (str(len(wrong)), "need a look: they fail, block, moved or bring nothing"),
                (str(states[HealthState.NEVER_READ]), "not yet read"),
                (f"{shown.documents_read:,} of {shown.documents_known:,}", "known documents read"),
            ]
        )
    )
    _queue()
    shared.show("<h2>Need a look</h2>", _wrong(wrong) if wrong else "<p>None.</p>")
    shared.show("<h2>All sources</h2>")
    wanted = shared.choose(
        "State", "state", {str(s): SAID.get(s, str(s)) for s in HealthState if states[s]}
    )
    shared.left_out()
    kept = [row for row in rows if not wanted or str(row.state) in wanted]
    part = shared.page_of(len(kept), "sources", size=A_PAGE)
    shared.show(_all(kept[part]))
    _add()
    shared.foot(shown)


@st.cache_resource(show_spinner=False, ttl=shared.FRESH_FOR)
def _judged() -> Sequence[Health]:
    """How each source is doing, as of the last run."""
    at = shared.figures().last_run_at
    with open_store().transaction() as session:
        return check_up(session, at=at or datetime.now(UTC))


def _queue() -> None:
    """Show the workers' jobs, where there are workers."""
    store = open_store()
    if not queries.has_queue(store.engine):
        return
    with store.transaction() as session:
        found = queries.queue_view(session, at=datetime.now(UTC))
    shown = [job for job in found.jobs if job.work != Work.SCHEDULE]
    counts = Counter(job.state for job in shown)
    facts = [
        (str(found.workers), "workers alive"),
        *((str(counts[state]), f"jobs {state}") for state in ("waiting", "running", "failed")),
    ]
    cells = [
        [
            html.escape(job.work),
            html.go(APP.institution(job.institution), job.institution) if job.institution else "–",
            html.escape(job.state),
            str(job.tries),
            html.day(job.since),
        ]
        for job in shown[:MOST_JOBS]
    ]
    columns = ["Work", "Institution", "State", "Tries ended", "Since"]
    table = html.table(columns, cells, caption="Jobs of the workers") if cells else ""
    shared.show("<h2>Workers</h2>", html.facts(facts), table)


def _wrong(rows: Sequence[Health]) -> str:
    names = shared.institutions()
    cells = [
        [
            html.go(APP.institution(row.source.institution), names[row.source.institution].name),
            html.link(row.source.url, html.bare(row.source.url)),
            html.source_state(row.state),
            html.coded(html.sentence(row.cause)),
            html.coded(html.sentence(row.remedy)),
            f'<span class="t-nowrap">{html.day(row.last_good_at)}</span>',
        ]
        for row in rows
    ]
    columns = ["Institution", "Source", "State", "Cause", "What helps", "Last good read"]
    return html.table(columns, cells, caption="Sources that need a look", stack=True)


def _all(rows: Sequence[Health]) -> str:
    names = shared.institutions()
    cells = [
        [
            html.go(APP.institution(row.source.institution), names[row.source.institution].name),
            html.link(row.source.url, html.bare(row.source.url)),
            html.escape(row.source.kind),
            html.source_state(row.state),
            f"{row.success:.0%} of {html.number(row.reads, 'read')}"
            if row.success is not None
            else "–",
            html.day(row.last_good_at),
        ]
        for row in rows
    ]
    columns = ["Institution", "Source", "Kind", "State", "Good reads in 14 days", "Last good read"]
    return html.table(columns, cells, caption="All sources", stack=True)


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
        "<p><code>tracker sources add ADDRESS</code> looks at a page and proposes the lines for <code>sources.yaml</code>. A person confirms them; "
        "<code>tracker sources check --live</code> names every mistake with its line, and <code>tracker run KEY</code> reads them.</p>",
    )
    st.code(ADD, language="yaml")
