"""What happened to documents as such: gone, walled, out of reach, back again."""

from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from tracker.model import (
    Change,
    ChangeClass,
    ChangeKind,
    Document,
    DocumentState,
    Fetch,
    Reason,
    Version,
)
from tracker.store.comparing import record_change, watched_since
from tracker.store.documents import FAILURE_APART
from tracker.store.rows import known_id

CONFIRMATIONS = 3  # reads in a row, an hour or more apart, before a document counts as gone
OUT_OF_REACH = timedelta(hours=72)


def document_events(session: Session, *, at: datetime) -> list[tuple[int, int]]:
    """Record what happened to documents as such; return (change id, institution id) of what is new.

    Gone and walled need three reads in a row that say so, unreachable three failures over 72 h.
    """
    found: list[tuple[int, int]] = []
    failing = session.exec(select(Document).where(col(Document.failures) >= CONFIRMATIONS)).all()
    for document in failing:
        if event := _event(document, at, gone=_is_gone(session, document)):
            document.state = _STATES[event[1]]
            found += _record_event(session, document, *event, at=at)
    found += _returns(session, at=at)
    return found


_STATES = {
    ChangeKind.DOCUMENT_REMOVED: DocumentState.GONE,
    ChangeKind.WALLED: DocumentState.WALLED,
    ChangeKind.UNREACHABLE: DocumentState.UNREACHABLE,
}


def _is_gone(session: Session, document: Document) -> bool:
    """Tell whether the last reads, an hour or more apart, all said that nothing is there.

    A time-out, a wall or a soft 404 among them says nothing of the kind, so the count starts anew.
    """
    reads = session.exec(
        select(Fetch.reason, Fetch.at)
        .where(Fetch.document_id == document.id)
        .order_by(col(Fetch.at).desc(), col(Fetch.id).desc())
    )
    said = 0
    earlier: datetime | None = None
    for reason, at in reads:
        if reason is not Reason.NOT_FOUND or said >= CONFIRMATIONS:
            break
        if earlier is None or earlier - at >= FAILURE_APART:
            said, earlier = said + 1, at
    return said >= CONFIRMATIONS


def _event(
    document: Document, at: datetime, *, gone: bool
) -> tuple[ChangeClass, ChangeKind] | None:
    if document.last_good_at is None or document.failing_since is None:
        return None  # never read: the source's health says so
    if document.last_good_at > document.failing_since:
        return None  # captures read late: the failure has long been over
    match document.last_reason:
        case Reason.NOT_FOUND if gone:
            return ChangeClass.MATERIAL, ChangeKind.DOCUMENT_REMOVED
        case Reason.LOGIN:
            return ChangeClass.MATERIAL, ChangeKind.WALLED
        case _ if at - document.failing_since >= OUT_OF_REACH:
            return ChangeClass.AVAILABILITY, ChangeKind.UNREACHABLE
        case _:
            return None


_EVENT_SAID = {
    ChangeKind.DOCUMENT_REMOVED: "the document is no longer at its address",
    ChangeKind.WALLED: "the document is now behind a login",
    ChangeKind.UNREACHABLE: "reads of the document began to fail, and failed for three days or more",
    ChangeKind.REACHABLE_AGAIN: "the document can be read again",
}


def _record_event(
    session: Session,
    document: Document,
    change_class: ChangeClass,
    kind: ChangeKind,
    *,
    at: datetime,
) -> list[tuple[int, int]]:
    last = session.exec(
        select(Version).where(Version.document_id == document.id, col(Version.current))
    ).first()
    change_id = record_change(
        session,
        document_id=known_id(document.id),
        from_version_id=last.id if last else None,
        change_class=change_class,
        kind=kind,
        seen_from=document.last_good_at,
        seen_to=document.failing_since,
        recorded_at=at,
        confirmed=True,
        imported=watched_since(session, [known_id(document.id)]) == {},
        summary=_EVENT_SAID[kind],
    )
    return [(change_id, document.institution_id)] if change_id else []


def _returns(session: Session, *, at: datetime) -> list[tuple[int, int]]:
    """Documents that were gone or out of reach and were read again."""
    lost = (ChangeKind.UNREACHABLE, ChangeKind.DOCUMENT_REMOVED, ChangeKind.WALLED)
    rows = session.exec(
        select(Change, Document)
        .join(Document, col(Change.document_id) == Document.id)
        .where(col(Change.kind).in_(lost), Document.state == DocumentState.LIVE)
        .where(col(Change.superseded_at).is_(None))
        .where(col(Document.last_good_at) > col(Change.seen_to))
    ).all()
    found: list[tuple[int, int]] = []
    for change, document in rows:
        known = select(Change.id).where(
            Change.document_id == document.id,
            Change.kind == ChangeKind.REACHABLE_AGAIN,
            col(Change.seen_to) > change.seen_to,
        )
        if session.exec(known).first() is not None:
            continue
        change_id = record_change(
            session,
            document_id=known_id(document.id),
            change_class=ChangeClass.AVAILABILITY,
            kind=ChangeKind.REACHABLE_AGAIN,
            seen_from=change.seen_to,
            seen_to=document.last_good_at,
            recorded_at=at,
            confirmed=True,
            summary=_EVENT_SAID[ChangeKind.REACHABLE_AGAIN],
        )
        if change_id:
            found.append((change_id, document.institution_id))
    return found
