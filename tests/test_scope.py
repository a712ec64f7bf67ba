"""What a store watches is what its file of sources says, and no other file empties it unasked."""

import pytest
import yaml
from sqlmodel import select
from test_bad_input import tracker

from tracker.model import Institution
from tracker.store import Store

TREES = ("alder", "birch", "cedar", "dogwood")


def written(folder, *keys):
    rows = [
        {
            "key": key,
            "name": key.title(),
            "kind": "university",
            "country": "GB",
            "homepage": f"https://{key}.example/",
            "sources": [{"kind": "page", "url": f"https://{key}.example/policy"}],
        }
        for key in keys
    ]
    file = folder / f"{'-'.join(keys)}.yaml"
    file.write_text(yaml.safe_dump({"institutions": rows}), encoding="utf-8")
    return str(file)


def watched(folder) -> set[str]:
    store = Store.open(f"sqlite:///{folder / 'tracker.db'}")
    with store.transaction() as session:
        found = {row.key for row in session.exec(select(Institution)) if row.listed}
    store.close()
    return found


@pytest.fixture
def watching(tmp_path):
    done = tracker(tmp_path, "sources", "sync", TRACKER_SOURCES=written(tmp_path, *TREES))
    assert (done.returncode, watched(tmp_path)) == (0, set(TREES))
    return tmp_path


@pytest.mark.parametrize(
    "verb",
    [
        ("crawl",),
        ("crawl", "--dry-run"),
        ("run",),
        ("watch",),
        ("sources", "sync"),
        ("import", "--wayback", "https://elm.example/policy"),
    ],
)
def test_another_file_of_sources_does_not_empty_a_store_unasked(watching, verb):
    done = tracker(watching, *verb, TRACKER_SOURCES=written(watching, "elm"))

    assert done.returncode == 2
    assert "4 of the 4 institutions that this store watches" in done.stderr
    assert "(alder, birch, cedar, …)" in done.stderr
    assert "tracker sources sync --yes" in done.stderr
    assert "Traceback" not in done.stderr
    assert watched(watching) == set(TREES)


def test_said_once_they_go_and_the_next_command_asks_no_more(watching):
    other = written(watching, "elm")

    assert tracker(watching, "sources", "sync", "--yes", TRACKER_SOURCES=other).returncode == 0
    assert watched(watching) == {"elm"}
    assert tracker(watching, "crawl", "--dry-run", TRACKER_SOURCES=other).returncode == 0


def test_a_few_that_leave_the_file_are_an_edit_and_nobody_is_asked(watching):
    fewer = written(watching, "alder", "birch")

    assert tracker(watching, "sources", "sync", TRACKER_SOURCES=fewer).returncode == 0
    assert watched(watching) == {"alder", "birch"}
