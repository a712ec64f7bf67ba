"""What broke a reader once is read now; how each reader fares with new inputs is `make fuzz`'s."""

import pytest
from fuzzing import CORPUS, TARGETS, corpus
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st


@pytest.mark.parametrize("path", corpus(), ids=lambda path: f"{path.parent.name}-{path.name}")
def test_what_broke_a_reader_once_is_read(path):
    TARGETS[path.parent.name].check(path.read_bytes())


def test_every_kept_input_is_small_and_has_its_target():
    assert {path.parent.name for path in corpus()} <= TARGETS.keys()
    assert all(path.stat().st_size < 10_000 for path in CORPUS.rglob("*") if path.is_file())


@pytest.mark.parametrize("name", TARGETS)
@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_any_bytes_are_read_or_said_to_be_unreadable(name, data):
    target = TARGETS[name]

    target.check(data.draw(target.inputs))
