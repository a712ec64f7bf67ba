"""SIGTERM and Ctrl-C end every command that works for long clean: the step is finished, and the next start goes on."""

import os
import signal
import subprocess
import sys
import threading
import time
from datetime import timedelta
from http.server import ThreadingHTTPServer
from pathlib import Path

import pytest
import yaml
from builders import NOON
from chain import PLAIN, RULE, page
from chain import Site as Read
from crawls import a_page
from sqlmodel import func, select
from teams import final_rows
from warcs import POLICY, WATCHED, a_warc

from tracker.ending import INTERRUPTED, SAME
from tracker.model import Channel, Delivery, DeliveryState, Fetch, Run, RunState, Version
from tracker.store import BUSY, Store
from tracker.store.locks import alone
from tracker.update import update

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "bench"))
from outbox_faults import Receiver

TRACKER = [sys.executable, "-m", "tracker"]
SIGNALS = [signal.SIGTERM, signal.SIGINT]
MANY = 40


def started(folder: Path, *words: str, **environment: str) -> subprocess.Popen:
    """Start a command in a session of its own, as a terminal does."""
    own = {"TRACKER_DATA_DIR": str(folder), "TRACKER_SECRET": "s", "TRACKER_ALLOW_HOSTS": "127.0.0.1", **environment}  # fmt: skip
    return subprocess.Popen([*TRACKER, *words], env={**os.environ, **own}, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True)  # fmt: skip


def asked_to_end(process: subprocess.Popen, number: int, *, group: bool = False) -> str:
    os.killpg(process.pid, number) if group else process.send_signal(number)
    _, said = process.communicate(timeout=60)
    assert "Traceback" not in said
    return said


@pytest.fixture
def pages(crawl, site):
    """A site of many pages, none of them quick."""
    for number in range(MANY):
        site.put(f"/{number}", page(f"{PLAIN} Page {number}.", RULE))
    crawl.declare(*[a_page(f"/{number}") for number in range(MANY)])
    crawl.environment["TRACKER_DOWNLOAD_DELAY"] = "0.1"
    return crawl


def under_way(crawl, site, verb: str) -> subprocess.Popen:
    process = subprocess.Popen([*TRACKER, verb], env=crawl.environment, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True)  # fmt: skip
    while len(site.asked) < 4:
        time.sleep(0.02)
    return process


# A terminal sends Ctrl-C to every process of a command; `kill` to one of them.
@pytest.mark.parametrize(("number", "group"), [(signal.SIGTERM, False), (signal.SIGINT, False), (signal.SIGINT, True)])  # fmt: skip
@pytest.mark.parametrize("verb", ["crawl", "run"])
def test_reading_finishes_its_page_closes_its_run_and_is_resumed(pages, site, verb, number, group):
    process = under_way(pages, site, verb)
    said = asked_to_end(process, number, group=group)
    done = subprocess.run([*TRACKER, "run"], env={**pages.environment, "TRACKER_DOWNLOAD_DELAY": "0"}, capture_output=True, text=True, check=True)  # fmt: skip

    assert process.returncode == INTERRUPTED, said
    assert "stopped as asked" in said
    assert [run.state for run in pages.rows(Run)][:1] == [RunState.INTERRUPTED]
    assert done.returncode == 0
    pages_asked = [url for url in site.urls() if not url.endswith("robots.txt")]
    assert sorted(pages_asked) == sorted(set(pages_asked))  # none twice, none left out
    assert len(pages_asked) == MANY
    assert len(pages.rows(Version)) == MANY


def versions(store: Store) -> int:
    with store.transaction() as session:
        return session.exec(select(func.count(Version.id))).one()


@pytest.mark.parametrize("number", SIGNALS)
def test_an_update_ends_between_two_steps_and_the_next_leaves_the_same_rows(tmp_path, number):
    at, made = NOON + timedelta(days=1), {}
    for name in ("calm", "ended"):
        (tmp_path / name).mkdir()
        made[name] = Read(Store.open(f"sqlite:///{tmp_path / name / 'tracker.db'}"), tmp_path / name)  # fmt: skip
        made[name].subscribe()
        first = {f"p{n}": page(f"{PLAIN} Page {n}.") for n in range(200)}
        made[name].read(first, at=NOON, derive=False)
    update(made["calm"].store, made["calm"].settings, at=at)
    process = started(tmp_path / "ended", "update")
    while not versions(made["ended"].store):
        time.sleep(0.01)
    said = asked_to_end(process, number)

    assert process.returncode == INTERRUPTED, said
    assert "goes on from there" in said
    assert 0 < versions(made["ended"].store) < 200
    again = started(tmp_path / "ended", "update")
    assert "Traceback" not in again.communicate(timeout=60)[1]
    assert final_rows(made["ended"].store) == final_rows(made["calm"].store)
    for one in made.values():
        one.store.close()


