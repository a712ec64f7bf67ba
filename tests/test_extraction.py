"""Bytes to text: what is kept, what is dropped, and that nothing raises."""

import io

import docx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tracker.demo.pdf import write_pdf
from tracker.extraction.html import STRUCTURE, decode, extract_html
from tracker.extraction.normalise import normalise
from tracker.extraction.passages import split
from tracker.extraction.reader import read
from tracker.extraction.text import BlockKind, Extracted, Unreadable
from tracker.model import DateBasis, QuarantineReason

SENTENCE = "The research office must review every partner before the agreement is signed. "


def a_page(body: str, head: str = "") -> bytes:
    return f"<html lang=en><head>{head}</head><body>{body}</body></html>".encode()


POLICY = a_page(
    f"""<nav><a href=/>Home</a> <a href=/x>News and events</a></nav>
    <div class="cookie-banner">We use cookies to count visits.</div>
    <main><h1>Partnership policy</h1><p>{SENTENCE * 3}</p>
    <h2>2. Duties</h2><p>{SENTENCE * 2}</p>
    <ul><li>Check the owners of the partner.</li><li>Write down what was searched.</li></ul>
    <table><tr><th>Activity</th><th>Approval</th></tr><tr><td>Joint laboratory</td><td>Committee</td></tr></table>
    <details><summary>More</summary><p>{SENTENCE}</p></details></main>
    <aside class="related">Related: summer fair</aside><footer>Served by node 7</footer>""",
    "<title>Partnership policy | Alder</title><meta property='article:published_time' content='2025-04-01T08:00:00Z'>",
)


@pytest.fixture
def policy() -> Extracted:
    found = extract_html(POLICY, url="http://alder.example/policies/partners")
    assert isinstance(found, Extracted)
    return found


def test_headings_lists_and_tables_are_kept(policy: Extracted):
    assert "2. Duties" in policy.text
    assert "Check the owners of the partner." in policy.text
    assert "Joint laboratory | Committee" in policy.text


@pytest.mark.parametrize("chrome", ["News and events", "cookies", "summer fair", "node 7"])
def test_furniture_is_dropped(policy: Extracted, chrome: str):
    assert chrome not in policy.text


def test_title_date_and_language_are_read(policy: Extracted):
    assert policy.title == "Partnership policy"
    assert policy.stated_date is not None
    assert (policy.stated_date.isoformat(), policy.stated_basis) == (
        "2025-04-01T00:00:00+00:00",
        DateBasis.STATED,
    )
    assert policy.language == "en"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Check the owners", "<span data-x=1>Check</span> the owners"),
        ("before the agreement", "before\n      the agreement"),
        ('class="related"', 'class="related v2"'),
        ("Served by node 7", "Served by node 8"),
        ("count visits", "count all visits"),
    ],
)
def test_what_a_reader_would_not_see_does_not_change_the_text(
    policy: Extracted, old: str, new: str
):
    body = POLICY.replace(old.encode(), new.encode())
    assert body != POLICY

    found = extract_html(body, choice=policy.choice)

    assert isinstance(found, Extracted)
    assert found.text == policy.text


def test_quotes_dashes_and_spaces_have_one_spelling():
    assert (
        normalise("\u201cpeople\u2019s\u201d\u00a0re\u00advie\u200bw \u2013 o\ufb03ce")
        == '"people\'s" review - office'
    )


def test_a_selector_decides_and_an_empty_one_is_said():
    page = a_page("<div id=a><p>Kept text.</p></div><div id=b><p>Other text.</p></div>")

    kept = extract_html(page, select="#a")

    assert isinstance(kept, Extracted)
    assert kept.text == "Kept text."
    assert extract_html(page, select="#c") == Unreadable('selector "#c" matches nothing')


def test_the_reading_chosen_once_is_kept():
    found = extract_html(POLICY, choice=STRUCTURE)

    assert isinstance(found, Extracted)
    assert found.choice == STRUCTURE


