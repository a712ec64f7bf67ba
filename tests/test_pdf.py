"""What is read of a PDF: order, headings, lists and tables, and nothing of what surrounds the text."""

import string

import pytest
from documents import LEFT, RIGHT, kinds, said
from hypothesis import given, settings
from hypothesis import strategies as st
from pdfs import At, a_pdf, column

from tracker.extraction.passages import split
from tracker.extraction.pdf import extract_pdf
from tracker.extraction.reader import read
from tracker.extraction.text import Extracted
from tracker.model import DateBasis

# PDF: reading order


def test_two_columns_are_read_one_after_the_other():
    page = [*column(60, 100, *LEFT), *column(320, 100, *RIGHT)]

    assert said(read(a_pdf(page))) == [" ".join(LEFT), " ".join(RIGHT)]


def test_two_columns_that_are_drawn_line_by_line_are_taken_apart():
    rows = zip(column(60, 100, *LEFT), column(320, 100, *RIGHT), strict=True)

    assert said(read(a_pdf([line for row in rows for line in row]))) == [
        " ".join(LEFT),
        " ".join(RIGHT),
    ]


def test_what_stands_above_is_read_before_whatever_the_order_of_drawing():
    page = [*column(60, 140, *LEFT), At(60, 100, "Partners", size=20, bold=True)]

    assert kinds(read(a_pdf(page))) == [("heading", "Partners"), ("paragraph", " ".join(LEFT))]


@pytest.mark.parametrize("rotate", [0, 90, 180, 270])
def test_a_turned_page_loses_nothing(rotate):
    found = read(a_pdf(column(60, 100, *LEFT), rotate=rotate))

    assert isinstance(found, Extracted)
    assert sorted(found.text.split()) == sorted(" ".join(LEFT).split())


# PDF: what surrounds the text


BODIES = [
    f"On the {word} page we say what we do about partners and their use of systems."
    for word in ("first", "second", "third", "fourth", "fifth", "sixth")
]


def pages_with_furniture(number: int) -> list[At]:
    return [
        At(60, 40, f"Alder Institute - Annual report {2020 + number % 2}", size=9),
        At(60, 100, BODIES[number - 1]),
        At(290, 810, f"{number}", size=9),
        At(60, 810, "alder.example/report", size=9),
    ]


def test_running_headers_footers_and_page_numbers_are_left_out():
    found = read(a_pdf(*[pages_with_furniture(number) for number in range(1, 7)]))

    assert said(found) == BODIES


def test_notes_that_are_numbered_like_pages_are_kept():
    notes = ["1 See the statute, section 3.", "2 See the report, page 9.", "3 See the law, part 2."]
    pages = [[At(60, 100, BODIES[n]), At(60, 790, note, size=8)] for n, note in enumerate(notes)]

    assert set(notes) <= set(said(read(a_pdf(*pages))))


def test_a_first_line_that_stands_on_one_page_only_is_kept():
    pages = [
        [At(60, 40, title), *column(60, 100, *LEFT)] for title in ("Scope", "Duties", "Review")
    ]

    assert {"Scope", "Duties", "Review"} <= set(" ".join(said(read(a_pdf(*pages)))).split())


def test_a_full_line_without_an_end_goes_on_in_the_next_column_whatever_follows():
    left = [
        "We have reviewed the partners of the institute in South",
        "and North, and every partner that is at work in South",
    ]
    page = [*column(60, 700, *left), *column(340, 100, "Korea was asked about its rules.")]

    assert said(read(a_pdf(page))) == [" ".join([*left, "Korea was asked about its rules."])]


def test_a_sentence_goes_on_over_a_page_break_and_its_notes():
    first = [*column(60, 100, *LEFT[:3]), At(60, 780, "1 See the statute of 2019.", size=8)]
    found = read(a_pdf(first, column(60, 100, *LEFT[3:])))

    assert kinds(found) == [("paragraph", " ".join(LEFT)), ("note", "1 See the statute of 2019.")]


# PDF: words, headings, lists, tables


def test_words_cut_at_line_ends_are_joined_and_compounds_keep_their_hyphen():
    lines = [
        "Our decision-making is open. Part-",
        "ners are named, and each risk-based re-",
        "view is kept. We ask for a long-term view; the long-",
        "term view is what counts.",
    ]

    assert said(read(a_pdf(column(60, 100, *lines)))) == [
        (
            "Our decision-making is open. Partners are named, and each risk-based review is kept. "
            "We ask for a long-term view; the long-term view is what counts."
        )
    ]


