"""Notices to institutions: what is found about them, in a mail, with a private page that ends.

The mail is stored as written but for its link, which is signed anew whenever it is needed.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from typing import Any

from sqlmodel import Session

from tracker.alerts.channels import Smtp
from tracker.alerts.failure import SendFailedError
from tracker.alerts.items import day, domain, one_line
from tracker.alerts.messages import MAIL, our_address, plain_text
from tracker.alerts.signing import claimed_id, good, signed
from tracker.dating import dated
from tracker.model import Reviewed
from tracker.queries import FindingRow, finding_rows
from tracker.settings import Settings
from tracker.standing import Gate, deed_name
from tracker.store import Store
from tracker.store.corrections import corrections
from tracker.store.deliveries import message_id
from tracker.store.notices import (
    NoticeRow,
    mark_notice_failed,
    mark_notice_sent,
    notice_rows,
    withdraw_notice,
)
from tracker.store.replies import reply_rows

GOOD_FOR = timedelta(days=60)
GIVEN_UP_AFTER = timedelta(days=1)
LINK = "{the private page}"
QUOTES, QUOTE_LENGTH = 3, 600
Facts = Mapping[str, Any]


def as_told(row: FindingRow) -> dict[str, Any]:
    """Return a finding as a notice keeps it: as it stood when the institution was asked."""
    evidence = [
        {name: item[name] for name in ("quote", "url", "title", "stated_date", "version")}
        | {"dated": dated(item)}
        for item in row.evidence
    ]
    return {
        "question": row.question,
        "result": row.result,
        "reviewed": row.reviewed,
        "rule": row.rule,
        "deeds": [deed_name(deed) for deed in row.acted],
        "evidence": evidence,
        "documents_read": row.search_record.get("documents_read", 0),
        "last_read": row.search_record.get("last_read"),
    }


def text_of(
    name: str,
    hosts: Sequence[str],
    findings: Sequence[Facts],
    settings: Settings,
    *,
    title: Callable[[str], str],
    at: datetime,
) -> str:
    """Write what the institution is told."""
    return plain_text(
        "asked",
        {
            "institution": one_line(name),
            "day": day(at),
            "read": _read(findings, at),
            "due": day(settings.gate.due(at)),
            "ends": day(at + GOOD_FOR),
            "hosts": " or ".join(hosts),
            "answer_to": answer_to(settings),
            "findings": [_finding(finding, title) for finding in findings],
            "link": LINK,
        },
    )


def _read(findings: Sequence[Facts], at: datetime) -> str:
    """The day until which the texts were read: what is found holds for that, not for today."""
    told = [finding["last_read"] for finding in findings if finding.get("last_read")]
    return day(datetime.fromisoformat(max(told)) if told else at)


def said_of(finding: Facts) -> str:
    """Return a finding that was told in words: its result, and who stands behind it."""
    machine = finding["reviewed"] == Reviewed.NONE
    who = "by machine, not yet reviewed" if machine else "confirmed by a person"
    return f"{finding['result'].replace('_', ' ')} ({who})"


def _finding(finding: Facts, title: Callable[[str], str]) -> dict[str, Any]:
    quotes = finding["evidence"]
    return {
        "title": title(finding["question"]),
        "said": said_of(finding),
        "rule": one_line(finding["rule"]) or "–",
        "acted": [one_line(deed) for deed in finding["deeds"]],
        "quotes": [
            {
                "quote": one_line(item["quote"], QUOTE_LENGTH),
                "title": one_line(item["title"]),
                "dated": item["dated"],
                "url": one_line(item["url"]),
            }
            for item in quotes[:QUOTES]
        ],
        "more": max(0, len(quotes) - QUOTES),
    }


def answer_to(settings: Settings) -> str:
    """Return the address that replies are written to; empty where none is set."""
    contact = settings.contact.removeprefix("mailto:").strip()
    is_mail = "@" in contact and "://" not in contact
    return contact if is_mail else parseaddr(settings.mail_from)[1]


def private_link(notice: NoticeRow, settings: Settings) -> str:
    """Return the address of the page that shows a notice's findings to the institution."""
    path = signed(notice.id, _key(notice), settings.secret, at=notice.at)
    return f"{settings.public_url.rstrip('/')}/reply/{path}"


