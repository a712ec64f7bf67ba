"""What happens to a document as such: reads that succeed or fail. Knows no text."""

from datetime import datetime, timedelta
from typing import Any

from tracker.model import Document, DocumentState, Reason

#: Failures closer together than this are one: a page is not gone because we asked thrice in a minute.
FAILURE_APART = timedelta(hours=1)


def latest(*times: datetime | None) -> datetime | None:
    """Return the latest of the times that are known."""
    return max((time for time in times if time is not None), default=None)


def good(at: datetime) -> dict[str, Any]:
    """Return what a good read makes of a document's columns."""
    return {
        "last_tried_at": at,
        "last_good_at": at,
        "failures": 0,
        "failing_since": None,
        "failed_at": None,
        "last_reason": None,
        "state": DocumentState.LIVE,
    }


def note_good(document: Document, *, at: datetime) -> None:
    """Write down a good read; where a later one is known, only that there was one."""
    if document.last_tried_at is not None and at < document.last_tried_at:
        document.last_good_at = latest(document.last_good_at, at)
        return
    for name, value in good(at).items():
        setattr(document, name, value)


def note_failure(document: Document, reason: Reason, *, at: datetime) -> None:
    """Write down that a read failed; failures in a row are counted at most once an hour."""
    document.last_tried_at, document.last_reason = at, reason
    if document.failed_at is None or at - document.failed_at >= FAILURE_APART:
        document.failures += 1
        document.failed_at = at
    document.failing_since = document.failing_since or at
