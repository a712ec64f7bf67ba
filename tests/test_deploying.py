"""What deploy/ starts: compose.yaml's services in its order on one PostgreSQL, units with what they may write."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from contextlib import ExitStack, closing
from graphlib import TopologicalSorter
from pathlib import Path

import pytest
import yaml
from browsing import free_port
from teams import database, declare, hosts, publish, until

from tracker.store import Store

ROOT = Path(__file__).parent.parent
COMPOSE = yaml.safe_load((ROOT / "deploy/compose.yaml").read_text())
SERVICES = COMPOSE["services"]
INSTITUTIONS, PAGES, WORKERS = 2, 3, 2
GIVEN = {"POSTGRES_PASSWORD": "a-password"}  # of deploy/.env, as the file's first lines make it
#: Every page is read, and nothing but looking is left to do.
DERIVED = """
SELECT 1 FROM document WHERE state = 'live' HAVING count(*) = {} AND EXISTS (SELECT 1 FROM finding)
AND NOT EXISTS (SELECT 1 FROM procrastinate_jobs WHERE task_name <> 'schedule' AND status IN ('todo', 'doing'))
"""


def filled(text: str) -> str:
    """Put variables in their places as Docker does: ${NAME:?message} must be set, ${NAME:-otherwise} need not."""
    return re.sub(r"\$\{(\w+):([-?])([^}]*)\}", lambda found: GIVEN[found[1]] if found[2] == "?" else GIVEN.get(found[1], found[3]), text)  # fmt: skip


class Machine:
    """Runs services where Docker would: in the image's folder, with no setting but the file's own."""

    def __init__(self, folder: Path, url: str, proxy: str) -> None:
        self.folder, self.port = folder, free_port()
        self.url, self.around = url, {"http_proxy": proxy, "no_proxy": "", "PATH": os.environ["PATH"], "HOME": str(folder)}  # fmt: skip

    def settings(self, name: str) -> dict[str, str]:
        given = {key: filled(value) for key, value in SERVICES[name]["environment"].items()}
        assert given["TRACKER_DATABASE_URL"] == "postgresql://tracker:a-password@db/tracker"
        # No delay is the one thing that a test sets: the sites are its own.
        return {**given, "TRACKER_DATABASE_URL": self.url, "TRACKER_DOWNLOAD_DELAY": "0"}

    def start(self, name: str, *more: str) -> subprocess.Popen:
        words = [str(self.port) if word == "8501" else word for word in SERVICES[name]["command"]]
        environment = {**self.around, **self.settings(name)}
        log = (self.folder / f"{name}.log").open("a")
        with log:
            return subprocess.Popen([sys.executable, "-m", "tracker", *words, *more], cwd=self.folder, env=environment, stdout=log, stderr=log, start_new_session=True)  # fmt: skip

    def asked(self, path: str) -> str:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=30) as answer:
            return answer.read().decode()

    def wait_for_the_app(self) -> None:
        until, log = time.monotonic() + 60, self.folder / "app.log"
        while True:
            try:
                assert self.asked("/healthz") == "ok"
            except OSError:
                assert time.monotonic() < until, log.read_text() if log.exists() else "no answer"
                time.sleep(0.1)
            else:
                return


def test_each_service_waits_for_what_it_needs():
    needs = {name: service.get("depends_on", {}) for name, service in SERVICES.items()}
    order = list(TopologicalSorter(needs).static_order())

    assert order[:2] == ["db", "upgrade"]
    assert needs["upgrade"]["db"] == {"condition": "service_healthy"}
    assert needs["app"] == needs["worker"] == {"upgrade": {"condition": "service_completed_successfully"}}  # fmt: skip
    # While it makes its tables, PostgreSQL's image runs a server that listens at no port, and restarts it.
    assert "--host" in SERVICES["db"]["healthcheck"]["test"]


@pytest.mark.timeout(300)
def test_what_compose_starts_reads_the_sites_shows_them_and_ends_clean(tmp_path, site, postgres):
    declare(tmp_path, INSTITUTIONS)
    publish(site, INSTITUTIONS, PAGES, later=False)
    with database(postgres, f"compose_{os.getpid()}") as url, ExitStack() as running:
        machine = Machine(tmp_path, url, site.address)
        assert machine.start("upgrade").wait(timeout=60) == 0
        # Each minute is too seldom for a test.
        started = [machine.start("app"), *(machine.start("worker", "--look", "6") for _ in range(WORKERS))]  # fmt: skip
        for process in started:
            running.callback(_end, process)
        store = running.enter_context(closing(Store.open(url)))
        until(store, DERIVED.format(len(hosts(INSTITUTIONS)) * PAGES), seconds=120)
        machine.wait_for_the_app()

        shown, figures = machine.asked("/p/"), machine.asked("/metrics")
        for process in started[1:]:
            process.send_signal(signal.SIGTERM)
        ended = [process.wait(timeout=60) for process in started[1:]]

    assert "The Oak University" in shown
    assert f"tracker_workers{{}} {WORKERS}" in figures
    assert ended == [0] * WORKERS
    assert (
        machine.start("upgrade").wait(timeout=60) != 0
    )  # the database is gone: a failure is told as one


def _end(process: subprocess.Popen) -> None:
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(timeout=60)


UNITS = sorted((ROOT / "deploy").glob("*.service"))
#: What systemd does for ProtectSystem=strict, ReadWritePaths= and PrivateTmp=, as far as a test can: systemd.exec(5).
SANDBOX = """
mount --make-rprivate / && mount --bind "$1" "$1" && mount -o remount,ro,bind / && shift
touch /tmp/written 2>/dev/null && exit 99
exec "$@"
"""


def lines_of(unit: Path) -> dict[str, str]:
    return dict(line.split("=", 1) for line in unit.read_text().splitlines() if "=" in line and line[0] != "#")  # fmt: skip


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.stem)
def test_systemd_takes_every_line_of_a_unit(unit, tmp_path):
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd is not here")
    (tmp_path / unit.name).write_text(unit.read_text().replace("/srv/tracker/.venv/bin/tracker", sys.executable))  # fmt: skip

    said = subprocess.run(["systemd-analyze", "verify", tmp_path / unit.name], capture_output=True, text=True, check=False)  # fmt: skip

    assert (said.returncode, said.stderr) == (0, "")


def test_the_app_works_with_what_its_unit_lets_it_write(tmp_path):
    unit = lines_of(ROOT / "deploy/tracker-app.service")
    if os.geteuid() or subprocess.run(["unshare", "-m", "true"], check=False).returncode:
        pytest.skip("only root may hide the disk from a program here")
    assert unit["ProtectSystem"] == "strict"
    data = tmp_path / unit["ReadWritePaths"].removeprefix("/srv/tracker/")
    temporary = data / "tmp"
    temporary.mkdir(parents=True)
    machine = Machine(tmp_path, f"sqlite:///{data / 'tracker.db'}", proxy="")
    words = [str(machine.port) if word == "8501" else word for word in unit["ExecStart"].split()[1:]]  # fmt: skip
    own = {"TRACKER_DATA_DIR": str(data)} | ({"TMPDIR": str(temporary)} if unit.get("PrivateTmp") == "true" else {})  # fmt: skip
    command = ["unshare", "-m", "sh", "-c", SANDBOX, "sh", data, sys.executable, "-m", "tracker", *words]  # fmt: skip
    process = subprocess.Popen(command, cwd=ROOT, env={**machine.around, **own}, start_new_session=True)  # fmt: skip
    try:
        machine.wait_for_the_app()
        assert "<h1" in machine.asked("/p/")
    finally:
        _end(process)
