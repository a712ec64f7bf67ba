"""Kills update + send at random moments, with many deliveries owed, and counts what receivers got.

python outbox_faults.py [--kills N] [--seed S] [--subscribers N] [--changes N]
Receivers are a real webhook server on loopback, which notes every message id it is sent. Prints JSON;
exit 1 where a message is missing, came under a new id, or was repeated more often than was killed.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))
from builders import NOON
from chain import PLAIN, RULE, Site, page
from sqlmodel import func, select

from tracker.model import Channel, Delivery, DeliveryState
from tracker.store import Store
from told import tell

# What `tracker run` does after the crawl, as a process of its own that can be killed.
CHAIN = """
import sys
from datetime import datetime
from pathlib import Path
from tracker.alerts.outbox import send_due
from tracker.settings import Settings
from tracker.store import Store
from tracker.update import update
at, settings = datetime.fromisoformat(sys.argv[1]), Settings()
store = Store.open(settings.store_url)
update(store, settings, at=at)
send_due(store, settings, at=at, alone=True)
"""


class Receiver(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        # Which message it is must follow from what it says, not from its id.
        about = (
            self.path,
            tuple(sorted((c["url"], c["summary"]) for c in body["data"]["changes"])),
        )
        with self.server.lock:
            self.server.taken.append((about, self.headers["webhook-id"]))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None: ...


def prepare(folder: Path, port: int, subscribers: int, changes: int) -> Site:
    """A store in which an update will find changes that many subscribers are owed."""
    site = Site(Store.open(f"sqlite:///{folder / 'tracker.db'}"), folder)
    for number in range(subscribers):
        site.subscribe(
            f"subscriber {number}",
            channel=Channel.WEBHOOK,
            target=f"http://127.0.0.1:{port}/{number}",
        )
    names = [f"p{number}" for number in range(changes)]
    before = {name: page(f"{PLAIN} Page {name}.", RULE) for name in names}
    after = {
        name: page(f"{PLAIN} Page {name}.", RULE.replace("must", "may") + f" So in {name}.")
        for name in names
    }
    site.read(before, at=NOON)
    # The captures are recorded; whether they are news is the killed update's to find out.
    site.read(after, at=NOON + timedelta(days=1), derive=False)
    site.read(after, at=NOON + timedelta(days=2), derive=False)
    return site


def run_chain(folder: Path, at, *, after: float | None = None) -> bool:
    """Run update and send; kill it after so many seconds, if asked. Whether it was killed."""
    environment = {**os.environ, "TRACKER_DATA_DIR": str(folder), "TRACKER_ALLOW_HOSTS": "127.0.0.1", "TRACKER_SECRET": "s"}  # fmt: skip
    process = subprocess.Popen([sys.executable, "-c", CHAIN, at.isoformat()], env=environment, start_new_session=True)  # fmt: skip
    try:
        process.wait(after)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, 9)
        process.wait()
        return True
    if process.returncode:
        raise SystemExit("update and send failed by themselves")
    return False


def killed_often(folder: Path, *, kills: int, seed: int, subscribers: int, changes: int) -> dict:
    """Kill so many runs, let the last one end, and say what receivers got."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    server.taken, server.lock, server.daemon_threads = [], threading.Lock(), True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        calm = folder / "calm"
        calm.mkdir()
        prepare(calm, server.server_port, subscribers, changes).store.close()
        at = NOON + timedelta(days=2)
        began = time.monotonic()
        run_chain(calm, at)
        lasts = time.monotonic() - began
        expected = Counter(about for about, _ in server.taken)
        idle = time.monotonic()
        run_chain(calm, at)
        idle = time.monotonic() - idle
        server.taken.clear()
        hit = folder / "killed"
        hit.mkdir()
        site = prepare(hit, server.server_port, subscribers, changes)
        dice = random.Random(seed)
        moments, done = [], 0
        while done < kills:
            # Each run gets on, so that the kills fall on every part of the work.
            moment = dice.uniform(idle / 2, idle + 1.4 * (lasts - idle) / kills)
            was = run_chain(hit, at, after=moment)
            done += was
            if not was:
                break
            moments.append(round(moment, 2))
        run_chain(hit, at)
        run_chain(hit, at)
        with site.store.transaction() as session:
            states = dict(session.exec(select(Delivery.state, func.count()).group_by(Delivery.state)).all())  # fmt: skip
        site.store.close()
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
    return judged(server.taken, expected, states, moments, lasts)


def judged(taken: list, expected: Counter, states: dict, moments: list, lasts: float) -> dict:
    ids: dict = {}
    for about, message_id in taken:
        ids.setdefault(about, Counter())[message_id] += 1
    repeats = sum(sum(counts.values()) - 1 for counts in ids.values())
    most = max((max(counts.values()) for counts in ids.values()), default=0)
    found = {
        "calm_run_seconds": round(lasts, 1),
        "kills": len(moments),
        "moments": moments,
        "messages_owed": len(expected),
        "messages_received": len(ids),
        "missing": len(set(expected) - set(ids)),
        "unexpected": len(set(ids) - set(expected)),
        "under_more_than_one_id": sum(len(counts) > 1 for counts in ids.values()),
        "repeats": repeats,
        "most_often_received": most,
        "deliveries": {str(state): number for state, number in states.items()},
    }
    found["wrong"] = bool(
        found["missing"]
        or found["unexpected"]
        or found["under_more_than_one_id"]
        or repeats > len(moments)
        or most > 2
        or set(states) != {DeliveryState.SENT}
    )
    return found


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--subscribers", type=int, default=50)
    parser.add_argument("--changes", type=int, default=20)
    parser.add_argument("--out", type=Path)
    asked = vars(parser.parse_args())
    out = asked.pop("out")
    with tempfile.TemporaryDirectory() as name:
        found = killed_often(Path(name), **asked)
    tell(found, out)
    return found["wrong"]


if __name__ == "__main__":
    sys.exit(main())
