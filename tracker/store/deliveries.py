"""What is owed to whom, and what became of it. Knows no message text and no channel's workings.

A delivery waits until its change is confirmed, is due at a time, is claimed by one sender for a
while, and ends sent, failed or dropped. A claim that is not settled in time falls due again under
the same message id: a receiver can tell a repeat from news.
"""

import hashlib
import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from sqlmodel import Session, and_, col, func, or_, select, update

from tracker.model import (
    Cadence,
    Change,
    ChangeClass,
    ChangeKind,
    Channel,
    Delivery,
    DeliveryState,
    Document,
    Subscription,
    SubscriptionState,
)
from tracker.store.rows import known_id
from tracker.store.subscriptions import Recipient, recipient_of, recipients

#: How long a sender may take to settle what it claimed.
LEASE = timedelta(minutes=15)
#: Waits after the first, second … failed attempt: a day in all, then the failure is final.
RETRY_AFTER = tuple(timedelta(minutes=m) for m in (1, 5, 30, 120, 300, 480, 480))
#: Local time of day at which digests fall due; weekly ones on Mondays.
DIGEST_HOUR = 7

#: Sent, or perhaps sent.
TOLD = (DeliveryState.SENT, DeliveryState.CLAIMED)


@dataclass(frozen=True, slots=True)
class Claimed:
    """One message that this sender, and no other, may send now."""

    message_id: str
    recipient: Recipient
    change_ids: tuple[int, ...]
    attempts: int  # this one included


def owe(
    session: Session,
    recipient: Recipient,
    change_ids: Sequence[int],
    *,
    at: datetime,
) -> int:
    """Owe a recipient word of these changes, once each; return how many are newly owed.

    Imported, folded and technical changes are never owed; material ones wait to be confirmed.
    Nor is a change owed that takes the place of one that was already told.
    Who reads a feed asks for it, so nothing is owed there.
    """
    if recipient.channel is Channel.ATOM:
        return 0
    owed = select(Delivery.change_id).where(Delivery.subscription_id == recipient.id)
    told = (
        select(Change.superseded_by_id)
        .join(Delivery, col(Delivery.change_id) == Change.id)
        .where(Delivery.subscription_id == recipient.id, col(Delivery.state).in_(TOLD))
        .where(col(Change.superseded_by_id).is_not(None))
    )
    news = session.exec(
        select(Change, Document.url)
        .join(Document, col(Change.document_id) == Document.id)
        .where(col(Change.id).in_(change_ids), col(Change.id).not_in(owed))
        .where(col(Change.id).not_in(told))
        .where(col(Change.imported).is_(False), col(Change.folded_into_id).is_(None))
        .where(Change.change_class != ChangeClass.TECHNICAL)
        .order_by(col(Change.id))
    ).all()
    room = _room(session, recipient, at)
    for change, url in news:
        waits = change.change_class is ChangeClass.MATERIAL and not change.confirmed
        row = Delivery(subscription_id=recipient.id, change_id=known_id(change.id), message_id="")
        _schedule(row, recipient, change, url, at, crowded=not waits and room < 1)
        row.state = DeliveryState.WAITING if waits else DeliveryState.DUE
        room -= not waits
        session.add(row)
    session.flush()
    return len(news)


def owe_told(session: Session, record_id: int, about_id: int, *, at: datetime) -> int:
    """Owe word of a record to exactly those who were told of the change it is about; count them.

    What was claimed may have gone out, so it counts as told.
    """
    told = select(Delivery.subscription_id).where(
        Delivery.change_id == about_id,
        col(Delivery.state).in_(TOLD),
    )
    return sum(
        owe(session, recipient, [record_id], at=at)
        for recipient in recipients(session)
        if recipient.state is not SubscriptionState.ENDED
        and recipient.id in set(session.exec(told).all())
    )