def notice_behind(
    notices: Sequence[NoticeRow], text: str, secret: str, *, at: datetime
) -> NoticeRow | None:
    """Return the notice that a signed text stands for; None for a forged or expired one."""
    wanted = claimed_id(text)
    found = next((notice for notice in notices if notice.id == wanted), None)
    if found is None or not good(text, _key(found), secret, at=at, for_=GOOD_FOR):
        return None
    return found


def _key(notice: NoticeRow) -> str:
    return f"notice {notice.token}"


def as_mail(notice: NoticeRow, settings: Settings) -> EmailMessage:
    """Return the mail of a notice; its id never varies, so a repeat is the same message."""
    host = domain(settings.public_url)
    mail = EmailMessage(policy=MAIL)
    mail["Subject"] = one_line(
        f"What we find in the published texts of {notice.name}: your reply", 140
    )
    mail["From"] = settings.mail_from or our_address(host)
    mail["To"] = notice.address
    mail["Reply-To"] = answer_to(settings)
    mail["Date"] = format_datetime(notice.at)
    mail["Message-ID"] = f"<{message_id('notice', notice.token)}@{host}>"
    mail.set_content(notice.text.replace(LINK, private_link(notice, settings)))
    return mail


def send_notices(store: Store, settings: Settings, *, at: datetime) -> tuple[int, int]:
    """Send every notice that waits and still holds; return how many were taken and how many not.

    One that is not taken is tried again for a day, unless the server refuses it for good.
    """
    withdraw_overtaken(store, at=at)
    with store.transaction() as session:
        waiting = [notice for notice in notice_rows(session) if notice.waits]
    failures = [_send(store, settings, notice, at=at) for notice in waiting]
    return failures.count(None), len(failures) - failures.count(None)


def withdraw_overtaken(store: Store, *, at: datetime) -> tuple[str, ...]:
    """Withdraw every notice that waits and would say something wrong by now; return which and why."""
    said = []
    with store.transaction() as session:
        for notice in notice_rows(session):
            why = overtaken_by(session, notice, at=at) if notice.waits else ""
            if why:
                withdraw_notice(session, notice.id, f": {why}; ask anew if need be", at=at)
                said.append(f"notice {notice.id} to {notice.institution}: {why}")
    return tuple(said)


def overtaken_by(session: Session, notice: NoticeRow, *, at: datetime) -> str:
    """Return what came since a notice was written that makes it wrong to send it; empty where nothing did."""
    about = set(notice.questions)
    for reply in reply_rows(session, institution=notice.institution):
        if reply.entered_at > notice.at and not reply.refused and about & set(reply.questions):
            return f"a reply of {reply.received_at:%Y-%m-%d} came since"
    for fixed in corrections(session):
        here = fixed.institution == notice.institution and fixed.question in about
        if here and fixed.at > notice.at:
            return f"correction {fixed.id} of {fixed.question} came since"
    rows = finding_rows(session, questions=notice.questions, institutions=[notice.institution], gate=Gate(), at=at)  # fmt: skip
    told = {finding["question"]: finding for finding in notice.findings}
    for row in rows:
        if row.result != told[row.question]["result"]:
            return f"the finding on {row.question} is {row.result.replace('_', ' ')} by now"
        if sorted(map(deed_name, row.acted)) != sorted(told[row.question]["deeds"]):
            return "what the institution says it did reads otherwise by now"
    return "" if rows else "the institution is watched no more"


def _send(
    store: Store, settings: Settings, notice: NoticeRow, *, at: datetime
) -> SendFailedError | None:
    try:
        Smtp(settings.smtp_url, settings.mail_from).hand_over(as_mail(notice, settings))
    except SendFailedError as failure:
        final = failure.permanent or at - notice.at >= GIVEN_UP_AFTER
        with store.transaction() as session:
            mark_notice_failed(session, notice.id, failure.reason, final=final, at=at)
        return failure
    with store.transaction() as session:
        mark_notice_sent(session, notice.id, at=at)
    return None
