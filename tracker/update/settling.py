"""What befell documents as such, and which changes a second read confirmed."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlmodel import Session

from tracker.alerts.owing import owe_matching
from tracker.changes import still_shown
from tracker.settings import Settings
from tracker.store import Store, confirming, deliveries, events, folding, moving, reading


def settle(store: Store, *, at: datetime) -> tuple[int, int]:
    """Bring together what is one document, so that a move is a move and no new document."""
    with store.transaction() as session:
        reading.note_seen(session)
        return _told_of(session, moving.settle(session, at=at), at=at)


def note_events(store: Store, *, at: datetime) -> tuple[int, int]:
    """Record which documents went, came back or are out of reach; count changes and what is owed."""
    with store.transaction() as session:
        return _told_of(session, events.document_events(session, at=at), at=at)


def _told_of(
    session: Session, found: Sequence[tuple[int, int]], *, at: datetime
) -> tuple[int, int]:
    """Fold what befell a whole site, owe word of the rest; count both."""
    made = [change_id for change_id, _ in found]
    folding.fold_events(session, made)
    return len(made), owe_matching(session, made, at=at)


def confirm(store: Store, settings: Settings, *, at: datetime) -> None:
    """Confirm what a second read, apart enough, still shows; what waited for that falls due."""
    with store.transaction() as session:
        apart = timedelta(hours=settings.confirm_after_hours)
        confirming.confirm_changes(session, apart=apart)
        lasting = [
            change.id
            for change in confirming.overtaken(session, apart=apart)
            if still_shown(change.added, change.removed, change.next_text)
        ]
        confirming.confirm(session, lasting)
        deliveries.release_confirmed(session, at=at)
