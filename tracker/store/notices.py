"""Notices to institutions: only ever added; later it is written down that one was sent, or why not yet."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from tracker.model import Institution, Notice, NoticeChannel
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
