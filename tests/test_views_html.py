"""What is stored reaches a screen as text, and nothing else."""

from datetime import UTC, date, datetime

import pytest

from tracker.changes import Piece, as_html, as_html_sides, compare
from tracker.queries import Cell
from tracker.views import evidence, html, matrix, squares, timeline
from tracker.views.addresses import id_in, text_fragment

HOSTILE = '<img src="http://elsewhere.example/x.png" onerror=alert(1)> ![](http://elsewhere.example/y.png) $x$ "\''
ITEM = {
    "quote": HOSTILE, "title": HOSTILE, "url": "javascript:alert(1)", "heading_path": HOSTILE, "version": 1,
    "stated_date": None, "stated_basis": HOSTILE, "labels": [HOSTILE], "reviewed": "none", "on_page": True,
    "language": '"><script>', "voice": HOSTILE, "document_id": 1,
}  # fmt: skip
DIFFERENT = compare([Piece(HOSTILE, (HOSTILE,))], [Piece(f"{HOSTILE} more.", (HOSTILE,))]).sentences


def a_cell(**fields):
    given = {
        "institution": "alder", "name": "Alder", "kind": "university", "country": "GB", "group": "core",
        "found_by": "census", "question": "spoken", "result": "condemned", "reviewed": "none",
        "possible": None, "since": None, "latest": None,
    }  # fmt: skip
    return Cell(**(given | fields))


@pytest.mark.parametrize(
    "shown",
    [
        evidence.evidence_card(ITEM, {HOSTILE: [HOSTILE[:5], "x"]}),
        evidence.search_record({"failures": [{"source": HOSTILE, "reason": HOSTILE}]}, HOSTILE),
        as_html(DIFFERENT),
        as_html_sides(DIFFERENT),
        squares.squares([a_cell(name=HOSTILE)]),
        timeline.timeline([timeline.Point(datetime(2024, 1, 1, tzinfo=UTC), HOSTILE, True)], date(2026, 1, 1)),
        html.table([HOSTILE], [[html.escape(HOSTILE), html.badge(HOSTILE)]], caption=HOSTILE),
        html.card(HOSTILE),
        html.go(HOSTILE, HOSTILE),
        html.link("javascript:alert(1)", HOSTILE),
        html.link(f"http://a.example/{HOSTILE}", HOSTILE),
    ],
)  # fmt: skip
def test_no_stored_text_becomes_markup(shown: str):
    assert "<img" not in shown
    assert "<script" not in shown
    assert 'href="javascript:' not in shown


def test_what_was_looked_at_has_no_period_where_nothing_states_a_date():
    shown = evidence.search_record({"documents_read": 1, "documents_known": 1}, "rule")

    assert "<dt>Period</dt><dd>no date stated</dd>" in shown


@pytest.mark.parametrize(
    ("result", "reviewed", "said", "unsaid"),
    [
        ("condemned", "none", "possible: condemned", "confirmed"),
        ("condemned", "two", "confirmed by two people", "possible"),
        ("none_found", "none", "no match by machine", "possible"),
        ("not_checked", "none", "not checked", "possible"),
    ],
)
def test_a_badge_tells_possible_from_confirmed(result, reviewed, said, unsaid):
    shown = html.finding_badge(result, reviewed)

    assert said in shown
    assert unsaid not in shown


def test_what_people_set_aside_is_not_called_no_match_by_machine():
    said = "matched by machine in 1 passage, set aside by one person on 2 Mar 2026"
    shown = html.badge_of(a_cell(result="none_found", aside=said))

    assert said in shown
    assert "no match by machine" not in shown


def test_confirmed_and_possible_are_counted_apart():
    cells = [a_cell(reviewed="two"), a_cell(), a_cell(result="none_found"), a_cell(result="unreachable")]  # fmt: skip

    assert "1 of 3 checked spoke out, 1 possible" in squares.squares(cells)
    assert "none checked" in squares.squares(cells[3:])


def test_a_quote_that_nobody_confirmed_looks_possible():
    card = {"none": "t-card t-maybe", "one": 't-card"', "two": 't-card"'}
    for reviewed, look in card.items():
        assert look in evidence.evidence_card(ITEM | {"reviewed": reviewed}, {})


def test_few_first_statements_bear_their_names_and_many_are_dots():
    points = [
        timeline.Point(datetime(2024, 1, day, tzinfo=UTC), f"Body {day}", day % 2 == 0)
        for day in range(1, timeline.FEW + 2)
    ]

    few = timeline.timeline(points[1:], date(2026, 1, 1))
    many = timeline.timeline(points, date(2026, 1, 1))

    assert few.count('class="who"') == timeline.FEW
    assert "Body 2, 2 Jan 2024" in few
    assert 'class="who"' not in many
    for shown in (few, many):
        assert shown.count("dot sure") == timeline.FEW // 2


@pytest.mark.parametrize(
    ("shown", "said"),
    [
        (html.country("GB"), "United Kingdom"),
        (html.country("EU"), "European Union"),
        (html.country("??"), "??"),
        (html.language("de"), "German"),
        (html.language("und"), "Unknown language"),
        (html.label("R1"), "R1 Human-rights due diligence"),
        (html.label("human_rights"), "human rights"),
        (html.bare("https://www.alder.example/feed/"), "alder.example/feed"),
        (html.source_state("ok"), "in order"),
        (html.source_state("empty feed"), "<b>empty feed</b>"),
    ],
)
def test_codes_are_shown_as_people_read_them(shown, said):
    assert shown == said


