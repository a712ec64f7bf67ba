"""A process that reads documents for us and may die of them: limits in time and memory, no crash.

Knows no format. One process serves many documents; after a failure the next one gets a new process.
"""

import atexit
import json
import struct
import subprocess
import sys
import threading
from contextlib import suppress
from typing import Any

MOST_SECONDS = 60.0


class Reader:
    """Asks `python -m MODULE`, which reads and answers with a length in front of each message."""

    def __init__(self, module: str) -> None:
        self.module = module
        self.lock = threading.Lock()
        self.process: subprocess.Popen[bytes] | None = None

    def ask(self, body: bytes, *, seconds: float = MOST_SECONDS) -> Any:
        """Return the answer; {"refused": why} where the reader died of it or took too long."""
        with self.lock:
            process = self._running()
            gave_up = threading.Event()

            def give_up() -> None:
                gave_up.set()
                process.kill()

            timer = threading.Timer(seconds, give_up)
            timer.start()
            try:
                return _exchange(process, body)
            except (OSError, EOFError, ValueError):
                return {"refused": self._end(timed_out=gave_up.is_set(), seconds=seconds)}
            finally:
                timer.cancel()

    def _running(self) -> subprocess.Popen[bytes]:
        if self.process is not None and self.process.poll() is None:
            return self.process
        if self.process is not None:
            self.close(self.process)
        return self._start()

    def _start(self) -> subprocess.Popen[bytes]:
        self.process = subprocess.Popen(  # noqa: S603  (our own program)
            [sys.executable, "-m", self.module],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            # A terminal's Ctrl-C is ours to hear: a reader that died of it would pass for a bad file.
            start_new_session=True,
        )
        atexit.register(self.close, self.process)
        return self.process

    def _end(self, *, timed_out: bool, seconds: float) -> str:
        if self.process is not None:
            self.close(self.process)
        self.process = None
        if timed_out:
            return f"takes longer than {seconds:.0f} s to read"
        return "breaks its reader, or needs more memory than a document should"

    def close(self, process: subprocess.Popen[bytes]) -> None:
        """End a reader."""
        atexit.unregister(self.close)
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                with suppress(OSError):  # what was still to be sent goes nowhere
                    pipe.close()


def _exchange(process: subprocess.Popen[bytes], body: bytes) -> Any:
    into, out = process.stdin, process.stdout
    if into is None or out is None:
        raise EOFError
    into.write(struct.pack(">I", len(body)) + body)
    into.flush()
    length = out.read(4)
    if len(length) < 4:
        raise EOFError
    size = struct.unpack(">I", length)[0]
    answer = out.read(size)
    if len(answer) < size:
        raise EOFError
    return json.loads(answer)
