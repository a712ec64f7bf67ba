"""Saved real pages under their own addresses, through the whole chain; only where they are at hand."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SHARED = ROOT.parent / "shared"


@pytest.mark.skipif(
    not (SHARED / "real" / "dev.tar.zst").exists(),
    reason="the saved real pages are not on this machine",
)
def test_real_pages_and_files_are_read():
    done = subprocess.run(
        [sys.executable, ROOT / "bench" / "real.py", "--pages", "150"],
        capture_output=True,
        text=True,
        check=True,
    )
    found = json.loads(done.stdout)

    first, second = found["rounds"]
    # Every declared page ends in an outcome; files that pages link to come on top.
    assert first["fetched"] + sum(first["failed"].values()) >= found["declared"]
    assert found["rows"]["version"] >= 0.8 * found["rows"]["document"]
    assert second["new_versions"] > 0
    assert found["files"]["read"] > 60
    assert found["verify"].startswith("clean")
