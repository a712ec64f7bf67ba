"""Workers of a team on one PostgreSQL, at sites on loopback: the same rows, how much faster, how polite.

python workers.py [--institutions N] [--pages N] [--delay S]    prints JSON; exit 1 where a promise is broken
"""

import argparse
import collections
import json
import os
import platform
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))
from conftest import _postgres_programs, _server
from teams import JITTER, Team, a_job_of, database, declare, final_rows, gaps, hosts, publish
from webserver import serving
from told import tell

TEAMS = {"1 worker": 1, "2 workers": 2, "4 workers": 4, "4 workers, one killed": 4}
SPAN = "SELECT extract(epoch FROM max(e.at) - min(e.at)) FROM procrastinate_events e JOIN procrastinate_jobs j ON j.id = e.job_id WHERE j.task_name = 'crawl' AND e.type IN ('started', 'succeeded')"
RETRIED = "SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'crawl' AND attempts > 1"
MANY = 10  # requests over which a host's rate is taken


class Watched(threading.Thread):
    """Looks at the processes of a team, and at its connections, until told to end."""

    def __init__(self, team: Team, pids: list[int]) -> None:
        super().__init__(daemon=True)
        self.team, self.pids, self.over = team, pids, threading.Event()
        self.most = collections.Counter()

    def run(self) -> None:
        while not self.over.wait(0.3):
            for pid in self.pids:
                self.look(pid, "worker")
                for child in _lines(f"/proc/{pid}/task/{pid}/children").split():
                    words = _lines(f"/proc/{child}/cmdline").split("\0")
                    self.look(int(child), "crawl" if "crawler" in words else "update" if "update" in words else "send")  # fmt: skip
            connections = self.team.sql("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()")  # fmt: skip
            self.most["connections"] = max(self.most["connections"], connections[0][0])

    def look(self, pid: int, what: str) -> None:
        found = re.search(r"VmHWM:\s+(\d+)", _lines(f"/proc/{pid}/status"))
        if found:
            self.most[what] = max(self.most[what], int(found[1]))

    def said(self) -> dict:
        memory = {name: round(kb / 1024) for name, kb in self.most.items() if name != "connections"}
        return {"peak_mb_of_a_process": memory, "connections_at_most": self.most["connections"]}


def _lines(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8")
    except OSError:  # ended meanwhile
        return ""


def play(server: str, name: str, number: int, asked: argparse.Namespace) -> tuple[dict, dict]:
    """Let a team read every site three times; return its figures and its rows."""
    with tempfile.TemporaryDirectory() as folder, serving() as site, database(server, f"team_{len(name)}_{number}") as url:  # fmt: skip
        declare(Path(folder), asked.institutions)
        team = Team(Path(folder), site, url, delay=asked.delay)
        team("alerts", "add", "mine", "--channel", "outbox", "--rule", "{}")
        publish(site, asked.institutions, asked.pages, later=False)
        crawls = len(hosts(asked.institutions))
        began = time.monotonic()
        with team.workers(number) as workers:
            watched = Watched(team, [worker.pid for worker in workers])
            watched.start()
            if "killed" in name:
                a_job_of(team, workers[0].pid)
                os.killpg(workers[0].pid, signal.SIGKILL)
            team.wait(crawls, seconds=900)
            found = {
                "crawls": crawls,
                "crawl_seconds": round(float(team.sql(SPAN)[0][0]), 1),
                "seconds_until_all_is_derived_and_sent": round(time.monotonic() - began, 1),
                "jobs_begun_again": team.sql(RETRIED)[0][0],
            }
            publish(site, asked.institutions, asked.pages, later=True)
            for _ in range(2):
                team.make_due()
                team.wait(crawls, seconds=900)
            watched.over.set()
            watched.join()
        found |= watched.said()
        found["database_mb"] = round(
            team.sql("SELECT pg_database_size(current_database())")[0][0] / 1e6, 1
        )
        found["requests"] = sum(map(len, site.at.values()))
        found["shortest_gap_at_a_host_seconds"] = round(min(gaps(site).values()), 3)
        found["highest_rate_at_a_host"] = round(MANY / min(gaps(site, of=MANY).values()), 2)
        found["interrupted_runs"] = team.sql("SELECT count(*) FROM run WHERE state = 'interrupted'")[0][0]  # fmt: skip
        found["verify"] = team("verify").strip()
        rows = final_rows(team.store)
        team.store.close()
    return found, rows


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--institutions", type=int, default=12)
    parser.add_argument("--pages", type=int, default=20)
    parser.add_argument("--delay", type=float, default=0.2)
    parser.add_argument("--out", type=Path)
    asked = parser.parse_args()
    said = {
        "site": {"hosts": len(hosts(asked.institutions)), "pages_a_host": asked.pages, "delay_seconds": asked.delay},
    }  # fmt: skip
    with tempfile.TemporaryDirectory(prefix="pg", dir="/tmp") as folder, _server(_postgres_programs(), Path(folder)) as server:  # fmt: skip
        played = {name: play(server, name, number, asked) for name, number in TEAMS.items()}
    teams = {name: found for name, (found, _) in played.items()}
    first = played["1 worker"][1]
    for name, (found, rows) in played.items():
        found["times_as_fast_as_one"] = round(teams["1 worker"]["crawl_seconds"] / found["crawl_seconds"], 2)  # fmt: skip
        found["rows_that_differ_from_one_worker"] = [key for key in rows if rows[key] != first[key]]
    said |= {"rows": {name: len(rows) for name, rows in first.items()}, "teams": teams}
    wrong = [
        name
        for name, found in teams.items()
        if found["rows_that_differ_from_one_worker"]
        or not found["verify"].startswith("clean")
        or found["shortest_gap_at_a_host_seconds"] < asked.delay - JITTER
        or found["highest_rate_at_a_host"] > MANY / (MANY * asked.delay - JITTER)
        or ("killed" in name) != bool(found["interrupted_runs"])
    ]
    tell(said | {"wrong": wrong}, asked.out)
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
