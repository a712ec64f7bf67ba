"""Where we look, and how each place is doing."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, func, select

from tracker.checkup import check_up
from tracker.health import Health
from tracker.model import Document, Institution, Source
from tracker.queries.shared import iso


@dataclass(frozen=True, slots=True)
class SourceRow:
    """A source and how it is doing, in the words of `tracker.health`."""

    key: str
    institution: str
    name: str  # of the institution
    country: str
    kind: str
    url: str
    state: str
    cause: str
    reason: str | None
    detail: str
    last_good_at: datetime | None
    documents: int

    def to_json(self) -> dict[str, Any]:
        """Return the row as `sources list --json` prints it."""
        return {
            "key": self.key,
            "institution": self.institution,
            "name": self.name,
            "country": self.country,
            "kind": self.kind,
            "url": self.url,
            "state": self.state,
            "cause": self.cause,
            "reason": self.reason,
            "detail": self.detail,
            "last_good_at": iso(self.last_good_at),
            "documents": self.documents,
        }


def source_rows(
    session: Session, *, at: datetime | None = None, institutions: Collection[str] = ()
) -> list[SourceRow]:
    """Return every listed source, by institution and key; its state as of the last read, or `at`."""
    held = dict(
        session.exec(
            select(Document.source_id, func.count()).group_by(col(Document.source_id))
        ).all()
    )
    rows = session.exec(
        select(Source, Institution)
        .join(Institution, col(Source.institution_id) == Institution.id)
        .where(col(Source.listed), col(Institution.listed))
    )
    known = {(institution.key, source.key): (source, institution) for source, institution in rows}
    return [
        _row(one, *known[one.source.institution, one.source.key], held)
        for one in check_up(session, at=at, institutions=institutions)
    ]


def _row(
    judged: Health, source: Source, institution: Institution, held: Mapping[int, int]
) -> SourceRow:
    return SourceRow(
        key=source.key,
        institution=judged.source.institution,
        name=institution.name,
        country=institution.country,
        kind=str(source.kind),
        url=source.url,
        state=str(judged.state),
        cause=judged.cause,
        reason=str(source.reason) if source.reason else None,
        detail=source.detail,
        last_good_at=judged.last_good_at,
        documents=held.get(source.id or 0, 0),
    )
