"""Word files, as they are shown; and ones that mean harm."""

import io
import struct
import zipfile

import docx
from documents import LEFT, an_odt, kinds, repacked, said, saved
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from hypothesis import given, settings
from hypothesis import strategies as st
from pdfs import a_pdf, column

from tracker.extraction import package
from tracker.extraction.passages import split
from tracker.extraction.reader import read
from tracker.extraction.text import Extracted, Unreadable

# Word


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
