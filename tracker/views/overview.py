"""What this is, what it comes to so far, how fresh it is, what changed."""

from collections.abc import Sequence
from datetime import timedelta

import streamlit as st

from tracker import queries
from tracker.coding.codebook import load_codebook
from tracker.model import SPOKEN, ChangeClass, InstitutionKind
from tracker.queries import SPEAKING, Cell, ChangeRow, Overview, Tally, tally
from tracker.shares import shares
from tracker.views import html, matrix, report, shared, squares, timeline
from tracker.views.addresses import APP
from tracker.views.opening import open_store

WEEK = timedelta(days=7)
CHANGES = 5


def render() -> None:
    """Show how many have spoken of how many, since when, and what changed this week."""
    given = shared.cells()
    spoken = [cell for cell in given if cell.question == SPOKEN]
    shown = shared.frame("Overview", squares.headline(spoken), LEAD)
    if shared.nothing_yet(shown):
        return
    shared.left_out()
    shared.show(_facts(given, shown), squares.squares(spoken, glance=True), _denominators(spoken))
    shared.show(_when(spoken, shown))
    shared.show(_recommendations(given))
    left, right = st.columns([3, 2], gap="large")
    with left:
        shared.show(_week(shown))
    with right:
        shared.show(_freshness(shown, spoken))
    shared.show(WAYS)
    shared.foot(shown, printed="/p/")


LEAD = (
    "What AI ethics institutes, universities and funders themselves publish on China, surveillance and "
    "research partnerships: quoted, dated and kept. Only what people confirmed is counted."
)
WAYS = f"""<div class="t-ways">
<div class="t-way"><b>{html.go("/institution", "Check one institution")}</b>Its statements, policies and changes on one page that prints, with quotes, dates and hashes.</div>
<div class="t-way"><b>{html.go("/compare", "Compare policies")}</b>Institutions against the report’s recommendations, element by element; export what you see.</div>
<div class="t-way"><b>{html.go("/changes", "Follow changes")}</b>What was added or removed, before and after; {html.go("/alerts", "be told")} when it happens.</div></div>"""


def _facts(given: Sequence[Cell], shown: Overview) -> str:
    """Since when, how policies stand, what changed, how fresh and complete: the rest of the page in a line."""
    since = [
        c.since
        for c in given
        if c.question == SPOKEN and c.confirmed and c.result in SPEAKING and c.since
    ]
    asked = [c for c in given if c.question in _titles() and c.result != "not_applicable"]
    sure = sum(matrix.coverage_part(c) in matrix.CONFIRMED for c in asked)
    told = (
        [(html.day(min(since)), "first confirmed statement, by its stated date")] if since else []
    )
    return html.facts(
        [
            *told,
            (f"{sure:,} of {len(asked):,}", "policy answers confirmed, on six recommendations"),
            (
                str(_material(_of_week(shown))),
                f"material changes in the week to {html.day(shown.last_run_at)}",
            ),
            (
                f"{shown.documents_read:,} of {shown.documents_known:,}",
                f"known documents read, last on {html.day(shown.last_run_at)}",
            ),
        ]
    )


def _titles() -> dict[str, str]:
    return {str(code): entry.title for code, entry in load_codebook().recommendations.items()}


def _denominators(spoken: Sequence[Cell]) -> str:
    whole = tally(spoken)
    lines = [
        "“Spoke out” means: condemned or criticised abuses in the institution’s own voice. “Checked” means: a statement was found, or enough of what it publishes was read to say that none was; while some are not checked, the share among those checked leans upwards.",
    ]
    if whole.possible:
        lines.append(
            f"{html.number(whole.possible, 'institution')} possibly did too: found by machine, not yet reviewed, never added to the confirmed."
        )
    if whole.unread:
        are = "is" if whole.unread == 1 else "are"
        lines.append(
            f"{whole.unread} of the {whole.institutions} in scope {are} not checked or unreachable: that is no answer."
        )
    more = html.go("/statements", "See every institution and its quotes")
    return (
        f'<p class="t-meta">{"<br>".join(map(html.escape, lines))}<br>{more}</p>{_by_kind(spoken)}'
    )


def _groups(spoken: Sequence[Cell]) -> str:
    inner = tally(cell for cell in spoken if cell.group == "core")
    census = [share for share in shares(spoken) if share.scope == "core"]
    found, checked, said = (
        sum(getattr(share, name) for share in census) for name in ("census", "checked", "spoken")
    )
    return (
        f"Core group: {_of_checked(inner)}. With adjacent institutions: {_of_checked(tally(spoken))}. "
        f"Of the {found} core institutions that a census found, {checked} are checked; {said} of these spoke out{_per_cent(said, checked)}."
    )


def _of_checked(found: Tally) -> str:
    return f"{found.confirmed} of {found.institutions - found.unread}"


def _per_cent(part: int, whole: int) -> str:
    return f", {part / whole:.0%}" if whole else ""


def _by_kind(spoken: Sequence[Cell]) -> str:
    rows = [
        [
            html.KINDS[InstitutionKind(share.kind)],
            share.scope,
            *(str(n) for n in (share.census, share.checked, share.spoken, share.possible, share.found_by_topic)),
        ]
        for share in shares(spoken)
    ]  # fmt: skip
    columns = [
        "Kind",
        "Counted",
        "By census",
        "Checked",
        "Spoke, confirmed",
        "Possible",
        "Found by topic, in no share",
    ]
    drawn = html.table(columns, rows, caption="Denominators by kind")
    return f'<details class="t-meta"><summary>Show the counts by kind and group</summary><p>{html.escape(_groups(spoken))}</p>{drawn}</details>'


