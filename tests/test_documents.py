"""Files that are no pages: PDF, Word, OpenDocument, text, Markdown; and files that mean harm."""

import io
import json
import shutil
import string
import struct
import subprocess
import sys
import textwrap
import time
import zipfile
import zlib
from pathlib import Path

import docx
import pypdfium2
import pytest
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from hypothesis import given, settings
from hypothesis import strategies as st
from pdfs import At, a_pdf, column
from typer.testing import CliRunner

from tracker.commands.reading import app
from tracker.extraction import media, package
from tracker.extraction.isolated import Reader
from tracker.extraction.passages import split
from tracker.extraction.pdf import PDFIUM, extract_pdf
from tracker.extraction.reader import read
from tracker.extraction.text import Extracted, Unreadable
from tracker.model import DateBasis, QuarantineReason

LEFT = [
    "The institute reviews each research",
    "partner for human rights risk before a",
    "project starts and looks again at it",
    "every second year while the work is",
    "under way, and it says in public which",
    "partners it has turned away and why.",
]
RIGHT = [
    "Projects on face recognition need the",
    "consent of a committee that hears from",
    "people who are subject to the systems",
    "in question, and it may ask that a term",
    "on their use be written in a contract",
    "before any data or model is handed on.",
]


def said(found: Extracted | Unreadable) -> list[str]:
    assert isinstance(found, Extracted), found
    return [found.text[block.start : block.end] for block in found.blocks]


def kinds(found: Extracted | Unreadable) -> list[tuple[str, str]]:
    assert isinstance(found, Extracted), found
    return [(str(block.kind), found.text[block.start : block.end]) for block in found.blocks]


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


# PDF: scans, locks, bombs


def test_a_scan_says_that_it_has_no_text_layer():
    found = read(a_pdf([], content=b"q 100 0 0 100 60 600 cm 0 0 m 1 1 l S Q"))

    assert found == Unreadable("has no text layer", QuarantineReason.SCANNED)


@pytest.mark.skipif(
    shutil.which("tesseract") is None,
    reason="no tesseract on this machine: apt-get install tesseract-ocr",
)
def test_a_scan_is_read_where_that_is_asked_for():
    found = read(scanned(a_pdf(column(60, 100, *LEFT, size=14))), ocr=True)
    assert isinstance(found, Extracted)

    words = " ".join(LEFT).split()
    assert len(set(words) & set(found.text.split())) > 0.9 * len(set(words))
    assert "tesseract" in found.extractor


def test_without_tesseract_a_scan_says_what_is_missing(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))

    found = read(scanned(a_pdf([At(60, 100, "Partners")])), ocr=True)

    assert isinstance(found, Unreadable)
    assert found.quarantine is QuarantineReason.SCANNED
    assert "tesseract" in found.reason


def scanned(body: bytes) -> bytes:
    """A PDF that shows a picture of another one's first page."""
    with pypdfium2.PdfDocument(body) as document:
        bitmap = document[0].render(scale=200 / 72, grayscale=True)
        rows, stride = bytes(bitmap.buffer), bitmap.stride
        width, height = bitmap.width, bitmap.height
    dots = b"".join(rows[at * stride : at * stride + width] for at in range(height))
    image = (
        b"q 595 0 0 842 0 0 cm BI /W %d /H %d /CS /G /BPC 8 /F /AHx ID %s> EI Q"
        % (width, height, dots.hex().encode())
    )  # fmt: skip
    return a_pdf([], content=image)


def test_a_broken_file_is_not_readable():
    assert read(a_pdf(column(60, 100, *LEFT))[:400]) == Unreadable("is not a readable PDF")


