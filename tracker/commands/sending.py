"""What `tracker alerts` says of where messages go, and of why those that are owed are not out yet."""

from collections.abc import Collection, Iterator
from datetime import datetime
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from tracker.addresses import literal
from tracker.model import Channel, SubscriptionState
from tracker.settings import Settings


def goes_to(recipient: Any, settings: Settings) -> str:
    """Return where a subscription's messages go, without what would let others send there."""
    match recipient.channel:
        case Channel.OUTBOX:
            return str(settings.outbox)
        case Channel.ATOM:
            return f"{settings.public_url.rstrip('/')}/feeds/rule/{recipient.token}.atom"
        case Channel.EMAIL:
            return str(recipient.target)
        case Channel.WEBHOOK:
            return f"https://{urlsplit(recipient.target).netloc.rpartition('@')[2]}/…"
        case _:
            return f"{recipient.target.partition('://')[0]}://…"


def why_not_out(store: Any, now: datetime) -> list[str]:
    """Return why what is owed is not out: each reason with its count, and until when."""
    from tracker.store.tallies import held_back  # noqa: PLC0415

    with store.transaction() as session:
        waiting = held_back(session, at=now)
    said = [f"{number} {_HELD[reason]}" for reason, number in sorted(waiting.held.items())]
    if waiting.next_at:
        said.append(f"the next falls due at {waiting.next_at:%Y-%m-%d %H:%M} UTC")
    for state, words in _IDLE.items():
        if number := waiting.subscriptions[state]:
            said.append(f"{number} {'subscription' if number == 1 else 'subscriptions'} {words}")
    return said


def no_mail_server(store: Any, settings: Settings) -> Iterator[str]:
    """Say that mail is owed and no server is set to take it, if that is so."""
    from tracker.store.tallies import owed_by_mail  # noqa: PLC0415

    if settings.smtp_url:
        return
    with store.transaction() as session:
        owed = owed_by_mail(session)
    if owed:
        yield (
            f"no mail server is set, and {owed} {'message waits' if owed == 1 else 'messages wait'} for one: "
            "set TRACKER_SMTP_URL to smtp://user:password@host:587 or smtps://…, and TRACKER_MAIL_FROM"
        )


def links_lead_nowhere(channels: Collection[str], settings: Settings) -> Iterator[str]:
    """Say that links in messages that leave this machine lead back to it, if that is so."""
    host = urlsplit(settings.public_url).hostname or ""
    if (host == "localhost" or _loopback(host)) and LEAVING & set(channels):
        yield (
            f"links in these messages begin with {settings.public_url}, which only this machine reaches: "
            "set TRACKER_PUBLIC_URL to where their readers reach the app"
        )


def _loopback(host: str) -> bool:
    """Tell whether a host is a loopback address."""
    address = literal(host)
    return address is not None and ip_address(address).is_loopback


#: Channels whose messages are read elsewhere.
LEAVING = frozenset({Channel.EMAIL, Channel.WEBHOOK, Channel.APPRISE})
_HELD = {
    "unconfirmed": "waiting for a second read of the page",
    "quiet": "waiting for the time of a digest",
    "capped": "beyond the most a day, for the next morning",
    "retried": "refused before, to be tried again",
    "claimed": "being sent by another sender",
    "muted": "held back by a muted subscription",
}
_IDLE = {
    SubscriptionState.PENDING: "pending until the address agrees",
    SubscriptionState.MUTED: "muted",
}
