"""Ends crawl, update and send by SIGKILL at every named step, runs them again, and compares with an undisturbed run.

python faults.py [--postgresql] [--kills N] [--seed S] [--out FILE]   prints JSON; exit 1 where a kill cost a row or a message
A site on loopback is read three times: first, then changed, then to confirm what changed. Between
two commands the store is kept, so that a kill begins there: at a random one of the commands that come
by its step, at a random one of the times that they do; every fourth is killed again as it goes on. Then
all that is left to do is done, and what the store holds and what receivers got is looked at.
"""

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import ThreadingHTTPServer
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "bench")]
from outbox_faults import Receiver
from places import Files, places
from stepping import STEPS
from told import tell
from teams import declare, final_rows, hosts, publish
from webserver import Site, serving

from tracker.model import Channel
from tracker.store import Store
from tracker.store.integrity import damage
from tracker.store.subscriptions import add_subscription

CRAWL, UPDATE, SEND = ["crawl", "--quiet"], ["update"], ["alerts", "send"]
#: What is done to the site before, and the command: the chain from an empty store to messages sent.
CHAIN = [(False, CRAWL), (False, UPDATE), (True, CRAWL), (True, UPDATE), (True, CRAWL), (True, UPDATE), (True, SEND)]  # fmt: skip
NAMES = ["first crawl", "first update", "crawl of what changed", "update of what changed", "confirming crawl", "confirming update", "send"]  # fmt: skip
SUBSCRIBED = 1  # the command before which people subscribe
AT_ANY_MOMENT = "any: at a random moment"
INSTITUTIONS, PAGES = 2, 6
MOST_TRIES = 10  # to kill, before a trial is told as one without a kill
WALL = "<!doctype html><title>Just a moment...</title><body><div class=cf-challenge>Checking your browser before accessing the site. Enable JavaScript and cookies to continue.</div></body>"


class Harness:
    """A site, a receiver, and what the store was before each command of an undisturbed run."""

    def __init__(self, folder: Path, site: Site, receiver: ThreadingHTTPServer, stepping: subprocess.Popen, places: Files) -> None:  # fmt: skip
        self.folder, self.site, self.receiver = folder, site, receiver
        self.stepping, self.places = stepping, places
        self.counts: list[dict[str, int]] = []  # of each command: how often it comes by a step
        self.seconds: list[float] = []
        calm = folder / "calm"
        places.begin(calm)
        declare(calm, INSTITUTIONS)
        for number in range(len(CHAIN)):
            self.before(number, calm)
            places.copy(calm, self.kept(number))
            began = time.monotonic()
            self.run(number, calm, count=str(folder / "counts.json"))
            self.seconds.append(time.monotonic() - began)
            self.counts.append(json.loads((folder / "counts.json").read_text()))
        self.rows, found = looked_at(places.url(calm))
        self.messages = Counter(about for about, _ in receiver.taken)
        self.mails = mails(calm)
        assert not found, found
        assert self.messages
        assert self.mails

    def kept(self, number: int) -> Path:
        return self.folder / f"before-{number}"

    def before(self, number: int, place: Path) -> None:
        """Let the world be what it is before a command of the chain."""
        self.publish(number)
        if number == SUBSCRIBED:
            subscribe(self.places.url(place), self.receiver.server_port)

    def publish(self, number: int) -> None:
        later = CHAIN[number][0]
        publish(self.site, INSTITUTIONS, PAGES, later=later)
        if later:
            for host in hosts(INSTITUTIONS).values():
                self.site.put(f"http://{host}/policy-{PAGES - 1}", "none", status=404)
                self.site.put(f"http://{host}/policy-{PAGES - 2}", WALL)

    def run(self, number: int, place: Path, **how: object) -> bool:
        """Run a command of the chain; return whether it was killed."""
        kept = {k: v for k, v in os.environ.items() if not k.startswith("TRACKER_")}
        own = {
            "TRACKER_DATA_DIR": str(place),
            "TRACKER_DATABASE_URL": self.places.url(place),
            "TRACKER_SOURCES": str(place / "sources.yaml"),
            "TRACKER_DOWNLOAD_DELAY": "0",
            "TRACKER_CONFIRM_AFTER_HOURS": "0",
            "TRACKER_ALLOW_HOSTS": "127.0.0.1",
            "TRACKER_SECRET": "s",
            "TRACKER_PUBLIC_URL": "https://tracker.example",
            "http_proxy": self.site.address,
            "no_proxy": "",
        }
        said = self.folder / "said"
        asked = {"command": CHAIN[number][1], "environment": {**kept, **own}, "said": str(said), **how}  # fmt: skip
        self.stepping.stdin.write(json.dumps(asked) + "\n")
        self.stepping.stdin.flush()
        code = int(self.stepping.stdout.readline())
        if code not in {0, -signal.SIGKILL}:
            raise SystemExit(f"{NAMES[number]} ended with {code}: {said.read_text()}")
        return code != 0

    def where(self, step: str) -> list[int]:
        """The commands that come by a step."""
        if step == AT_ANY_MOMENT:
            return list(range(len(CHAIN)))
        return [number for number, counts in enumerate(self.counts) if counts.get(step)]

    def begin(self, number: int, place: Path) -> None:
        """Put a place back to what the store and the receiver were before a command."""
        if place.exists():
            self.places.drop(place)
        self.places.copy(self.kept(number), place)
        self.receiver.taken.clear()
        self.publish(number)

    def kill(self, number: int, place: Path, step: str, dice: random.Random) -> bool:
        if step == AT_ANY_MOMENT:
            return self.run(number, place, after=dice.uniform(0, 1) * self.seconds[number])
        return self.run(number, place, step=step, nth=dice.randint(1, self.counts[number][step]))

    def hit(self, number: int, place: Path, step: str, dice: random.Random) -> bool:
        """Kill, again and again where it came too late: under watch a command lasts longer than without."""
        for _ in range(MOST_TRIES):
            if self.kill(number, place, step, dice):
                return True
            self.begin(number, place)
        return False

    def trial(self, step: str, dice: random.Random) -> dict:
        """Kill at a step, do the rest of the chain, and say what came of it."""
        number = dice.choice(self.where(step))
        place = self.folder / "killed"
        self.begin(number, place)
        kills, again = 0, ""
        for rest in range(number, len(CHAIN)):
            if rest > number:
                self.before(rest, place)
            else:
                kills += self.hit(number, place, step, dice)
                if not dice.randrange(4):
                    again = dice.choice([name for name in STEPS if number in self.where(name)])
                    kills += self.kill(number, place, again, dice)
            self.run(rest, place)
        found = self.judged(place, kills)
        self.places.drop(place)
        return {"step": step, "command": NAMES[number], "kills": kills, "again_at": again, **found}

    def judged(self, place: Path, kills: int) -> dict:
        rows, found = looked_at(self.places.url(place))
        ids: defaultdict = defaultdict(Counter)
        for about, message_id in self.receiver.taken:
            ids[about][message_id] += 1
        repeats = sum(sum(counts.values()) - 1 for counts in ids.values())
        return {
            "other_rows": [name for name in self.rows if rows[name] != self.rows[name]],
            "verify": found,
            "missing_messages": len(set(self.messages) - set(ids)) + len(self.mails - mails(place)),
            "unexpected_messages": len(set(ids) - set(self.messages))
            + len(mails(place) - self.mails),
            "repeated_ids": repeats,
            "new_ids": sum(len(counts) - 1 for counts in ids.values()),
        }


