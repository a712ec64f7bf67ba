"""What is stored reaches a screen as text, and nothing else."""

import pytest

from tracker.changes import Piece, compare
from tracker.views import html

HOSTILE = '<img src="http://elsewhere.example/x.png" onerror=alert(1)> ![](http://elsewhere.example/y.png) $x$ "\''
ITEM = {
    "quote": HOSTILE, "title": HOSTILE, "url": "javascript:alert(1)", "heading_path": HOSTILE, "version": 1,
    "stated_date": None, "stated_basis": "unknown", "labels": ["china"], "reviewed": "none", "on_page": True,
    "language": '"><script>', "voice": "institution",
}  # fmt: skip


@pytest.mark.parametrize(
    "shown",
    [
        html.evidence_card(ITEM, {"china": [HOSTILE[:5], "x"]}),
        html.difference(
            compare([Piece(HOSTILE, (HOSTILE,))], [Piece(f"{HOSTILE} more.", (HOSTILE,))])
        ),
        html.search_record({"failures": [{"source": HOSTILE, "reason": HOSTILE}]}, HOSTILE),
        html.table([HOSTILE], [[html.escape(HOSTILE), html.badge(HOSTILE)]], caption=HOSTILE),
        html.link("javascript:alert(1)", HOSTILE),
        html.link(f"http://a.example/{HOSTILE}", HOSTILE),
    ],
)
def test_no_stored_text_becomes_markup(shown: str):
    assert "<img" not in shown
    assert "<script" not in shown
    assert "javascript:" not in shown


@pytest.mark.parametrize(
    ("result", "basis", "reviewed", "evidence", "said"),
    [
        ("condemned", "machine", "none", True, "possible: condemned"),
        ("condemned", "reviewed", "two", True, "two reviewed"),
        ("none_found", "machine", "none", False, "no match by machine"),
        ("not_checked", "machine", "none", False, "not checked"),
    ],
)
def test_a_badge_tells_possible_from_confirmed(result, basis, reviewed, evidence, said):
    assert said in html.finding_badge(result, basis, reviewed, evidence=evidence)


def test_cue_words_are_marked_in_the_quote():
    assert html.marked("a <b> cue", ["cue"]) == "a &lt;b&gt; <mark>cue</mark>"
