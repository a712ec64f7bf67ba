"""A quote is found again, or said to be gone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.anchors import Quote, find, find_passage, quote_of

TEXT = (
    "Partners are reviewed. Every agreement with a foreign laboratory is screened for rights risk "
    "before it starts. Partners are reviewed. Results are published each year."
)


def test_a_quote_is_found_where_it_stands():
    start = TEXT.index("Every")
    quote = quote_of(TEXT, start, start + 40)

    found = find(quote, TEXT)

    assert (found.start, found.end, found.exactly) == (start, start + 40, True)


def test_of_equal_words_the_surroundings_decide():
    second = TEXT.rindex("Partners")
    quote = quote_of(TEXT, second, second + len("Partners are reviewed."))

    assert find(quote, TEXT).start == second


def test_an_edited_quote_is_found_nearly():
    quote = Quote("Every agreement with a foreign laboratory is screened for rights risk")
    edited = TEXT.replace("foreign laboratory", "foreign laboratories")

    found = find(quote, edited)

    assert not found.exactly
    assert edited[found.start : found.end].startswith("Every agreement")


@pytest.mark.parametrize(
    "text", ["", "Every", "Agreements are made with whoever asks.", TEXT[:40] + " and nothing else"]
)
def test_a_quote_that_is_gone_is_not_found(text):
    quote = Quote("Every agreement with a foreign laboratory is screened for rights risk")

    assert find(quote, text) is None


@pytest.mark.parametrize(
    ("passages", "expected"),
    [
        (["Other words entirely.", "We must screen every partner."], 1),
        (["We must screen every partners.", "Nothing."], 0),
        (["We may talk to a partner now and then.", "Nothing."], None),
        ([], None),
    ],
)
def test_a_passage_is_followed_through_small_edits_only(passages, expected):
    assert find_passage(Quote("We must screen every partner."), passages) == expected


@given(st.text(max_size=200), st.data())
def test_every_part_of_a_text_is_found_in_it(text, data):
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    quote = quote_of(text, start, end)

    found = find(quote, text)

    assert (found is None) == (start == end)
    if found:
        assert text[found.start : found.end] == quote.exact
