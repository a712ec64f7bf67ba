"""Coding goes on where it was cut off, and a new codebook is no news."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

from builders import NOON
from chain import PLAIN, RULE, Site
from sqlmodel import func, select, text

from tracker.archive import sha256
from tracker.coding.codebook import load_codebook
from tracker.model import Change, ChangeClass, Coding, Delivery, Finding, Passage
from tracker.settings import Settings
from tracker.store import Store
from tracker.store.rows import add_rows
from tracker.update import update

TRACKER = str(Path(sys.executable).parent / "tracker")
PASSAGES = 6000


def fill(folder: Path) -> None:
    store = Store.open(f"sqlite:///{folder / 'tracker.db'}")
    texts = [f"{n}. {RULE} It names Zhejiang Lab." for n in range(PASSAGES)]
    rows = [{"sha256": sha256(t.encode()), "text": t, "words": len(t.split())} for t in texts]
    with store.transaction() as session:
        add_rows(session, Passage, rows)
    store.close()


def start(folder: Path) -> subprocess.Popen:
    given = {**os.environ, "TRACKER_DATA_DIR": str(folder)}
    return subprocess.Popen([TRACKER, "update"], env=given, stdout=subprocess.DEVNULL)


def count(folder: Path) -> int:
    base = sqlite3.connect(folder / "tracker.db")
    try:
        return base.execute("SELECT count(*) FROM coding").fetchone()[0]
    finally:
        base.close()


def codings(folder: Path) -> list[tuple]:
    base = sqlite3.connect(folder / "tracker.db")
    said = base.execute(
        "SELECT passage_id, coder, partnership, R1, elements, cues, confidence FROM coding ORDER BY 1"
    ).fetchall()
    named = base.execute("SELECT * FROM passage_entity ORDER BY passage_id, entity").fetchall()
    base.close()
    return [*said, *named]


def test_a_killed_coding_goes_on_and_ends_as_if_nothing_had_been(tmp_path):
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    for folder in (whole, cut):
        folder.mkdir()
        fill(folder)
    assert start(whole).wait() == 0
    process = start(cut)
    while not count(cut) and process.poll() is None:
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    left = count(cut)
    assert start(cut).wait() == 0

    assert 0 < left < PASSAGES
    assert codings(cut) == codings(whole)


def test_a_new_coder_codes_everything_anew_and_tells_nobody(store, tmp_path):
    site = Site(store, tmp_path)
    site.subscribe()
    site.read({"policy": f"<main><h1>Policy</h1><p>{RULE}</p><p>{PLAIN}</p></main>"}, at=NOON)
    today = load_codebook().coder_name
    with store.transaction() as session:
        session.execute(text("UPDATE coding SET coder = 'codebook 1.0 · coder 1'"))
        coded = session.exec(select(func.count()).select_from(Coding)).one()
        owed = session.exec(select(func.count()).select_from(Delivery)).one()
        changes = [row.id for row in session.exec(select(Change))]
        found = {row.question: row.result for row in session.exec(select(Finding))}
    done = update(store, Settings(), at=NOON + timedelta(hours=1), recode=True)

    with store.transaction() as session:
        anew = session.exec(select(Coding).where(Coding.coder == today)).all()
        assert done.coded == len(anew) == coded > 0
        assert session.exec(select(func.count()).select_from(Delivery)).one() == owed
        told = session.exec(select(Change)).all()
        assert {c.change_class for c in told if c.id not in changes} <= {ChangeClass.TECHNICAL}
        assert {row.question: row.result for row in session.exec(select(Finding))} == found


def test_a_calibration_that_finds_a_coding_improbable_takes_its_verdict_back(store, tmp_path):
    site = Site(store, tmp_path)
    site.read({"policy": f"<main><h1>Policy</h1><p>{RULE}</p><p>{PLAIN}</p></main>"}, at=NOON)
    with store.transaction() as session:
        sure = session.exec(select(Finding.result).where(Finding.question == "R1")).one()
    file = tmp_path / "calibration.json"
    file.write_text(json.dumps(IMPROBABLE), encoding="utf-8")
    update(store, Settings(calibration=file), at=NOON + timedelta(hours=1), recode=True)

    with store.transaction() as session:
        found = session.exec(select(Finding).where(Finding.question == "R1")).one()
        told = session.exec(select(Change)).all()
    assert sure == "stated"
    assert (found.result, found.possible_quotes) == ("not_checked", 1)
    assert "too unsure for a verdict" in found.rule
    assert {change.change_class for change in told} <= {ChangeClass.TECHNICAL}


IMPROBABLE = {
    "format": 1,
    "coder": load_codebook().coder_name,
    "training": {"sha256": "0" * 64, "passages": 1, "domains": 1, "reviewed": 0},
    "labels": {"R1": {"positives": 20, "right": 0, "weights": [-3.0, 0, 0, 0, 0, 0]}},
}