def wrong(found: dict) -> bool:
    """Whether a trial broke a promise: a repeat under its own id is allowed once a kill, nothing else is."""
    broken = ("other_rows", "verify", "missing_messages", "unexpected_messages", "new_ids")
    return any(found[name] for name in broken) or found["repeated_ids"] > found["kills"]


def subscribe(url: str, port: int) -> None:
    store = Store.open(url)
    at = datetime.now(UTC)
    with store.transaction() as session:
        for name in ("one", "two"):
            target = f"http://127.0.0.1:{port}/{name}"
            add_subscription(session, name=name, channel=Channel.WEBHOOK, target=target, at=at)
        add_subscription(session, name="three", channel=Channel.OUTBOX, at=at)
    store.close()


def looked_at(url: str) -> tuple[dict, list[str]]:
    """The rows that must be the same, and what is damaged."""
    store = Store.open(url)
    rows = final_rows(store)
    with store.transaction() as session:
        found = [str(one) for one in damage(session)]
    store.close()
    return rows, found


def mails(place: Path) -> Counter:
    """What the mail files of a folder are about; a part of one is no mail."""
    subjects = (line for file in place.rglob("*.eml") for line in file.read_text().splitlines() if line.startswith("Subject:"))  # fmt: skip
    return Counter(subjects)


@contextmanager
def harness(*, postgresql: bool = False) -> Iterator[Harness]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    server.taken, server.lock, server.daemon_threads = [], threading.Lock(), True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        with tempfile.TemporaryDirectory() as name, serving() as site, places(postgresql=postgresql) as made:  # fmt: skip
            site.handle_error = server.handle_error = lambda *_: None  # who asked was killed
            command = [sys.executable, str(ROOT / "bench" / "stepping.py")]
            with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT) as stepping:  # fmt: skip
                yield Harness(Path(name), site, server, stepping, made)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def by_step(found: list[dict]) -> dict[str, dict]:
    """The sums of each step's trials."""
    told: dict[str, dict] = {}
    for one in found:
        of = told.setdefault(one["step"], {"kills": 0, "killed_in": [], "other_rows": 0, "verify": 0, "missing_messages": 0, "unexpected_messages": 0, "repeated_ids": 0, "new_ids": 0})  # fmt: skip
        of["kills"] += one["kills"]
        of["killed_in"] = sorted({*of["killed_in"], one["command"]})
        for name in ("other_rows", "verify"):
            of[name] += len(one[name])
        for name in ("missing_messages", "unexpected_messages", "repeated_ids", "new_ids"):
            of[name] += one[name]
    return told


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--kills", type=int, default=120)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--step", help="only this one, by a part of its name")
    parser.add_argument("--postgresql", action="store_true", help="on a server of our own")
    asked = parser.parse_args()
    dice, began = random.Random(asked.seed), time.monotonic()
    with harness(postgresql=asked.postgresql) as made:
        steps = [name for name in (*STEPS, AT_ANY_MOMENT) if (asked.step or "") in name]
        assert steps, f"no step is called like {asked.step}"
        if never := [name for name in steps if not made.where(name)]:
            raise SystemExit(f"no command comes by: {'; '.join(never)}")
        found: list[dict] = []
        while sum(one["kills"] for one in found) < asked.kills:
            one = made.trial(steps[len(found) % len(steps)], dice)
            found.append(one)
            if wrong(one):
                print(f"WRONG: {json.dumps(one)}", file=sys.stderr, flush=True)
    result = {
        "database": "postgresql" if asked.postgresql else "sqlite",
        "seed": asked.seed,
        "seconds": round(time.monotonic() - began),
        "kills": sum(one["kills"] for one in found),
        "trials": len(found),
        "killed_twice": sum(bool(one["again_at"]) for one in found),
        "wrong": [one for one in found if wrong(one)],
        "steps": by_step(found),
    }
    tell(result, asked.out)
    return bool(result["wrong"])


if __name__ == "__main__":
    sys.exit(main())