def test_what_is_sent_by_default_stands_out_among_changes():
    assert 't-class-material">material</span>' in html.change_class("material", "text_changed")
    assert "text changed" in html.change_class("material", "text_changed")


def test_a_bar_leaves_out_whom_the_recommendation_does_not_address():
    cells = [a_cell(question="R1", result="stated", reviewed="one"), a_cell(question="R1", result="not_applicable")]  # fmt: skip

    assert "1 of 1 confirmed" in matrix.by_kind(cells, {"R1": "Due diligence"})


def test_cue_words_are_marked_in_the_quote():
    marked = evidence.marked("a <b> cue", {"R1 before_start": ["cue"]})

    assert marked == 'a &lt;b&gt; <mark title="R1 before start">cue</mark>'


def test_a_quote_keeps_its_language_and_direction():
    shown = evidence.quoted("שלום", "he", {})

    assert 'lang="he" dir="auto"' in shown


def test_removed_and_added_are_said_in_words_too():
    shown = as_html(compare([Piece("It must be reviewed.")], [Piece("It may be reviewed.")]).sentences)  # fmt: skip

    assert "[removed: " in shown
    assert "[added: " in shown


@pytest.mark.parametrize("text", ["", "-1", "1e3", "x", "٣", "9" * 19, "1 "])
def test_what_is_no_id_names_nothing(text):
    assert id_in(text) is None


def test_a_text_fragment_starts_at_the_quote():
    assert text_fragment("http://a.example/", "non-binding, see & act") == (
        "http://a.example/#:~:text=non%2Dbinding%2C%20see%20%26%20act"
    )


@pytest.mark.parametrize(
    ("contact", "said"),
    [("a@tracker.example", 'href="mailto:a@tracker.example"'), ("https://tracker.example/bot", 'href="https://tracker.example/bot"'), ("", "no contact address is set (<code>TRACKER_CONTACT</code>)")],
)  # fmt: skip
def test_a_problem_is_reported_to_whoever_runs_the_tracker(contact, said):
    assert said in html.problem(contact)
    assert "Report a problem" in html.problem(contact)
    assert ("<a " in html.problem(contact)) is bool(contact)


def test_a_mail_about_a_problem_says_which_quote_and_no_quote_adds_a_header():
    shown = html.problem("a@tracker.example", "“x”&bcc=b@elsewhere.example\n2")

    assert "mailto:a@tracker.example?subject=Problem&amp;body=%E2%80%9Cx%E2%80%9D%26bcc%3D" in shown
    assert "&bcc" not in shown
    assert "%0A2" in shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("reply of 2026-11-20 from Alder", "Reply of 20 Nov 2026 from Alder"),
        ("the document moved to http://a.example/2026-11-20/x", "The document moved to http://a.example/2026-11-20/x"),
        ("part 2026-99-99 changed", "Part 2026-99-99 changed"),
        ("", ""),
    ],
)  # fmt: skip
def test_a_sentence_has_its_dates_in_words_and_leaves_addresses_alone(text, shown):
    assert html.sentence(text) == shown


def test_a_long_note_is_cut_in_lists_at_a_word():
    said = html.brief("correction: " + "word " * 60)

    assert len(said) <= html.BRIEF + 2
    assert said.endswith("word …")


@pytest.mark.parametrize(
    ("seen_from", "shown"),
    [
        (datetime(2026, 3, 2, tzinfo=UTC), "between 2 and 4 Mar 2026"),
        (datetime(2026, 2, 28, tzinfo=UTC), "between 28 Feb and 4 Mar 2026"),
        (datetime(2025, 12, 30, tzinfo=UTC), "between 30 Dec 2025 and 4 Mar 2026"),
        (datetime(2026, 3, 4, tzinfo=UTC), "on 4 Mar 2026"),
        (None, "first seen 4 Mar 2026"),
    ],
)
def test_an_interval_says_month_and_year_once(seen_from, shown):
    assert html.between(seen_from, datetime(2026, 3, 4, 9, tzinfo=UTC)) == shown


def test_what_is_typed_is_marked_and_nothing_else_is_html():
    assert html.coded("set `valid_until` on <b>") == "set <code>valid_until</code> on &lt;b&gt;"


def test_stacked_cells_carry_the_name_of_their_column():
    shown = html.table(['"A"', "B"], [["x", "y"]], caption="c", stack=True)

    assert '<td data-label="B"><div>y</div></td>' in shown
    assert "data-label" not in html.table(["A", "B"], [["x", "y"]], caption="c")


@pytest.mark.parametrize(
    ("path", "shown"),
    [("Policy", ""), ("Policy › 2. Partners", " › 2. Partners"), ("Partners", " › Partners"), ("", "")],
)  # fmt: skip
def test_the_title_is_not_said_twice_where_it_is_a_heading_too(path, shown):
    item = {**ITEM, "title": "Policy", "heading_path": path, "url": "http://alder.example/p"}

    assert f"Policy</a></b>{shown}<br>" in evidence.evidence_card(item, {})
