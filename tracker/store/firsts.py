"""Since when a document holds a passage: the first version with it, and between which captures that came."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, func, select

from tracker.model import DateBasis, Version, VersionOrigin, VersionPassage
from tracker.store.rows import portions

Place = tuple[int, int]  # document, passage


@dataclass(frozen=True, slots=True)
class First:
    """The version in which a passage first stood, and the date that the document stated then."""

    version: int
    in_first_version: bool  # only then is the document's date its own
    seen_from: datetime | None  # the last capture without it; None where it stood in the first
    seen_to: datetime
    stated_date: datetime | None
    stated_basis: DateBasis

    def to_json(self) -> dict[str, Any]:
        """Return it under the names that a finding's evidence has."""
        return {
            "stated_date": self.stated_date.isoformat() if self.stated_date else None,
            "stated_basis": str(self.stated_basis),
            "first_version": self.version,
            "first_seen_from": self.seen_from.isoformat() if self.seen_from else None,
            "first_seen_to": self.seen_to.isoformat(),
            "in_first_version": self.in_first_version,
        }


def first_stood(session: Session, places: Collection[Place]) -> dict[Place, First]:
    """Return since when documents hold passages.

    A technical version reads an old capture anew: what it first shows stood in the one before it.
    """
    versions = _versions(session, {document_id for document_id, _ in places})
    edited = {place for place in places if len(versions[place[0]]) > 1}
    numbers = _numbers(session, edited)
    return {place: _first(versions[place[0]], numbers.get(place, 1)) for place in places}


def _first(versions: Sequence[Any], number: int) -> First:
    at = next((n for n, row in enumerate(versions) if row.number == number), 0)
    while at and versions[at].origin is VersionOrigin.TECHNICAL:
        at -= 1
    seen, read = versions[at], versions[at]
    for later in versions[at + 1 :]:
        if later.origin is not VersionOrigin.TECHNICAL:
            break
        read = later  # the same capture, read better
    return First(
        seen.number, at == 0, seen.seen_from, seen.seen_to, read.stated_date, read.stated_basis
    )


def _versions(session: Session, ids: Collection[int]) -> Mapping[int, list[Any]]:
    """The versions of documents, oldest first; those that were parked have no number above nought."""
    found: defaultdict[int, list[Any]] = defaultdict(list)
    for some in portions(sorted(ids)):
        names = ("document_id", "number", "origin", "seen_from", "seen_to", "stated_date", "stated_basis")  # fmt: skip
        query = select(*(col(getattr(Version, name)) for name in names))
        query = query.where(col(Version.document_id).in_(some), col(Version.number) > 0)
        for row in session.exec(query.order_by(col(Version.number))):
            found[row.document_id].append(row)
    return found


def _numbers(session: Session, places: Collection[Place]) -> dict[Place, int]:
    """The number of the first version with each passage, as it was counted."""
    found: dict[Place, int] = {}
    documents = {document_id for document_id, _ in places}
    for some in portions(sorted({passage_id for _, passage_id in places})):
        query = (
            select(Version.document_id, VersionPassage.passage_id, func.min(Version.number))
            .join(VersionPassage, col(VersionPassage.version_id) == Version.id)
            .where(col(VersionPassage.passage_id).in_(some), col(Version.number) > 0)
            .group_by(col(Version.document_id), col(VersionPassage.passage_id))
        )
        for document_id, passage_id, number in session.exec(query):
            if document_id in documents:
                found[document_id, passage_id] = number
    return found
