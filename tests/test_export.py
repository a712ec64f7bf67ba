"""The public data as files: valid, citable, the same each time, and nobody's personal data."""

import json
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pandas as pd
import pytest
from builders import NOON, read_page
from sqlmodel import select

from tracker.coding.codebook import load_codebook
from tracker.differing import differences
from tracker.export import QUOTE_LENGTH, cell, content_hash, freeze, since, write
from tracker.model import Change, Verdict
from tracker.reviews import record_review
from tracker.settings import Settings
from tracker.store.releases import frozen_data, record_release, releases
from tracker.update import update
from tracker.waiting import waiting

CODEBOOK = {"version": "1.2"}
CONDEMNS = (
    "Our institute condemns the mass surveillance and arbitrary detention of Uyghurs in Xinjiang by "
    "the Chinese government, which is a grave abuse of human rights that no researcher may support. "
) * 3


@pytest.fixture
def read(sqlite_store):
    """A store in which one page condemns, as a reviewer confirmed."""
    read_page(sqlite_store, f"<main><h1>=Position</h1><p>{CONDEMNS}</p></main>")
    coder = load_codebook().coder_name
    with sqlite_store.transaction() as session:
        item = waiting(session, coder=coder, reviewer="r. eviewer")[0]
        record_review(
            session,
            passage_id=item.passage_id,
            document_id=item.document_id,
            reviewer="r. eviewer",
            verdict=Verdict.CONFIRM,
            labels=item.labels,
            stance=item.stance,
            coder=coder,
            at=NOON,
        )
    update(sqlite_store, Settings(), at=NOON)
    return sqlite_store


def frozen(store, at=NOON):
    with store.transaction() as session:
        return freeze(session, codebook=CODEBOOK, at=at)


def written(data, folder: Path) -> Path:
    list(write(data, folder, release="2026.3.1"))
    return folder


def test_the_package_passes_the_reference_validator(read, tmp_path):
    folder = written(frozen(read), tmp_path / "out")

    done = subprocess.run(
        [sys.executable, "-m", "frictionless", "validate", "--json", "datapackage.json"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )

    assert json.loads(done.stdout)["valid"], done.stdout


def test_a_change_in_the_package_can_be_found_in_the_store(read, tmp_path):
    for days, word in ((1, "severe"), (2, "heavy")):
        again = CONDEMNS.replace("grave", word)
        read_page(read, f"<main><h1>Position</h1><p>{again}</p></main>", at=NOON + timedelta(days=days))  # fmt: skip
        update(read, Settings(), at=NOON + timedelta(days=days))
    folder = written(frozen(read), tmp_path / "out")

    exported = pd.read_csv(folder / "changes.csv")["id"]
    with read.transaction() as session:
        kept = session.exec(select(Change.id)).all()

    assert len(kept) == 2
    assert sorted(exported) == sorted(kept)


def test_two_exports_of_one_state_are_the_same_to_the_byte(read, tmp_path):
    first, second = (written(frozen(read), tmp_path / name) for name in "ab")

    assert {p.name: p.read_bytes() for p in first.iterdir()} == {
        p.name: p.read_bytes() for p in second.iterdir()
    }


def test_every_finding_carries_its_search_record_and_review_state(read, tmp_path):
    folder = written(frozen(read), tmp_path / "out")
    spoken = json.loads((folder / "spoken.json").read_text())[0]

    assert (spoken["result"], spoken["reviewed"]) == ("condemned", "one")
    assert spoken["search_record"]["documents_read"] == spoken["documents_read"] == 1


def test_quotes_are_short_and_reviewers_unnamed(read, tmp_path):
    folder = written(frozen(read), tmp_path / "out")
    evidence = json.loads((folder / "evidence.json").read_text())

    assert evidence
    assert max(len(row["quote"]) for row in evidence) <= QUOTE_LENGTH
    assert not [p for p in folder.iterdir() if b"eviewer" in p.read_bytes()]


def test_parquet_says_what_csv_says(read, tmp_path):
    folder = written(frozen(read), tmp_path / "out")
    frame = pd.read_parquet(folder / "evidence.parquet")
    table = pd.read_csv(folder / "evidence.csv")

    assert list(frame.columns) == list(table.columns)
    assert list(frame["quote"]) == list(table["quote"])


def test_a_release_stays_what_it_was_and_the_next_says_what_differs(read, store):
    before = frozen(read)
    with store.transaction() as session:
        first = record_release(session, before, sha256=content_hash(before), note="", at=NOON)
        again = record_release(session, before, sha256="x", note="", at=NOON + timedelta(minutes=1))
        next_month = record_release(
            session, before, sha256="x", note="", at=NOON + timedelta(days=30)
        )
        kept = frozen_data(session, first.id)
        ids = [row.id for row in releases(session)]

    assert content_hash(kept) == first.sha256
    assert ids == ["2026.3.1", "2026.3.2", "2026.4.1"] == [first.id, again.id, next_month.id]


def test_differences_name_each_result_that_changed(read):
    before = frozen(read)
    after = json.loads(json.dumps(before))
    after["tables"]["spoken"][0]["result"] = "discussed"
    after["codebook"]["version"] = "1.3"

    assert differences(before, before) == []
    assert since(before, "2026.3.1", before) == ["Nothing differs from release 2026.3.1."]
    assert since(None, "", before) == [
        "The first release: there is nothing earlier to compare with."
    ]
    assert differences(before, after) == [
        "codebook: 1.2 → 1.3",
        "alder spoken: condemned (reviewed: one) → discussed (reviewed: one)",
    ]


def test_a_change_log_names_disputes_quotes_dates_and_sources_too(read):
    before = frozen(read)
    after = json.loads(json.dumps(before))
    tables = after["tables"]
    tables["spoken"][0] |= {"disputed": True, "since": None}
    tables["sources"][0]["state"] = "blocked"
    quote = next(row for row in tables["evidence"] if row["question"] == "spoken")
    quote["quote"] = "Other words."
    tables["replies"].append({"id": 1})
    spoken = before["tables"]["spoken"][0]
    source = before["tables"]["sources"][0]

    lines = since(before, "2026.3.1", after)

    assert lines[0] == f"Compared with release 2026.3.1 of {before['at'][:10]}:"
    assert "alder spoken: condemned (reviewed: one) → condemned (reviewed: one); disputed" in lines
    assert "alder spoken: quotes: 1 came, 1 went" in lines
    assert f"source alder/{source['key']}: {source['state']} → blocked" in lines
    assert "replies: 1 came" in lines
    if spoken["since"]:
        assert f"alder spoken since (stated date): {spoken['since'][:10]} → undated" in lines
    assert len(lines) == 5 + bool(spoken["since"])


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\tx"])
def test_no_cell_is_a_formula(text):
    assert cell(text) == f"'{text}"