@pytest.mark.parametrize(
    ("body", "charset", "text"),
    [
        ("Zürich".encode(), None, "Zürich"),
        ("Zürich".encode("cp1252"), None, "Zürich"),
        ("Zürich".encode("utf-16"), None, "Zürich"),
        ("Zürich".encode("latin-1"), "latin-1", "Zürich"),
        (b"<meta charset=koi8-r>" + "мир".encode("koi8-r"), None, "мир"),
        ("Zürich".encode(), "no-such-charset", "Zürich"),
    ],
)
def test_charsets_are_found(body: bytes, charset: str | None, text: str):
    assert text in decode(body, charset)


def test_a_pdf_is_read_and_a_broken_or_empty_one_says_why():
    found = read(write_pdf("Conditions of grant", SENTENCE * 20))

    assert isinstance(found, Extracted)
    assert "must review every partner" in found.text
    assert read(b"%PDF-1.4 nothing").reason.startswith("is not a readable PDF")
    assert read(write_pdf("", "")).quarantine is QuarantineReason.SCANNED


def test_a_word_file_is_read_and_a_broken_one_says_why():
    document = docx.Document()
    document.add_heading("Partners", 1)
    document.add_paragraph("Each partner is reviewed.")
    table = document.add_table(1, 2)
    table.rows[0].cells[0].text, table.rows[0].cells[1].text = "Who", "Committee"
    out = io.BytesIO()
    document.save(out)

    found = read(out.getvalue())

    assert isinstance(found, Extracted)
    assert found.text == "Partners\nEach partner is reviewed.\nWho | Committee"
    assert read(b"PK\x03\x04broken", name="a.docx").reason.startswith("is not a readable DOCX")


def test_very_deep_pages_are_read_or_said_to_be_unreadable():
    deep = b"<html><body>" + b"<div>" * 20_000 + b"text" + b"</div>" * 20_000

    assert isinstance(read(deep, media_type="text/html"), Extracted | Unreadable)


@given(st.binary(max_size=400), st.sampled_from(["", "text/html", "application/pdf", "image/png"]))
@settings(max_examples=150, deadline=None)
def test_no_bytes_raise(body: bytes, media_type: str):
    for shown in (body, b"<html><p>" + body, b"%PDF-1.7" + body, b"PK\x03\x04" + body):
        assert isinstance(read(shown, media_type=media_type), Extracted | Unreadable)


@given(
    st.lists(
        st.sampled_from(
            [
                "<h2>Scope</h2>",
                f"<p>{SENTENCE}</p>",
                f"<p>{SENTENCE * 40}</p>",
                "<ul><li>One</li><li>Two</li></ul>",
                f"<blockquote>{SENTENCE}</blockquote>",
            ]
        ),
        max_size=12,
    )
)
@settings(deadline=None, max_examples=40)
def test_every_word_is_in_exactly_one_passage_or_heads_one(parts: list[str]):
    found = extract_html(a_page("<main>" + "".join(parts) + "</main>"), choice=STRUCTURE)
    if isinstance(found, Unreadable):
        return
    passages = split(found)

    # A heading that the next one follows at once has nothing below it and is a text of its own.
    following = [*(b.kind for b in found.blocks[1:]), BlockKind.HEADING]
    below = " ".join(
        found.text[b.start : b.end]
        for b, then in zip(found.blocks, following, strict=True)
        if b.kind is not BlockKind.HEADING or then is BlockKind.HEADING
    )
    assert " ".join(p.text for p in passages).split() == below.split()
    assert all(found.text[p.start : p.end] == p.text for p in passages)
    assert all(len(p.text.split()) <= 300 for p in passages)


def test_an_edit_moves_no_boundary_in_another_section():
    def texts(first: str) -> list[str]:
        page = a_page(
            f"<main><h2>A</h2><p>{first}</p><h2>B</h2><p>{SENTENCE * 3}</p><p>{SENTENCE * 4}</p></main>"
        )
        found = extract_html(page, choice=STRUCTURE)
        assert isinstance(found, Extracted)
        return [p.text for p in split(found) if p.heading_path == ("B",)]

    assert texts("Short.") == texts(SENTENCE * 50)
