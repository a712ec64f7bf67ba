"""What a worker does with a job: start the same commands that a person would. Knows no meaning.

The queue is procrastinate's. Every worker looks each minute for what is due, and for the jobs of
workers that died; which of them does it first, does it. Jobs whose hosts are shared wait for each other.
"""

import asyncio
import logging
import signal
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from procrastinate import App, BaseRetryStrategy, JobContext, PsycopgConnector, RetryDecision
from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import Job, Status
from sqlalchemy.engine import make_url
from sqlmodel import Session

from tracker import monitoring
from tracker.ending import INTERRUPTED
from tracker.hours import opens
from tracker.settings import Settings
from tracker.sources import SourcesError, load_sources
from tracker.store import BUSY, Store, StoreError, jobs
from tracker.store.crawling import living_runs, sync_sources
from tracker.store.jobs import Work
from tracker.store.locks import BusyError, alone
from tracker.store.owning import neighbours
from tracker.store.reading import pending_snapshots
from tracker.store.tallies import delivery_lag

log = logging.getLogger(__name__)

MOST_TRIES = 6
DERIVING = "deriving"  # the lock of update and send: one of them at a time
KEPT_HOURS = 72  # that a finished job can be looked at
#: How a command ends that was asked to, before or after it could hear of it.
STOPPED = frozenset({INTERRUPTED, -signal.SIGTERM, -signal.SIGINT})
WORST = 400  # characters kept of what a failed command said last


@dataclass(frozen=True, slots=True)
class Pace:
    """How often workers look for what is due, in seconds; the same for all workers of a store."""

    look: int = 60

    @property
    def heartbeat(self) -> float:
        """Seconds between two signs of life."""
        return self.look / 6

    @property
    def dead_after(self) -> float:
        """Seconds without a sign of life after which a worker's jobs are others'."""
        return self.look / 2

    @property
    def first_wait(self) -> int:
        """Seconds before a second try, doubled before each further one."""
        return self.look // 2

    @property
    def busy_wait(self) -> int:
        """Seconds before another try where somebody is at that work by hand."""
        return self.look // 3

    @property
    def rest(self) -> timedelta:
        """How long an institution is left alone after a crawl, though something of it stays due."""
        return timedelta(seconds=10 * self.look)

    @property
    def cron(self) -> str:
        """The times to look, as crontab has them, with the seconds as a sixth field."""
        return "* * * * *" if self.look == 60 else f"* * * * * */{self.look}"


class DatabaseLostError(Exception):
    """A worker cannot reach its database; the message says why."""


def is_news(record: logging.LogRecord) -> bool:
    """Tell whether a line of the log says more than that the database was lost, which is said once."""
    return not (record.exc_info and isinstance(record.exc_info[1], ConnectorException))


class CommandStoppedError(Exception):
    """Somebody asked a job's command to end, and it ended clean: the job is done later, by whoever takes it."""


class CommandFailedError(Exception):
    """A job's command ended with an error; the message is what it said last."""


class _Again(BaseRetryStrategy):
    """Later and later, and no more after a number of tries; what was only stopped soon, however often."""

    def __init__(self, pace: Pace) -> None:
        self.pace = pace

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        if isinstance(exception, asyncio.CancelledError):
            return RetryDecision(retry_in={"seconds": 0})
        if isinstance(exception, BusyError | CommandStoppedError):
            return RetryDecision(retry_in={"seconds": self.pace.busy_wait})
        if job.attempts + 1 >= MOST_TRIES:
            return None
        return RetryDecision(retry_in={"seconds": self.pace.first_wait * 2**job.attempts})


def run_worker(
    settings: Settings,
    *,
    concurrency: int,
    queues: Sequence[Work] = (),
    pace: Pace,
) -> None:
    """Do jobs until told to end, then let what runs end clean.

    Raises DatabaseLostError where the database cannot be reached any longer.
    """
    store = Store.open(settings.store_url)
    chosen = [*queues, Work.SCHEDULE] if queues else None
    try:
        build(store, settings, pace).run_worker(
            concurrency=concurrency,
            queues=chosen,
            update_heartbeat_interval=pace.heartbeat,
            stalled_worker_timeout=pace.dead_after,
            shutdown_graceful_timeout=1.0,
        )
    except ConnectorException as error:
        raise DatabaseLostError(f"the database cannot be reached: {error.__cause__}") from None
    finally:
        store.close()


