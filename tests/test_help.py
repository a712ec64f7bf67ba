"""`--help` says of every command, argument and option what it is for."""

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from tracker.cli import app


def verbs(group, path=()):
    """Every command with the words that call it."""
    for name, command in sorted(group.commands.items()):
        if hasattr(command, "commands"):
            yield from verbs(command, (*path, name))
        else:
            yield " ".join((*path, name)), command


VERBS = dict(verbs(get_command(app)))


@pytest.mark.parametrize("verb", VERBS)
def test_every_argument_and_option_says_what_it_is_for(verb):
    unsaid = [
        one.name
        for one in VERBS[verb].params
        if not getattr(one, "hidden", False) and not getattr(one, "help", None)
    ]

    assert unsaid == []


@pytest.mark.parametrize("verb", VERBS)
def test_how_a_command_is_called_reads_as_it_is_typed(verb):
    said = CliRunner().invoke(app, [*verb.split(), "--help"]).output

    assert "[[" not in said


def test_the_first_help_says_where_a_newcomer_begins():
    said = CliRunner().invoke(app, ["--help"]).output

    assert "tracker demo" in said
    assert "TRACKER_" in said
