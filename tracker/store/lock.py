"""Keeps two runs apart that would disturb each other."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class AnotherRunError(Exception):
    """A run is under way that this one would disturb."""


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Hold the lock that keeps two runs apart; the system lets go of it when the process ends."""
    path = folder / "run.lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AnotherRunError(
                f"another run is under way ({path}); wait until it ends, or stop it"
            ) from None
        yield
