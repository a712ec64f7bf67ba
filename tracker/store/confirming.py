"""What a later read, or a person, confirms of changes."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import Session, col, select, update

from tracker.archive import unpack_text
from tracker.model import Change, ChangeClass, ChangeKind, MeaningState, Version


@dataclass(frozen=True, slots=True)
class Overtaken:
    """A change that was seen once before the text changed again."""

    id: int
    added: tuple[str, ...]
    removed: tuple[str, ...]
    next_text: str


def confirm_changes(session: Session, *, apart: timedelta) -> None:
    """Confirm text changes that a second read, at least so much later, still showed."""
    for change, version in _unconfirmed(session):
        change.confirmed = version.last_seen_at - change.seen_to >= apart


def overtaken(session: Session, *, apart: timedelta) -> list[Overtaken]:
    """Return unconfirmed changes whose text a read, so much later, found changed again."""
    found = []
    for change, version in _unconfirmed(session):
        following = session.exec(
            select(Version)
            .where(Version.document_id == version.document_id, Version.number > version.number)
            .where(col(Version.seen_to) >= change.seen_to + apart)
            .order_by(col(Version.number))
        ).first()
        if following is not None and change.id is not None:
            text = unpack_text(following.body)
            found.append(Overtaken(change.id, tuple(change.added), tuple(change.removed), text))
    return found


def _unconfirmed(session: Session) -> list[tuple[Change, Version]]:
    rows = session.exec(
        select(Change, Version)
        .join(Version, col(Change.to_version_id) == Version.id)
        .where(col(Change.confirmed).is_(False))
    )
    return [(change, version) for change, version in rows]


def confirm(session: Session, change_ids: Collection[int]) -> None:
    """Confirm these changes."""
    rows = [{"id": change_id, "confirmed": True} for change_id in sorted(change_ids)]
    if rows:
        session.exec(update(Change), params=rows)


def settle_meaning(
    session: Session, change_id: int, *, state: MeaningState, by: str, at: datetime
) -> Change:
    """Write down a person's verdict on what a change means; raises LookupError for no such change."""
    change = session.get(Change, change_id)
    if change is None:
        raise LookupError(f"there is no change {change_id}")
    change.meaning_state, change.meaning_by, change.meaning_at = state, by, at
    return change


def record_about(
    session: Session, change_id: int, *, kind: ChangeKind, summary: str, at: datetime
) -> int:
    """Add a record of ours about a change and return its id; raises LookupError for no such change."""
    about = session.get(Change, change_id)
    if about is None:
        raise LookupError(f"there is no change {change_id}")
    fields = {
        "from_version_id": about.from_version_id,
        "about_id": change_id,
        "seen_from": about.seen_to if about.seen_to <= at else None,
    }
    return record_of(
        session, about.document_id, kind=kind, summary=summary, labels=about.labels, at=at, **fields
    )


def record_of(
    session: Session,
    document_id: int,
    *,
    kind: ChangeKind,
    summary: str,
    labels: Collection[str],
    at: datetime,
    **fields: Any,
) -> int:
    """Add a record of ours that is about what a document says, and return its id."""
    record = Change(
        document_id=document_id,
        change_class=ChangeClass.RECORD,
        kind=kind,
        seen_to=at,
        recorded_at=at,
        confirmed=True,
        labels=list(labels),
        summary=summary,
        **fields,
    )
    session.add(record)
    session.flush()
    assert record.id is not None
    return record.id
