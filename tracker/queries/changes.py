"""What changed, newest first."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import String, cast, or_
from sqlmodel import Session, col, func, select

from tracker.model import Change, ChangeClass, ChangeKind, Document, Institution, MeaningState
from tracker.queries.hearing import WAITS, withheld_labels
from tracker.queries.shared import iso

WITHHELD = "the document's text is withheld"


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """A change with its document and institution."""

    id: int
    institution: str
    name: str
    country: str
    document_id: int
    url: str
    title: str
    change_class: ChangeClass
    kind: str
    seen_from: datetime | None
    seen_to: datetime
    added: tuple[str, ...]
    removed: tuple[str, ...]
    labels_gained: tuple[str, ...]
    labels_lost: tuple[str, ...]
    labels: tuple[str, ...]
    summary: str
    confirmed: bool
    imported: bool
    folded_into: int | None
    superseded_at: datetime | None
    superseded_by: int | None
    from_version_id: int | None
    to_version_id: int | None
    recorded_at: datetime
    withheld: bool
    meaning_state: MeaningState

    def to_json(self) -> dict[str, Any]:
        """Return the row as `changes --json` prints it."""
        return {
            "id": self.id,
            "institution": self.institution,
            "name": self.name,
            "country": self.country,
            "url": self.url,
            "title": self.title,
            "class": str(self.change_class),
            "kind": self.kind,
            "seen_from": iso(self.seen_from),
            "seen_to": iso(self.seen_to),
            "added": list(self.added),
            "removed": list(self.removed),
            "labels_gained": list(self.labels_gained),
            "labels_lost": list(self.labels_lost),
            "labels": list(self.labels),
            "summary": self.summary,
            "confirmed": self.confirmed,
            "imported": self.imported,
            "folded_into": self.folded_into,
            "superseded_at": iso(self.superseded_at),
            "superseded_by": self.superseded_by,
        }


@dataclass(frozen=True, slots=True)
class Asked:
    """Which changes are asked for: within a field any value will do, all fields given must hold."""

    institutions: Collection[str] = ()
    classes: Collection[str] = ()
    kinds: Collection[str] = ()
    labels: Collection[str] = ()
    since: datetime | None = None
    until: datetime | None = None
    document_id: int | None = None
    change_id: int | None = None
    folded: bool = False

    def conditions(self) -> Iterator[Any]:
        """Yield what holds for a change that is asked for."""
        for column, values in (
            (Institution.key, self.institutions),
            (Change.change_class, self.classes),
            (Change.kind, self.kinds),
        ):
            if values:
                yield col(column).in_(values)
        if self.labels:
            # JSON is text in SQLite and casts to it in PostgreSQL; labels hold no quotation marks.
            held = cast(Change.labels, String)
            yield or_(*(held.contains(f'"{label}"') for label in self.labels))
        if self.since is not None:
            yield col(Change.seen_to) >= self.since
        if self.until is not None:
            yield col(Change.seen_to) <= self.until
        if self.document_id is not None:
            yield Change.document_id == self.document_id
        if self.change_id is not None:
            yield Change.id == self.change_id
        elif not self.folded:
            yield col(Change.folded_into_id).is_(None)
            yield col(Change.superseded_at).is_(None)


def change_rows(
    session: Session, *, limit: int | None = None, offset: int = 0, **asked: Any
) -> list[ChangeRow]:
    """Return changes, newest first; folded and superseded ones only where asked for. `asked`: see Asked."""
    query = (
        select(Change, Document, Institution)
        .join(Document, col(Change.document_id) == Document.id)
        .join(Institution, col(Document.institution_id) == Institution.id)
        .where(*Asked(**asked).conditions())
        .order_by(col(Change.seen_to).desc(), col(Change.id).desc())
    )
    hidden = withheld_labels(session)
    rows = session.exec(query.limit(limit).offset(offset))
    return [_change_row(*row, hidden.get(row[2].key, frozenset())) for row in rows]


def change_days(session: Session, **asked: Any) -> list[tuple[ChangeClass, date, int]]:
    """Return how many changes that are asked for were seen on each day: for counts and calendars."""
    day = func.date(Change.seen_to)
    query = (
        select(Change.change_class, day, func.count())
        .where(*Asked(**asked).conditions())
        .group_by(col(Change.change_class), day)
    )
    if asked.get("institutions"):
        query = query.join(Document, col(Change.document_id) == Document.id).join(
            Institution, col(Document.institution_id) == Institution.id
        )
    return [
        (ChangeClass(found), date.fromisoformat(str(at)), count)
        for found, at, count in session.exec(query)
    ]


def shown_summary(change: Change, document: Document, hidden: Collection[str]) -> str:
    """Return a change in a sentence, without what its institution may answer first."""
    if document.withheld:
        return WITHHELD
    told = change.kind is ChangeKind.CODING and not set(change.labels).isdisjoint(hidden)
    return WAITS if told else change.summary


def shown_meaning(change: Change, hidden: Collection[str]) -> tuple[MeaningState, datetime | None]:
    """Return what people made of a change and when, as soon as its institution could answer."""
    told = set(change.labels).isdisjoint(hidden)
    return (change.meaning_state, change.meaning_at) if told else (MeaningState.NOT_ASSESSED, None)


def _change_row(
    change: Change, document: Document, institution: Institution, hidden: Collection[str]
) -> ChangeRow:
    assert change.id is not None
    assert document.id is not None
    return ChangeRow(
        id=change.id,
        institution=institution.key,
        name=institution.name,
        country=institution.country,
        document_id=document.id,
        url=document.url,
        title=document.title or document.hint_title or document.url,
        change_class=change.change_class,
        kind=str(change.kind),
        seen_from=change.seen_from,
        seen_to=change.seen_to,
        added=() if document.withheld else tuple(change.added),
        removed=() if document.withheld else tuple(change.removed),
        labels_gained=tuple(change.labels_gained),
        labels_lost=tuple(change.labels_lost),
        labels=tuple(change.labels),
        summary=shown_summary(change, document, hidden),
        recorded_at=change.recorded_at,
        withheld=document.withheld,
        meaning_state=shown_meaning(change, hidden)[0],
        confirmed=change.confirmed,
        imported=change.imported,
        folded_into=change.folded_into_id,
        superseded_at=change.superseded_at,
        superseded_by=change.superseded_by_id,
        from_version_id=change.from_version_id,
        to_version_id=change.to_version_id,
    )
