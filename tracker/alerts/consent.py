"""The link by which an address agrees to be written to: signed, and good for a week. Pure."""

from datetime import datetime, timedelta

from tracker.alerts.signing import claimed_id, good, signed
from tracker.store.subscriptions import Recipient

GOOD_FOR = timedelta(days=7)


def consent_path(recipient: Recipient, secret: str, *, at: datetime) -> str:
    """Return the path that only the reader of the question can know."""
    return f"/confirm/{signed(recipient.id, _key(recipient), secret, at=at)}"


def consents(recipient: Recipient, text: str, secret: str, *, at: datetime) -> bool:
    """Tell whether a signed text is this subscription's and still good."""
    return good(text, _key(recipient), secret, at=at, for_=GOOD_FOR)


def consenting_id(text: str) -> int | None:
    """Return which subscription a signed text claims to be about."""
    return claimed_id(text)


def _key(recipient: Recipient) -> str:
    return f"consent {recipient.token}"
