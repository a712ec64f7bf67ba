"""The change of our own record that a reply or a correction makes."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session, select

from tracker.model import ChangeKind, Document
from tracker.queries import finding_rows
from tracker.replies.checks import known_institution
from tracker.standing import QUESTIONS, Gate, labels_of
from tracker.store.confirming import record_of


def add_record(
    session: Session,
    key: str,
    questions: Sequence[str],
    kind: ChangeKind,
    summary: str,
    *,
    at: datetime,
    about: Sequence[int] = (),
) -> int | None:
    """Add the change of our record, at the document that the finding rests on; None where none is known."""
    rows = finding_rows(
        session, questions=questions or QUESTIONS, institutions=[key], gate=Gate(), at=at
    )
    resting = [item["document_id"] for row in rows for item in row.evidence]
    institution = known_institution(session, key)
    first = select(Document.id).where(Document.institution_id == institution.id).limit(1)
    document_id = resting[0] if resting else session.exec(first).first()
    if document_id is None:
        return None
    labels = sorted({label for question in questions for label in labels_of(question)})
    return record_of(
        session, document_id, kind=kind, summary=summary, labels=labels, at=at, about_id=about[-1] if about else None,
    )  # fmt: skip
