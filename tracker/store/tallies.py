"""What became of deliveries, and why those that are owed are not out yet. Reads only."""

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlmodel import Session, col, func, select

from tracker.model import (
    Cadence,
    Channel,
    Delivery,
    DeliveryState,
    Notice,
    NoticeChannel,
    Subscription,
    SubscriptionState,
)
from tracker.store.subscriptions import OPEN, recipients


@dataclass(frozen=True, slots=True)
class Tally:
    """What became of a subscription's deliveries."""

    sent: int = 0
    waiting: int = 0
    failed: int = 0
    error: str = ""  # of the last failure
    until: str | None = None  # when the next that waits falls due, ISO 8601


def tallies(session: Session) -> dict[int, Tally]:
    """Return what became of deliveries, by subscription."""
    rows = session.exec(
        select(
            Delivery.subscription_id, Delivery.state, Delivery.error, Delivery.next_try_at
        ).order_by(col(Delivery.id))
    )
    found: defaultdict[int, Tally] = defaultdict(Tally)
    for subscription_id, state, error, due in rows:
        old = found[subscription_id]
        times = [old.until, due.isoformat() if due and state in OPEN else None]
        found[subscription_id] = Tally(
            old.sent + (state is DeliveryState.SENT),
            old.waiting + (state in OPEN),
            old.failed + (state is DeliveryState.FAILED),
            error or old.error,
            min(filter(None, times), default=None),
        )
    return found


def unsent(session: Session) -> int:
    """Count the deliveries that are neither settled nor given up."""
    query = select(func.count()).select_from(Delivery).where(col(Delivery.state).in_(OPEN))
    return session.exec(query).one()


def owed_by_mail(session: Session) -> int:
    """Count what only a mail server can take: messages, and questions whether mail is wanted."""
    mailed = select(Subscription.id).where(
        Subscription.channel == Channel.EMAIL, Subscription.state == SubscriptionState.ACTIVE
    )
    owed = select(func.count()).select_from(Delivery).where(col(Delivery.state).in_(OPEN))
    messages = session.exec(owed.where(col(Delivery.subscription_id).in_(mailed))).one()
    questions = select(func.count()).where(
        Subscription.channel == Channel.EMAIL,
        Subscription.state == SubscriptionState.PENDING,
        col(Subscription.asked_at).is_(None),
    )
    notices = select(func.count()).where(
        Notice.channel == NoticeChannel.EMAIL,
        col(Notice.sent_at).is_(None),
        col(Notice.failed_at).is_(None),
    )
    return messages + session.exec(questions).one() + session.exec(notices).one()


def delivery_lag(session: Session, *, at: datetime) -> timedelta | None:
    """Return how long what is due has been waiting to be sent, the longest; None where nothing is."""
    active = select(Subscription.id).where(Subscription.state == SubscriptionState.ACTIVE)
    first = session.exec(
        select(func.min(Delivery.next_try_at)).where(
            col(Delivery.state).in_((DeliveryState.DUE, DeliveryState.CLAIMED)),
            col(Delivery.next_try_at) <= at,
            col(Delivery.subscription_id).in_(active),
        )
    ).one()
    return None if first is None else at - first


class Held(StrEnum):
    """Why a delivery that is owed does not go out yet."""

    UNCONFIRMED = "unconfirmed"  # the change waits for a second read
    QUIET = "quiet"  # a digest's time has not come
    CAPPED = "capped"  # beyond the rule's most a day
    RETRIED = "retried"  # refused before; the next attempt's time has not come
    CLAIMED = "claimed"  # another sender has it
    MUTED = "muted"  # its subscription is muted


@dataclass(frozen=True, slots=True)
class Waiting:
    """What is owed and held back, by reason; when the next falls due; subscriptions by state."""

    held: Counter[Held]
    next_at: datetime | None
    subscriptions: Counter[SubscriptionState]


def held_back(session: Session, *, at: datetime) -> Waiting:
    """Return why what is owed is not sent now."""
    rows = session.exec(
        select(Delivery, Subscription)
        .join(Subscription, col(Delivery.subscription_id) == Subscription.id)
        .where(col(Delivery.state).in_(OPEN))
    ).all()
    held = Counter(
        reason for delivery, to in rows if (reason := _reason(delivery, to, at=at)) is not None
    )
    times = [delivery.next_try_at for delivery, _ in rows if delivery.state is DeliveryState.DUE]
    states = Counter(recipient.state for recipient in recipients(session))
    later = [time for time in times if time is not None and time > at]
    return Waiting(held, min(later, default=None), states)


def _reason(delivery: Delivery, to: Subscription, *, at: datetime) -> Held | None:
    if to.state is not SubscriptionState.ACTIVE:
        return Held.MUTED
    if delivery.state is DeliveryState.WAITING:
        return Held.UNCONFIRMED
    if delivery.next_try_at is None or delivery.next_try_at <= at:
        return None  # due now
    if delivery.state is DeliveryState.CLAIMED:
        return Held.CLAIMED
    if delivery.attempts:
        return Held.RETRIED
    return Held.CAPPED if to.cadence is Cadence.INSTANT else Held.QUIET
