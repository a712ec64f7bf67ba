"""The workers' queue as people and monitors see it; nothing where there are no workers."""

from collections import Counter
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Engine, text
from sqlmodel import Session

from tracker.queries.shared import iso
from tracker.store.jobs import Work, has_engine, has_tables

STATES = {"todo": "waiting", "doing": "running", "failed": "failed"}
OPEN = tuple(STATES)
#: A worker without a sign of life for this long is dead: three of its heartbeats.
DEAD_AFTER = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class JobRow:
    """A job that waits, runs or failed for good."""

    id: int
    work: str
    institution: str | None
    state: str
    tries: int  # that ended
    since: datetime | None  # when it came into this state
    not_before: datetime | None

    def to_json(self) -> dict[str, Any]:
        """Return the row as `queue --json` prints it."""
        times = {"since": iso(self.since), "not_before": iso(self.not_before)}
        return {**asdict(self), **times}


@dataclass(frozen=True, slots=True)
class QueueView:
    """Who works, and on what."""

    workers: int  # alive
    jobs: tuple[JobRow, ...]

    def depth(self) -> dict[tuple[str, str], int]:
        """Return how many jobs are in each state, by kind of work and state."""
        known = Counter((job.work, job.state) for job in self.jobs)
        return {
            (str(work), state): known[work, state] for work in Work for state in STATES.values()
        }

    def to_json(self) -> dict[str, Any]:
        """Return the view as `queue --json` prints it."""
        depth: dict[str, dict[str, int]] = {}
        for (work, state), number in self.depth().items():
            depth.setdefault(work, {})[state] = number
        rows = [job.to_json() for job in self.jobs]
        return {"workers": self.workers, "queues": depth, "jobs": rows}


def has_queue(engine: Engine) -> bool:
    """Tell whether a store has workers' jobs, and this installation what does them."""
    return has_engine() and has_tables(engine)


def queue_view(session: Session, *, at: datetime) -> QueueView:
    """Return who works and every job that is not done; to be asked where `has_queue` says yes."""
    alive = text("SELECT count(*) FROM procrastinate_workers WHERE last_heartbeat > :since")
    workers = session.connection().execute(alive, {"since": at - DEAD_AFTER}).scalar() or 0
    rows = text(
        "SELECT j.id, j.task_name, j.args->>'institution', CAST(j.status AS text), j.attempts, "
        "(SELECT max(e.at) FROM procrastinate_events e WHERE e.job_id = j.id "
        "AND e.type <> 'scheduled'), j.scheduled_at FROM procrastinate_jobs j "
        "WHERE CAST(j.status AS text) = ANY(:open) ORDER BY j.status DESC, j.id"
    )
    found = session.connection().execute(rows, {"open": list(OPEN)})
    return QueueView(
        workers, tuple(JobRow(row[0], row[1], row[2], STATES[row[3]], *row[4:]) for row in found)
    )
