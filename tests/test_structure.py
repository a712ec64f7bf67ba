"""What a page's structure keeps, and what it leaves out."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tracker.extraction.html import ARTICLE, STRUCTURE, extract_html
from tracker.extraction.text import BlockKind, Extracted

SENTENCE = "The research office must review every partner before the agreement is signed. "
PROSE = f"<p>{SENTENCE * 3}</p>"


def read(body: str, head: str = "", choice: str | None = None) -> Extracted:
    page = f"<html lang=en><head>{head}</head><body>{body}</body></html>"
    found = extract_html(page.encode(), choice=choice)
    assert isinstance(found, Extracted)
    return found


def lines(body: str) -> list[str]:
    return read(f"<main>{PROSE}{body}</main>").text.splitlines()[1:]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("<ol><li>Check<li>Sign</ol>", ["1. Check", "2. Sign"]),
        ("<ol start=4 type=a><li>Check<li>Sign</ol>", ["d. Check", "e. Sign"]),
        ("<ol type=i><li>Check<li value=9>Sign</ol>", ["i. Check", "ix. Sign"]),
        ("<ol reversed><li>Check<li>Sign</ol>", ["2. Check", "1. Sign"]),
        ('<ol style="list-style-type: upper-roman"><li>Check</ol>', ["I. Check"]),
        ('<ol style="list-style: none"><li>Check</ol>', ["- Check"]),
        ("<ol><li>4.1 Check</ol>", ["- 4.1 Check"]),
        ("<ol><li>Check<ol type=a><li>Owners</ol><li>Sign</ol>", ["1. Check", "a. Owners", "2. Sign"]),
        ("<ul><li>Check</ul>", ["- Check"]),
        ("<dl><dt>Partner</dt><dd>Whoever signs</dd></dl>", ["Partner", "- Whoever signs"]),
        ("<table><tr><th>A<th>B<tr><td><p>one</p><p>two</p><td>three</table>", ["A | B", "one two | three"]),
        ("<table role=presentation><tr><td><h2>A</h2><p>One</p></table>", ["A", "One"]),
        ("<details><summary>More</summary><p>Inside</p></details>", ["More", "Inside"]),
        ("<h3><button aria-expanded=false>Fold</button></h3><div hidden class=accordion-body>Inside</div>", ["Fold", "Inside"]),
        ("<div role=tabpanel hidden>Second tab</div>", ["Second tab"]),
        ("<p hidden>Never shown</p><p>Shown</p>", ["Shown"]),
        ("<p>One<br>two <sup><a href=#n1>1</a></sup> <b>three</b> .</p>", ["One two 1 three."]),
        ("<p>Updated 17 days ago</p><p>Shown</p>", ["Shown"]),
    ],
)  # fmt: skip
def test_structure_is_kept_as_a_reader_sees_it(body: str, expected: list[str]):
    assert lines(body) == expected


def test_footnotes_are_told_apart():
    found = read(
        f"<main>{PROSE}<ol class=footnotes><li id=fn1 class=footnote>See the act.</ol></main>"
    )

    assert found.blocks[-1].kind is BlockKind.NOTE


@pytest.mark.parametrize(
    "furniture",
    [
        "<nav><a href=/>Home</a></nav>",
        "<div class='share-buttons social'>Tell others</div>",
        "<aside>Also of interest</aside>",
        "<div role=dialog>We use cookies for statistics and other purposes.</div>",
        "<div class=x1>We use cookies for statistics. <button>Accept all</button></div>",
        "<div class=y><h3><a href=/a>Summer fair opens its doors</a></h3><p>Come along.</p></div>" * 3,
        "<ul><li><a href=/a>Annual report</a><li><a href=/b>Staff list</a><li><a href=/c>Open days</a></ul>",
        "<span class=visually-hidden>opens in a new tab</span>",
    ],
)  # fmt: skip
def test_furniture_in_the_content_is_left_out(furniture: str):
    assert lines(f"{furniture}<p>Kept.</p>") == ["Kept."]


def test_a_list_of_links_that_a_sentence_announces_is_kept():
    links = "<ul><li><a href=/a>Act</a><li><a href=/b>Code</a><li><a href=/c>Rules</a></ul>"

    assert "- Code" in lines(f"<p>These apply:</p>{links}")


@pytest.mark.parametrize(
    "wrapper",
    [
        '<form id="aspnetForm"><h1>Policy</h1>{}</form>',
        '<div class="layout no-sidebar"><h1>Policy</h1>{}</div>',
        '<div class="sidebar"><h1>Policy</h1>{}</div>',
        '<section id="related"><h1>Policy</h1>{}</section>',
        '<div class="modal-open"><main><h1>Policy</h1>{}</main></div>',
    ],
)
def test_a_wrapper_with_a_misleading_name_does_not_hide_the_page(wrapper: str):
    assert read(wrapper.format(PROSE)).text.count("research office") == 3


def test_the_title_and_the_date_above_the_content_are_kept():
    found = read(
        f"<main><p>Effective 4 May 2025</p><div><h1>Rules</h1></div><div>{PROSE * 4}</div></main>"
    )

    assert found.text.startswith("Effective 4 May 2025\nRules\n")


ARTICLE_HEAD = "<title>A new building</title><meta property=og:type content=article>"


def test_an_article_is_read_as_one_and_a_policy_never_is():
    body = f"<article><h1>A new building</h1>{PROSE * 4}</article>"

    assert read(body, ARTICLE_HEAD).choice == ARTICLE
    assert (
        read(body.replace("A new building", "Partnership policy"), ARTICLE_HEAD).choice == STRUCTURE
    )


def test_a_choice_that_no_longer_exists_is_made_anew():
    assert read(f"<main>{PROSE}</main>", choice="trafilatura").choice == STRUCTURE


@given(
    st.lists(
        st.sampled_from(
            "<div> </div> <ol> <li> <table> <tr> <td> word </ol> <p> <a> </a> <form> <sup>".split()
        )
    )
)
@settings(deadline=None, max_examples=60)
def test_any_markup_ends_in_an_outcome_that_repeats(parts: list[str]):
    page = "".join(parts).encode()

    assert extract_html(page) == extract_html(page)


@pytest.mark.parametrize(
    "page",
    [
        "<html lang=en><title>Policy</title><main><h1>Policy</h1><p>{}</p></main></html>",
        "<title>Policy</title><p>{}</p>",
        "<!doctype html><meta charset=utf-8><title>Policy</title><article><p>{}</p></article>",
        "<html><head><title>Policy</title></head><p>{}</p></html>",
    ],
)
def test_a_page_may_leave_out_the_tags_that_html_lets_it_leave_out(page):
    said = "We review every partner before a project starts, and keep the review in a register."

    found = extract_html(page.format(said).encode(), url="http://alder.example/policy")

    assert said in found.text
