"""One document: its versions, any two compared, every attempt to read it. For screen and print."""

from dataclasses import dataclass

from sqlmodel import Session

from tracker import queries
from tracker.addresses import web_archive
from tracker.changes import Comparison, as_html, as_html_sides, compare, summary
from tracker.queries import ChangeRow, CheckRow, DocumentRow, VersionRow
from tracker.views.addresses import APP, Places
from tracker.views.changed import pieces
from tracker.views.html import (
    actions,
    between,
    brief,
    card,
    day,
    escape,
    go,
    language,
    link,
    minute,
    number,
    pairs,
    table,
    when,
    words,
)

STATES = {
    "live": "at its address at the last check",
    "gone": "no longer at its address; reason unknown",
    "moved": "moved to another address",
    "walled": "behind a login",
    "unreachable": "could not be read lately",
    "never_read": "not yet read",
}


@dataclass(frozen=True, slots=True)
class Documented:
    """A document with its history."""

    row: DocumentRow
    versions: tuple[VersionRow, ...]
    checks: tuple[CheckRow, ...]
    changes: tuple[ChangeRow, ...]


def load(session: Session, document_id: int) -> Documented | None:
    """Return the document with that id, or None."""
    rows = queries.document_rows(session, document_id=document_id)
    if not rows:
        return None
    return Documented(
        rows[0],
        tuple(queries.version_rows(session, document_id)),
        tuple(queries.check_rows(session, document_id)),
        tuple(queries.change_rows(session, document_id=document_id, folded=True)),
    )


def pair(found: Documented, a: str | None, b: str | None) -> tuple[VersionRow, VersionRow] | None:
    """Return the two versions that an address names, by default the last two; None where it names no such."""
    by_number = {str(version.number): version for version in found.versions}
    if len(by_number) < 2 and a is None and b is None:
        return None
    last = [str(version.number) for version in found.versions[-2:]]
    left, right = by_number.get(a or last[0]), by_number.get(b or last[-1])
    return (left, right) if left and right else None


def difference(session: Session, versions: tuple[VersionRow, VersionRow]) -> Comparison:
    """Return what differs between two versions."""
    return compare(*(pieces(session, version) for version in versions))


def head(found: Documented, places: Places = APP) -> str:
    """Return what the document is, where it stands, and in what state."""
    row = found.row
    stated = day(row.stated_date) if row.stated_date else "none stated"
    basis = (
        f" ({escape(row.stated_basis)})" if row.stated_date and row.stated_basis != "stated" else ""
    )
    return pairs(
        [
            ("Institution", go(places.institution(row.institution), row.name)),
            ("Address", link(row.url, row.url)),
            ("State", escape(STATES.get(row.state, row.state))),
            ("Document’s own date", f"{stated}{basis}"),
            ("In our reads", f"first {minute(row.first_seen)}, last {minute(row.last_good_at)}" if found.versions else "not yet read"),
            ("Sort of text", f"{escape(words(row.genre))}, in the voice of: {escape(words(row.voice))} ({escape(row.voice_because or 'no mark of it found')})" if found.versions else ""),
            ("Length", f"{number(row.words, 'word')}, language {escape(language(row.language or 'unknown'))}" if found.versions else ""),
            ("Hashes", row.text_sha256 and f"text sha256 <code>{escape(row.text_sha256)}</code><br>bytes sha256 <code>{escape(row.payload_sha256)}</code>"),
            ("Other copies", link(web_archive(row.url), "Internet Archive")),
        ]
    )  # fmt: skip


def timeline(found: Documented) -> str:
    """Return the versions as steps, newest first."""
    steps = "".join(
        f"<li><b>Version {version.number}</b>, {between(version.seen_from, version.seen_to)}; "
        f'still there {minute(version.last_seen_at)}<br><span class="t-meta">{number(version.words, "word")} · '
        f"{escape(version.origin)} · <code>{escape(version.text_sha256[:12])}</code></span></li>"
        for version in reversed(found.versions)
    )
    return f'<ol class="t-steps">{steps}</ol>' if steps else card("No version has been read yet.")


def compared(
    versions: tuple[VersionRow, VersionRow], comparison: Comparison, *, sides: bool
) -> str:
    """Return two versions' difference with its headline."""
    left, right = versions
    said = summary(comparison) or "no sentence differs"
    shown = as_html_sides if sides else as_html
    return (
        f'<p class="t-kicker">Version {left.number} ({day(left.seen_to)}) to version {right.number} ({day(right.seen_to)}): {escape(said)}</p>'
        + (shown(comparison.sentences) if comparison.sentences else "")
    )


def checks(found: Documented) -> str:
    """Return the latest attempts to read the document."""
    rows = [
        [minute(c.at), escape(words(c.outcome)), escape(words(c.reason or "–")), escape(c.status or "–")]
        for c in found.checks
    ]  # fmt: skip
    return table(["When", "Outcome", "Reason", "HTTP"], rows, caption="Attempts to read it")


def changes(found: Documented, places: Places = APP) -> str:
    """Return the changes of the document."""
    rows = [
        [go(places.change(c.id), brief(c.summary)), escape(words(c.change_class)), when(c)]
        for c in found.changes
    ]  # fmt: skip
    if not rows:
        return '<p class="t-meta">No change so far; the first read is the baseline.</p>'
    return table(["Change", "Class", "When"], rows, caption="Changes of this document", stack=True)


def nothing_to_compare(found: Documented) -> str:
    """Return why no two versions can be compared."""
    there = "There is one version" if found.versions else "No version has been read yet"
    return f"<p>{there}; nothing to compare yet.</p>"


def sheet(
    found: Documented, two: tuple[VersionRow, VersionRow] | None, comparison: Comparison, places: Places
) -> str:  # fmt: skip
    """Return the whole document as one printable column."""
    withheld = card(
        "This document’s text is withheld.", "Its versions and hashes are kept and listed."
    )
    said = compared(two, comparison, sides=False) if two else nothing_to_compare(found)
    return (
        head(found, places)
        + "<h2>Versions</h2>"
        + timeline(found)
        + "<h2>What differs</h2>"
        + (withheld if found.row.withheld else said)
        + "<h2>Changes</h2>"
        + changes(found, places)
        + "<h2>Attempts to read it</h2>"
        + checks(found)
        + actions(go(APP.document(found.row.id), "Open in the app"))
    )