def build(store: Store, settings: Settings, pace: Pace) -> App:
    """Return the queue with what is to be done with each kind of job."""
    libpq = make_url(settings.store_url).set(drivername="postgresql")
    address = libpq.render_as_string(hide_password=False)
    app = App(connector=PsycopgConnector(conninfo=address, min_size=1, max_size=3))

    @app.periodic(cron=pace.cron)
    @app.task(name=Work.SCHEDULE, queue=Work.SCHEDULE, queueing_lock=Work.SCHEDULE)
    async def schedule(timestamp: int) -> None:
        at = datetime.fromtimestamp(timestamp, UTC)
        try:
            with alone(store, Work.SCHEDULE):
                await _rescue(app, pace)
                await asyncio.to_thread(plan_jobs, store, settings, pace, at=at)
                await app.job_manager.delete_old_jobs(
                    KEPT_HOURS, include_failed=True, include_cancelled=True, include_aborted=True
                )
        except BusyError:
            log.info("another worker looks for what is due")
        except (SourcesError, StoreError) as error:
            log.warning("nothing is put into the queue: %s", error)

    @app.task(name=Work.CRAWL, queue=Work.CRAWL, retry=_Again(pace), pass_context=True)
    async def crawl(context: JobContext, institution: str) -> None:
        now = datetime.now(UTC)
        if opens(settings.watch_hours, now) > now:
            log.info("%s: left until %s", context.job.call_string, settings.watch_hours)
            return  # it is still due, and asked for again when the hours begin
        await _command(context, "crawler", "crawl", institution, "--due", "--quiet")
        await asyncio.to_thread(_ask, store, Work.UPDATE)

    @app.task(name=Work.UPDATE, queue=Work.UPDATE, retry=_Again(pace), pass_context=True)
    async def update(context: JobContext) -> None:
        await _command(context, "tracker", "update")
        await asyncio.to_thread(_ask, store, Work.SEND)

    @app.task(name=Work.SEND, queue=Work.SEND, retry=_Again(pace), pass_context=True)
    async def send(context: JobContext) -> None:
        await _command(context, "tracker", "alerts", "send")

    return app


async def _rescue(app: App, pace: Pace) -> None:
    """Put the jobs of dead workers back into their queues."""
    for job in await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=pace.dead_after):
        log.warning("%s: its worker died", job.call_string)
        if job.task_name == Work.SCHEDULE or job.attempts + 1 >= MOST_TRIES:
            await app.job_manager.finish_job(job, Status.FAILED, delete_job=False)
        else:
            await app.job_manager.retry_job(job, retry_at=datetime.now(UTC))


def plan_jobs(store: Store, settings: Settings, pace: Pace, *, at: datetime) -> None:
    """Put into the queue what is due and not there: crawls, and the sending of what waits."""
    file = load_sources(settings.sources)
    with store.transaction() as session:
        sync_sources(session, file)
    with store.transaction() as session:
        groups = neighbours(session)
        resting = jobs.crawled_since(session, at - pace.rest)
        open_now = opens(settings.watch_hours, at) <= at
        for key in monitoring.due(session, at=at) if open_now else ():
            if key not in resting:
                lock, under_way = f"hosts of {groups[key]}", ("todo", "doing")
                jobs.ask(session, Work.CRAWL, lock=lock, unless=under_way, institution=key)
        if pending_snapshots(session, limit=1, leave=living_runs(session)):
            _put(session, Work.UPDATE)
        if delivery_lag(session, at=at) is not None:
            _put(session, Work.SEND)


def _ask(store: Store, work: Work) -> None:
    with store.transaction() as session:
        _put(session, work)


def _put(session: Session, work: Work) -> bool:
    return jobs.ask(session, work, lock=DERIVING)


async def _command(context: JobContext, module: str, *arguments: str) -> None:
    """Run one of our programs to its end; raises BusyError, CommandStoppedError or CommandFailedError."""
    log.info("%s: begun", context.job.call_string)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", module, *arguments, **_PIPES
    )
    try:
        _, said = await process.communicate()
    except asyncio.CancelledError:
        if process.returncode is None:
            process.terminate()  # it finishes what it is at, and ends clean
        await process.communicate()
        raise
    last = said.decode(errors="replace").strip()[-WORST:]
    if process.returncode == BUSY:
        raise BusyError(last)
    if process.returncode in STOPPED:
        log.info("%s: stopped as asked, and put back", context.job.call_string)
        raise CommandStoppedError(last)
    if process.returncode:
        log.warning("%s: failed: %s", context.job.call_string, last)
        raise CommandFailedError(last)
    log.info("%s: done", context.job.call_string)


_PIPES: dict[str, Any] = {
    "stdin": asyncio.subprocess.DEVNULL,
    "stdout": asyncio.subprocess.DEVNULL,
    "stderr": asyncio.subprocess.PIPE,
}
