"""Sends what is owed: claim, send, mark. A kill in between repeats a message, never renames it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Self

from sqlmodel import Session

from tracker.alerts.channels import sender
from tracker.alerts.facts import facts_between, facts_of
from tracker.alerts.failure import SendFailedError
from tracker.alerts.messages import Message, compose
from tracker.alerts.subscriptions import ChangeFacts, Rule, matches, sendable
from tracker.checkup import check_up
from tracker.health import summary
from tracker.model import Cadence
from tracker.settings import Settings
from tracker.store import Store
from tracker.store.deliveries import (
    Claimed,
    Recipient,
    claim_due,
    mark_failed,
    mark_sent,
    release_claims,
    unsent,
)


@dataclass(frozen=True, slots=True)
class SendReport:
    """What one round of sending came to."""

    sent: int = 0
    failed: int = 0
    waiting: int = 0
    by_channel: Mapping[str, int] = field(default_factory=dict)
    subjects: tuple[str, ...] = ()

    def and_one(self, message: Message, *, taken: bool) -> Self:
        """Return the report with one more message, taken by its channel or not."""
        if not taken:
            return replace(self, failed=self.failed + 1)
        channel = str(message.recipient.channel)
        counts = {**self.by_channel, channel: self.by_channel.get(channel, 0) + 1}
        subjects = (*self.subjects, message.subject)
        return replace(self, sent=self.sent + 1, by_channel=counts, subjects=subjects)


def send_due(store: Store, settings: Settings, *, at: datetime, alone: bool = False) -> SendReport:
    """Send every message that is due, each claimed first; return what became of them.

    With `alone` no other sender runs, so what is claimed was left by one that was killed.
    """
    report = SendReport()
    if alone:
        with store.transaction() as session:
            release_claims(session, at=at)
    while batch := _claim(store, settings, at=at):
        for claimed, message in batch:
            taken = _send(store, settings, claimed, message, at=at)
            report = report.and_one(message, taken=taken)
    with store.transaction() as session:
        return replace(report, waiting=unsent(session))


def _claim(store: Store, settings: Settings, *, at: datetime) -> list[tuple[Claimed, Message]]:
    with store.transaction() as session:
        return [
            (claimed, _message(session, claimed, settings, at=at))
            for claimed in claim_due(session, at=at)
        ]


def _message(session: Session, claimed: Claimed, settings: Settings, *, at: datetime) -> Message:
    facts = facts_of(session, claimed.change_ids)
    return compose(
        claimed.message_id,
        claimed.recipient,
        facts,
        public_url=settings.public_url,
        at=at,
        note=_for_operator(session, claimed.recipient, settings, at=at),
    )


def _for_operator(
    session: Session, recipient: Recipient, settings: Settings, *, at: datetime
) -> str:
    """One line on the sources in the operator's digests; nobody else is told."""
    wanted = settings.operator.strip().lower()
    if recipient.cadence is Cadence.INSTANT or recipient.target.strip().lower() != wanted:
        return ""
    return summary(check_up(session, at=at)) if wanted else ""


def _send(
    store: Store, settings: Settings, claimed: Claimed, message: Message, *, at: datetime
) -> bool:
    failure = None
    try:
        sender(claimed.recipient.channel, settings).send(message)
    except SendFailedError as error:
        failure = error
    with store.transaction() as session:
        if failure is None:
            mark_sent(session, claimed.message_id, at=at)
        else:
            mark_failed(session, claimed, failure.reason, permanent=failure.permanent, at=at)
    return failure is None


def preview(
    session: Session, rule: Rule, *, since: datetime, until: datetime
) -> Sequence[ChangeFacts]:
    """Return what a rule would have sent in a time that is past."""
    facts = facts_between(session, since, until)
    return tuple(fact for fact in facts if sendable(fact) and matches(rule, fact))
