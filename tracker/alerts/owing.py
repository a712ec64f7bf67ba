"""Owes subscribers word of what their rules ask for."""

from collections.abc import Iterable
from datetime import datetime

from sqlmodel import Session

from tracker.alerts.facts import facts_of
from tracker.alerts.subscriptions import Rule, matches
from tracker.model import SubscriptionState
from tracker.store import deliveries
from tracker.store.subscriptions import recipients


def owe_matching(session: Session, change_ids: Iterable[int], *, at: datetime) -> int:
    """Owe every subscriber word of the changes that its rule asks for; return how many are owed."""
    facts = facts_of(session, list(change_ids))
    owed = 0
    for recipient in recipients(session):
        if recipient.state is SubscriptionState.ACTIVE and facts:
            rule = Rule.model_validate(recipient.rule)
            wanted = [fact.id for fact in facts if matches(rule, fact)]
            owed += deliveries.owe(session, recipient, wanted, at=at) if wanted else 0
    return owed
