"""How much is watched, how fresh it is, and how complete."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import Session, col, func, select

from tracker.checkup import check_up
from tracker.health import IN_ORDER
from tracker.model import (
    Delivery,
    Document,
    Fact,
    Fetch,
    Institution,
    Outcome,
    Review,
    Run,
    Source,
    Version,
)
from tracker.store.crawling import DEMONSTRATION
from tracker.store.documents import counted

FRESH = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Overview:
    """The figures that stand on several screens."""

    institutions: int
    sources: int
    sources_wrong: int  # that need a look, as `sources health` judges them
    documents_known: int
    documents_read: int
    documents_fresh: int  # read well within the thirty days before the last run ended
    versions: int
    fetches: int
    failed_fetches: int
    last_run_at: datetime | None
    last_verdict_at: datetime | None  # of people, on a coding
    deliveries_sent: int
    demonstration: bool

    @property
    def verdicts_to(self) -> datetime | None:
        """When people last judged a coding, where that is later than the last read."""
        last, read = self.last_verdict_at, self.last_run_at
        return last if last and read and last > read else None


def overview(session: Session) -> Overview:
    """Return the figures that stand on several screens."""
    last = session.exec(select(func.max(Run.finished_at))).one()
    fresh = [col(Document.last_good_at) >= last - FRESH] if last else [col(Document.id) < 0]
    listed = col(Source.listed)
    known, read = counted(session)
    return Overview(
        institutions=_count(session, Institution, col(Institution.listed)),
        sources=_count(session, Source, listed),
        sources_wrong=sum(one.state not in IN_ORDER for one in check_up(session)),
        documents_known=known,
        documents_read=read,
        documents_fresh=counted(session, *fresh)[1],
        versions=_count(session, Version),
        fetches=_count(session, Fetch),
        failed_fetches=_count(session, Fetch, Fetch.outcome == Outcome.FAILED),
        last_run_at=last,
        last_verdict_at=session.exec(select(func.max(Review.at))).one(),
        deliveries_sent=_count(session, Delivery, col(Delivery.sent_at).is_not(None)),
        demonstration=session.get(Fact, DEMONSTRATION) is not None,
    )


def _count(session: Session, table: type[Any], *where: Any) -> int:
    return session.exec(select(func.count()).select_from(table).where(*where)).one()
