"""Extraction on saved real pages and hostile ones; only where they are at hand."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SHARED = ROOT.parent / "shared"
PACKED = SHARED / "real" / "dev.tar.zst"
pytestmark = pytest.mark.skipif(
    not PACKED.exists(), reason="the saved real pages are not on this machine"
)

READ_ALL = r"""
import json, re, sys
from pathlib import Path
from tracker.extraction.reader import read
outcomes = {}
for path in sorted(Path(sys.argv[1]).rglob("*")):
    if path.is_file():
        name = type(read(path.read_bytes(), media_type="text/html", url="http://alder.example/a")).__name__
        outcomes[name] = outcomes.get(name, 0) + 1
print(json.dumps([outcomes, int(re.search(r"VmHWM:\s+(\d+)", open("/proc/self/status").read())[1]) / 1024]))
"""


def test_every_hostile_page_ends_in_an_outcome_within_300_mb(tmp_path):
    subprocess.run(
        ["tar", "--zstd", "-xf", PACKED, "-C", tmp_path, "hostile/html", "hostile/http"], check=True
    )

    done = subprocess.run(
        [sys.executable, "-c", READ_ALL, tmp_path / "hostile"],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )

    outcomes, peak_mb = json.loads(done.stdout)
    assert sum(outcomes.values()) > 300
    assert outcomes.keys() == {"Extracted", "Unreadable"}
    assert peak_mb <= 300


@pytest.mark.timeout(600)
def test_real_policies_articles_and_captures_keep_their_floors():
    done = subprocess.run(
        [sys.executable, ROOT / "bench" / "extraction.py", "--shared", SHARED],
        capture_output=True,
        text=True,
        check=True,
    )

    found = json.loads(done.stdout)
    assert found["policies"]["f1"] >= 0.985
    assert found["policies"]["recall"] >= 0.98
    assert found["policies"]["below_0.9"] == 0
    assert found["articles"]["f1_of_means"] >= 0.96
    assert found["captures"]["told"] == 0
    assert found["captures"]["found"] >= 0.93 * found["captures"]["changed"]
    assert found["cpu"]["ratio"] <= 1.5
