"""Agreement of coders, against published figures."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.agreement import ac1, agreement, alpha, per_cent

N = None
#: Four coders, twelve units: Krippendorff, "Computing Krippendorff's Alpha-Reliability" (2011), C.
PUBLISHED = [
    [1, 1, N, 1],
    [2, 2, 3, 2],
    [3, 3, 3, 3],
    [3, 3, 3, 3],
    [2, 2, 2, 2],
    [1, 2, 3, 4],
    [4, 4, 4, 4],
    [1, 1, 2, 1],
    [2, 2, 2, 2],
    [N, 5, 5, 5],
    [N, N, 1, 1],
    [N, N, 3, N],
]


def test_alpha_is_the_published_figure():
    assert alpha(PUBLISHED) == pytest.approx(0.743, abs=0.0005)


def test_ac1_and_per_cent_are_the_published_figures():
    """Gwet, Handbook of Inter-Rater Reliability: the same ratings."""
    assert ac1(PUBLISHED) == pytest.approx(0.77544, abs=0.00005)
    assert per_cent(PUBLISHED) == pytest.approx(0.81818, abs=0.00005)


def test_two_coders_of_a_rare_value_agree_by_ac1_though_alpha_says_chance():
    units = [(False, False)] * 98 + [(True, False), (False, True)]

    assert alpha(units) == pytest.approx(-0.005, abs=0.002)
    assert ac1(units) == pytest.approx(0.98, abs=0.005)


def test_where_nothing_varies_or_nothing_was_judged_twice_there_is_no_figure():
    found = agreement([(True, True), (True, True), (False, None)])

    assert found.units == 2
    assert found.per_cent.value == 1
    assert (found.alpha.value, agreement([]).ac1.value) == (None, None)


pairs = st.lists(st.tuples(st.booleans(), st.booleans()), min_size=3, max_size=30)


@given(pairs)
def test_who_is_first_does_not_matter(units):
    swapped = [(b, a) for a, b in units]

    assert alpha(units) == alpha(swapped)
    assert ac1(units) == ac1(swapped)


@given(pairs)
def test_the_interval_holds_the_bounds_of_the_measure(units):
    found = agreement(units, samples=50).ac1

    if found.value is not None and found.low is not None:
        assert -1 <= found.low <= found.high <= 1