def told_of(session: Session, institution_id: int, labels: Collection[str]) -> list[int]:
    """Return the changes of an institution with one of these labels that somebody was told of or is owed.

    News of what the institution said, and of earlier corrections, is none of what a correction puts right.
    """
    counts = (*TOLD, DeliveryState.WAITING, DeliveryState.DUE)
    rows = session.exec(
        select(Change)
        .join(Document, col(Change.document_id) == Document.id)
        .where(Document.institution_id == institution_id)
        .where(col(Change.kind).not_in((ChangeKind.REPLY, ChangeKind.CORRECTION)))
        .where(
            col(Change.id).in_(select(Delivery.change_id).where(col(Delivery.state).in_(counts)))
        )
        .order_by(col(Change.seen_to), col(Change.id))
    )
    return [known_id(change.id) for change in rows if not set(change.labels).isdisjoint(labels)]


def withdraw(session: Session, change_id: int) -> int:
    """Drop what is owed of a change and was not sent yet; return how many deliveries that were."""
    unsent_ones = and_(
        col(Delivery.change_id) == change_id,
        col(Delivery.state).in_((DeliveryState.WAITING, DeliveryState.DUE)),
    )
    dropped = session.exec(
        update(Delivery)
        .where(unsent_ones)
        .values(state=DeliveryState.DROPPED)
        .returning(col(Delivery.id))
    )
    return len(dropped.all())


def release_confirmed(session: Session, *, at: datetime) -> int:
    """Make due what waited for a change that is confirmed now, drop what was folded; count the due."""
    rows = session.exec(
        select(Delivery, Change, Document.url, Subscription)
        .join(Change, col(Delivery.change_id) == Change.id)
        .join(Document, col(Change.document_id) == Document.id)
        .join(Subscription, col(Delivery.subscription_id) == Subscription.id)
        .where(Delivery.state == DeliveryState.WAITING)
        .where(or_(col(Change.confirmed), col(Change.folded_into_id).is_not(None)))
        .order_by(col(Delivery.id))
    ).all()
    rooms: dict[int, float] = {}
    for delivery, change, url, subscription in rows:
        if change.folded_into_id is not None:
            delivery.state = DeliveryState.DROPPED
            continue
        recipient = recipient_of(subscription)
        room = rooms.setdefault(recipient.id, _room(session, recipient, at))
        rooms[recipient.id] -= 1
        delivery.state = DeliveryState.DUE
        _schedule(delivery, recipient, change, url, at, crowded=room < 1)
    session.flush()
    return sum(delivery.state is DeliveryState.DUE for delivery, *_ in rows)


def claim_due(session: Session, *, at: datetime, limit: int = 20) -> tuple[Claimed, ...]:
    """Claim up to `limit` messages that are due, longest due first, for the length of a lease."""
    active = select(Subscription.id).where(Subscription.state == SubscriptionState.ACTIVE)
    due = and_(
        col(Delivery.state).in_((DeliveryState.DUE, DeliveryState.CLAIMED)),
        col(Delivery.next_try_at) <= at,
        col(Delivery.subscription_id).in_(active),
    )
    first = col(Delivery.message_id)
    next_ones = (
        select(first)
        .where(due)
        .group_by(first)
        .order_by(func.min(Delivery.next_try_at), func.min(Delivery.id))
        .limit(limit)
    )
    # One statement that repeats the condition, so that of two senders only one gets a row.
    claim = (
        update(Delivery)
        .where(due, first.in_(next_ones))
        .values(
            state=DeliveryState.CLAIMED,
            next_try_at=at + LEASE,
            attempts=col(Delivery.attempts) + 1,
        )
        .returning(
            first, col(Delivery.subscription_id), col(Delivery.change_id), col(Delivery.attempts)
        )
        .execution_options(synchronize_session=False)
    )
    rows = sorted(tuple(row) for row in session.exec(claim).all())
    known = {recipient.id: recipient for recipient in recipients(session)}
    return tuple(_claimed(known, list(group)) for _, group in groupby(rows, key=lambda row: row[0]))


def mark_sent(session: Session, message_id: str, *, at: datetime) -> None:
    """Write down that a claimed message was taken by its channel."""
    _settle(session, message_id, state=DeliveryState.SENT, sent_at=at, next_try_at=None, error="")


