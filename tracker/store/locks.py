"""Keeps two processes out of one piece of work: a file lock for SQLite, advisory ones for PostgreSQL.

Either lets go by itself when its process ends, however it ends. On SQLite one run works at a time; on
PostgreSQL several may, each with its hosts to itself.
"""

import fcntl
import hashlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from sqlalchemy import Connection, text
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session

from tracker.addresses import bare_host, suffixes
from tracker.store import Store

CRAWL = "crawl"


class BusyError(Exception):
    """Somebody else is at this work; the message says how to go on."""


class RunLostError(Exception):
    """A run no longer has to itself what it took: it must write nothing more; the message says why."""


class Turn:
    """What a run holds to itself while it lives."""

    def __init__(self, connection: Connection | None = None) -> None:
        self._connection = connection  # None: the whole store is this run's

    def take_hosts(self, hosts: Iterable[str]) -> None:
        """Keep other runs off these hosts and all below them; raises BusyError where one is there.

        Each host is locked alone, and each domain above it together with whoever is beside it, so
        that who wants the domain finds it taken.
        """
        names = {bare_host(host) for host in hosts}
        above = {domain for name in names for domain in suffixes(name)} - names
        self._take(CRAWL, shared=True)
        for name in sorted(names):
            self._take(f"host {name}", busy=f"another run is reading {name} or a host beside it")
        for name in sorted(above):
            self._take(f"host {name}", shared=True, busy=f"another run is reading {name}")

    def take_all(self) -> None:
        """Keep every other run out; raises BusyError where one is at work."""
        self._take(CRAWL)

    def take_run(self, run_id: int) -> None:
        """Let others see that this run is alive; to be called before its row can be seen."""
        self._take(_run(run_id))

    def hold(self) -> None:
        """Raise RunLostError where the connection was lost that kept others off."""
        if self._connection is None:
            return
        try:
            self._connection.exec_driver_sql("SELECT 1")
        except SQLAlchemyError:
            raise RunLostError(
                "the connection to the database was lost, and with it what kept others off our "
                "hosts; run the same command again, it goes on from there"
            ) from None

    def _take(self, name: str, *, shared: bool = False, busy: str = "") -> None:
        if self._connection is not None and not _try(self._connection, name, shared=shared):
            raise BusyError(f"{busy}; wait until it ends, or stop it") if busy else _busy(CRAWL)


@contextmanager
def at_work(store: Store) -> Iterator[Turn]:
    """Give a run its turn; on SQLite it is the only one, and a second finds a BusyError."""
    if store.engine.dialect.name == "sqlite":
        with alone(store, CRAWL):
            yield Turn()
    else:
        with _lasting(store) as connection:
            yield Turn(connection)


@contextmanager
def alone(store: Store, work: str) -> Iterator[None]:
    """Hold the lock on a piece of work ("crawl", "update"); raises BusyError where it is taken."""
    if store.engine.dialect.name == "sqlite":
        with _file_lock(Path(f"{store.engine.url.database}.{work}.lock"), work):
            yield
    else:
        with _lasting(store) as connection:
            if not _try(connection, work):
                raise _busy(work)
            yield


def is_alive(session: Session, run_id: int) -> bool:
    """Tell whether the process of a run still works at it; on SQLite whoever asks is the only one."""
    if session.get_bind().dialect.name == "sqlite":
        return False
    got = "SELECT pg_try_advisory_xact_lock(:n)"
    return not session.connection().execute(text(got), {"n": _number(_run(run_id))}).scalar()


def one_at_a_time(session: Session, work: str) -> None:
    """Wait until no other transaction is at this work; SQLite lets one write at a time anyway."""
    if session.get_bind().dialect.name != "sqlite":
        wait = "SELECT pg_advisory_xact_lock(:n)"
        session.connection().execute(text(wait), {"n": _number(f"one {work}")})


@contextmanager
def _file_lock(path: Path, work: str) -> Iterator[None]:
    with path.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise _busy(work) from None
        yield


@contextmanager
def _lasting(store: Store) -> Iterator[Connection]:
    """A connection of its own, since locks belong to it and end with it."""
    with store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        try:
            yield connection
        finally:
            with suppress(SQLAlchemyError):  # lost, and its locks with it
                connection.execute(text("SELECT pg_advisory_unlock_all()"))


def _try(connection: Connection, name: str, *, shared: bool = False) -> bool:
    asked = "pg_try_advisory_lock_shared" if shared else "pg_try_advisory_lock"
    number = {"n": _number(name)}
    return bool(connection.execute(text(f"SELECT {asked}(:n)"), number).scalar())


def _number(name: str) -> int:
    """The number by which PostgreSQL knows a lock."""
    digest = hashlib.sha256(f"policy-ethics-tracker {name}".encode()).digest()
    return int.from_bytes(digest[:8], signed=True)


def _run(run_id: int) -> str:
    return f"run {run_id}"


def _busy(work: str) -> BusyError:
    return BusyError(f"another {work} of this store is under way; wait until it ends, or stop it")
