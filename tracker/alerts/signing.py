"""Links that nobody can guess and that end: a row's id, a time, and their signature. Pure.

The key holds a row's own random token, which never leaves the store but in messages, so no link can
be guessed even where no secret is set.
"""

import base64
import hashlib
import hmac
from datetime import datetime, timedelta


def signed(row_id: int, key: str, secret: str, *, at: datetime) -> str:
    """Return the text that stands for a row, from a time on."""
    given = f"{row_id}.{int(at.timestamp())}"
    return f"{given}.{_signature(given, key, secret)}"


def good(text: str, key: str, secret: str, *, at: datetime, for_: timedelta) -> bool:
    """Tell whether a text was signed with that key, not longer ago than it is good for."""
    given, _, signature = text.rpartition(".")
    if not hmac.compare_digest(_signature(given, key, secret).encode(), signature.encode()):
        return False
    _, _, stamp = given.partition(".")
    return 0 <= at.timestamp() - int(stamp) <= for_.total_seconds()


def claimed_id(text: str) -> int | None:
    """Return which row a text claims to stand for."""
    number = text.partition(".")[0]
    return int(number) if number.isascii() and number.isdigit() and len(number) < 10 else None


def _signature(given: str, key: str, secret: str) -> str:
    derived = hmac.new(secret.encode(), key.encode(), hashlib.sha256).digest()
    digest = hmac.new(derived, given.encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
