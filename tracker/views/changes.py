"""What changed: the list, by class, institution, label and time."""

from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta

import streamlit as st

from tracker import queries
from tracker.model import ChangeClass, Recommendation, Topic
from tracker.queries import ChangeRow, Overview
from tracker.views import html, shared, tables
from tracker.views.addresses import APP
from tracker.views.opening import open_store
from tracker.views.takeaway import takeaway

A_PAGE = 50
WEEKS = 26
Days = Sequence[tuple[ChangeClass, date, int]]


def render() -> None:
    """Show the list of changes."""
    shown = shared.frame(
        "Changes",
        "What changed, and when",
        "Every edit lies between two of our reads. They are material where they touch coded text or a document came, moved or went; the rest is listed, never sent by default.",
    )
    if shared.nothing_yet(shown):
        return
    chosen = _filters()
    shared.left_out()
    asked = tables.changes_asked(chosen)
    with open_store().transaction() as session:
        days = queries.change_days(session, **asked)
    shared.show(_count(days, shown), _calendar(days, shown))
    takeaway("changes", chosen)
    total = sum(count for *_, count in days)
    if total:
        part = shared.page_of(total, "changes", size=A_PAGE)
        with open_store().transaction() as session:
            rows = queries.change_rows(session, limit=A_PAGE, offset=part.start, **asked)
        shared.show(listing(rows))
    else:
        shared.show(_nothing(shown))
    shared.foot(shown)


def _filters() -> dict[str, list[str]]:
    left, middle, right = st.columns([3, 4, 3])
    with left:
        classes = shared.choose("Class", "class", {str(c): str(c) for c in ChangeClass})
    with middle:
        names = {key: row.name for key, row in shared.institutions().items()}
        institutions = shared.choose("Institution", "institution", names)
    with right:
        labels = {str(label): html.words(label) for label in (*Topic, *Recommendation)}
        label = shared.choose("Label touched", "label", labels)
    given = {"class": classes, "institution": institutions, "label": label}
    return {name: values for name, values in given.items() if values}


def _count(days: Days, shown: Overview) -> str:
    counts: Counter[str] = Counter()
    for change_class, _, count in days:
        counts[change_class] += count
    divided = ", ".join(f"{counts[c]:,} {c}" for c in map(str, ChangeClass) if counts[c])
    return (
        f'<p class="t-meta"><b>{html.number(counts.total(), "change")}</b>{": " + divided if divided else ""}. '
        f"{shown.fetches:,} reads so far, of which {shown.failed_fetches:,} failed.</p>"
    )


def _nothing(shown: Overview) -> str:
    return html.card(
        "No change matches.",
        "The first read of a source is its baseline and changes nothing.",
        f"{shown.fetches - shown.failed_fetches:,} reads went well so far, {shown.failed_fetches:,} failed.",
        html.go("/changes", "Clear all filters"),
    )


def listing(rows: Sequence[ChangeRow]) -> str:
    """Return changes as a table."""
    cells = [
        [
            html.go(APP.change(row.id), html.brief(row.summary)),
            html.go(APP.institution(row.institution), row.name),
            html.go(APP.document(row.document_id), row.title),
            html.change_class(row.change_class, row.kind),
            html.when(row),
            _seen(row),
        ]
        for row in rows
    ]
    columns = ["What the text did", "Institution", "Document", "Class", "When", "Seen again"]
    return html.table(columns, cells, caption="Changes, newest first", stack=True)


def _seen(row: ChangeRow) -> str:
    if row.change_class is ChangeClass.RECORD:
        return "–"
    return "yes" if row.confirmed else "not yet"


def _calendar(days: Days, shown: Overview) -> str:
    """Return half a year of weeks as a strip, darker where more changed."""
    if shown.last_run_at is None:
        return ""
    end = shown.last_run_at.date()
    weeks: Counter[int] = Counter()
    for _, at, count in days:
        weeks[(end - at).days // 7] += count
    most = max((weeks[week] for week in range(WEEKS)), default=0) or 1
    drawn = "".join(
        f'<span class="t-sq" style="background:color-mix(in srgb,var(--f-blue) {_shade(weeks[week], most)}%,var(--tint))" '
        f'title="{_week(end, week)}: {html.number(weeks[week], "change")}"></span>'
        for week in reversed(range(WEEKS))
    )
    alt = f"Changes a week in the {WEEKS} weeks to {html.day(shown.last_run_at)}, at most {most} in one"
    return (
        f'<div class="t-squares" role="img" aria-label="{alt}">{drawn}</div>'
        f'<p class="t-small">One square a week, {_week(end, WEEKS - 1)} to {html.day(shown.last_run_at)}; at most {most} changes in one week.</p>'
        + _weeks(weeks, end)
    )


def _weeks(weeks: Counter[int], end: date) -> str:
    """The strip's figures, for whoever cannot tell its shades apart."""
    rows = [[_week(end, week), str(weeks[week])] for week in range(WEEKS) if weeks[week]]
    if not rows:
        return ""
    drawn = html.table(["Week from", "Changes"], rows, caption="Changes by week")
    return f'<details class="t-meta"><summary>Show the counts by week</summary>{drawn}</details>'


def _shade(count: int, most: int) -> int:
    return 0 if not count else 25 + round(75 * count / most)


def _week(end: date, week: int) -> str:
    at = end - timedelta(days=7 * week + 6)
    return f"{at.day} {at:%b %Y}"