def squeezed(unit: bytes, times: int) -> bytes:
    """A stream that inflates to a unit many times over, made without holding it."""
    press = zlib.compressobj(9)
    return b"".join(press.compress(unit * 1000) for _ in range(times // 1000)) + press.flush()


def with_stream(packed: bytes) -> bytes:
    marker = zlib.compress(b"marker")
    body = a_pdf([], content=b"marker").replace(marker, packed)
    return body.replace(b"/Length %d " % len(marker), b"/Length %d " % len(packed))


WORDS = b"BT /R 11 Tf 60 780 Td (spam and ham) Tj ET\n"
BOMBS = {
    "a stream of a gigabyte": with_stream(squeezed(b" " * 1000, 1_000_000)),
    "two million words": with_stream(squeezed(WORDS, 2_000_000)),
    "ten million lines": with_stream(squeezed(b"0 0 m 100 100 l S\n", 10_000_000)),
    "more pages than are read": a_pdf([], []).replace(
        b"[5 0 R 7 0 R] /Count 2", b"[%s] /Count 9000" % (b"5 0 R " * 9000)
    ),
}
IN_ITS_OWN_PROCESS = r"""
import json, re, resource, sys
from tracker.extraction.pdf import PDFIUM, extract_pdf
found = extract_pdf(open(sys.argv[1], 'rb').read())
if PDFIUM.process:
    PDFIUM.close(PDFIUM.process)
# Not our own ru_maxrss: a new process inherits the peak of the one that started it.
ours = int(re.search(r"VmHWM:\s+(\d+)", open("/proc/self/status").read())[1])
peaks = [ours, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss]
print(json.dumps([type(found).__name__, getattr(found, 'reason', ''), *peaks]))
"""


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_an_outcome_and_takes_little_memory(name, tmp_path):
    (tmp_path / "bomb.pdf").write_bytes(BOMBS[name])

    done = subprocess.run(
        [sys.executable, "-c", IN_ITS_OWN_PROCESS, tmp_path / "bomb.pdf"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    kind, reason, ours, readers = json.loads(done.stdout)

    assert kind == "Unreadable"
    assert reason
    assert max(ours, readers) < 300_000  # kB


@pytest.mark.parametrize(
    "drawn",
    [
        b"BT /R 9 Tf 60 780 Td 11 TL (word.word-) Tj " + b"T* (word.word-) Tj " * 60_000 + b"ET",
        b"BT /R 9 Tf 9 780 Td " + b"(. . . . a) Tj " * 40_000 + b"ET",
        b"".join(
            b"BT /R 9 Tf %d %d Td (x) Tj ET\n" % (n * 37 % 590, n * 91 % 840) for n in range(20_000)
        ),
    ],
    ids=["a paragraph without end", "a line of dots", "letters all over"],
)
def test_a_hostile_layout_takes_seconds(drawn):
    started = time.process_time()

    read(a_pdf([], content=drawn))

    assert time.process_time() - started < 15


def test_a_file_that_takes_too_long_is_given_up():
    reader = Reader("tracker.extraction.pdfium")

    assert reader.ask(a_pdf(column(60, 100, *LEFT)), seconds=0.001) == {
        "refused": "takes longer than 0 s to read"
    }
    assert "pages" in reader.ask(a_pdf(column(60, 100, *LEFT)))
    assert reader.process is not None
    reader.close(reader.process)


def test_a_reader_that_dies_is_replaced():
    extract_pdf(a_pdf(column(60, 100, *LEFT)))
    assert PDFIUM.process is not None
    PDFIUM.process.kill()
    PDFIUM.process.wait()

    assert isinstance(extract_pdf(a_pdf(column(60, 100, *LEFT))), Extracted)


# Word


def saved(document) -> bytes:
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def repacked(body: bytes, **parts: str | bytes) -> bytes:
    """Put other parts into a package; names have __ for / and _DOT_ for a dot."""
    out = io.BytesIO()
    changed = {name.replace("__", "/").replace("_DOT_", "."): data for name, data in parts.items()}
    with (
        zipfile.ZipFile(io.BytesIO(body)) as before,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as after,
    ):
        for part in before.infolist():
            if part.filename not in changed:
                after.writestr(part.filename, before.read(part))
        for name, data in changed.items():
            after.writestr(name, data)
    return out.getvalue()


def test_a_word_file_is_read_in_its_order_with_lists_and_tables():
    document = docx.Document()
    document.core_properties.title = "Partners policy"
    document.add_heading("Scope", 1)
    document.add_paragraph("All research counts.")
    document.add_paragraph("Name partners", style="List Bullet")
    document.add_paragraph("Look at risks", style="List Number")
    document.add_paragraph("Ask the board", style="List Number")
    table = document.add_table(2, 2)
    for cell, text in zip(table._cells, ("Who", "When", "Board", "Before the start"), strict=True):
        cell.text = text
    document.add_heading("Review", 2)
    document.add_paragraph("Each second year.")
    found = read(saved(document))

    assert kinds(found) == [
        ("heading", "Scope"),
        ("paragraph", "All research counts."),
        ("item", "- Name partners"),
        ("item", "1. Look at risks"),
        ("item", "2. Ask the board"),
        ("row", "Who | When"),
        ("row", "Board | Before the start"),
        ("heading", "Review"),
        ("paragraph", "Each second year."),
    ]
    assert isinstance(found, Extracted)
    assert (found.title, found.coverage) == ("Partners policy", 1.0)
    assert split(found)[-1].heading_path == ("Scope", "Review")


def test_text_boxes_notes_fields_and_tracked_edits_read_as_they_are_shown():
    document = docx.Document()
    paragraph = document.add_paragraph("We review partners")
    for xml in (
        "<w:del {0}><w:r><w:delText> never</w:delText></w:r></w:del>",
        '<w:ins {0}><w:r><w:t xml:space="preserve"> always</w:t></w:r></w:ins>',
        "<w:moveFrom {0}><w:r><w:t> elsewhere</w:t></w:r></w:moveFrom>",
        "<w:r {0}><w:instrText> PAGEREF x</w:instrText></w:r>",
        "<w:r {0}><w:tab/><w:t>and</w:t><w:noBreakHyphen/><w:t>so on.</w:t></w:r>",
        ('<w:r {0}><mc:AlternateContent xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006">'
        '<mc:Choice Requires="wps"><w:txbxContent><w:p><w:r><w:t>In a box</w:t></w:r></w:p></w:txbxContent></mc:Choice>'
        '<mc:Fallback><w:txbxContent><w:p><w:r><w:t>In a box</w:t></w:r></w:p></w:txbxContent></mc:Fallback>'
        '</mc:AlternateContent></w:r>'),
    ):  # fmt: skip
        paragraph._p.append(parse_xml(xml.format(nsdecls("w"))))
    notes = f"<w:footnotes {nsdecls('w')}><w:footnote><w:p><w:r><w:t>See the statute.</w:t></w:r></w:p></w:footnote></w:footnotes>"
    body = repacked(saved(document), word__footnotes_DOT_xml=notes)

    assert kinds(read(body)) == [
        ("paragraph", "We review partners always and-so on."),
        ("paragraph", "In a box"),
        ("note", "See the statute."),
    ]


def test_content_controls_frames_and_nested_tables_lose_nothing():
    document = docx.Document()
    frame = document.add_table(1, 1)
    frame.cell(0, 0).text = "Framed text"
    inner = frame.cell(0, 0).add_table(1, 2)
    inner.cell(0, 0).text, inner.cell(0, 1).text = "Inner", "cells"
    document.element.body.insert(0, parse_xml(
        f'<w:sdt {nsdecls("w")}><w:sdtContent><w:p><w:r><w:t>Controlled</w:t></w:r></w:p></w:sdtContent></w:sdt>'
    ))  # fmt: skip

    assert kinds(read(saved(document))) == [
        ("paragraph", "Controlled"),
        ("paragraph", "Framed text"),
        ("row", "Inner | cells"),
    ]


def test_numbers_of_nested_clauses_are_counted_as_word_counts_them():
    document = docx.Document()
    numbering = document.part.numbering_part.element
    levels = "".join(
        f'<w:lvl w:ilvl="{at}"><w:start w:val="1"/><w:numFmt w:val="{form}"/><w:lvlText w:val="{text}"/></w:lvl>'
        for at, (form, text) in enumerate(
            [("decimal", "%1."), ("lowerLetter", "%1(%2)"), ("upperRoman", "%3")]
        )
    )
    numbering.insert(
        0, parse_xml(f'<w:abstractNum {nsdecls("w")} w:abstractNumId="77">{levels}</w:abstractNum>')
    )
    numbering.append(
        parse_xml(f'<w:num {nsdecls("w")} w:numId="77"><w:abstractNumId w:val="77"/></w:num>')
    )
    for level, text in [
        (0, "Scope"),
        (1, "who"),
        (1, "what"),
        (2, "all"),
        (0, "Duties"),
        (1, "to ask"),
    ]:
        properties = document.add_paragraph(text)._p.get_or_add_pPr()
        properties.append(parse_xml(
            f'<w:numPr {nsdecls("w")}><w:ilvl w:val="{level}"/><w:numId w:val="77"/></w:numPr>'
        ))  # fmt: skip

    assert said(read(saved(document))) == [
        "1. Scope",
        "1(a) who",
        "1(b) what",
        "I all",
        "2. Duties",
        "2(a) to ask",
    ]


def test_word_files_that_mean_harm_are_outcomes(monkeypatch):
    plain = saved(docx.Document())
    document = f"<w:document {nsdecls('w')}><w:body>{{}}</w:body></w:document>"
    entities = '<!DOCTYPE x [<!ENTITY a "spam"><!ENTITY b "&a;&a;&a;">]>' + document.format(
        "<w:p><w:r><w:t>&b;</w:t></w:r></w:p>"
    )
    deep = document.format("<w:sdt>" * 5000 + "</w:sdt>" * 5000)

    assert read(repacked(plain, word__document_DOT_xml=entities)).reason.startswith(
        "declares XML entities"
    )
    assert "not a readable DOCX" in read(repacked(plain, word__document_DOT_xml=deep)).reason
    assert (
        "inflates"
        in read(repacked(plain, word__document_DOT_xml=document.format(" " * 30_000_000))).reason
    )
    assert (
        "elements"
        in read(
            repacked(
                plain,
                word__document_DOT_xml=document.format(
                    "".join(f"<a{n}/>" for n in range(1_000_001))
                ),
            )
        ).reason
    )
    assert read(repacked(plain, word__document_DOT_xml=b"")).reason.startswith("is not a readable")
    monkeypatch.setattr(package, "MOST_PARTS", 3)
    assert "more parts" in read(plain).reason


def test_a_directory_that_understates_a_part_is_found_out():
    body = bytearray(repacked(saved(docx.Document()), word__document_DOT_xml=b" " * 26_000_000))
    with zipfile.ZipFile(io.BytesIO(body)) as parts:
        part = parts.getinfo("word/document.xml")
    at = body.rfind(struct.pack("<II", part.compress_size, part.file_size))
    body[at + 4 : at + 8] = struct.pack("<I", 1000)

    assert isinstance(read(bytes(body)), Unreadable)


@given(st.data())
@settings(max_examples=80, deadline=None)
def test_no_damage_to_a_file_raises(data):
    document = docx.Document()
    document.add_paragraph("We review each partner.")
    body = bytearray(
        data.draw(
            st.sampled_from(
                [
                    saved(document),
                    an_odt("<text:p>We review.</text:p>"),
                    a_pdf(column(60, 100, *LEFT)),
                ]
            )
        )
    )
    for _ in range(data.draw(st.integers(1, 8))):
        body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))

    assert isinstance(
        read(bytes(body[: data.draw(st.integers(1, len(body)))])), Extracted | Unreadable
    )


# OpenDocument

NAMES = "".join(
    f' xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{full}:1.0"'
    for name, full in [("office", "office"), ("text", "text"), ("table", "table"), ("style", "style"),
                       ("draw", "drawing"), ("meta", "meta"), ("manifest", "manifest")]
)  # fmt: skip


def an_odt(body: str, *, styles: str = "", manifest: str = "", meta: str = "") -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as parts:
        parts.writestr("mimetype", media.ODT)
        parts.writestr(
            "content.xml",
            f"<office:document-content{NAMES}><office:automatic-styles>{styles}</office:automatic-styles>"
            f"<office:body><office:text>{body}</office:text></office:body></office:document-content>",
        )
        parts.writestr(
            "META-INF/manifest.xml", f"<manifest:manifest{NAMES}>{manifest}</manifest:manifest>"
        )
        parts.writestr(
            "meta.xml",
            f'<office:document-meta{NAMES} xmlns:dc="http://purl.org/dc/elements/1.1/">{meta}</office:document-meta>',
        )
    return out.getvalue()


def test_an_opendocument_text_is_read_in_its_order():
    numbered = '<text:list-style style:name="L1"><text:list-level-style-number text:level="1" style:num-format="1" style:num-suffix="."/></text:list-style>'
    body = (
        '<text:tracked-changes><text:p>Deleted</text:p></text:tracked-changes>'
        '<text:h text:outline-level="1">Scope</text:h>'
        '<text:p>All <text:span>research</text:span><text:s text:c="3"/>counts'
        '<text:note><text:note-citation>1</text:note-citation><text:note-body><text:p>See the statute.</text:p></text:note-body></text:note>.</text:p>'
        '<text:list text:style-name="L1"><text:list-item><text:p>Name partners</text:p>'
        '<text:list><text:list-item><text:p>in public</text:p></text:list-item></text:list></text:list-item>'
        '<text:list-item><text:p>Look at risks</text:p></text:list-item></text:list>'
        '<text:section><table:table><table:table-row><table:table-cell><text:p>Who</text:p></table:table-cell>'
        '<table:table-cell><text:p>Board</text:p></table:table-cell></table:table-row></table:table></text:section>'
        '<text:p><draw:frame><draw:text-box><text:p>In a box</text:p></draw:text-box></draw:frame></text:p>'
    )  # fmt: skip
    found = read(
        an_odt(
            body,
            styles=numbered,
            meta="<dc:title>Partners</dc:title><dc:date>2024-02-03T10:00:00</dc:date>",
        )
    )

    assert kinds(found) == [
        ("heading", "Scope"),
        ("paragraph", "All research counts."),
        ("item", "1. Name partners"),
        ("item", "- in public"),
        ("item", "2. Look at risks"),
        ("row", "Who | Board"),
        ("paragraph", "In a box"),
        ("note", "See the statute."),
    ]
    assert isinstance(found, Extracted)
    assert (found.title, str(found.stated_date)[:10]) == ("Partners", "2024-02-03")


def test_a_locked_or_foreign_package_says_so():
    locked = "<manifest:file-entry><manifest:encryption-data/></manifest:file-entry>"
    assert read(an_odt("", manifest=locked)) == Unreadable("is encrypted")
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as parts:
        parts.writestr("xl/workbook.xml", "<x/>")
    assert read(out.getvalue()) == Unreadable("is application/zip, which is not read")
    assert read(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500)).reason.startswith(
        "is application/msword"
    )
    assert read(rb"{\rtf1 Hello}").reason.startswith("is application/rtf")


# Text and Markdown


def test_markdown_is_read_without_its_marks():
    source = textwrap.dedent("""\
        ---
        title: "Partners policy"
        date: 2024-05-06
        ---
        # Scope

        All **research** counts, see [the statute](https://alder.example/s "S") and `code`;
        snake_case stays.

        Duties
        ------
        * Name partners
          in public
        1. Look at risks

        > We will publish.

        | Who | When |
        | --- | ---: |
        | Board | Before |

        ```
        # not a heading
        ```
        """)
    found = read(source.encode(), name="policy.md")

    assert kinds(found) == [
        ("heading", "Scope"),
        ("paragraph", "All research counts, see the statute and code; snake_case stays."),
        ("heading", "Duties"),
        ("item", "- Name partners in public"),
        ("item", "1. Look at risks"),
        ("quote", "We will publish."),
        ("row", "Who | When"),
        ("row", "Board | Before"),
        ("paragraph", "# not a heading"),
    ]
    assert isinstance(found, Extracted)
    assert (found.title, found.stated_basis) == ("Partners policy", DateBasis.STATED)
    assert str(found.stated_date)[:10] == "2024-05-06"


def test_plain_text_keeps_its_paragraphs_and_its_asterisks():
    source = "SCOPE\n\nAll *research*\ncounts.\n\n- Name partners\n- Look at risks\n\nDuties\n======\n\nOne [x](y).\n"

    assert kinds(read(source.encode("utf-16"), media_type="text/plain")) == [
        ("heading", "SCOPE"),
        ("paragraph", "All *research* counts."),
        ("item", "- Name partners"),
        ("item", "- Look at risks"),
        ("heading", "Duties"),
        ("paragraph", "One [x](y)."),
    ]


@given(st.text(max_size=300), st.sampled_from(["a.md", "a.txt"]))
@settings(max_examples=150, deadline=None)
def test_no_text_raises_and_blocks_cover_it(text, name):
    found = read(text.encode("utf-8", "replace"), name=name)

    if isinstance(found, Extracted):
        assert "\n".join(said(found)) == found.text


# Types


@pytest.mark.parametrize(
    ("body", "declared", "name", "expected"),
    [
        (b"%PDF-1.7 x", "text/html", "x.html", media.PDF),
        (b"\n\n%PDF-1.7 x", "", "", media.PDF),
        (b"<html>%PDF-</html>", "application/pdf", "x.pdf", media.HTML),
        (b"<!DOCTYPE html><p>Not found", "application/pdf", "x.pdf", media.HTML),
        (b"# Scope", "application/octet-stream", "http://alder.example/a.md?x=1", media.MARKDOWN),
        (b"# Scope", "text/plain; charset=utf-8", "http://alder.example/a.md", media.MARKDOWN),
        (b"plain words", "", "", media.PLAIN),
        (b"<p>words", "", "", media.HTML),
        (b"\x00\x01\x02\x03" * 30, "", "x.bin", "application/octet-stream"),
        (b"\x89PNG\r\n\x1a\n", "text/html", "", "image/png"),
        (b"{}", "application/json", "", "application/json"),
        (b"<rss/>", "application/rss+xml", "", "application/rss+xml"),
        (b"PK\x03\x04 broken", media.DOCX, "", media.DOCX),
    ],
)
def test_types_go_by_first_bytes_then_header_then_extension(body, declared, name, expected):
    assert media.media_type(body, declared=declared, name=name) == expected


# The command line


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("policy.pdf", a_pdf([At(60, 80, "Partners", 20), *column(60, 120, *LEFT)])),
        ("policy.odt", an_odt(f"<text:h>Partners</text:h><text:p>{' '.join(LEFT)}</text:p>")),
        ("policy.md", f"# Partners\n\n{' '.join(LEFT)}".encode()),
        ("policy.txt", f"PARTNERS\n\n{' '.join(LEFT)}".encode()),
        ("policy.html", f"<main><h1>Partners</h1><p>{' '.join(LEFT)}</p></main>".encode()),
        ("policy", f"<html><h1>Partners</h1><p>{' '.join(LEFT)}</p></html>".encode()),
    ],
)
def test_extract_takes_every_kind_of_file(tmp_path: Path, name, body):
    (tmp_path / name).write_bytes(body)
    done = CliRunner().invoke(app, ["extract", str(tmp_path / name), "--json"])
    found = json.loads(done.stdout)

    passage = found["passages"][-1]
    assert found["language"] == "en"
    assert passage["text"] == " ".join(LEFT)
    assert found["text"][passage["start"] : passage["end"]] == passage["text"]
    assert [path.lower() for path in passage["heading_path"]] in (["partners"], [])


SHARED = Path(__file__).parent.parent.parent / "shared" / "real" / "dev.tar.zst"


@pytest.mark.skipif(
    not SHARED.exists() or shutil.which("zstd") is None,
    reason="the saved real files are not on this machine",
)
def test_real_pdfs_lose_no_words_but_running_lines(tmp_path):
    subprocess.run(["tar", "--zstd", "-xf", SHARED, "-C", tmp_path, "pdf"], check=True)
    done = subprocess.run(
        [sys.executable, Path(__file__).parent.parent / "bench" / "documents.py", tmp_path / "pdf"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    found = json.loads(done.stdout)

    assert found["read"] >= 68
    assert found["recall"] >= 0.995
    assert found["precision"] >= 0.998