def _when(spoken: Sequence[Cell], shown: Overview) -> str:
    speaking = [c for c in spoken if c.result in SPEAKING]
    points = [timeline.Point(c.since, c.name, c.confirmed) for c in speaking if c.since]
    until = shown.last_run_at or points[-1].at if points else shown.last_run_at
    after = sum(point.at.date() > report.PUBLISHED for point in points if point.confirmed)
    before = sum(point.confirmed for point in points) - after
    undated = len(speaking) - len(points)
    heading = f"{before} first spoke before the report of December 2025, {after} after it"
    drawn = timeline.timeline(points, until.date() if until else report.PUBLISHED)
    key = (
        '<ul class="t-key"><li><span class="dot sure"></span> confirmed by people</li><li><span class="dot maybe"></span> possible, found by machine</li>'
        '<li><span class="said"></span> reported by the report, not by us</li></ul>'
    )
    rest = f" {undated} without a stated date are not drawn." if undated else ""
    return (
        f'<h2>{html.escape(heading)}</h2><div class="t-scroll t-wide" tabindex="0" role="region" aria-label="Timeline">{drawn}</div>{key}'
        f'<p class="t-meta">First statement of each institution, by the date its document states.{rest}</p>'
        + _reported(spoken)
        + _data(points)
    )


def _data(points: Sequence[timeline.Point]) -> str:
    rows = [
        [html.escape(p.name), html.day(p.at), "confirmed" if p.confirmed else "possible"]
        for p in sorted(points, key=lambda p: p.name)
    ]
    drawn = html.table(
        ["Institution", "First statement", "State"], rows, caption="First statements"
    )
    return f'<details class="t-meta"><summary>Show the timeline’s data</summary>{drawn}</details>'


def _reported(spoken: Sequence[Cell]) -> str:
    by_key = {cell.institution: cell for cell in spoken}
    rows = [
        [html.escape(r.name), f"reported by the report: {r.when}", _ours(by_key.get(r.institution))]
        for r in report.REPORTED
    ]
    shown = html.table(
        ["Named in the report", "The report’s claim", "What the tracker itself finds"],
        rows,
        caption="Statements that the report cites",
    )
    return f'{shown}<p class="t-meta">The claims are those of {html.escape(report.SOURCE)}.</p>'


def _ours(cell: Cell | None) -> str:
    if cell is None:
        return "not among the institutions read here"
    since = f", first dated {html.day(cell.since)}" if cell.since else ""
    badge = html.badge_of(cell)
    return f"{badge}{html.escape(since)} {html.go(APP.institution(cell.institution), 'see what was read')}"


def _recommendations(given: Sequence[Cell]) -> str:
    titles = _titles()
    asked = [c for c in given if c.question in titles and c.result != "not_applicable"]
    sure = sum(matrix.coverage_part(c) in matrix.CONFIRMED for c in asked)
    heading = f"Policies: {sure:,} of {len(asked):,} answers to the report’s recommendations are confirmed"
    return (
        f"<h2>{html.escape(heading)}</h2>"
        + matrix.by_kind(asked, titles)
        + f'<p class="t-meta">The wording of R1 to R6 is the tracker’s own, after the recommendations as summarised in the press. '
        f"{html.go('/compare', 'All institutions, cell by cell')}</p>"
    )


def _week(shown: Overview) -> str:
    until = shown.last_run_at
    if until is None:
        return ""
    rows = _of_week(shown)
    material = _material(rows)
    heading = f"{html.number(material, 'material change')} in the week to {html.day(until)}"
    if own := len(rows) - material:
        heading += f", and {own} of our own record since"
    items = (_change(row) for row in rows[:CHANGES])
    empty = f"No material change; {shown.fetches - shown.failed_fetches:,} reads so far went well."
    more = html.go("/changes", f"All {len(rows)}") if len(rows) > CHANGES else ""
    return f"<h2>{heading}</h2>{html.listing(items, empty=empty)}{more}"


def _of_week(shown: Overview) -> Sequence[ChangeRow]:
    """The changes that are sent by default, of the week before the last read."""
    if shown.last_run_at is None:
        return ()
    with open_store().transaction() as session:
        return queries.change_rows(
            session,
            classes=[ChangeClass.MATERIAL, ChangeClass.RECORD],
            since=shown.last_run_at - WEEK,
        )


def _material(rows: Sequence[ChangeRow]) -> int:
    return sum(row.change_class is ChangeClass.MATERIAL for row in rows)


def _change(row: ChangeRow) -> str:
    return (
        f"<b>{html.escape(row.name)}</b><br>{html.go(APP.change(row.id), html.brief(row.summary))}"
        f'<br><span class="t-meta">{html.escape(row.title)} · {html.when(row)}</span>'
    )


def _freshness(shown: Overview, spoken: Sequence[Cell]) -> str:
    read = sum(cell.result not in queries.UNREAD for cell in spoken)
    given = [
        (f"{read} of {len(spoken)}", "institutions in scope are checked"),
        (f"{shown.documents_read:,} of {shown.documents_known:,}", "known documents read"),
        (f"{shown.documents_fresh:,} of {shown.documents_read:,}", "of those within 30 days"),
        (f"{shown.sources_wrong} of {shown.sources}", "sources in need of a look"),
    ]
    return (
        f"<h2>How fresh and how complete</h2>{html.facts(given)}"
        f'<p class="t-meta">Last read ended {html.minute(shown.last_run_at)}. {html.go("/sources", "Which sources fail, and why")}</p>'
    )
