"""The link by which an address agrees to be written to: signed, and good for a week. Pure."""

import base64
import hashlib
import hmac
from datetime import datetime, timedelta

from tracker.store.subscriptions import Recipient

GOOD_FOR = timedelta(days=7)


def consent_path(recipient: Recipient, secret: str, *, at: datetime) -> str:
    """Return the path that only the reader of the question can know."""
    given = f"{recipient.id}.{int(at.timestamp())}"
    return f"/confirm/{given}.{_signature(recipient, given, secret)}"


def consents(recipient: Recipient, signed: str, secret: str, *, at: datetime) -> bool:
    """Tell whether a signed text is this subscription's and still good."""
    given, _, signature = signed.rpartition(".")
    _, _, stamp = given.partition(".")
    if not hmac.compare_digest(_signature(recipient, given, secret).encode(), signature.encode()):
        return False
    return 0 <= at.timestamp() - int(stamp) <= GOOD_FOR.total_seconds()


def consenting_id(signed: str) -> int | None:
    """Return which subscription a signed text claims to be about."""
    number = signed.partition(".")[0]
    return int(number) if number.isascii() and number.isdigit() and len(number) < 10 else None


def _signature(recipient: Recipient, given: str, secret: str) -> str:
    # The token is random and never leaves the store but in messages, so no link can be guessed
    # even where no secret is set.
    key = hmac.new(secret.encode(), f"consent {recipient.token}".encode(), hashlib.sha256).digest()
    digest = hmac.new(key, given.encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