@pytest.mark.parametrize("number", SIGNALS)
def test_a_sender_marks_the_message_that_it_is_at_and_none_comes_twice(tmp_path, number):
    server = ThreadingHTTPServer(("127.0.0.1", 0), Slow)
    server.taken, server.lock, server.daemon_threads = [], threading.Lock(), True
    threading.Thread(target=server.serve_forever, args=[0.02], daemon=True).start()
    site = Read(Store.open(f"sqlite:///{tmp_path / 'tracker.db'}"), tmp_path)
    for n in range(12):
        site.subscribe(f"s{n}", channel=Channel.WEBHOOK, target=f"http://127.0.0.1:{server.server_port}/{n}")  # fmt: skip
    before, after = {"one": page(PLAIN)}, {"one": page(PLAIN, RULE)}
    for days, text in enumerate((before, after, after)):
        site.read(text, at=NOON + timedelta(days=days))

    process = started(tmp_path, "alerts", "send")
    while len(server.taken) < 2:
        time.sleep(0.01)
    said = asked_to_end(process, number)
    with site.store.transaction() as session:
        sent = session.exec(select(func.count()).where(Delivery.state == DeliveryState.SENT)).one()
    so_far = len(server.taken)
    started(tmp_path, "alerts", "send").communicate(timeout=60)
    site.store.close()
    server.shutdown()
    server.server_close()

    assert process.returncode == INTERRUPTED, said
    assert "goes on from there" in said
    assert sent == so_far < 12
    assert len({message for _, message in server.taken}) == len(server.taken) == 12


class Slow(Receiver):
    def do_POST(self) -> None:
        time.sleep(0.1)
        super().do_POST()


def test_watching_that_is_told_to_end_while_it_reads_derives_nothing_more(pages, site):
    process = under_way(pages, site, "watch")
    said = asked_to_end(process, signal.SIGTERM)

    assert process.returncode == 0  # it did what it was asked to do
    assert [run.state for run in pages.rows(Run)] == [RunState.INTERRUPTED]
    assert "new versions" not in said
    assert pages.rows(Version) == []


def test_a_crawler_that_is_killed_under_a_run_is_said_in_one_line(pages, site):
    process = under_way(pages, site, "run")
    child = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()[0]
    os.kill(int(child), signal.SIGKILL)
    _, said = process.communicate(timeout=60)

    assert process.returncode == 128 + signal.SIGKILL
    assert "the crawler was ended by SIGKILL" in said.splitlines()[-1]


def test_asked_again_after_a_while_it_ends_at_once():
    waiting = "import time; from tracker.ending import Ending; e = Ending(); print('up', flush=True); [time.sleep(0.1) for _ in range(600)]"
    process = subprocess.Popen([sys.executable, "-c", waiting], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    process.stdout.readline()
    process.send_signal(signal.SIGTERM)
    process.send_signal(signal.SIGINT)  # the same wish, heard twice
    time.sleep(SAME + 0.5)
    assert process.poll() is None
    process.send_signal(signal.SIGTERM)

    assert process.wait(timeout=20) == -signal.SIGTERM
    process.stdout.close()


def test_an_update_beside_another_says_so_and_one_that_was_killed_holds_nothing(tmp_path):
    store = Store.open(f"sqlite:///{tmp_path / 'tracker.db'}")
    with alone(store, "update"):
        beside = started(tmp_path, "update")
        said = beside.communicate(timeout=60)[1]
    after = started(tmp_path, "update")
    after.communicate(timeout=60)
    store.close()

    assert (beside.returncode, after.returncode) == (BUSY, 0)
    assert "another update of this store is under way" in said


@pytest.mark.parametrize("number", SIGNALS)
def test_an_import_finishes_the_record_that_it_is_at_and_the_next_one_goes_on(tmp_path, number):
    records = 3000
    long = [("response", POLICY, day, f"{page(PLAIN)} {day}") for day in range(-records, 0)]
    file = str(a_warc(tmp_path / "long.warc", *long, compress=False))
    (tmp_path / "sources.yaml").write_text(yaml.safe_dump(WATCHED), encoding="utf-8")
    given = {"TRACKER_SOURCES": str(tmp_path / "sources.yaml")}
    store = Store.open(f"sqlite:///{tmp_path / 'tracker.db'}")

    process = started(tmp_path, "import", file, **given)
    while not fetched(store):
        assert process.poll() is None
        time.sleep(0.01)
    said = asked_to_end(process, number)
    before = fetched(store)
    again = started(tmp_path, "import", file, **given)
    again.communicate(timeout=120)
    with store.transaction() as session:
        states = [run.state for run in session.exec(select(Run).order_by(Run.id))]

    assert process.returncode == INTERRUPTED, said
    assert "goes on from there" in said
    assert (again.returncode, states) == (0, [RunState.INTERRUPTED, RunState.COMPLETE])
    assert 0 < before < records == fetched(store)
    store.close()


def fetched(store: Store) -> int:
    with store.transaction() as session:
        return session.exec(select(func.count()).select_from(Fetch)).one()
