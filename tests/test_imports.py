"""Which part may know which: the contracts hold, and no module stands outside them."""

import subprocess
import sys
from pathlib import Path

import grimp

ROOT = Path(__file__).resolve().parent.parent
#: What the crawler knows of the tracker: whose an address is, what it promises, where to write; helpers that know nothing.
KNOWN_TO_THE_CRAWLER = frozenset(
    "addresses archive belonging clock ending extras extraction.media extraction.normalise model nearness promise settings sources store".split()
)  # fmt: skip


def _contracts(*, config: Path) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).parent / "lint-imports"), "--config", str(config), "--no-cache"]  # fmt: skip
    return subprocess.run(command, cwd=config.parent, capture_output=True, text=True, check=False)


def test_every_module_knows_only_what_it_may():
    found = _contracts(config=ROOT / "pyproject.toml")

    assert found.returncode == 0, found.stdout


def test_a_module_in_no_layer_breaks_the_contract(tmp_path):
    config = tmp_path / "pyproject.toml"
    written = (ROOT / "pyproject.toml").read_text()
    config.write_text(written.replace(" | countries", ""))

    found = _contracts(config=config)

    assert found.returncode == 1
    assert "countries" in found.stdout


def test_the_crawler_knows_only_its_own_part_of_the_tracker():
    graph = grimp.build_graph("tracker", "crawler")
    known = {
        name.removeprefix("tracker.")
        for module in graph.modules
        if module.startswith("crawler")
        for name in graph.find_modules_directly_imported_by(module)
        if name.startswith("tracker.")
    }
    strangers = {
        name
        for name in known
        if name not in KNOWN_TO_THE_CRAWLER and name.split(".")[0] not in KNOWN_TO_THE_CRAWLER
    }

    assert strangers == set()
