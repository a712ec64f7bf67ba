"""Damaged evidence: what rests on it is said, work beside it goes on, and a backup brings it back."""

import json
import sqlite3
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from chain import PLAIN, RULE, page
from crawls import PROXIED, Crawl, a_page
from teams import final_rows

from tracker.archive import pack_text
from tracker.model import Payload, Version
from tracker.settings import Settings
from tracker.store.backup import dump
from tracker.store.integrity import damage
from tracker.store.payloads import payload_bytes
from tracker.update import update

TEXTS = [page(PLAIN), page(PLAIN, RULE)]


def tracker(crawl: Crawl, *words: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-m", "tracker", *words],
        env=crawl.environment,
        capture_output=True,
        text=True,
        check=False,
    )


def alter(crawl: Crawl, statement: str, *given: object) -> None:
    base = sqlite3.connect(crawl.folder / "tracker.db")
    with base:
        base.execute(statement, given)
    base.close()


@pytest.fixture
def read(crawl, site) -> Crawl:
    """A page read twice, its later bytes kept against its first ones."""
    crawl.declare(a_page())
    for text in TEXTS:
        site.put("/policy", text)
        crawl()
        update(crawl.store, Settings(), at=datetime.now(UTC))
    assert [payload.base_id for payload in crawl.rows(Payload)] == [None, 1]
    return crawl


@pytest.fixture
def backup(read) -> Path:
    file = read.folder / "whole.backup"
    with read.store.transaction() as session, file.open("wb") as out:
        dump(session, out, at=datetime.now(UTC))
    return file


def break_payload(crawl: Crawl) -> None:
    alter(crawl, "UPDATE payload SET body = ? WHERE id = 1", b"not what was fetched")


def test_what_rests_on_a_damaged_payload_is_said(read):
    break_payload(read)
    done, as_json = tracker(read, "verify"), tracker(read, "verify", "--json")

    assert (done.returncode, as_json.returncode) == (1, 1)
    first, second = done.stdout.split("payload 2:")
    today = f"{datetime.now(UTC):%Y-%m-%d}"
    assert f"{PROXIED}/policy, captured {today}" in first
    assert "version 1" in first
    assert "tracker restore FILE --damaged" in first
    assert "rests on payload 1" in second
    assert "version 2" in second
    found = json.loads(as_json.stdout)["damaged"]
    assert [(one["table"], one["id"]) for one in found] == [("payload", 1), ("payload", 2)]
    assert found[0]["captures"][0] | {"at": ""} == {"url": f"{PROXIED}/policy", "at": "", "versions": [1]}  # fmt: skip


def test_a_text_that_was_altered_is_named_by_its_document_and_version(read):
    alter(read, "UPDATE version SET body = ? WHERE id = 2", pack_text("We never said so."))
    done = tracker(read, "verify")

    assert done.returncode == 1
    assert done.stdout.startswith("version 2: its text is not the one that was recorded\n")
    assert f"{PROXIED}/policy" in done.stdout


def test_a_backup_brings_back_what_is_damaged_and_nothing_else(read, backup, site):
    site.put("/policy", page("After the backup was made.", RULE))
    read()
    assert tracker(read, "update").returncode == 0
    before = final_rows(read.store)
    break_payload(read)
    alter(read, "UPDATE version SET body = ? WHERE id = 2", pack_text("We never said so."))
    done = tracker(read, "restore", str(backup), "--damaged")

    assert (done.returncode, done.stderr) == (0, "")
    assert "clean" in tracker(read, "verify").stdout
    assert final_rows(read.store) == before
    with read.store.transaction() as session:
        assert payload_bytes(session, 1).decode() == TEXTS[0]
        assert payload_bytes(session, 2).decode() == TEXTS[1]


def test_a_backup_that_is_damaged_itself_brings_nothing_back(read, tmp_path):
    break_payload(read)
    late = tmp_path / "late.backup"
    assert tracker(read, "backup", str(late)).returncode == 0
    done, none = tracker(read, "restore", str(late), "--damaged"), tmp_path / "none"
    none.write_text("no backup")
    wrong = tracker(read, "restore", str(none), "--damaged")

    assert done.returncode == 1
    assert "2 still damaged" in done.stdout
    assert (wrong.returncode, wrong.stderr.count("\n")) == (2, 1)


def test_a_crawl_goes_on_beside_damage_and_what_it_keeps_does_not_share_it(read, site):
    break_payload(read)
    site.put("/policy", page("A new text of this policy.", RULE))
    read()
    done = tracker(read, "update")

    assert done.returncode == 0, done.stderr
    assert len(read.rows(Version)) == 3
    with read.store.transaction() as session:
        assert [found.id for found in damage(session)] == [1, 2]


def test_an_update_that_meets_damage_says_which_payload_in_one_line(read, backup, site):
    site.put("/policy", page("A new text of this policy.", RULE))
    read()
    alter(read, "UPDATE payload SET body = ? WHERE id = 3", b"not what was fetched")
    done = tracker(read, "update")

    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "payload 3 of the store is damaged" in done.stderr
    assert "tracker verify" in done.stderr
