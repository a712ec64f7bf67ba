"""Public corrections of findings: only ever added."""

from typing import Any

from sqlmodel import Session, col, select

from tracker.model import Correction, Finding, Institution
from tracker.standing import Corrected
from tracker.store.rows import known_id


def record_correction(session: Session, institution_id: int, **fields: Any) -> int:
    """Add a public correction of a finding and return its number."""
    row = Correction(institution_id=institution_id, **fields)
    session.add(row)
    session.flush()
    return known_id(row.id)


def corrections(session: Session) -> list[Corrected]:
    """Return every public correction, by number."""
    query = (
        select(Correction, Institution.key)
        .join(Institution, col(Correction.institution_id) == Institution.id)
        .order_by(col(Correction.id))
    )
    return [
        Corrected(known_id(row.id), key, row.question, row.at, row.note, row.result, row.reply_id)
        for row, key in session.exec(query)
    ]


def corrected_findings(session: Session) -> list[tuple[Correction, Finding]]:
    """Return every correction with the finding that it is about, by number."""
    query = (
        select(Correction, Finding)
        .join(Finding, col(Finding.institution_id) == Correction.institution_id)
        .where(Finding.question == Correction.question)
        .order_by(col(Correction.id))
    )
    return list(session.exec(query).all())
