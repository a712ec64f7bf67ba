"""What is missing is named with a command that installs it where this runs."""

import shlex
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from tracker import extras
from tracker.extras import installing


def understood(command: str) -> bool:
    """Whether the first program of a command line is there, and takes what it is asked for."""
    words = shlex.split(command.split(" && ", maxsplit=1)[0])
    return subprocess.run([*words[:3], "--help"], capture_output=True, check=False).returncode == 0


@pytest.mark.parametrize(("extra", "brings"), [("render", "playwright"), ("team", "procrastinate")])
def test_the_command_names_what_the_extra_brings_and_can_be_run_here(extra, brings):
    command = installing(extra)

    assert brings in command
    assert understood(command)


def test_where_neither_pip_nor_uv_is_pip_is_made_first(tmp_path, monkeypatch):
    venv.create(tmp_path / "env", with_pip=False, symlinks=True)
    python = tmp_path / "env" / "bin" / "python"
    monkeypatch.setattr(extras, "find_spec", lambda _name: None)
    monkeypatch.setenv("PATH", "")

    command = installing("render", python=python)

    assert command.startswith(f"{python} -m ensurepip && {python} -m pip install 'playwright")
    assert understood(command)


def test_the_uv_that_made_the_environment_is_used_where_there_is_no_pip(tmp_path, monkeypatch):
    uv = tmp_path / ".uv" / "bin" / "uv"
    uv.parent.mkdir(parents=True)
    uv.write_text("#!/bin/sh\n")
    uv.chmod(0o755)
    monkeypatch.setattr(extras, "find_spec", lambda _name: None)
    monkeypatch.setenv("PATH", "")
    monkeypatch.chdir(tmp_path)

    command = installing("team", python=tmp_path / ".venv" / "bin" / "python")

    assert command.startswith(".uv/bin/uv pip install --python .venv/bin/python 'procrastinate")


def test_this_environment_is_asked(monkeypatch):
    monkeypatch.chdir(Path(sys.executable).parent)

    assert shlex.split(installing("team"))[-1].startswith("procrastinate")
