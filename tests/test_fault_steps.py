"""Kills at named steps of crawl, update and send; `make faults` does it at every step, more than a hundred times."""

import random
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "bench"))
from faults import harness, wrong
from stepping import STEPS


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def made(request):
    if request.param == "postgresql":
        request.getfixturevalue("postgres")  # skips where there is none
    with harness(postgresql=request.param == "postgresql") as made:
        yield made


def test_every_named_step_is_one_that_the_program_comes_by(made):
    assert [name for name in STEPS if not made.where(name)] == []


@pytest.mark.parametrize(
    "step",
    [
        "crawl: a fetch row is written, its snapshot is not",
        "update: a change is written, nothing is owed",
        "send: a message is taken, not marked",
    ],
)
def test_a_kill_at_a_step_costs_no_row_and_renames_no_message(made, step):
    found = made.trial(step, random.Random(7))

    assert found["kills"] >= 1
    assert not wrong(found), found
