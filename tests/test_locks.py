"""Two processes at one piece of work: the second is told, and nothing stays locked."""

import subprocess
import sys

import pytest

from tracker.store import Store
from tracker.store.locks import BusyError, alone


def test_the_second_at_one_piece_of_work_is_told(store):
    with (
        alone(store, "update"),
        pytest.raises(BusyError, match="another update"),
        alone(Store(store.engine), "update"),
    ):
        pass


def test_different_work_may_go_on_at_once(store):
    with alone(store, "update"), alone(store, "crawl"):
        pass


def test_the_lock_is_free_after_the_work(store):
    with alone(store, "update"):
        pass
    with alone(store, "update"):
        pass


def test_a_killed_process_leaves_nothing_locked(sqlite_store):
    url = sqlite_store.engine.url
    hold = (
        "import sys, time\n"
        "from tracker.store import Store\n"
        "from tracker.store.locks import alone\n"
        "with alone(Store.open(sys.argv[1]), 'update'):\n"
        "    print('held', flush=True)\n"
        "    time.sleep(60)\n"
    )
    holder = subprocess.Popen([sys.executable, "-c", hold, str(url)], stdout=subprocess.PIPE)
    holder.stdout.readline()
    with pytest.raises(BusyError), alone(sqlite_store, "update"):
        pass
    holder.kill()
    holder.communicate()

    with alone(sqlite_store, "update"):
        pass
