"""The jobs that workers share, in the tables of procrastinate; on PostgreSQL alone. Knows no work."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from importlib.resources import files
from importlib.resources.abc import Traversable
from importlib.util import find_spec
from typing import Any

from sqlalchemy import Engine, inspect, text
from sqlmodel import Session

from tracker.extras import installing
from tracker.store.locks import one_at_a_time

TABLE = "procrastinate_jobs"


class Work(StrEnum):
    """What a worker does, each in the queue of its name."""

    CRAWL = "crawl"
    UPDATE = "update"
    SEND = "send"
    SCHEDULE = "schedule"


def lacking(engine: Engine) -> list[str]:
    """Return what this installation lacks to have workers, each with its remedy; nothing if all is there."""
    problems = []
    postgresql = engine.dialect.name == "postgresql"
    if not postgresql:
        problems.append(
            f"a PostgreSQL server (this store is {engine.dialect.name}): set TRACKER_DATABASE_URL"
        )
    if not has_engine():
        problems.append(f"the extra `team`: {installing('team')}")
    if postgresql and not has_tables(engine):
        problems.append("the tables of its queue: `tracker db upgrade`")
    return problems


def has_engine() -> bool:
    """Tell whether procrastinate is installed."""
    return find_spec("procrastinate") is not None


def has_tables(engine: Engine) -> bool:
    """Tell whether a database has the tables of the queue."""
    return engine.dialect.name == "postgresql" and inspect(engine).has_table(TABLE)


def install(engine: Engine) -> None:
    """Bring the queue's tables to what the installed procrastinate needs; nothing where they are so.

    The table's comment says which of its migrations was the last, for it keeps no record itself.
    Each is a transaction of its own: what one adds to a type, the next can use only once it is kept.
    """
    folder = files("procrastinate") / "sql"
    found = (step for step in (folder / "migrations").iterdir() if step.name.endswith(".sql"))
    steps = sorted(found, key=lambda step: step.name)
    if not has_tables(engine):
        _apply(engine, folder / "schema.sql", steps[-1].name)
        return
    with engine.begin() as connection:
        given = text("SELECT obj_description(CAST(:t AS regclass))")
        known = connection.execute(given, {"t": TABLE}).scalar() or ""
    for step in steps:
        if step.name > known:
            _apply(engine, step, step.name)


def _apply(engine: Engine, step: Traversable, name: str) -> None:
    with engine.begin() as connection:
        connection.exec_driver_sql(step.read_text(encoding="utf-8").replace("%", "%%"))
        connection.exec_driver_sql(f"COMMENT ON TABLE {TABLE} IS '{name}'")


def ask(
    session: Session,
    work: Work,
    *,
    lock: str,
    unless: Sequence[str] = ("todo",),
    **arguments: str,
) -> bool:
    """Put a job into its queue, unless one like it is there in such a state; tell whether it was put.

    procrastinate's own `queueing_lock` would do the same, but then no job could go back into the
    queue, to be tried again, while a second one waits there.
    """
    from procrastinate import App, SyncPsycopgConnector  # noqa: PLC0415  (an extra)

    one_at_a_time(session, "jobs")
    like = text(
        "SELECT 1 FROM procrastinate_jobs WHERE task_name = :task "
        "AND CAST(status AS text) = ANY(:states) "
        "AND args->>'institution' IS NOT DISTINCT FROM CAST(:institution AS text)"
    )
    given = {"task": work, "states": list(unless), "institution": arguments.get("institution")}
    if session.connection().execute(like, given).first() is not None:
        return False
    connection = session.connection().connection.driver_connection
    app = App(connector=SyncPsycopgConnector())
    options: dict[str, Any] = {"queue": work, "lock": lock, "connection": connection}
    app.configure_task(work, **options).defer(**arguments)
    return True


def crawled_since(session: Session, at: datetime) -> set[str]:
    """Return the institutions of which a crawl ended, well or not, since a time."""
    query = text(
        "SELECT DISTINCT j.args->>'institution' FROM procrastinate_jobs j "
        "JOIN procrastinate_events e ON e.job_id = j.id WHERE j.task_name = 'crawl' "
        "AND e.type IN ('succeeded', 'failed', 'aborted') AND e.at >= :at"
    )
    return set(session.connection().execute(query, {"at": at}).scalars())
