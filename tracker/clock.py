"""The time as the tracker writes it down: it only goes forward, whatever the system's clock does."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

STEP = timedelta(microseconds=1)
TOLD = timedelta(minutes=1)  # machines of a team differ by less


def system_time(at: datetime | None = None) -> Callable[[], datetime]:
    """Return the system's clock, or one that was set: it then starts at that time and runs on."""
    if at is None:
        return lambda: datetime.now(UTC)
    started = time.monotonic()
    return lambda: at + timedelta(seconds=time.monotonic() - started)


class Clock:
    """Tells the time, each time a later one, and none that is not after what is written down already.

    A clock that was set back would put what is read now before what was read then, and turn the
    history of a document round.
    """

    def __init__(self, system: Callable[[], datetime], *, after: datetime | None) -> None:
        self._system, self._last = system, after
        self.behind = timedelta() if after is None else max(timedelta(), after - system())

    def __call__(self) -> datetime:
        now = self._system()
        if self._last is not None and now <= self._last:
            now = self._last + STEP
        self._last = now
        return now

    @property
    def warning(self) -> str:
        """What a person should know of the system's clock; nothing where it is right."""
        if self.behind < TOLD:
            return ""
        return (
            f"the system's clock is {str(self.behind).partition('.')[0]} behind the last run: "
            "times are written as just after that until it has caught up; look at what sets the clock"
        )