def test_numbers_keep_the_hyphen_at_a_line_s_end():
    found = read(
        a_pdf(column(60, 100, "The rule is stated in directive 2019-", "790 of the year."))
    )

    assert said(found) == ["The rule is stated in directive 2019-790 of the year."]


def test_headings_are_known_by_size_and_weight():
    page = [
        At(60, 80, "Policy on partners", size=22, bold=True),
        At(60, 120, "1. Scope", size=15, bold=True),
        *column(60, 145, *LEFT),
        At(60, 250, "Who decides", bold=True),
        *column(60, 266, *RIGHT),
    ]
    found = read(a_pdf(page))
    assert isinstance(found, Extracted)

    assert found.title == "Policy on partners"
    assert [p.heading_path for p in split(found)] == [
        ("Policy on partners", "1. Scope"),
        ("Policy on partners", "1. Scope", "Who decides"),
    ]


def test_list_items_are_told_apart_and_go_on_over_lines():
    page = column(
        60, 100,
        "We ask three things:",
        "\u2022 that partners are named,",
        "\u2022 that risks are looked at before the start of",
        "the work,",
        "(a) that contracts end where rights are abused.",
    )  # fmt: skip

    assert kinds(read(a_pdf(page))) == [
        ("paragraph", "We ask three things:"),
        ("item", "- that partners are named,"),
        ("item", "- that risks are looked at before the start of the work,"),
        ("item", "(a) that contracts end where rights are abused."),
    ]


def test_what_hangs_under_an_item_belongs_to_it_and_a_heading_may_have_a_number():
    page = [
        *column(120, 60, "3. Partners and what we ask", size=20, bold=True),
        *column(60, 84, "of them before the start", size=20, bold=True),
        At(60, 120, "1. Alder Institute, 2019: Report on partners."),
        *column(80, 134, "Second edition, with a preface by the board and a list.", "Freedonia."),
        At(60, 162, "2. Birch Institute, 2020: Notes."),
    ]

    assert said(read(a_pdf(page))) == [
        "3. Partners and what we ask of them before the start",
        (
            "1. Alder Institute, 2019: Report on partners. "
            "Second edition, with a preface by the board and a list. Freedonia."
        ),
        "2. Birch Institute, 2020: Notes.",
    ]


def test_a_table_is_read_in_rows_and_a_contents_list_without_its_dots():
    table = [
        ("Partner", "Country", "Since"),
        ("Birch", "Freedonia", "2019"),
        ("Cedar", "Sylvania", "2021"),
    ]
    page = [
        At(60 + 150 * x, 100 + 16 * y, cell)
        for y, row in enumerate(table)
        for x, cell in enumerate(row)
    ]
    page.append(At(60, 200, "Scope . . . . . . . . . . . . . . . . 4"))

    assert kinds(read(a_pdf(page))) == [
        ("row", "Partner | Country | Since"),
        ("row", "Birch | Freedonia | 2019"),
        ("row", "Cedar | Sylvania | 2021"),
        ("row", "Scope | 4"),
    ]


def test_title_and_date_come_from_the_file_where_it_states_them():
    found = read(
        a_pdf(
            column(60, 100, *LEFT), info="/Title (Due diligence) /CreationDate (D:20240305120000Z)"
        )
    )
    assert isinstance(found, Extracted)
    assert (found.title, found.stated_basis) == ("Due diligence", DateBasis.INFERRED)
    assert str(found.stated_date).startswith("2024-03-05")
    named = read(a_pdf(column(60, 100, *LEFT), info="/Title (Microsoft Word - draft7.docx)"))
    assert isinstance(named, Extracted)
    assert named.title.startswith("The institute reviews")


@given(
    st.lists(
        st.text(string.ascii_letters + string.digits + " .,-", min_size=1, max_size=60), max_size=40
    )
)
@settings(deadline=None, max_examples=60)
def test_every_word_that_is_drawn_is_read_once(lines):
    found = extract_pdf(a_pdf(column(40, 60, *lines)))
    drawn = sorted("".join(lines).replace("-", "").split()), "".join(lines)
    letters = sorted(letter for letter in drawn[1] if letter.isalnum())
    text = found.text if isinstance(found, Extracted) else ""

    assert sorted(letter for letter in text if letter.isalnum()) == letters
