"""What institutions say: entered by people, decided by an admin."""

from collections.abc import Collection
from datetime import datetime

from sqlmodel import Session

from tracker.alerts.owing import owe_matching
from tracker.model import ChangeKind, ReplyVerdict
from tracker.queries import finding_rows
from tracker.replies.checks import (
    CONFIRMING,
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
from tracker.replies.records import add_record
from tracker.standing import QUESTIONS, Gate, plain
from tracker.store.records import take_back
from tracker.store.replies import ReplyRow, record_decision, record_reply, reply_rows


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
    check_permitted(session, by, LOGGING)
    institution, address, said = known_institution(session, key), address.strip(), plain(text)
    about = [q for q in QUESTIONS if q in {*questions, *disputes}] if questions else QUESTIONS
    problems = address_problems(address, institution) + unknown({*questions, *disputes})
    problems += [] if said else ["text: a reply has words"]
    problems += too_long("text", said)
    problems += ["received: lies in the future"] if received_at > at else []
    refuse(problems)
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
    check_permitted(session, by, CONFIRMING)
    reply = reply_named(session, reply_id)
    allowed = {ReplyVerdict.SETTLED: reply.public}.get(verdict, True)
    refuse([] if allowed else [f"reply {reply_id} is not public, so nothing of it can be settled"])
    refuse([f"reply {reply_id} is {verdict} already"] if reply.verdict is verdict else [])
    problems = too_long("note", note)
    if verdict is ReplyVerdict.CONFIRMED:
        problems += address_problems(reply.address, known_institution(session, reply.institution))
    refuse(problems)
    record_decision(session, reply_id, verdict=verdict, by=by, note=plain(note), at=at)
    if verdict is ReplyVerdict.REFUSED and reply.public:
        return take_back(session, reply_id, _taken_back(reply), at=at)
    if verdict is not ReplyVerdict.CONFIRMED or reply.public:
        return 0
    record = add_record(
        session, reply.institution, reply.named, ChangeKind.REPLY, _said(reply), at=at
    )
    return owe_matching(session, [record], at=at) if record else 0


def _taken_back(reply: ReplyRow) -> str:
    return f"correction: the reply of {reply.received_at:%Y-%m-%d} that we had published was taken back; it is public no more"


def _said(reply: ReplyRow) -> str:
    day = f"{reply.received_at:%Y-%m-%d}"
    disputed = f"; it disputes {', '.join(map(short, reply.disputes))}" if reply.disputes else ""
    return f"reply of {day}, published in full{disputed}"


def reply_named(session: Session, reply_id: int) -> ReplyRow:
    """Return a reply; raises ReplyError for no such one."""
    found = next((row for row in reply_rows(session) if row.id == reply_id), None)
    if found is None:
        raise ReplyError(f"there is no reply {reply_id}; `tracker replies list` names them")
    return found
