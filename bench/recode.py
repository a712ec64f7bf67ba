"""Codes 100,000 passages, killed at random moments and started again, and compares with an undisturbed run.

python recode.py [--passages N] [--kills N] [--seed S] [--out FILE]   prints JSON; exit 1 where a coding differs
"""

import argparse
import hashlib
import json
import os
import random
import resource
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tracker.archive import sha256
from tracker.coding.codebook import load_codebook
from tracker.model import Passage
from tracker.store import Store
from tracker.store.rows import add_rows
from told import tell

TRACKER = str(Path(sys.executable).parent / "tracker")
GOLD = Path(__file__).resolve().parent.parent / "tests" / "gold" / "passages.jsonl"


def fill(folder: Path, passages: int, seed: int) -> None:
    """Put made-up passages into a store: sentences of our own coded passages, drawn and joined."""
    texts = [json.loads(line)["text"] for line in GOLD.read_text(encoding="utf-8").splitlines()]
    parts = [part for text in texts for part in text.split(". ") if part]
    drawn = random.Random(seed)
    store = Store.open(f"sqlite:///{folder / 'tracker.db'}")
    for start in range(0, passages, 5000):
        made = [f"{n}. " + ". ".join(drawn.choices(parts, k=4)) for n in range(start, min(start + 5000, passages))]  # fmt: skip
        with store.transaction() as session:
            add_rows(session, Passage, [{"sha256": sha256(t.encode()), "text": t, "words": len(t.split()), "language": "en"} for t in made])  # fmt: skip
    store.close()


def started(folder: Path) -> subprocess.Popen:
    environment = {**os.environ, "TRACKER_DATA_DIR": str(folder)}
    return subprocess.Popen([TRACKER, "update"], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # fmt: skip


def codings(folder: Path) -> tuple[int, str]:
    """How many codings there are, and a hash of all that they and the named bodies say."""
    base = sqlite3.connect(folder / "tracker.db")
    names = [row[1] for row in base.execute("PRAGMA table_info(coding)") if row[1] != "id"]
    digest = hashlib.sha256()
    count = 0
    columns = ", ".join(f'"{name}"' for name in names)
    for row in base.execute(f"SELECT {columns} FROM coding ORDER BY passage_id, coder"):
        digest.update(repr(row).encode())
        count += 1
    for row in base.execute("SELECT * FROM passage_entity ORDER BY passage_id, entity"):
        digest.update(repr(row).encode())
    base.close()
    return count, digest.hexdigest()


def undisturbed(folder: Path) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert started(folder).wait() == 0
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def disturbed(folder: Path, kills: int, within: float, drawn: random.Random) -> list[int]:
    """Kill `kills` runs, let a last one end; how many codings each kill left."""
    left = []
    for _ in range(kills):
        process = started(folder)
        time.sleep(drawn.uniform(1.0, 1.0 + within / kills))
        process.send_signal(signal.SIGKILL)
        process.wait()
        left.append(codings(folder)[0])
    assert started(folder).wait() == 0
    return left


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--passages", type=int, default=100_000)
    parser.add_argument("--kills", type=int, default=8)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        whole, cut = Path(name, "whole"), Path(name, "cut")
        for folder in (whole, cut):
            folder.mkdir()
            fill(folder, asked.passages, asked.seed)
        began = time.monotonic()
        seconds = undisturbed(whole)
        within = time.monotonic() - began
        left = disturbed(cut, asked.kills, within, random.Random(asked.seed))
        wanted, found = codings(whole), codings(cut)
    result = {
        "passages": asked.passages,
        "coder": load_codebook().coder_name,
        "kills": len(left),
        "codings_left_by_each_kill": left,
        "same_codings": wanted == found,
        "cpu_seconds_undisturbed": round(seconds, 1),
        "passages_a_second": round(asked.passages / seconds),
    }
    tell(result, asked.out)
    sys.exit(wanted != found)


if __name__ == "__main__":
    main()
