"""WARC files of our own: what goes out comes back the same, and no other program finds anything wrong."""

import json
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
import yaml
from builders import NOON
from sqlmodel import select
from warcio.cli import main as warcio
from warcs import (
    RECORDS,
    WATCHED,
    a_warc,
    brought,
    crawl,
    derive,
    exported,
    held,
    page,
    read,
)

from tracker.model import (
    Run,
    Snapshot,
)
from tracker.store import Store
from tracker.store.integrity import damage


@pytest.fixture
def other(tmp_path):
    opened = Store.open(f"sqlite:///{tmp_path / 'other.db'}")
    yield opened
    opened.close()


def watched(store: Store) -> None:
    """Three days of two institutions: a change, a repeat, a "not modified", a way back."""
    crawl(store, 0, policy=page("One."), rules=page("First."), news=page("News."))
    crawl(store, 1, policy=page("Two."), rules=None, news=page("News."))
    crawl(store, 2, policy=page("One."), rules=page("Second."))


def test_what_goes_out_comes_back_the_same(store: Store, other: Store, tmp_path):
    watched(store)
    derive(store)

    files = exported(store, tmp_path / "out")
    done = brought(other, *files)
    derive(other)

    assert [path.name for path in files] == ["alder-00001.warc.gz", "birch-00001.warc.gz"]
    assert done.counts["skipped"] == {"warcinfo record": 2}
    assert held(other) == held(store)
    with other.transaction() as session:
        assert all(session.exec(select(Snapshot.imported)))
        assert session.exec(select(Run)).one().verb == "import"
        assert list(damage(session)) == []


def test_other_programs_find_nothing_wrong_with_the_files(store: Store, tmp_path, capsys):
    watched(store)

    for path in exported(store, tmp_path):
        with pytest.raises(SystemExit) as ended:
            warcio(["check", "-v", str(path)])
        assert ended.value.code in {0, None}
    assert "fail" not in capsys.readouterr().out


def test_repeated_bytes_go_out_as_a_revisit_of_the_first(store: Store, tmp_path):
    watched(store)

    alder, birch = exported(store, tmp_path)

    records = [
        (
            r.rec_type,
            r.rec_headers.get_header("WARC-Target-URI"),
            r.http_headers and r.http_headers.get_statuscode(),
        )
        for r in read(alder)
    ]
    policy = [row for row in records if row[1] and row[1].endswith("/policy")]
    assert [(kind, status) for kind, _, status in policy] == [
        ("response", "200"),
        ("response", "200"),
        ("revisit", "200"),
    ]
    kinds = [(r.rec_type, r.http_headers and r.http_headers.get_statuscode()) for r in read(birch)]
    assert kinds == [
        ("warcinfo", None),
        ("response", "200"),
        ("revisit", "304"),
        ("response", "200"),
    ]


def test_an_export_may_begin_at_a_date_and_name_institutions(store: Store, tmp_path):
    watched(store)

    (birch,) = exported(store, tmp_path, institutions=["birch"], since=NOON + timedelta(days=1))

    assert [record.rec_type for record in read(birch)] == ["warcinfo", "response", "response"]


def test_our_own_evidence_brought_back_adds_nothing(store: Store, tmp_path):
    watched(store)
    derive(store)
    before = held(store)

    done = brought(store, *exported(store, tmp_path))
    derive(store)

    assert (done.counts["captures"], done.counts["known"]) == (0, 8)
    assert held(store) == before


def test_the_command_imports_and_exports(tmp_path):
    a_warc(tmp_path / "whole.warc.gz", *RECORDS)
    torn = tmp_path / "torn.warc.gz"
    torn.write_bytes((tmp_path / "whole.warc.gz").read_bytes()[:-40])
    (tmp_path / "sources.yaml").write_text(yaml.safe_dump(WATCHED))

    done = tracker(tmp_path, "import", str(torn), "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["captures"] == 4
    assert "torn.warc.gz: torn at byte" in done.stderr
    assert "the 4 captures before it were read" in done.stderr
    assert tracker(tmp_path, "update").returncode == 0
    assert "clean" in tracker(tmp_path, "verify").stdout
    out = tracker(tmp_path, "export", str(tmp_path / "out"), "--warc", "--institution", "alder")
    assert out.stdout.endswith("alder-00001.warc.gz: 4 captures\n"), out.stderr
    wrong = tracker(tmp_path, "import", "none.warc")
    assert (wrong.returncode, wrong.stderr.count("\n")) == (2, 1)


def tracker(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {
        "TRACKER_DATA_DIR": str(folder),
        "TRACKER_SOURCES": str(folder / "sources.yaml"),
        "PATH": "/usr/bin:/bin",
    }
    program = Path(sys.executable).parent / "tracker"
    return subprocess.run(
        [program, *arguments],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
    )
