"""robots.txt as it was last fetched from each site, kept for the runs of the next day."""

from datetime import datetime

from tracker.model import RobotsFile
from tracker.store import Store


def kept_robots(store: Store, origin: str) -> RobotsFile | None:
    """Return a site's robots.txt as it was last fetched."""
    with store.transaction() as session:
        return session.get(RobotsFile, origin)


def keep_robots(store: Store, origin: str, status: int, body: bytes, *, at: datetime) -> None:
    """Keep a site's robots.txt in place of the one before."""
    with store.transaction() as session:
        session.merge(RobotsFile(origin=origin, fetched_at=at, status=status, body=body))
