"""Keeps two processes out of one piece of work: a file lock for SQLite, an advisory one for PostgreSQL.

Either lets go by itself when its process ends, however it ends.
"""

import fcntl
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import text

from tracker.store import Store

BUSY = 75  # EX_TEMPFAIL of sysexits.h: what a program that found the lock taken exits with


class BusyError(Exception):
    """Somebody else is at this work; the message says how to go on."""


@contextmanager
def alone(store: Store, work: str) -> Iterator[None]:
    """Hold the lock on a piece of work ("crawl", "update"); raises BusyError where it is taken."""
    if store.engine.dialect.name == "sqlite":
        with _file_lock(Path(f"{store.engine.url.database}.{work}.lock"), work):
            yield
    else:
        with _advisory_lock(store, work):
            yield


@contextmanager
def _file_lock(path: Path, work: str) -> Iterator[None]:
    with path.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise _busy(work) from None
        yield


@contextmanager
def _advisory_lock(store: Store, work: str) -> Iterator[None]:
    number = zlib.crc32(f"policy-ethics-tracker {work}".encode())
    # A connection of its own, since the lock belongs to it and ends with it.
    with store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        got = connection.execute(text("SELECT pg_try_advisory_lock(:n)"), {"n": number}).scalar()
        if not got:
            raise _busy(work)
        try:
            yield
        finally:
            connection.execute(text("SELECT pg_advisory_unlock(:n)"), {"n": number})


def _busy(work: str) -> BusyError:
    return BusyError(f"another {work} of this store is under way; wait until it ends, or stop it")
