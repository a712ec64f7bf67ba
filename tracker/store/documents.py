"""What happens to a document as such: reads that fail, addresses that move. Knows no text."""

from datetime import datetime, timedelta

from tracker.model import Document, Reason

#: Failures closer together than this are one: a page is not gone because we asked thrice in a minute.
FAILURE_APART = timedelta(hours=1)


def note_failure(document: Document, reason: Reason, *, at: datetime) -> None:
    """Write down that a read failed; failures in a row are counted at most once an hour."""
    document.last_tried_at, document.last_reason = at, reason
    if document.failed_at is None or at - document.failed_at >= FAILURE_APART:
        document.failures += 1
        document.failed_at = at
    document.failing_since = document.failing_since or at
