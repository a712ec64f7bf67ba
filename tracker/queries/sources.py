"""Where we look, and how the last look ended."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, func, select

from tracker.model import Document, Institution, Source
from tracker.queries.shared import iso, within


@dataclass(frozen=True, slots=True)
class SourceRow:
    """A source and how its last read ended."""

    key: str
    institution: str
    kind: str
    url: str
    state: str
    reason: str | None
    detail: str
    last_good_at: datetime | None
    documents: int

    def to_json(self) -> dict[str, Any]:
        """Return the row as `sources list --json` prints it."""
        return {
            "key": self.key,
            "institution": self.institution,
            "kind": self.kind,
            "url": self.url,
            "state": self.state,
            "reason": self.reason,
            "detail": self.detail,
            "last_good_at": iso(self.last_good_at),
            "documents": self.documents,
        }


def source_rows(session: Session, *, institutions: Collection[str] = ()) -> list[SourceRow]:
    """Return every listed source, by institution and key."""
    counts = dict(
        session.exec(
            select(Document.source_id, func.count()).group_by(col(Document.source_id))
        ).all()
    )
    rows = session.exec(
        select(Source, Institution)
        .join(Institution, col(Source.institution_id) == Institution.id)
        .where(col(Source.listed), col(Institution.listed))
        .order_by(Institution.key, Source.key)
    )
    return [
        SourceRow(
            key=source.key,
            institution=institution.key,
            kind=str(source.kind),
            url=source.url,
            state=str(source.state),
            reason=str(source.reason) if source.reason else None,
            detail=source.detail,
            last_good_at=source.last_good_at,
            documents=counts.get(source.id or 0, 0),
        )
        for source, institution in rows
        if within(institution.key, institutions)
    ]
