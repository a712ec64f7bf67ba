"""The README keeps its word: what it names exists, and what exists for users is named."""

import re
from pathlib import Path

from test_bad_input import tracker
from typer.main import get_command

from tracker.cli import app
from tracker.settings import Settings
from tracker.sources import SourceEntry

README = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")


COMMANDS = get_command(app).commands


def test_every_command_it_names_exists():
    named = re.findall(r"\btracker ([a-z]+)(?: ([a-z]+))?", README)

    for verb, below in named:
        if verb == "command":  # "the `tracker` command"
            continue
        assert verb in COMMANDS, verb
        group = getattr(COMMANDS[verb], "commands", None)
        assert group is None or not below or below in group, f"{verb} {below}"


def test_every_setting_exists_and_is_named():
    assert {name.upper() for name in Settings.model_fields} <= set(
        re.findall(r"`([A-Z_]+)`", README)
    )


def test_the_source_fields_it_names_exist():
    for field in (
        "follow",
        "select",
        "remove",
        "include",
        "exclude",
        "max_documents",
        "pages",
        "at_least_words",
    ):
        assert f"`{field}`" in README
        assert field in SourceEntry.model_fields


def test_its_example_of_a_source_can_be_pasted_into_a_file(tmp_path):
    [example] = re.findall(r"^```yaml\n(.*?)^```", README, re.DOTALL | re.MULTILINE)
    file = tmp_path / "sources.yaml"
    file.write_text(example, encoding="utf-8")

    done = tracker(tmp_path, "sources", "check", TRACKER_SOURCES=str(file))

    assert done.stdout == "1 institution, 2 sources: no problems in the file\n"
    assert done.returncode == 0


def test_the_entry_holds_no_logic():
    entry = (Path(__file__).parent.parent / "app.py").read_text(encoding="utf-8")

    assert len(entry.splitlines()) <= 30
    assert not re.search(r"\b(if|for|while|def|class)\b", entry.split('"""')[2])
