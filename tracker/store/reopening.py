"""A document read anew because an older capture came in; changes that turn out to have happened otherwise.

Versions are ordered by capture, not by arrival. Rather than mend them, every capture is read again in
its order, by the code that reads them as they come: so the outcome is that of arrival in order.
Versions that still say the same keep their rows, and changes between the same two versions theirs.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

from sqlmodel import Session, col, delete, select, update

from tracker.model import (
    Change,
    ChangeKind,
    Delivery,
    DeliveryState,
    Document,
    Genre,
    Snapshot,
    SnapshotState,
    Version,
    VersionPassage,
    Voice,
)
from tracker.store.documents import last_good_read, latest

Place = tuple[int | None, int | None]  # the versions that a change lies between
UNSENT = (DeliveryState.WAITING, DeliveryState.DUE)


def reopen(session: Session, document_id: int) -> None:
    """Make every capture of a document unread, and park its versions under negative numbers."""
    document = session.get_one(Document, document_id)
    document.title, document.extraction_choice = "", None
    document.genre, document.voice, document.voice_because = Genre.UNKNOWN, Voice.UNKNOWN, ""
    session.exec(
        update(Snapshot)
        .where(col(Snapshot.document_id) == document_id)
        .values(state=SnapshotState.PENDING)
    )
    versions = session.exec(select(Version).where(Version.document_id == document_id)).all()
    for version in versions:
        version.number, version.current = -version.number, False
    session.flush()


def settle(session: Session, document_id: int, *, at: datetime) -> None:
    """Take away the versions that no capture says any more; narrow what was seen between reads."""
    gone = session.exec(
        select(Version.id).where(Version.document_id == document_id, Version.number < 0)
    ).all()
    session.exec(
        update(Change).where(col(Change.from_version_id).in_(gone)).values(from_version_id=None)
    )
    led_there = session.exec(select(Change).where(col(Change.to_version_id).in_(gone))).all()
    supersede(session, led_there, at=at)
    session.exec(delete(VersionPassage).where(col(VersionPassage.version_id).in_(gone)))
    session.exec(delete(Version).where(col(Version.id).in_(gone)))
    _narrow_events(session, document_id)


def _narrow_events(session: Session, document_id: int) -> None:
    """A document that vanished did so after the last capture that showed it."""
    events = select(Change).where(
        Change.document_id == document_id,
        col(Change.to_version_id).is_(None),
        col(Change.superseded_at).is_(None),
        Change.kind != ChangeKind.REACHABLE_AGAIN,
    )
    for event in session.exec(events):
        seen = last_good_read(session, document_id, event.seen_to)
        event.seen_from = latest(seen, event.seen_from)


@dataclass(frozen=True, slots=True)
class Recorded:
    """The changes that are recorded of some documents: those that stand, and those just retired."""

    standing: dict[Place, Change]
    retired: dict[int | None, list[Change]]  # by the version they led to


def recorded(session: Session, document_ids: Collection[int], *, at: datetime) -> Recorded:
    """Return the changes between versions; one whose versions are no longer neighbours is superseded."""
    neighbours = _neighbours(session, document_ids)
    rows = session.exec(
        select(Change)
        .where(col(Change.document_id).in_(document_ids), col(Change.to_version_id).is_not(None))
        .order_by(col(Change.id))
    )
    found = Recorded({}, {})
    for change in rows:
        place = (change.from_version_id, change.to_version_id)
        added = change.kind is ChangeKind.DOCUMENT_ADDED
        if place in neighbours and added == (change.from_version_id is None):
            found.standing[place] = change
        else:
            found.retired.setdefault(change.to_version_id, []).append(change)
    supersede(session, [change for changes in found.retired.values() for change in changes], at=at)
    return found


def _neighbours(session: Session, document_ids: Collection[int]) -> set[Place]:
    rows = session.exec(
        select(Version.document_id, Version.id)
        .where(col(Version.document_id).in_(document_ids))
        .order_by(col(Version.document_id), col(Version.number))
    )
    places = [(0, None), *((document, version) for document, version in rows)]
    return {
        (before if document == owner else None, version)
        for (owner, before), (document, version) in pairwise(places)
    }


def supersede(session: Session, changes: Collection[Change], *, at: datetime) -> None:
    """Mark changes as not having happened so: they stay, and what is unsent of them is dropped."""
    if not changes:
        return
    ids = [change.id for change in changes]
    for change in changes:
        change.superseded_at, change.to_version_id = at, None
    session.flush()
    session.exec(
        update(Delivery)
        .where(col(Delivery.change_id).in_(ids), col(Delivery.state).in_(UNSENT))
        .values(state=DeliveryState.DROPPED)
    )
    session.exec(
        update(Change).where(col(Change.folded_into_id).in_(ids)).values(folded_into_id=None)
    )


def revise(session: Session, change: Change, **fields: Any) -> None:
    """Let a change say what is known now; it keeps its id, so what was told of it stays told."""
    for name, value in fields.items():
        if name != "recorded_at":
            setattr(change, name, value)
    change.confirmed, change.folded_into_id = False, _elsewhere(session, change)
    session.flush()


def _elsewhere(session: Session, change: Change) -> int | None:
    """What a change is folded into, where that is another page's: the same edit all over a site."""
    into = session.get(Change, change.folded_into_id) if change.folded_into_id else None
    return None if into is None or into.document_id == change.document_id else into.id


def succeed(session: Session, retired: Collection[Change], successor_id: int) -> None:
    """Name the change that takes the place of superseded ones."""
    for change in retired:
        change.superseded_by_id = successor_id
    session.flush()
