"""Sends what is owed: claim, send, mark. A kill in between repeats a message, never renames it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlmodel import Session

from tracker.alerts.channels import Sender, SendFailedError, sender
from tracker.alerts.facts import facts_between, facts_of
from tracker.alerts.messages import Message, compose
from tracker.alerts.subscriptions import ChangeFacts, Rule, matches, sendable
from tracker.model import Channel
from tracker.settings import Settings
from tracker.store import Store
from tracker.store.deliveries import Claimed, claim_due, mark_failed, mark_sent, unsent


@dataclass(frozen=True, slots=True)
class SendReport:
    """What one round of sending came to."""

    sent: int = 0
    failed: int = 0
    waiting: int = 0
    by_channel: dict[str, int] = field(default_factory=dict)
    subjects: tuple[str, ...] = ()


def send_due(store: Store, settings: Settings, *, at: datetime) -> SendReport:
    """Send every message that is due, each claimed first; return what became of them."""
    senders: dict[Channel, Sender] = {}
    sent: Counter[str] = Counter()
    subjects: list[str] = []
    failed = 0
    while True:
        with store.transaction() as session:
            batch = [
                (claimed, _message(session, claimed, settings))
                for claimed in claim_due(session, at=at)
            ]
        if not batch:
            break
        for claimed, message in batch:
            channel = claimed.recipient.channel
            by = senders.setdefault(channel, sender(channel, settings))
            if _send(store, by, claimed, message, at=at):
                sent[str(channel)] += 1
                subjects.append(message.subject)
            else:
                failed += 1
    with store.transaction() as session:
        waiting = unsent(session)
    return SendReport(sent.total(), failed, waiting, dict(sent), tuple(subjects))


def _message(session: Session, claimed: Claimed, settings: Settings) -> Message:
    facts = facts_of(session, claimed.change_ids)
    return compose(claimed.message_id, claimed.recipient, facts, settings)


def _send(store: Store, by: Sender, claimed: Claimed, message: Message, *, at: datetime) -> bool:
    try:
        by.send(message, at=at)
    except SendFailedError as error:
        with store.transaction() as session:
            mark_failed(session, claimed, error.reason, permanent=error.permanent, at=at)
        return False
    with store.transaction() as session:
        mark_sent(session, claimed.message_id, at=at)
    return True


def preview(
    session: Session, rule: Rule, *, since: datetime, until: datetime
) -> Sequence[ChangeFacts]:
    """Return what a rule would have sent in a time that is past."""
    facts = facts_between(session, since, until)
    return tuple(fact for fact in facts if sendable(fact) and matches(rule, fact))
