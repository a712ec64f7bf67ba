"""What the changes of our own record are about: a reply, a correction, or another change."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from tracker.model import (
    Change,
    ChangeClass,
    ChangeKind,
    Correction,
    Document,
    Institution,
    ReplyVerdict,
)
from tracker.standing import Corrected
from tracker.store.confirming import record_about
from tracker.store.corrections import corrections
from tracker.store.deliveries import owe_told
from tracker.store.reopening import succeed, supersede
from tracker.store.replies import ReplyRow, reply_rows


@dataclass(frozen=True, slots=True)
class Act:
    """What a change of our record is about."""

    questions: tuple[str, ...] = ()  # that the reply names, or the correction is about
    reply: ReplyRow | None = None  # that it published or took back
    correction: Corrected | None = None
    about_id: int | None = None  # the change that it is about

    @property
    def heard(self) -> bool:
        """Whether it is about a reply or a correction of a finding, not about a document's change."""
        return self.reply is not None or self.correction is not None


def acts(session: Session) -> Mapping[int, Act]:
    """Return, by id, what each change of our record is about.

    A record of a reply bears the time at which the reply was confirmed.
    """
    confirmed = _confirmed(session)
    fixed = _fixed(session)
    query = (
        select(Change.id, Change.kind, Change.recorded_at, Change.about_id, Institution.key)  # type: ignore[call-overload]  # more columns than the stubs count
        .join(Document, col(Change.document_id) == Document.id)
        .join(Institution, col(Document.institution_id) == Institution.id)
        .where(Change.change_class == ChangeClass.RECORD)
        .order_by(col(Change.id))
    )
    found: dict[int, Act] = {}
    for number, kind, at, about, key in session.exec(query):
        if kind is ChangeKind.REPLY and confirmed[key, at]:
            reply = confirmed[key, at].pop(0)
            found[number] = Act(reply.named, reply=reply)
        elif number in fixed:
            found[number] = Act((fixed[number].question,), correction=fixed[number], about_id=about)
        else:
            told = found.get(about, Act())
            found[number] = Act(told.questions, reply=told.reply, about_id=about)
    return found


def _confirmed(session: Session) -> defaultdict[tuple[str, datetime], list[ReplyRow]]:
    found: defaultdict[tuple[str, datetime], list[ReplyRow]] = defaultdict(list)
    for reply in reply_rows(session):
        for decided in reply.decisions:
            if decided.verdict is ReplyVerdict.CONFIRMED:
                found[reply.institution, decided.at].append(reply)
    return found


def _fixed(session: Session) -> Mapping[int, Corrected]:
    by_number = {row.id: row for row in corrections(session)}
    rows = session.exec(select(Correction.change_id, Correction.id))
    return {change: by_number[number] for change, number in rows if change and number in by_number}


def take_back(session: Session, reply_id: int, summary: str, *, at: datetime) -> int:
    """Supersede the record of a reply that is public no more; owe the correction to those who were told.

    Who was not told yet is not told at all. Returns how many get the correction.
    """
    told = 0
    for number, act in acts(session).items():
        published = session.get_one(Change, number)
        stands = published.kind is ChangeKind.REPLY and published.superseded_at is None
        if act.reply is None or act.reply.id != reply_id or not stands:
            continue
        record = record_about(session, number, kind=ChangeKind.CORRECTION, summary=summary, at=at)
        told += owe_told(session, record, number, at=at)
        supersede(session, [published], at=at)
        succeed(session, [published], record)
    return told