def mark_failed(
    session: Session, claimed: Claimed, reason: str, *, permanent: bool, at: datetime
) -> None:
    """Write down why a claimed message was not taken, and when to try again, if ever."""
    tried = claimed.attempts
    if permanent or tried > len(RETRY_AFTER):
        change: dict[str, Any] = {"state": DeliveryState.FAILED, "next_try_at": None}
    else:
        wait = RETRY_AFTER[tried - 1] * _jitter(claimed.message_id)
        change = {"state": DeliveryState.DUE, "next_try_at": at + wait}
    _settle(session, claimed.message_id, error=reason, **change)


def release_claims(session: Session, *, at: datetime) -> None:
    """Make due at once what killed senders had claimed; only for who knows no other sender runs."""
    claimed = col(Delivery.state) == DeliveryState.CLAIMED
    session.exec(update(Delivery).where(claimed).values(state=DeliveryState.DUE, next_try_at=at))


def next_window(cadence: Cadence, timezone: str, after: datetime) -> datetime:
    """Return when word of something known since `after` falls due, in UTC."""
    if cadence is Cadence.INSTANT:
        return after.astimezone(UTC)
    local = after.astimezone(ZoneInfo(timezone))
    end = local.replace(hour=DIGEST_HOUR, minute=0, second=0, microsecond=0)
    if end <= local:
        end += timedelta(days=1)
    if cadence is Cadence.WEEKLY:
        end += timedelta(days=-end.weekday() % 7)
    return end.astimezone(UTC)


def _room(session: Session, recipient: Recipient, at: datetime) -> float:
    """How many messages of their own a subscription may still get on this day of its own."""
    most = recipient.rule.get("at_most")
    if most is None or recipient.cadence is not Cadence.INSTANT:
        return math.inf
    local = at.astimezone(ZoneInfo(recipient.timezone))
    day = local.replace(hour=0, minute=0, second=0, microsecond=0).astimezone(UTC)
    query = select(func.count(func.distinct(Delivery.message_id))).where(
        Delivery.subscription_id == recipient.id,
        col(Delivery.state).not_in((DeliveryState.WAITING, DeliveryState.DROPPED)),
        col(Delivery.scheduled_at) >= day,
    )
    return float(most - session.exec(query).one())


def _schedule(
    row: Delivery, recipient: Recipient, change: Change, url: str, at: datetime, *, crowded: bool
) -> None:
    """Give a delivery its time and message; beyond a rule's most a day, the next morning's."""
    cadence = Cadence.DAILY if crowded else recipient.cadence
    row.next_try_at = next_window(cadence, recipient.timezone, at)
    row.scheduled_at = at
    if cadence is Cadence.INSTANT:
        about: tuple[str, ...] = (url, str(change.kind), change.seen_to.astimezone(UTC).isoformat())
    else:
        about = (row.next_try_at.isoformat(),)  # all that falls due together is one digest
    # Natural keys only, so that a store built anew gives the same message the same id.
    row.message_id = message_id(recipient.name, *about)


def message_id(name: str, *about: str) -> str:
    """Return the id of a subscription's message about something, the same in every store."""
    return hashlib.sha256("\n".join((name, *about)).encode()).hexdigest()[:32]


def _settle(session: Session, message_id: str, **change: Any) -> None:
    claimed = and_(
        col(Delivery.message_id) == message_id, col(Delivery.state) == DeliveryState.CLAIMED
    )
    session.exec(update(Delivery).where(claimed).values(**change))


def _jitter(message_id: str) -> float:
    """Return a factor from 0.8 to 1, fixed per message, so that retries do not come in step."""
    return 0.8 + 0.2 * int(message_id[:4], 16) / 0xFFFF


def _claimed(known: Mapping[int, Recipient], rows: list[tuple[Any, ...]]) -> Claimed:
    message_id, recipient_id = rows[0][:2]
    change_ids = tuple(change_id for _, _, change_id, _ in rows)
    return Claimed(message_id, known[recipient_id], change_ids, max(row[3] for row in rows))
