"""What happens to a document as such: reads that succeed or fail, and when to read again. Knows no text."""

import zlib
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import or_
from sqlmodel import Session, col, func, select

from tracker.model import (
    Document,
    DocumentState,
    Fetch,
    Institution,
    Outcome,
    QuarantineReason,
    Reason,
    Snapshot,
    SnapshotState,
    Version,
)

READABLE = (SnapshotState.NEW_VERSION, SnapshotState.SAME_TEXT)
UNREAD = (SnapshotState.QUARANTINED, SnapshotState.UNREADABLE)

#: Failures closer together than this are one: a page is not gone because we asked thrice in a minute.
FAILURE_APART = timedelta(hours=1)
SHORTEST, LONGEST = 24, 60 * 24  # hours between two reads of one document
PATIENT = 4  # failures in a row after which a document is asked for less and less often
HOURS = {"h": 1, "d": 24, "w": 168}


def in_turn(session: Session, document_ids: Iterable[int]) -> None:
    """Wait for whoever writes to these documents, in an order in which nobody waits in a circle."""
    if session.get_bind().dialect.name != "sqlite":  # there one writes at a time
        query = select(Document.id).where(col(Document.id).in_(set(document_ids)))
        session.exec(query.order_by(col(Document.id)).with_for_update()).all()


def hours_of(interval: str | None) -> int | None:
    """Return the hours of a declared interval such as 12h, 7d or 2w."""
    return None if interval is None else int(interval[:-1]) * HOURS[interval[-1]]


def due_after(at: datetime, hours: float, *, who: str | int | None) -> datetime:
    """Return when what was read is due again; a little early, for a daily run is never on the second.

    How little, a twentieth to a tenth, depends on `who` alone, a source's name or a document's id: what
    was first read at one time drifts apart, so that no hour has all the work and no host knows when we come.
    """
    drift = zlib.crc32(str(who).encode()) % 1000 / 1000
    return at + timedelta(hours=hours * (0.95 - 0.05 * drift))


def next_visit(
    hours: int, *, interval: int | None, good_at: datetime | None, at: datetime, who: int
) -> tuple[int, datetime]:
    """Return the hours to wait from now on, and when the document is due again.

    Each read that comes when it is due doubles them; `note_change` takes that back where the read
    showed another text. An interval that the source declares overrides what was learned.
    """
    timely = good_at is not None and at - good_at >= timedelta(hours=hours * 0.9)
    hours = min(LONGEST, hours * 2) if timely else hours
    return hours, due_after(at, interval or hours, who=who)


def note_change(document: Document, *, interval: int | None, at: datetime) -> None:
    """Learn that a read showed another text: half of what was waited this time."""
    document.revisit_hours = max(SHORTEST, document.revisit_hours // 4)
    document.due_at = due_after(at, interval or document.revisit_hours, who=document.id)


def latest(*times: datetime | None) -> datetime | None:
    """Return the latest of the times that are known."""
    return max((time for time in times if time is not None), default=None)


def good(at: datetime) -> dict[str, Any]:
    """Return what a good read makes of a document's columns."""
    return {
        "last_tried_at": at,
        "last_good_at": at,
        "failures": 0,
        "failing_since": None,
        "failed_at": None,
        "last_reason": None,
        "state": DocumentState.LIVE,
    }


def note_failure(document: Document, reason: Reason, *, at: datetime) -> None:
    """Write down that a read failed; failures in a row are counted at most once an hour."""
    document.last_tried_at = at
    _count(document, reason, at)
    _wait(document, at)
    if reason is Reason.NOT_FOUND:
        document.address = None  # its own address tells where it went, if anywhere


def _wait(document: Document, at: datetime) -> None:
    """Ask for what keeps failing every day at first, then less and less often."""
    hours = SHORTEST * 2 ** max(0, min(6, document.failures - PATIENT))
    document.due_at = due_after(at, min(LONGEST, hours), who=document.id)


def _count(document: Document, reason: Reason, at: datetime) -> None:
    document.last_reason = reason
    if document.failed_at is None or at - document.failed_at >= FAILURE_APART:
        document.failures += 1
        document.failed_at = at
    document.failing_since = document.failing_since or at


def last_good_read(
    session: Session, document_id: int, before: datetime | None = None
) -> datetime | None:
    """Return when a document was last read well, before a time where one is given."""
    query = (
        select(func.max(Fetch.at))
        .join(Snapshot, col(Snapshot.fetch_id) == Fetch.id, isouter=True)
        .where(
            Fetch.document_id == document_id,
            col(Fetch.outcome).in_([Outcome.FETCHED, Outcome.NOT_MODIFIED]),
            or_(col(Snapshot.id).is_(None), col(Snapshot.state).in_(READABLE)),
        )
    )
    if before is not None:
        query = query.where(Fetch.at < before)
    last: datetime | None = session.exec(query).one()
    return last


def recount_failures(session: Session, document: Document) -> None:
    """Count the failures since the last good read anew, now that captures were read.

    A capture that was no page counts as a failed read of ours, an imported one as none.
    """
    assert document.id is not None
    document.last_good_at = last_good_read(session, document.id)
    document.failures, document.failing_since, document.failed_at = 0, None, None
    document.last_reason = None
    failed = (
        select(Fetch.at, Fetch.reason, Snapshot.quarantine)
        .join(Snapshot, col(Snapshot.fetch_id) == Fetch.id, isouter=True)
        .where(Fetch.document_id == document.id)
        .where(
            or_(
                col(Fetch.outcome) == Outcome.FAILED,
                col(Snapshot.state).in_(UNREAD) & col(Snapshot.imported).is_(False),
            )
        )
    )
    if document.last_good_at is not None:
        failed = failed.where(Fetch.at > document.last_good_at)
    for at, reason, found in session.exec(failed.order_by(col(Fetch.at), col(Fetch.id))).all():
        login = found is QuarantineReason.LOGIN_WALL
        unread = Reason.LOGIN if login else Reason.UNREADABLE
        _count(document, unread if reason is None else Reason(reason), at)
    if document.failed_at is not None:
        _wait(document, document.failed_at)
    if document.failures == 0 and document.moved_to_id is None:
        document.state = DocumentState.LIVE


def counted(session: Session, *where: Any) -> tuple[int, int]:
    """Return how many documents of listed institutions are known, and read: the same wherever it is said.

    What turned out to be another document's address is none of its own.
    """
    known = (
        select(func.count(col(Document.id)), func.count(col(Version.id)))
        .join(Institution, col(Document.institution_id) == Institution.id)
        .join(
            Version, (col(Version.document_id) == Document.id) & col(Version.current), isouter=True
        )
        .where(col(Institution.listed), col(Document.moved_to_id).is_(None), *where)
    )
    found = session.exec(known).one()
    return found[0], found[1]
