"""Notices to institutions, their replies, what admins decided, corrections: only ever added.

Of a notice alone it is written down later that it was sent, or why not yet.
"""

import secrets
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from tracker.model import (
    Correction,
    Finding,
    Institution,
    Notice,
    NoticeChannel,
    Reply,
    ReplyDecision,
    ReplyVerdict,
)
from tracker.standing import Asked, Corrected, Said, named_in
from tracker.store.rows import known_id

Facts = dict[str, Any]
WITHDRAWN = "withdrawn"  # how the reason begins why a notice that waited was given up by us


@dataclass(frozen=True, slots=True)
class NoticeRow:
    """A notice with the institution it went to."""

    id: int
    institution: str
    name: str
    at: datetime
    by: str
    channel: NoticeChannel
    address: str = field(repr=False)
    findings: tuple[Facts, ...]
    text: str
    token: str = field(repr=False)
    sent_at: datetime | None
    failed_at: datetime | None
    error: str

    @property
    def waits(self) -> bool:
        """Whether it is still to be sent."""
        open_ = self.sent_at is None and self.failed_at is None
        return open_ and self.channel is NoticeChannel.EMAIL

    @property
    def questions(self) -> tuple[str, ...]:
        """What it was about."""
        return tuple(finding["question"] for finding in self.findings)

    @property
    def state(self) -> str:
        """What became of it, in words."""
        if self.sent_at:
            return "sent"
        if self.failed_at and self.error.startswith(WITHDRAWN):
            return self.error
        said = "failed" if self.failed_at else "waits"
        return said if not self.error else f"{said}{', last' * (not self.failed_at)}: {self.error}"


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


def record_notice(
    session: Session,
    institution_id: int,
    *,
    by: str,
    channel: NoticeChannel,
    address: str,
    findings: Sequence[Facts],
    text: str,
    at: datetime,
    sent_at: datetime | None = None,
) -> int:
    """Add a notice and return its id; one by e-mail waits to be sent."""
    row = Notice(
        institution_id=institution_id,
        at=at,
        by=by,
        channel=channel,
        address=address,
        findings=list(findings),
        text=text,
        token=secrets.token_urlsafe(24),
        sent_at=sent_at,
    )
    session.add(row)
    session.flush()
    return known_id(row.id)


def mark_notice_sent(session: Session, notice_id: int, *, at: datetime) -> None:
    """Write down that a notice was handed over: the time to reply begins."""
    row = session.get_one(Notice, notice_id)
    row.sent_at, row.error = at, ""


def mark_notice_failed(
    session: Session, notice_id: int, reason: str, *, final: bool, at: datetime
) -> None:
    """Write down why a notice was not taken, and whether that is final."""
    row = session.get_one(Notice, notice_id)
    row.error, row.failed_at = reason, at if final else None


def withdraw_notice(session: Session, notice_id: int, because: str, *, at: datetime) -> None:
    """Write down that a notice that waits will not be sent, and why; it stays in the record."""
    mark_notice_failed(session, notice_id, f"{WITHDRAWN}{because}", final=True, at=at)


def notice_rows(session: Session, *, institution: str | None = None) -> list[NoticeRow]:
    """Return notices, oldest first."""
    query = (
        select(Notice, Institution)
        .join(Institution, col(Notice.institution_id) == Institution.id)
        .order_by(col(Notice.id))
    )
    if institution is not None:
        query = query.where(Institution.key == institution)
    return [
        NoticeRow(
            id=known_id(row.id),
            institution=who.key,
            name=who.name,
            at=row.at,
            by=row.by,
            channel=row.channel,
            address=row.address,
            findings=tuple(row.findings),
            text=row.text,
            token=row.token,
            sent_at=row.sent_at,
            failed_at=row.failed_at,
            error=row.error,
        )
        for row, who in session.exec(query)
    ]


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


def record_correction(session: Session, institution_id: int, **fields: Any) -> int:
    """Add a public correction of a finding and return its number."""
    row = Correction(institution_id=institution_id, **fields)
    session.add(row)
    session.flush()
    return known_id(row.id)


@dataclass(frozen=True, slots=True)
class Heard:
    """What passed with one institution, as far as the public may know it."""

    asked: tuple[Asked, ...] = ()
    said: tuple[Said, ...] = ()
    corrected: tuple[Corrected, ...] = ()


def heard(session: Session) -> Mapping[str, Heard]:
    """Return, by institution, sent notices, confirmed replies and corrections, oldest first."""
    asked: defaultdict[str, list[Asked]] = defaultdict(list)
    for notice in notice_rows(session):
        if notice.sent_at is not None:
            told = {finding["question"]: finding for finding in notice.findings}
            asked[notice.institution].append(Asked(notice.sent_at, told))
    said: defaultdict[str, list[Said]] = defaultdict(list)
    for reply in reply_rows(session):
        if reply.public:
            said[reply.institution].append(reply.said())
    corrected: defaultdict[str, list[Corrected]] = defaultdict(list)
    for correction in corrections(session):
        corrected[correction.institution].append(correction)
    return {
        key: Heard(tuple(asked[key]), tuple(said[key]), tuple(corrected[key]))
        for key in {*asked, *said, *corrected}
    }


NOT_ASKED = "institution not yet asked"


def dealings(session: Session) -> Mapping[str, str]:
    """Return, by institution, in a few words what was heard of it last; only of those that were asked or wrote."""
    return {key: found for key, one in heard(session).items() if (found := _dealing(one))}


def _dealing(one: Heard) -> str:
    if one.said:
        last = max(one.said, key=lambda said: said.received_at)
        what = "disputes a finding of ours since" if last.disputes else "replied on"
        return f"institution {what} {last.received_at:%Y-%m-%d}"
    if one.asked:
        return f"institution asked about our findings on {one.asked[-1].at:%Y-%m-%d}"
    return ""


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
