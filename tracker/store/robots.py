"""robots.txt as it was last fetched from each site, kept for the runs of the next day."""

from dataclasses import asdict, dataclass
from datetime import datetime

from tracker.model import RobotsFile
from tracker.store import Store


@dataclass(frozen=True, slots=True)
class KeptRobots:
    """What a site answered to the question for its robots.txt."""

    origin: str  # scheme, host and port
    fetched_at: datetime
    status: int
    body: bytes


def kept_robots(store: Store, origin: str) -> KeptRobots | None:
    """Return a site's robots.txt as it was last fetched."""
    with store.transaction() as session:
        row = session.get(RobotsFile, origin)
        if row is None:
            return None
        return KeptRobots(row.origin, row.fetched_at, row.status, row.body)


def keep_robots(store: Store, found: KeptRobots) -> None:
    """Keep a site's robots.txt in place of the one before."""
    with store.transaction() as session:
        session.merge(RobotsFile(**asdict(found)))
