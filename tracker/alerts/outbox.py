"""Sends what is owed: claim, send, mark. A kill in between repeats a message, never renames it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Self

from sqlmodel import Session

from tracker.alerts.asking import send_notices, withdraw_overtaken
from tracker.alerts.channels import sender
from tracker.alerts.facts import facts_between, facts_of
from tracker.alerts.failure import SendFailedError
from tracker.alerts.messages import Message, compose
from tracker.alerts.notices import due_notices
from tracker.alerts.subscriptions import ChangeFacts, Rule, matches, sendable
from tracker.checkup import check_up
from tracker.health import summary
from tracker.model import Cadence
from tracker.settings import Settings
from tracker.store import Store
from tracker.store.deliveries import (
    Claimed,
    claim_due,
    mark_failed,
    mark_sent,
    release_claims,
)
from tracker.store.subscriptions import Recipient
from tracker.store.tallies import unsent


@dataclass(frozen=True, slots=True)
class SendReport:
    """What one round of sending came to."""

    sent: int = 0
    failed: int = 0
    waiting: int = 0
    notices: int = 0  # about subscriptions themselves
    asked: int = 0  # institutions that were told what is found about them
    withdrawn: tuple[str, ...] = ()  # notices that something overtook, and what
    by_channel: Mapping[str, int] = field(default_factory=dict)
    subjects: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()  # of failures, each once

    def and_failed(self, failure: SendFailedError) -> Self:
        """Return the report with one more message that could not be handed over."""
        reasons = tuple(dict.fromkeys((*self.reasons, failure.reason)))
        return replace(self, failed=self.failed + 1, reasons=reasons)

    def and_taken(self, message: Message) -> Self:
        """Return the report with one more message that its channel took."""
        channel = str(message.recipient.channel)
        counts = {**self.by_channel, channel: self.by_channel.get(channel, 0) + 1}
        subjects = (*self.subjects, message.subject)
        return replace(self, sent=self.sent + 1, by_channel=counts, subjects=subjects)


def send_due(
    store: Store,
    settings: Settings,
    *,
    at: datetime,
    alone: bool = False,
    between: Callable[[], None] = lambda: None,
) -> SendReport:
    """Send every message that is due, each claimed first; return what became of them.

    With `alone` no other sender runs, so what is claimed was left by one that was killed.
    `between` is called before each message; what it raises ends the sending there.
    """
    report = SendReport()
    if alone:
        with store.transaction() as session:
            release_claims(session, at=at)
    report = _send_notices(store, settings, report, at=at)
    withdrawn = withdraw_overtaken(store, at=at)
    taken, not_taken = send_notices(store, settings, at=at)
    report = replace(report, asked=taken, failed=report.failed + not_taken, withdrawn=withdrawn)
    while batch := _claim(store, settings, at=at):
        for claimed, message in batch:
            between()
            failure = _send(store, settings, claimed, message, at=at)
            report = report.and_failed(failure) if failure else report.and_taken(message)
    with store.transaction() as session:
        return replace(report, waiting=unsent(session))


def _send_notices(
    store: Store, settings: Settings, report: SendReport, *, at: datetime
) -> SendReport:
    with store.transaction() as session:
        due = list(due_notices(session, settings, at=at))
    for message, note in due:
        failure = try_to_send(message, settings)
        if failure is not None:
            report = report.and_failed(failure)
            continue
        with store.transaction() as session:
            note(session)
        report = replace(report, notices=report.notices + 1)
    return report


def try_to_send(message: Message, settings: Settings) -> SendFailedError | None:
    """Send a message through its recipient's channel; return why it could not be, or None."""
    try:
        sender(message.recipient.channel, settings).send(message)
    except SendFailedError as failure:
        return failure
    return None


def _claim(store: Store, settings: Settings, *, at: datetime) -> list[tuple[Claimed, Message]]:
    with store.transaction() as session:
        claimed = claim_due(session, at=at)
        wanted = [change_id for each in claimed for change_id in each.change_ids]
        facts = {fact.id: fact for fact in facts_of(session, wanted)}
        return [(each, _message(session, each, facts, settings, at=at)) for each in claimed]


def _message(
    session: Session,
    claimed: Claimed,
    facts: Mapping[int, ChangeFacts],
    settings: Settings,
    *,
    at: datetime,
) -> Message:
    return compose(
        claimed.message_id,
        claimed.recipient,
        [facts[change_id] for change_id in claimed.change_ids],
        public_url=settings.public_url,
        at=at,
        note=_for_operator(session, claimed.recipient, settings, at=at),
        unreviewed=not settings.meaning_after_review,
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
) -> SendFailedError | None:
    failure = try_to_send(message, settings)
    with store.transaction() as session:
        if failure is None:
            mark_sent(session, claimed.message_id, at=at)
        else:
            mark_failed(session, claimed, failure.reason, permanent=failure.permanent, at=at)
    return failure


def preview(
    session: Session, rule: Rule, *, since: datetime, until: datetime
) -> Sequence[ChangeFacts]:
    """Return what a rule would have sent in a time that is past, each change as a message."""
    facts = facts_between(session, since, until)
    return tuple(fact for fact in facts if sendable(fact) and matches(rule, fact))
