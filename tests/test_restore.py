"""From a backup made while a crawl runs to a new folder that goes on from there, by real processes."""

import os
import subprocess
import sys
import time
from pathlib import Path

from chain import PLAIN, RULE, page
from crawls import Crawl, a_page
from teams import final_rows

from tracker.model import Fetch, Run, RunState, Version

PAGES = 16


def tracker(crawl: Crawl, *words: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "tracker", *words],
        env={**crawl.environment, "TRACKER_DOWNLOAD_DELAY": "0"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_backup_of_a_running_crawl_goes_on_in_a_new_folder(crawl, site, tmp_path):
    for number in range(PAGES):
        site.put(f"/{number}", page(f"{PLAIN} Page {number}.", RULE))
    crawl.declare(*[a_page(f"/{number}") for number in range(PAGES)])
    crawl.environment["TRACKER_DOWNLOAD_DELAY"] = "0.4"
    file, before = tmp_path / "running.backup", len(site.asked)

    process = crawl.start("--json")
    while len(crawl.rows(Fetch)) < 3:
        time.sleep(0.05)
    tracker(crawl, "backup", str(file))
    assert process.poll() is None
    process.communicate(timeout=60)
    tracker(crawl, "update")
    asked = len(site.asked) - before

    new = Crawl(_folder(tmp_path, "new"), site)
    os.link(crawl.folder / "sources.yaml", new.folder / "sources.yaml")
    assert "the evidence is clean" in tracker(new, "restore", str(file))
    assert "clean" in tracker(new, "verify")
    held = len(new.rows(Fetch))
    tracker(new, "run")

    assert [run.state for run in crawl.rows(Run)] == [RunState.COMPLETE]
    assert [run.state for run in new.rows(Run)] == [RunState.INTERRUPTED, RunState.COMPLETE]
    assert 0 < held < PAGES
    assert len(site.asked) - before - asked < asked  # what the backup held was not asked for again
    assert len(new.rows(Version)) == PAGES
    assert final_rows(new.store) == final_rows(crawl.store)
    assert "clean" in tracker(new, "verify")
    new.store.close()


def _folder(above: Path, name: str) -> Path:
    folder = above / name
    folder.mkdir()
    return folder
