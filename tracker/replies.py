"""Asking institutions, and what they say: the deeds of people, each checked, logged, and told to whom it concerns.

Source: design, decisions 9 and 11.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session, select

from tracker.addresses import is_official_mail
from tracker.alerts.asking import answer_to, as_told, overtaken_by, text_of
from tracker.alerts.channels import is_address
from tracker.alerts.owing import owe_matching
from tracker.coding.codebook import question_title
from tracker.model import (
    SPOKEN,
    ChangeKind,
    Document,
    Institution,
    NoticeChannel,
    ReplyVerdict,
    Role,
)
from tracker.queries import FindingRow, finding_rows
from tracker.settings import Settings
from tracker.standing import NEGATIVE, QUESTIONS, Gate, labels_of, plain
from tracker.store.confirming import record_of
from tracker.store.deliveries import owe_told, told_of
from tracker.store.deliveries import withdraw as drop
from tracker.store.people import permitted
from tracker.store.records import take_back
from tracker.store.replies import (
    ReplyRow,
    institution_named,
    notice_rows,
    record_correction,
    record_decision,
    record_notice,
    record_reply,
    reply_rows,
    withdraw_notice,
)
from tracker.wording import words

#: What a person may confirm against an institution (design, decision 11), in words.
AGAINST = (
    f"against it: {', '.join(sorted(words(result) for result in NEGATIVE))}, "
    "or that it ended, suspended, refused or reviewed a named partnership"
)
UNSAID = frozenset({"not_checked", "unreachable", "not_applicable"})
LONGEST = 20_000  # characters of a reply or a note
LOGGING, CONFIRMING = (Role.REVIEWER, Role.ADMIN), (Role.ADMIN,)


class ReplyError(Exception):
    """What a person wants cannot be done; the message lists everything that is wrong."""


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
    institution = _institution(session, key)
    problems = [] if address is None else _address_problems(address.strip(), institution)
    problems += _unknown(questions)
    if not answer_to(settings):
        problems.append(
            "replies need an address to come to: set TRACKER_CONTACT to an e-mail address, or TRACKER_MAIL_FROM"
        )
    _refuse(problems)
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
    _allowed(session, by, LOGGING)
    written = draft(session, key, questions, settings, address=address, at=at)
    _refuse(_told_already(session, key, written, at=at))
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
        f"notice {notice.id} of {notice.at:%Y-%m-%d} waits and tells of {', '.join(map(_short, same))}: "
        f"`tracker alerts send` mails it, `tracker notices withdraw {notice.id}` makes room for another"
        for notice in notice_rows(session, institution=key)
        if notice.waits and not overtaken_by(session, notice, at=at)
        if (same := [question for question in notice.questions if question in told])
    ]


def withdraw(session: Session, notice_id: int, *, by: str, note: str = "", at: datetime) -> None:
    """Let a notice that waits not be sent; raises ReplyError where none of that number waits."""
    _allowed(session, by, LOGGING)
    found = next((row for row in notice_rows(session) if row.id == notice_id), None)
    if found is None:
        raise ReplyError(f"there is no notice {notice_id}; `tracker notices list` names them")
    problems = [] if found.waits else [f"notice {notice_id} does not wait any more: {found.state}"]
    _refuse(problems + _too_long("note", note))
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
    _allowed(session, by, LOGGING)
    problems = [] if address.strip() else ["address: say where it was sent"]
    problems += ["at: lies in the future"] if sent_at > at else []
    problems += _too_long("text", text)
    _refuse(problems)
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


def enter(
    session: Session,
    key: str,
    *,
    address: str,
    text: str,
    questions: Collection[str] = (),
    disputes: Collection[str] = (),
    by: str,
    received_at: datetime,
    at: datetime,
) -> int:
    """Enter a reply that came from an official host's address; it waits for an admin. Return its id.

    Without `questions` it answers every finding. Raises ReplyError that lists everything wrong.
    """
    _allowed(session, by, LOGGING)
    institution, address, said = _institution(session, key), address.strip(), plain(text)
    about = [q for q in QUESTIONS if q in {*questions, *disputes}] if questions else QUESTIONS
    problems = _address_problems(address, institution) + _unknown({*questions, *disputes})
    problems += [] if said else ["text: a reply has words"]
    problems += _too_long("text", said)
    problems += ["received: lies in the future"] if received_at > at else []
    _refuse(problems)
    rows = finding_rows(session, questions=about, institutions=[key], gate=Gate(), at=at)
    assert institution.id is not None
    return record_reply(
        session,
        institution.id,
        address=address,
        text=said,
        questions={row.question: row.result for row in rows},
        disputes=[q for q in about if q in set(disputes)],
        by=by,
        received_at=received_at,
        at=at,
    )


def decide(
    session: Session,
    reply_id: int,
    *,
    verdict: ReplyVerdict,
    by: str,
    note: str = "",
    at: datetime,
) -> int:
    """Confirm, refuse or settle a reply, as an admin; return how many subscribers will be told.

    Confirming makes it public and is a change of our record; settling ends what it disputes;
    refusing what was public takes it back, and who was told of it gets the correction.
    """
    _allowed(session, by, CONFIRMING)
    reply = reply_named(session, reply_id)
    allowed = {ReplyVerdict.SETTLED: reply.public}.get(verdict, True)
    _refuse([] if allowed else [f"reply {reply_id} is not public, so nothing of it can be settled"])
    _refuse([f"reply {reply_id} is {verdict} already"] if reply.verdict is verdict else [])
    problems = _too_long("note", note)
    if verdict is ReplyVerdict.CONFIRMED:
        problems += _address_problems(reply.address, _institution(session, reply.institution))
    _refuse(problems)
    record_decision(session, reply_id, verdict=verdict, by=by, note=plain(note), at=at)
    if verdict is ReplyVerdict.REFUSED and reply.public:
        return take_back(session, reply_id, _taken_back(reply), at=at)
    if verdict is not ReplyVerdict.CONFIRMED or reply.public:
        return 0
    record = _record(session, reply.institution, reply.named, ChangeKind.REPLY, _said(reply), at=at)
    return owe_matching(session, [record], at=at) if record else 0


def _taken_back(reply: ReplyRow) -> str:
    return f"correction: the reply of {reply.received_at:%Y-%m-%d} that we had published was taken back; it is public no more"


def _said(reply: ReplyRow) -> str:
    day = f"{reply.received_at:%Y-%m-%d}"
    disputed = f"; it disputes {', '.join(map(_short, reply.disputes))}" if reply.disputes else ""
    return f"reply of {day}, published in full{disputed}"


def _short(question: str) -> str:
    return "who has spoken" if question == SPOKEN else question


@dataclass(frozen=True, slots=True)
class Corrected:
    """What a correction came to."""

    number: int
    told: int  # subscribers who got a wrong alert and will get the correction
    dropped: int  # deliveries of wrong alerts that will not go out
    result: str  # of the finding, which stays until people judge anew
    passages: int  # that it rests on
    awaiting: int = 0  # that await review beside them

    @property
    def follows(self) -> str:
        """What a correction does not do, and who must do it."""
        stays = f"The finding still reads “{self.result.replace('_', ' ')}”: a correction changes no result."
        if self.awaiting:
            return (
                f"{stays} What awaits review on it stands first in `tracker review list` and on the Review screen, "
                "then what it rests on, for those who have not judged it; once it is judged, `tracker update` draws the conclusions."
            )
        if not self.passages:
            return f"{stays} It rests on no passage; see what was read for it, and `tracker sources health`."
        one = self.passages == 1
        number = (
            "passage it rests on stands" if one else f"{self.passages} passages it rests on stand"
        )
        return (
            f"{stays} The {number} first in `tracker review list` and on the Review screen; "
            f"once {'it is' if one else 'they are'} judged, `tracker update` draws the conclusions."
        )


def correct(
    session: Session,
    key: str,
    question: str,
    *,
    note: str,
    by: str,
    reply_id: int | None = None,
    changes: Sequence[int] = (),
    at: datetime,
) -> Corrected:
    """Correct a finding in public, as an admin: exactly those who were told of it wrongly are told.

    These are the changes of the institution that touch the question, or those that are named.
    """
    _allowed(session, by, CONFIRMING)
    institution, said = _institution(session, key), plain(note)
    problems = _unknown([question]) + _too_long("note", said)
    problems += [] if said else ["note: say what was wrong and what is right"]
    assert institution.id is not None
    wrong = told_of(session, institution.id, labels_of(question))
    problems += [f"change {c}: nobody was told of it here" for c in changes if c not in wrong]
    if reply_id is not None and reply_named(session, reply_id).institution != key:
        problems.append(f"reply {reply_id} is another institution's")
    _refuse(problems)
    # The result that the public saw: what is withheld was never wrong in public.
    [row] = finding_rows(session, questions=[question], institutions=[key], at=at)
    wrong = list(changes) or wrong
    summary = f"correction of our finding on {_short(question)}: {' '.join(said.split())}"
    record = _record(session, key, [question], ChangeKind.CORRECTION, summary, at=at, about=wrong)
    told = sum(owe_told(session, record, each, at=at) for each in wrong) if record else 0
    number = record_correction(
        session, institution.id, question=question, at=at, by=by, note=said, result=row.result, reply_id=reply_id, change_id=record,
    )  # fmt: skip
    dropped = sum(drop(session, each) for each in wrong)
    return Corrected(number, told, dropped, row.result, len(row.evidence), len(row.awaiting))


def _record(
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
    institution = _institution(session, key)
    first = select(Document.id).where(Document.institution_id == institution.id).limit(1)
    document_id = resting[0] if resting else session.exec(first).first()
    if document_id is None:
        return None
    labels = sorted({label for question in questions for label in labels_of(question)})
    return record_of(
        session, document_id, kind=kind, summary=summary, labels=labels, at=at, about_id=about[-1] if about else None,
    )  # fmt: skip


def reply_named(session: Session, reply_id: int) -> ReplyRow:
    """Return a reply; raises ReplyError for no such one."""
    found = next((row for row in reply_rows(session) if row.id == reply_id), None)
    if found is None:
        raise ReplyError(f"there is no reply {reply_id}; `tracker replies list` names them")
    return found


def _institution(session: Session, key: str) -> Institution:
    found = institution_named(session, key)
    if found is None:
        raise ReplyError(f'no institution has the key "{key}"; `tracker sources list` names them')
    return found


def _address_problems(address: str, institution: Institution) -> list[str]:
    if not is_address(address):
        return [f'address: "{address}" is not an e-mail address']
    if is_official_mail(address, institution.hosts):
        return []
    host = address.rpartition("@")[2]
    official = f"the official hosts of {institution.key} ({', '.join(institution.hosts)})"
    return [f"address: {host} is none of {official}; add it to `hosts` in sources.yaml if it is"]


def _unknown(questions: Collection[str]) -> list[str]:
    return [
        f"question: {question} is none of {', '.join(QUESTIONS)}"
        for question in sorted(set(questions) - set(QUESTIONS))
    ]


def _too_long(what: str, text: str) -> list[str]:
    return [] if len(text) <= LONGEST else [f"{what}: longer than {LONGEST:,} characters"]


def _allowed(session: Session, name: str, roles: Collection[Role]) -> None:
    if not name.strip():
        raise ReplyError("say who you are: it stands in the record")
    if not permitted(session, name.strip(), *roles):
        who = " or ".join(f"{'an' if role == 'admin' else 'a'} {role}" for role in roles)
        raise ReplyError(f"{name} is not {who}; `tracker people list` names who is")


def _refuse(problems: Sequence[str]) -> None:
    if problems:
        raise ReplyError("\n".join(["this cannot be done:", *(f"  {line}" for line in problems)]))
