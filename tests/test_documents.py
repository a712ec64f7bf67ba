"""Files that are no pages: OpenDocument, text, Markdown; which is which; and `tracker extract`."""

import io
import json
import shutil
import subprocess
import sys
import textwrap
import zipfile
from pathlib import Path

import pytest
from documents import LEFT, an_odt, kinds, said
from hypothesis import given, settings
from hypothesis import strategies as st
from pdfs import At, a_pdf, column
from typer.testing import CliRunner

from tracker.commands.reading import app
from tracker.extraction import media
from tracker.extraction.reader import read
from tracker.extraction.text import Extracted, Unreadable
from tracker.model import DateBasis

# OpenDocument


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
