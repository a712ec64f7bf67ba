"""One document, one history: where documents moved to, and which of them turned out to be one."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import or_
from sqlmodel import Session, col, func, select

from tracker.addresses import identity, is_home
from tracker.model import (
    ChangeClass,
    ChangeKind,
    Document,
    DocumentState,
    Fetch,
    Reason,
    Snapshot,
    Version,
)
from tracker.store.comparing import record_change
from tracker.store.documents import READABLE
from tracker.store.folding import MOVED_TO
from tracker.store.naming import known_as, merge

TELLING = 50  # words that a text must have for its return elsewhere to be no coincidence
Event = tuple[int, int]  # change id, institution id


def settle(session: Session, *, at: datetime) -> list[Event]:
    """Bring together what is one document; return the changes that tell of moves.

    To be called after texts were read and before they are compared: a document that moved is no news.
    """
    found = _redirected(session, at=at)
    _join_canonical(session)
    return found + _reappeared(session, at=at)


def _redirected(session: Session, *, at: datetime) -> list[Event]:
    """Documents whose address leads elsewhere since a read."""
    found: list[Event] = []
    newest = (
        select(func.max(Fetch.id))
        .where(col(Fetch.payload_id).is_not(None), col(Fetch.document_id).is_not(None))
        .group_by(col(Fetch.document_id))
    )
    rows = session.exec(
        select(Document, Fetch)
        .join(Fetch, col(Fetch.document_id) == Document.id)
        .join(Snapshot, col(Snapshot.fetch_id) == Fetch.id, isouter=True)
        .where(col(Fetch.id).in_(newest), col(Fetch.final_url).is_not(None))
        .where(col(Document.moved_to_id).is_(None))
        .where(or_(col(Snapshot.id).is_(None), col(Snapshot.state).in_(READABLE)))
        .order_by(col(Fetch.id))
    ).all()
    for document, fetch in rows:
        final_url = fetch.final_url or ""
        if document.final_url == final_url or _sent_home(document, final_url):
            continue
        first_read = document.final_url is None and _only_address(session, document)
        document.final_url = final_url
        other = _other(session, document, final_url)
        if other is not None and document.address == final_url and not first_read:
            _absorb(session, document, other)
        elif other is not None:
            _join(session, document, other)
        if not first_read:
            found += _record_move(session, document, fetch.at, final_url, at=at)
    return found


def _sent_home(document: Document, final_url: str) -> bool:
    return is_home(final_url) and not is_home(document.url)


def _other(session: Session, document: Document, url: str) -> Document | None:
    holder = known_as(session, [identity(url)]).get(identity(url))
    return None if holder in {None, document.id} else session.get_one(Document, holder)


def _join(session: Session, document: Document, other: Document) -> None:
    """A document that never was anything but another's address."""
    merge(session, document, other)
    document.state = DocumentState.MOVED


def _absorb(session: Session, document: Document, other: Document) -> None:
    """Let the document with the history go on at the address of one found later."""
    if _first_seen(other) < _first_seen(document):
        _join(session, document, other)
        return
    _join(session, other, document)
    document.address = other.address or other.url
    document.etag, document.last_modified = other.etag, other.last_modified
    document.last_payload_id = other.last_payload_id


def _first_seen(document: Document) -> tuple[datetime, int]:
    return document.found_at, document.id or 0


def _only_address(session: Session, document: Document) -> bool:
    """Tell whether the document has never been read at its own address."""
    there = select(Fetch.id).where(
        Fetch.document_id == document.id,
        col(Fetch.final_url).is_(None),
        col(Fetch.payload_id).is_not(None),
    )
    return session.exec(there).first() is None


def _join_canonical(session: Session) -> None:
    """Documents that name another as their canonical address, and say the same."""
    rows = session.exec(
        select(Document).where(
            col(Document.canonical_url).is_not(None), col(Document.moved_to_id).is_(None)
        )
    ).all()
    held = known_as(session, [identity(row.canonical_url or "") for row in rows])
    for document in rows:
        key = identity(document.canonical_url or "")
        holder = held.get(key)
        if holder in {None, document.id}:
            continue
        other = session.get_one(Document, holder)
        texts = [_current(session, each) for each in (document, other)]
        same = texts[0] and texts[1] and texts[0].text_sha256 == texts[1].text_sha256
        if other.institution_id == document.institution_id and other.moved_to_id is None and same:
            _join(session, document, other)


def _reappeared(session: Session, *, at: datetime) -> list[Event]:
    """Documents that are gone while their text stands at a new address of the same institution."""
    found: list[Event] = []
    lost = session.exec(
        select(Document, Version)
        .join(Version, col(Version.document_id) == Document.id)
        .where(Document.last_reason == Reason.NOT_FOUND, col(Document.moved_to_id).is_(None))
        .where(col(Version.current), col(Version.words) >= TELLING)
    ).all()
    for document, version in lost:
        heirs = _same_text(session, document, version)
        if len(heirs) == 1:
            found += _move(session, document, heirs[0], at=at)
    return found


def _same_text(session: Session, document: Document, version: Version) -> Sequence[Document]:
    return session.exec(
        select(Document)
        .join(Version, col(Version.document_id) == Document.id)
        .where(Document.institution_id == document.institution_id, Document.id != document.id)
        .where(Document.state == DocumentState.LIVE, col(Document.moved_to_id).is_(None))
        .where(col(Version.current), Version.text_sha256 == version.text_sha256)
        .where(col(Document.found_at) > document.found_at)
    ).all()


def _move(session: Session, document: Document, heir: Document, *, at: datetime) -> list[Event]:
    url, seen = heir.address or heir.url, heir.last_good_at or heir.found_at
    before = document.last_good_at
    _absorb(session, document, heir)
    document.state, document.final_url, document.last_reason = DocumentState.LIVE, url, None
    document.failures, document.failing_since, document.failed_at = 0, None, None
    document.last_tried_at = document.last_good_at = seen
    return _record(session, document, url, seen_from=before, seen_to=seen, at=at)


def _record_move(
    session: Session, document: Document, seen_to: datetime, url: str, *, at: datetime
) -> list[Event]:
    before = session.exec(
        select(Fetch.at)
        .where(Fetch.document_id == document.id, col(Fetch.at) < seen_to)
        .where(col(Fetch.reason).is_(None))
        .order_by(col(Fetch.at).desc())
    ).first()
    return _record(session, document, url, seen_from=before, seen_to=seen_to, at=at)


def _record(
    session: Session,
    document: Document,
    url: str,
    *,
    seen_from: datetime | None,
    seen_to: datetime,
    at: datetime,
) -> list[Event]:
    change_id = record_change(
        session,
        document_id=document.id,
        change_class=ChangeClass.MATERIAL,
        kind=ChangeKind.MOVED,
        seen_from=seen_from,
        seen_to=seen_to,
        recorded_at=at,
        confirmed=True,
        summary=f"{MOVED_TO}{url}",
    )
    return [(change_id, document.institution_id)] if change_id else []


def _current(session: Session, document: Document) -> Version | None:
    return session.exec(
        select(Version).where(Version.document_id == document.id, col(Version.current))
    ).first()
