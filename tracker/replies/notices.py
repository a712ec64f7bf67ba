"""Asking institutions: notices that wait to be sent, or that somebody sent by hand."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session

from tracker.alerts.asking import answer_to, as_told, overtaken_by, text_of
from tracker.coding.codebook import question_title
from tracker.model import NoticeChannel
from tracker.queries import FindingRow, finding_rows
from tracker.replies.checks import (
    LOGGING,
    ReplyError,
    address_problems,
    check_permitted,
    known_institution,
    refuse,
    short,
    too_long,
    unknown,
)
from tracker.settings import Settings
from tracker.standing import NEGATIVE, QUESTIONS, Gate, plain
from tracker.store.notices import notice_rows, record_notice, withdraw_notice
from tracker.wording import words

#: What a person may confirm against an institution (design, decision 11), in words.
AGAINST = (
    f"against it: {', '.join(sorted(words(result) for result in NEGATIVE))}, "
    "or that it ended, suspended, refused or reviewed a named partnership"
)
UNSAID = frozenset({"not_checked", "unreachable", "not_applicable"})


@dataclass(frozen=True, slots=True)
class Draft:
    """What a notice to an institution would say."""

    institution_id: int
    findings: tuple[dict[str, Any], ...]
    text: str


def due_for_notice(session: Session, *, at: datetime) -> list[FindingRow]:
    """Return what a person confirmed against an institution that was never asked about it: see AGAINST.

    What a notice that waits to be sent tells of is not due once more.
    """
    waiting = {
        (notice.institution, question)
        for notice in notice_rows(session)
        if notice.waits and not overtaken_by(session, notice, at=at)
        for question in notice.questions
    }
    rows = finding_rows(session, questions=QUESTIONS, gate=Gate(withhold=True), at=at)
    asked = {
        (r.institution, r.question) for r in rows if r.standing.withheld and not r.standing.due_at
    }
    whole = finding_rows(session, questions=QUESTIONS, gate=Gate(), at=at)
    due = asked - waiting
    return [row for row in whole if (row.institution, row.question) in due]


def draft(
    session: Session,
    key: str,
    questions: Collection[str],
    settings: Settings,
    *,
    address: str | None = None,
    at: datetime,
) -> Draft:
    """Write a notice about findings as they stand; raises ReplyError where there is nothing to tell.

    Where an address is given, it is one that a notice may be mailed to.
    """
    institution = known_institution(session, key)
    problems = [] if address is None else address_problems(address.strip(), institution)
    problems += unknown(questions)
    if not answer_to(settings):
        problems.append(
            "replies need an address to come to: set TRACKER_CONTACT to an e-mail address, or TRACKER_MAIL_FROM"
        )
    refuse(problems)
    rows = finding_rows(
        session, questions=questions or QUESTIONS, institutions=[key], gate=Gate(), at=at
    )
    told = tuple(as_told(row) for row in rows if questions or row.result not in UNSAID)
    if not told:
        raise ReplyError(f"nothing is found about {key} that it could be asked about")
    text = text_of(institution.name, institution.hosts, told, settings, title=question_title, at=at)
    assert institution.id is not None
    return Draft(institution.id, told, text)


def ask(
    session: Session,
    key: str,
    *,
    address: str,
    questions: Collection[str] = (),
    by: str,
    settings: Settings,
    at: datetime,
) -> int:
    """Log a notice that waits to be sent to an address of the institution; return its id.

    Raises ReplyError where the address is not on an official host, or the person may not.
    """
    check_permitted(session, by, LOGGING)
    written = draft(session, key, questions, settings, address=address, at=at)
    refuse(_told_already(session, key, written, at=at))
    return record_notice(
        session,
        written.institution_id,
        by=by,
        channel=NoticeChannel.EMAIL,
        address=address.strip(),
        findings=written.findings,
        text=written.text,
        at=at,
    )


def _told_already(session: Session, key: str, written: Draft, *, at: datetime) -> list[str]:
    """Name the notices that wait and tell of the same findings."""
    told = {finding["question"] for finding in written.findings}
    return [
        f"notice {notice.id} of {notice.at:%Y-%m-%d} waits and tells of {', '.join(map(short, same))}: "
        f"`tracker alerts send` mails it, `tracker notices withdraw {notice.id}` makes room for another"
        for notice in notice_rows(session, institution=key)
        if notice.waits and not overtaken_by(session, notice, at=at)
        if (same := [question for question in notice.questions if question in told])
    ]


def withdraw(session: Session, notice_id: int, *, by: str, note: str = "", at: datetime) -> None:
    """Let a notice that waits not be sent; raises ReplyError where none of that number waits."""
    check_permitted(session, by, LOGGING)
    found = next((row for row in notice_rows(session) if row.id == notice_id), None)
    if found is None:
        raise ReplyError(f"there is no notice {notice_id}; `tracker notices list` names them")
    problems = [] if found.waits else [f"notice {notice_id} does not wait any more: {found.state}"]
    refuse(problems + too_long("note", note))
    said = f": {' '.join(plain(note).split())}" if note.strip() else ""
    withdraw_notice(session, notice_id, f" by {plain(by)}{said}", at=at)


def log_notice(
    session: Session,
    key: str,
    *,
    address: str,
    questions: Collection[str] = (),
    text: str = "",
    by: str,
    settings: Settings,
    sent_at: datetime,
    at: datetime,
) -> int:
    """Log a notice that somebody sent by hand, wherever to; return its id."""
    check_permitted(session, by, LOGGING)
    problems = [] if address.strip() else ["address: say where it was sent"]
    problems += ["at: lies in the future"] if sent_at > at else []
    problems += too_long("text", text)
    refuse(problems)
    written = draft(session, key, questions, settings, at=at)
    return record_notice(
        session,
        written.institution_id,
        by=by,
        channel=NoticeChannel.BY_HAND,
        address=plain(address),
        findings=written.findings,
        text=plain(text) or written.text,
        at=at,
        sent_at=sent_at,
    )
