"""Messages about subscriptions themselves: the question whether mail is wanted, the monthly "all quiet".

Silence must not be read as "no change", so a subscriber who got no mail in a month is told how often
was looked, and how often in vain. Ids are the same however often a kill makes them go out.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlmodel import Session

from tracker.alerts.consent import GOOD_FOR, consent_path
from tracker.alerts.facts import checks_between
from tracker.alerts.messages import Message, notice
from tracker.alerts.subscriptions import Rule
from tracker.model import Channel, SubscriptionState
from tracker.settings import Settings
from tracker.store.deliveries import message_id
from tracker.store.subscriptions import (
    Recipient,
    mailed_between,
    note_asked,
    note_quiet,
    recipients,
)

Sent = Callable[[Session], None]


def due_notices(
    session: Session, settings: Settings, *, at: datetime
) -> Iterator[tuple[Message, Sent]]:
    """Give each notice that is due, with what to write down once it was sent."""
    for recipient in recipients(session):
        if recipient.channel is not Channel.EMAIL:
            continue
        if recipient.state is SubscriptionState.PENDING and recipient.asked_at is None:
            yield question(recipient, settings, at=at), _asked(recipient, at)
        elif recipient.state is SubscriptionState.ACTIVE:
            quiet = _quiet(session, recipient, settings, at)
            if quiet is not None:
                yield quiet, _noted(recipient, at)


def question(recipient: Recipient, settings: Settings, *, at: datetime) -> Message:
    """Write the mail that asks whether its address wants to be written to."""
    path = consent_path(recipient, settings.secret, at=at)
    return notice(
        message_id(recipient.name, "ask"),
        recipient,
        "ask",
        "[Tracker] Do you want these alerts?",
        public_url=settings.public_url,
        at=at,
        link=f"{settings.public_url.rstrip('/')}{path}",
        days=str(GOOD_FOR.days),
    )


def _quiet(
    session: Session, recipient: Recipient, settings: Settings, at: datetime
) -> Message | None:
    since, until = _last_month(recipient.timezone, at)
    begun = recipient.confirmed_at is not None and recipient.confirmed_at < until
    told = recipient.noted_at is not None and recipient.noted_at >= until
    if not begun or told or mailed_between(session, recipient.id, since, until):
        return None
    counted = checks_between(session, Rule.model_validate(recipient.rule), since, until)
    month = f"{since.astimezone(ZoneInfo(recipient.timezone)):%B %Y}"
    return notice(
        message_id(recipient.name, "quiet", since.isoformat()),
        recipient,
        "quiet",
        f"[Tracker] Still watching: {counted.done} checks, {counted.failed} failures in {month}",
        public_url=settings.public_url,
        at=at,
        month=month,
        checks=str(counted.done),
        failures=str(counted.failed),
        public_status=f"{settings.public_url.rstrip('/')}/method",
    )


def _last_month(timezone: str, at: datetime) -> tuple[datetime, datetime]:
    """The calendar month before a moment, in a time zone: from, up to before, in UTC."""
    zone = ZoneInfo(timezone)
    until = at.astimezone(zone).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    since = (until - timedelta(days=1)).replace(day=1)
    return since.astimezone(UTC), until.astimezone(UTC)


def _asked(recipient: Recipient, at: datetime) -> Sent:
    return lambda session: note_asked(session, recipient.id, at=at)


def _noted(recipient: Recipient, at: datetime) -> Sent:
    return lambda session: note_quiet(session, recipient.id, at=at)
