"""Kills the demonstration at random moments, runs it again, and compares with an undisturbed run.

python demo_faults.py [--kills N] [--seed S]    prints JSON; exit 1 where a kill cost a row
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))
from test_demo import TRACKER, environment, rows, run


def killed(folder: Path, after: float) -> bool:
    """Start a demonstration and kill it; whether it was still running by then."""
    process = subprocess.Popen([*TRACKER, "demo", "--no-app"], env=environment(folder), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)  # fmt: skip
    time.sleep(after)
    running = process.poll() is None
    if running:
        os.killpg(process.pid, 9)
    process.wait()
    return running


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    dice = random.Random(asked.seed)
    with tempfile.TemporaryDirectory() as name:
        calm = Path(name, "calm")
        calm.mkdir()
        began = time.monotonic()
        run(calm, "demo", "--no-app")
        lasts = time.monotonic() - began
        found = [
            one(Path(name), number, dice.uniform(0.05, 0.95) * lasts, calm)
            for number in range(asked.kills)
        ]
    wrong = [each for each in found if each["differs"] or not each["verify"].startswith("clean")]
    print(
        json.dumps(
            {"kills": sum(each["killed"] for each in found), "runs": found, "wrong": len(wrong)},
            indent=1,
        )
    )
    return bool(wrong)


def one(folder: Path, number: int, after: float, calm: Path) -> dict:
    place = folder / f"kill-{number}"
    place.mkdir()
    was_killed = killed(place, after)
    run(place, "demo", "--no-app")
    expected, got = rows(calm), rows(place)
    return {
        "after_seconds": round(after, 1),
        "killed": was_killed,
        "differs": [name for name in expected if expected[name] != got[name]],
        "verify": run(place, "verify").strip(),
    }


if __name__ == "__main__":
    sys.exit(main())
