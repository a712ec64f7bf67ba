"""Full and read-only disks: one message with the remedy, nothing half done, and the next run goes on."""

import os
import random
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from crawls import Crawl, a_page
from webserver import Site

from tracker.ending import INTERRUPTED
from tracker.model import Document, Snapshot
from tracker.store import BUSY, UNWRITABLE, Store, StoreError
from tracker.store.integrity import damage

PAGES = 12


def _mount(*words: str) -> None:
    subprocess.run(["mount", *words], check=True, capture_output=True)


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A disk of three megabytes."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if os.geteuid() or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", folder], check=False, capture_output=True).returncode:  # fmt: skip
        pytest.skip("only root may mount a small disk here")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


@pytest.fixture
def crawl(small: Path, site: Site) -> Iterator[Crawl]:
    drawn = random.Random(1)
    words = ["partner", "contract", "review", "foreign", "policy", "rights"]
    for number in range(PAGES):
        # Random letters are not compressed, so a few pages fill the disk.
        noise = drawn.randbytes(250_000).hex()
        site.put(f"/{number}", f"<main><p>{' '.join(words * 20)}</p><!-- {noise} --></main>")
    made = Crawl(small, site)
    made.declare(*[a_page(f"/{number}", key=f"p{number}") for number in range(PAGES)])
    yield made
    made.store.close()


def test_a_full_disk_is_said_in_one_message_and_the_next_crawl_goes_on(crawl, small):
    process = crawl.start("--json")
    _, said = process.communicate(timeout=60)
    _mount("-o", "remount,size=64m", str(small))
    counts = crawl()

    assert "the disk that holds the database is full: make room" in said
    assert "Traceback" not in said
    assert process.returncode in {
        UNWRITABLE,
        INTERRUPTED,
    }  # by whether the run could still be closed
    assert counts["failed"] == {}
    assert len(crawl.rows(Document)) == len({s.document_id for s in crawl.rows(Snapshot)}) == PAGES
    with crawl.store.transaction() as session:
        assert list(damage(session)) == []


def test_a_disk_that_may_not_be_written_is_said_in_one_message(crawl, small):
    crawl.store.close()
    _mount("-o", "remount,ro", str(small))
    process = crawl.start("--json")
    _, said = process.communicate(timeout=60)
    _mount("-o", "remount,rw", str(small))

    assert process.returncode not in {0, BUSY}
    assert "Traceback" not in said
    assert "TRACKER_DATA_DIR" in said or "may not be written" in said


def test_an_address_of_a_folder_that_is_none_is_said_in_one_message(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="TRACKER_DATA_DIR"):
        Store.open(f"sqlite:///{tmp_path / 'file' / 'tracker.db'}")
