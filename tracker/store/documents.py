"""What happens to a document as such: when to read it again, reads that fail, names it goes by. Knows no text."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from sqlmodel import Session, col, insert, select

from tracker.addresses import identity, is_home
from tracker.archive import Fetched
from tracker.model import Address, Document, Reason

#: Failures closer together than this are one: a page is not gone because we asked thrice in a minute.
FAILURE_APART = timedelta(hours=1)
SHORTEST, LONGEST = 24, 60 * 24  # hours between two reads of one document
PATIENT = 4  # failures in a row after which a document is asked for less and less often
HOURS = {"h": 1, "d": 24, "w": 168}


def hours_of(interval: str | None) -> int | None:
    """Return the hours of a declared interval such as 12h, 7d or 2w."""
    return None if interval is None else int(interval[:-1]) * HOURS[interval[-1]]


def due_after(at: datetime, hours: float) -> datetime:
    """Return when a document is due again; a little early, for a daily run is never on the second."""
    return at + timedelta(hours=hours * 0.95)


def next_visit(
    hours: int, *, interval: int | None, good_at: datetime | None, at: datetime
) -> tuple[int, datetime]:
    """Return the hours to wait from now on, and when the document is due again.

    Each read that comes when it is due doubles them; `note_change` takes that back where the read
    showed another text. An interval that the source declares overrides what was learned.
    """
    timely = good_at is not None and at - good_at >= timedelta(hours=hours * 0.9)
    hours = min(LONGEST, hours * 2) if timely else hours
    return hours, due_after(at, interval or hours)


def note_change(document: Document, *, interval: int | None, at: datetime) -> None:
    """Learn that a read showed another text: half of what was waited this time."""
    document.revisit_hours = max(SHORTEST, document.revisit_hours // 4)
    document.due_at = due_after(at, interval or document.revisit_hours)


def note_failure(document: Document, reason: Reason, *, at: datetime) -> None:
    """Write down that a read failed; failures in a row are counted at most once an hour."""
    document.last_tried_at, document.last_reason = at, reason
    if document.failed_at is None or at - document.failed_at >= FAILURE_APART:
        document.failures += 1
        document.failed_at = at
    document.failing_since = document.failing_since or at
    hours = SHORTEST * 2 ** max(0, min(6, document.failures - PATIENT))
    document.due_at = due_after(at, min(LONGEST, hours))
    if reason is Reason.NOT_FOUND:
        document.address = None  # its own address tells where it went, if anywhere


def known_as(session: Session, keys: Iterable[str]) -> dict[str, int]:
    """Return the document that is known under each of these identities."""
    found: dict[str, int] = {}
    wanted = list(dict.fromkeys(keys))
    for start in range(0, len(wanted), 500):
        chunk = wanted[start : start + 500]
        rows = session.exec(select(Address).where(col(Address.key).in_(chunk)))
        found |= {row.key: row.document_id for row in rows}
    return found


def name(session: Session, keys: Mapping[str, int]) -> None:
    """Let documents be known under identities that nobody holds."""
    if keys:
        rows = [{"key": key, "document_id": document_id} for key, document_id in keys.items()]
        session.exec(insert(Address), params=rows)


def note_addresses(session: Session, document: Document, result: Fetched) -> None:
    """Write down where a read was led: a redirect is another name of the document.

    A redirect to a front page names nothing, for that is where sites send what they have lost.
    """
    if result.canonical:
        document.canonical_url = result.canonical
    if result.final_url == result.url or (is_home(result.final_url) and not is_home(document.url)):
        return
    key = identity(result.final_url)
    holder = known_as(session, [key]).get(key)
    if holder is None and document.id is not None:
        name(session, {key: document.id})
    if result.moved_for_good:
        document.address = result.final_url


def merge(session: Session, document: Document, into: Document) -> None:
    """Make a document another's: it is not asked for again, and its names lead to the other."""
    document.moved_to_id = into.id
    names: Sequence[Address] = session.exec(
        select(Address).where(Address.document_id == document.id)
    ).all()
    for row in names:
        row.document_id = into.id or 0
