"""Is the watching itself in order? What monitors and `tracker watch` ask of the store."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import or_
from sqlmodel import Session, col, func, select

from tracker.checkup import check_up
from tracker.clock import Clock
from tracker.health import Health, HealthState
from tracker.model import (
    Delivery,
    DeliveryState,
    Document,
    DocumentState,
    Institution,
    Run,
    RunState,
    Snapshot,
    SnapshotState,
    Source,
)
from tracker.store.crawling import last_moment
from tracker.store.documents import counted
from tracker.store.planning import source_due
from tracker.wording import number


@dataclass(frozen=True, slots=True)
class Status:
    """How the watching stands at a moment; `problems` says what a person should look at."""

    last_complete_run_at: datetime | None
    interrupted_runs_since: int
    sources: dict[str, int]  # state, in the words of `tracker.health` → listed sources
    documents_known: int
    documents_read: int
    captures_unread: int
    deliveries_due: int
    deliveries_failed: int
    problems: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return the status as plain values."""
        at = self.last_complete_run_at
        return {
            **asdict(self),
            "last_complete_run_at": at.isoformat() if at else None,
            "problems": list(self.problems),
        }


IN_HOURS = 96  # so long ago is told in hours, what is longer in days


def status(session: Session, *, at: datetime, oldest: timedelta) -> Status:
    """Return how the watching stands; a complete run older than `oldest` is a problem."""
    last = session.exec(
        select(func.max(Run.finished_at)).where(Run.state == RunState.COMPLETE)
    ).one()
    interrupted = select(func.count()).where(Run.state == RunState.INTERRUPTED)
    if last is not None:
        interrupted = interrupted.where(Run.started_at > last)
    judged = list(check_up(session, at=at))
    states = Counter(one.state for one in judged)
    known, read = counted(session)
    found = Status(
        last_complete_run_at=last,
        interrupted_runs_since=session.exec(interrupted).one(),
        sources={str(state): number for state, number in states.items()},
        documents_known=known,
        documents_read=read,
        captures_unread=_count(session, Snapshot, Snapshot.state == SnapshotState.PENDING),
        deliveries_due=_count(
            session, Delivery, Delivery.state == DeliveryState.DUE, col(Delivery.next_try_at) <= at
        ),
        deliveries_failed=_count(session, Delivery, Delivery.state == DeliveryState.FAILED),
    )
    clock = Clock(lambda: at, after=last_moment(session)).warning
    problems = [*([clock] if clock else ()), *_problems(found, judged, at, oldest)]
    return Status(**{**asdict(found), "problems": tuple(problems)})


def next_due(session: Session) -> datetime | None:
    """Return when the next source or document is due; None where something waits already.

    Sources that were never tried, and documents that were never read, are due at once.
    """
    sources = session.exec(
        select(Source).join(Institution).where(col(Source.listed), col(Institution.listed))
    ).all()
    never = select(func.count()).where(
        Document.state == DocumentState.NEVER_READ, col(Document.last_tried_at).is_(None)
    )
    if any(source.last_tried_at is None for source in sources) or session.exec(never).one():
        return None
    times = [due for source in sources if (due := source_due(source))]
    first = session.exec(
        select(func.min(Document.due_at)).where(col(Document.moved_to_id).is_(None))
    ).one()
    return min([*times, *([first] if first else [])], default=None)


def due(session: Session, *, at: datetime) -> list[str]:
    """Return the keys of the institutions of which a source or a document is due."""
    listed = select(Source, Institution.key).join(Institution)
    rows = session.exec(listed.where(col(Source.listed), col(Institution.listed))).all()
    watched = [
        (source, key) for source, key in rows if not source.valid_until or source.valid_until > at
    ]
    waiting = set(
        session.exec(
            select(Document.source_id)
            .where(col(Document.moved_to_id).is_(None))
            .where(or_(col(Document.due_at).is_(None), col(Document.due_at) <= at))
            .distinct()
        )
    )
    found = {key for source, key in watched if source.id in waiting}
    return sorted(found | {key for source, key in watched if (source_due(source) or at) <= at})


def _ago(since: timedelta) -> str:
    hours = round(since.total_seconds() / 3600)
    return f"{hours} hours ago" if hours <= IN_HOURS else f"{number(hours // 24, 'day')} ago"


def _problems(
    found: Status, judged: Sequence[Health], at: datetime, oldest: timedelta
) -> Iterator[str]:
    last = found.last_complete_run_at
    if last is None:
        yield "no run was ever complete: `tracker run`"
    elif at - last > oldest:
        yield f"the last complete run ended {_ago(at - last)}: does cron, `tracker watch` or a worker run?"
    tried = [one for one in judged if one.state is not HealthState.NEVER_READ]
    if tried and all(one.state is HealthState.FAILING for one in tried):
        cut_off = all(one.unreached for one in tried)
        asked = "is there a network?" if cut_off else "`tracker sources health` says why"
        yield f"every source that was tried is failing ({len(tried)}): {asked}"
    if found.deliveries_failed:
        yield f"{found.deliveries_failed} deliveries failed for good: `tracker alerts list`"


def _count(session: Session, table: Any, *where: Any) -> int:
    return session.exec(select(func.count()).select_from(table).where(*where)).one()
