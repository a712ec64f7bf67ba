"""Tables on the command line: for eyes they fit the screen, for other programs each row is a line."""

import subprocess
import sys

from builders import read_page
from test_bad_input import tracker

from tracker.store import Store

LONG = f"https://alder.example/{'a-long-way/' * 40}policy"
PRINT = f"""
from tracker.commands.shared import print_table
print_table([{{"key": "k" * 90, "url": {LONG!r}}}, {{"key": "short", "url": "u"}}], ["key", "url"], "Sources")
"""


def printed(monkeypatch) -> list[str]:
    monkeypatch.setenv("COLUMNS", "80")  # as programs leave it to those that they start
    done = subprocess.run([sys.executable, "-c", PRINT], capture_output=True, text=True, check=True)
    return done.stdout.splitlines()


def test_in_a_pipe_each_row_is_one_line_with_its_address_whole(monkeypatch):
    lines = printed(monkeypatch)

    assert [line.split() for line in lines if "policy" in line] == [["k" * 90, LONG]]
    assert sum("short" in line for line in lines) == 1


def test_in_a_pipe_no_line_is_filled_up_with_blanks(monkeypatch):
    assert [line for line in printed(monkeypatch) if line != line.rstrip()] == []


def test_filters_that_leave_nothing_are_not_taken_for_an_empty_store(tmp_path):
    empty = tracker(tmp_path, "spoken").stdout
    store = Store.open(f"sqlite:///{tmp_path / 'tracker.db'}")
    read_page(store, "<main><h1>Policy</h1><p>The garden is open in the summer months.</p></main>")
    store.close()
    filtered = tracker(tmp_path, "spoken", "--country", "FR").stdout

    assert "`tracker run` reads your sources" in empty
    assert "nothing matches what was asked for" in filtered
    assert "tracker run" not in filtered
