"""The app in a real browser: start it, open a page, wait until it is drawn. Used by tests and by measurements."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
ROOT = Path(__file__).parent.parent
READY = """() => { const app = document.querySelector('[data-testid="stApp"]');
  return !!app && app.dataset.testScriptState === 'notRunning'
    && document.querySelector('[data-testid="stMain"] [data-testid="stElementContainer"]')
    && !document.querySelector('[data-testid="stSkeleton"],[data-testid="stSpinner"],[data-stale="true"]') }"""
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"]  # fmt: skip


def tracker(*arguments: str) -> list[str]:
    """The command line of this checkout."""
    return [sys.executable, "-c", "from tracker.cli import main; main()", *arguments]


def play_demo(folder: Path) -> None:
    environment = {**os.environ, "TRACKER_DATA_DIR": str(folder)}
    subprocess.run(tracker("demo", "--no-app"), env=environment, check=True, capture_output=True)


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


@contextmanager
def serving(
    folder: Path, *options: str, port: int = 0, **settings: str
) -> Iterator[tuple[str, int]]:
    """The app over the store in that folder: its address and process."""
    port = port or free_port()
    environment = {**os.environ, **settings, "TRACKER_DATA_DIR": str(folder)}
    process = subprocess.Popen(tracker("serve", "--port", str(port), *options), cwd=ROOT, env=environment, start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # fmt: skip
    try:
        _wait(base := f"http://127.0.0.1:{port}")
        yield base, process.pid
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(10)


def _wait(base: str) -> None:
    for _ in range(300):
        try:
            if urllib.request.urlopen(f"{base}/healthz", timeout=1).read() == b"ok":
                return
        except OSError:
            time.sleep(0.1)
    raise TimeoutError(base)


def open_at(page, address: str) -> None:
    """Open a page of the app and wait until it is whole."""
    page.goto(address, wait_until="domcontentloaded")
    page.wait_for_function(READY, timeout=60_000)
