"""Replies of institutions and what admins decided on them: only ever added."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlmodel import Session, col, select

from tracker.model import Institution, Reply, ReplyDecision, ReplyVerdict
from tracker.standing import Said, named_in
from tracker.store.rows import known_id


@dataclass(frozen=True, slots=True)
class Decided:
    """What an admin decided on a reply, and why."""

    verdict: ReplyVerdict
    by: str
    note: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ReplyRow:
    """A reply with what was decided on it."""

    id: int
    institution: str
    name: str
    received_at: datetime
    address: str = field(repr=False)
    text: str
    questions: Mapping[str, str]
    disputes: tuple[str, ...]
    entered_at: datetime
    entered_by: str
    decisions: tuple[Decided, ...] = ()

    @property
    def verdict(self) -> ReplyVerdict | None:
        """What was decided last; None while it waits for an admin."""
        return self.decisions[-1].verdict if self.decisions else None

    @property
    def public(self) -> bool:
        """Whether an admin confirmed it and nobody took that back."""
        return self.verdict in {ReplyVerdict.CONFIRMED, ReplyVerdict.SETTLED}

    @property
    def named(self) -> tuple[str, ...]:
        """The questions that it names; none where it is about the institution's findings as a whole."""
        return named_in(self.questions, self.disputes)

    @property
    def refused(self) -> bool:
        """Whether an admin found that it is not theirs, or took it back."""
        return self.verdict is ReplyVerdict.REFUSED

    def said(self) -> Said:
        """Return what the public sees of it."""
        settled = self.verdict is ReplyVerdict.SETTLED
        return Said(
            id=self.id,
            institution=self.institution,
            received_at=self.received_at,
            host=self.address.rpartition("@")[2].lower(),
            text=self.text,
            questions=self.questions,
            disputes=() if settled else self.disputes,
            settled=self.disputes if settled else (),
        )


def institution_named(session: Session, key: str) -> Institution | None:
    """Return the listed institution of that key."""
    query = select(Institution).where(Institution.key == key, col(Institution.listed))
    return session.exec(query).one_or_none()


def record_reply(
    session: Session,
    institution_id: int,
    *,
    address: str,
    text: str,
    questions: Mapping[str, str],
    disputes: Sequence[str],
    by: str,
    received_at: datetime,
    at: datetime,
) -> int:
    """Add a reply that waits for an admin; return its id."""
    row = Reply(
        institution_id=institution_id,
        received_at=received_at,
        address=address,
        text=text,
        questions=dict(questions),
        disputes=sorted(disputes),
        entered_at=at,
        entered_by=by,
    )
    session.add(row)
    session.flush()
    return known_id(row.id)


def record_decision(
    session: Session, reply_id: int, *, verdict: ReplyVerdict, by: str, note: str, at: datetime
) -> None:
    """Add what an admin decided on a reply."""
    session.add(ReplyDecision(reply_id=reply_id, at=at, by=by, verdict=verdict, note=note))
    session.flush()


def reply_rows(session: Session, *, institution: str | None = None) -> list[ReplyRow]:
    """Return replies, oldest first, with everything that was decided on each."""
    query = (
        select(Reply, Institution)
        .join(Institution, col(Reply.institution_id) == Institution.id)
        .order_by(col(Reply.id))
    )
    if institution is not None:
        query = query.where(Institution.key == institution)
    decided: defaultdict[int, list[Decided]] = defaultdict(list)
    for row in session.exec(select(ReplyDecision).order_by(col(ReplyDecision.id))):
        decided[row.reply_id].append(Decided(row.verdict, row.by, row.note, row.at))
    return [
        ReplyRow(
            id=known_id(reply.id),
            institution=who.key,
            name=who.name,
            received_at=reply.received_at,
            address=reply.address,
            text=reply.text,
            questions=dict(reply.questions),
            disputes=tuple(reply.disputes),
            entered_at=reply.entered_at,
            entered_by=reply.entered_by,
            decisions=tuple(decided[known_id(reply.id)]),
        )
        for reply, who in session.exec(query)
    ]
