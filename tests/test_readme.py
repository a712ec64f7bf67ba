"""The README keeps its word: what it names exists, and what exists for users is named."""

import re
from pathlib import Path

from tracker.cli import alerts_app, app
from tracker.settings import Settings
from tracker.sources import SourceEntry

README = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")


def commands() -> set[str]:
    return {c.name or c.callback.__name__ for c in app.registered_commands} | {
        "sources",
        "alerts",
        "db",
    }


def test_every_command_it_names_exists():
    named = set(re.findall(r"tracker ([a-z]+)", README)) - {"watch", "command"}

    assert named <= commands()


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


def test_alert_commands_exist():
    assert {"add", "list", "preview", "send"} == {c.name for c in alerts_app.registered_commands}


def test_the_entry_holds_no_logic():
    entry = (Path(__file__).parent.parent / "app.py").read_text(encoding="utf-8")

    assert len(entry.splitlines()) <= 30
    assert not re.search(r"\b(if|for|while|def|class)\b", entry.split('"""')[2])
