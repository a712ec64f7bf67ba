"""What docs/operations.md and deploy/ tell people to type exists; the queue's tables survive a newer procrastinate."""

import json
import os
import re
import shlex
from pathlib import Path

import pytest
import yaml
from procrastinate.schema import SchemaManager
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool
from teams import database
from typer.main import get_command

from tracker.cli import app
from tracker.settings import Settings
from tracker.store.jobs import install

ROOT = Path(__file__).parent.parent
COMPOSE = yaml.safe_load((ROOT / "deploy/compose.yaml").read_text(encoding="utf-8"))
UNITS = sorted((ROOT / "deploy").glob("*.service"))
OPERATIONS = (ROOT / "docs/operations.md").read_text(encoding="utf-8")


def parses(words: list[str]) -> bool:
    """Tell whether these words, after `tracker`, are a command that exists, with options it has."""
    command = get_command(app)
    while words and words[0] in getattr(command, "commands", {}):
        command, words = command.commands[words[0]], words[1:]
    known = {name for parameter in command.params for name in parameter.opts}
    asked = {word.partition("=")[0] for word in words if word.startswith("--")}
    return not hasattr(command, "commands") and asked <= known


def test_what_the_manual_says_that_commands_say_is_what_they_say():
    code = "\n".join(p.read_text(encoding="utf-8") for top in ("tracker", "crawler") for p in sorted((ROOT / top).rglob("*.py")))  # fmt: skip
    said = re.sub(r"\{[^{}\n\"]*\}", "{}", re.sub(r'"\s+f?"', "", code))
    tables = OPERATIONS.partition("| what it says |")[2].partition("\n\n")[0]
    words = [word for row in tables.splitlines()[2:] for word in re.findall(r"`([^`]+)`", row.split("|")[1])]  # fmt: skip
    # Some are put together from parts: a verb's state, a signal's name, a table's.
    filled = re.compile(r"\b(crawl|interrupted|SIGKILL)\b")

    assert len(words) > 20
    assert [w for w in words if w not in said and filled.sub("{}", w) not in said] == []


def test_the_manuals_commands_exist():
    blocks = re.findall(r"```\n(.*?)```", OPERATIONS, re.DOTALL)
    lines = [line for block in blocks for line in block.splitlines() if line.startswith("tracker ")]

    assert len(lines) >= 10
    assert [line for line in lines if not parses(shlex.split(line)[1:])] == []


def test_the_manuals_figures_are_those_that_monitors_get():
    shown = (ROOT / "tracker/views/machines.py").read_text(encoding="utf-8")
    named = set(re.findall(r"tracker_([a-z_]+)", OPERATIONS))

    assert len(named) >= 7
    assert [name for name in named if f'"{name}"' not in shown] == []


@pytest.mark.parametrize("name", ["upgrade", "app", "worker"])
def test_what_compose_starts_exists(name):
    service = COMPOSE["services"][name]
    settings = {key.removeprefix("TRACKER_").lower() for key in service["environment"]}

    assert parses(service["command"])
    assert settings <= Settings.model_fields.keys()
    assert {volume.partition(":")[0] for volume in service["volumes"]} - {"../sources.yaml"} <= COMPOSE["volumes"].keys()  # fmt: skip
    assert set(service["depends_on"]) <= COMPOSE["services"].keys()


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.stem)
def test_what_a_unit_starts_exists(unit):
    [started] = re.findall(r"^ExecStart=(.*)$", unit.read_text(encoding="utf-8"), re.MULTILINE)
    program, *words = shlex.split(started)

    assert program.endswith("/.venv/bin/tracker")
    assert parses(words)


SHAPE = """
SELECT 'column', table_name || '.' || column_name FROM information_schema.columns WHERE table_name LIKE 'procrastinate_%'
UNION SELECT 'function', proname FROM pg_proc WHERE proname LIKE 'procrastinate_%'
UNION SELECT 'trigger', tgname FROM pg_trigger WHERE tgname LIKE 'procrastinate_%'
"""


def shape(engine) -> set[tuple[str, str]]:
    with engine.begin() as connection:
        return set(map(tuple, connection.execute(text(SHAPE))))


def test_an_older_queue_is_brought_up_to_what_is_installed(postgres):
    steps = sorted(Path(SchemaManager.get_migrations_path()).glob("*.sql"))
    shapes = []
    for begun in (0, len(steps) - 6):
        with database(postgres, f"queue_{os.getpid()}") as url:
            engine = create_engine(url, poolclass=NullPool)
            for step in steps[:begun]:
                with engine.begin() as connection:
                    connection.exec_driver_sql(step.read_text().replace("%", "%%"))
            if begun:
                with engine.begin() as connection:
                    connection.exec_driver_sql(f"COMMENT ON TABLE procrastinate_jobs IS '{steps[begun - 1].name}'")  # fmt: skip
            before = shape(engine)
            install(engine)
            shapes.append(shape(engine))
            install(engine)

            assert before != shapes[-1] == shape(engine)
    assert shapes[0] <= shapes[1]


def test_the_manuals_sizes_are_the_measured_ones():
    measured = json.loads((ROOT / "docs/benchmarks/workers.json").read_text(encoding="utf-8"))
    rows = [
        f"| {name} | {team['crawl_seconds']} s | {team['times_as_fast_as_one']} | {team['highest_rate_at_a_host']} | {team['connections_at_most']} |"
        for name, team in measured["teams"].items()
    ]  # fmt: skip
    memory = measured["teams"]["4 workers"]["peak_mb_of_a_process"]
    said = [f"{memory[name]} MB" for name in ("worker", "crawl", "update")]

    assert measured["wrong"] == []
    assert [row for row in rows if row not in OPERATIONS] == []
    assert [figure for figure in said if figure not in OPERATIONS] == []
