"""That somebody asked this process to end, by SIGTERM or Ctrl-C. What is at a step finishes that first."""

import os
import signal
import time
from collections.abc import Callable
from types import FrameType

INTERRUPTED = 130
#: Seconds in which a second signal is the first one again: a terminal sends Ctrl-C to every
#: process of a command, and the one that started the others passes it on to them.
SAME = 1.0


class EndedError(Exception):
    """Somebody asked to end, and nothing is half done; the message says how to go on."""


class Ending:
    """Hears that the process is asked to end, from when it is made. Asked again, it ends at once."""

    def __init__(self) -> None:
        self.asked = False
        self._since = 0.0
        self._stop: Callable[[], object] = lambda: None
        self._before = {
            number: signal.signal(number, self._hear) for number in (signal.SIGTERM, signal.SIGINT)
        }

    def then(self, stop: Callable[[], object]) -> None:
        """Call this when asked to end; at once, if that was so already."""
        self._stop = stop
        if self.asked:
            stop()

    def between(self) -> None:
        """To be called between two steps; raises EndedError once asked to end."""
        if self.asked:
            raise EndedError(
                "stopped as asked; nothing was left half done: run the same command again, it goes on from there"
            )

    def sleep(self, seconds: float) -> None:
        """Sleep so long, or until asked to end."""
        until = time.monotonic() + seconds
        while not self.asked and (left := until - time.monotonic()) > 0:
            time.sleep(min(left, 1.0))

    def close(self) -> None:
        """Let signals do again what they did before."""
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _hear(self, number: int, _frame: FrameType | None) -> None:
        now = time.monotonic()
        if self.asked and now - self._since > SAME:
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)
        elif not self.asked:
            self.asked, self._since = True, now
            self._stop()
