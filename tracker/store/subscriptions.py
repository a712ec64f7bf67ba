"""Who wants to be told, where, and whether the address agreed. Knows no change and no message."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlmodel import Session, and_, col, select, update

from tracker.model import Cadence, Channel, Delivery, DeliveryState, Subscription, SubscriptionState
from tracker.store.rows import known_id

OPEN = (DeliveryState.WAITING, DeliveryState.DUE, DeliveryState.CLAIMED)


@dataclass(frozen=True, slots=True)
class Recipient:
    """A subscription as senders see it."""

    id: int
    name: str
    channel: Channel
    target: str = field(repr=False)  # a secret for some channels
    cadence: Cadence
    timezone: str
    rule: Mapping[str, Any]
    state: SubscriptionState
    token: str = field(repr=False)
    asked_at: datetime | None = None
    confirmed_at: datetime | None = None
    noted_at: datetime | None = None


def add_subscription(
    session: Session,
    *,
    name: str,
    channel: Channel,
    target: str = "",
    cadence: Cadence = Cadence.INSTANT,
    timezone: str = "UTC",
    rule: Mapping[str, Any] | None = None,
    at: datetime,
) -> int:
    """Add a subscription and return its id; the caller has checked rule and target.

    One by e-mail is pending until its address agrees: anybody can type in an address.
    """
    asks = channel is Channel.EMAIL
    row = Subscription(
        name=name,
        channel=channel,
        target=target,
        cadence=cadence,
        timezone=timezone,
        rule=dict(rule or {}),
        state=SubscriptionState.PENDING if asks else SubscriptionState.ACTIVE,
        token=secrets.token_urlsafe(24),
        created_at=at,
        confirmed_at=None if asks else at,
    )
    session.add(row)
    session.flush()
    return known_id(row.id)


def recipients(session: Session) -> tuple[Recipient, ...]:
    """Return every subscription, by name."""
    rows = session.exec(select(Subscription).order_by(col(Subscription.name)))
    return tuple(recipient_of(row) for row in rows)


def recipient_of(row: Subscription) -> Recipient:
    """Return a subscription's row as senders see it."""
    return Recipient(
        id=known_id(row.id),
        name=row.name,
        channel=row.channel,
        target=row.target,
        cadence=row.cadence,
        timezone=row.timezone,
        rule=dict(row.rule),
        state=row.state,
        token=row.token,
        asked_at=row.asked_at,
        confirmed_at=row.confirmed_at,
        noted_at=row.noted_at,
    )


def end_subscription(session: Session, *, token: str) -> bool:
    """End the subscription of that token and drop what it is still owed; False for no such token."""
    row = session.exec(select(Subscription).where(Subscription.token == token)).first()
    if row is None:
        return False
    row.state = SubscriptionState.ENDED
    owed = and_(Delivery.subscription_id == row.id, col(Delivery.state).in_(OPEN))
    session.exec(update(Delivery).where(owed).values(state=DeliveryState.DROPPED))
    return True


def confirm_subscription(session: Session, subscription_id: int, *, at: datetime) -> bool:
    """Write down that the address agreed; False where there is nothing to agree to."""
    row = session.get(Subscription, subscription_id)
    if row is None or row.state is SubscriptionState.ENDED:
        return False
    if row.state is SubscriptionState.PENDING:
        row.state, row.confirmed_at = SubscriptionState.ACTIVE, at
    return True


def mute_subscription(session: Session, subscription_id: int, *, muted: bool) -> bool:
    """Stop telling a subscription of anything new, or begin again; False where it was never active."""
    row = session.get_one(Subscription, subscription_id)
    if row.state not in {SubscriptionState.ACTIVE, SubscriptionState.MUTED}:
        return False
    row.state = SubscriptionState.MUTED if muted else SubscriptionState.ACTIVE
    return True


def replace_rule(session: Session, subscription_id: int, rule: Mapping[str, Any]) -> None:
    """Give a subscription another rule, which the caller has checked; for what happens from now on."""
    session.get_one(Subscription, subscription_id).rule = dict(rule)


def note_asked(session: Session, subscription_id: int, *, at: datetime) -> None:
    """Write down that the address was asked whether it agrees."""
    session.get_one(Subscription, subscription_id).asked_at = at


def note_quiet(session: Session, subscription_id: int, *, at: datetime) -> None:
    """Write down that the subscriber was told that all is quiet."""
    session.get_one(Subscription, subscription_id).noted_at = at


def mailed_between(
    session: Session, subscription_id: int, since: datetime, until: datetime
) -> bool:
    """Tell whether a message of the subscription was sent from `since` up to before `until`."""
    query = select(Delivery.id).where(
        Delivery.subscription_id == subscription_id,
        col(Delivery.sent_at) >= since,
        col(Delivery.sent_at) < until,
    )
    return session.exec(query).first() is not None
