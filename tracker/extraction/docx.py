"""DOCX to text: paragraphs and tables in their order. Pure."""

import io
import re
import zipfile
from collections.abc import Iterator
from importlib.metadata import version
from typing import Any

from lxml import etree

from tracker.extraction.build import Piece, join
from tracker.extraction.language import language_of
from tracker.extraction.text import BlockKind, Extracted, Unreadable
from tracker.model import DateBasis

EXTRACTOR = f"docx 1 (python-docx {version('python-docx')})"
LARGEST = 200_000_000  # bytes that the parts may inflate to


def extract_docx(body: bytes) -> Extracted | Unreadable:
    """Return what a Word document says; a broken or bloated file is unreadable, and says why."""
    import docx  # noqa: PLC0415  (slow to import)

    try:
        with zipfile.ZipFile(io.BytesIO(body)) as parts:
            if sum(part.file_size for part in parts.infolist()) > LARGEST:
                return Unreadable("inflates to more than a document should")
        document = docx.Document(io.BytesIO(body))
    except (zipfile.BadZipFile, KeyError, ValueError, etree.XMLSyntaxError, OSError) as error:
        return Unreadable(f"is not a readable DOCX ({type(error).__name__})")
    text, blocks = join(_pieces(document))
    if not text:
        return Unreadable("shows no text")
    title = document.core_properties.title or text.split("\n", 1)[0][:200]
    return Extracted(
        text=text,
        blocks=blocks,
        title=title,
        language=language_of("", text),
        stated_date=None,
        stated_basis=DateBasis.UNKNOWN,
        extractor=EXTRACTOR,
        choice="docx",
    )


def _pieces(document: Any) -> Iterator[Piece]:
    for part in document.iter_inner_content():
        if hasattr(part, "rows"):
            for row in part.rows:
                cells = (" ".join(cell.text.split()) for cell in row.cells)
                yield Piece(BlockKind.ROW, " | ".join(dict.fromkeys(filter(None, cells))))
            continue
        style = (part.style.name if part.style is not None else "") or ""
        heading = re.match(r"(?:Heading|Title)\s*(\d?)", style)
        if heading:
            yield Piece(BlockKind.HEADING, part.text, int(heading[1] or 1))
        elif style.startswith("List"):
            yield Piece(BlockKind.ITEM, f"- {part.text}")
        else:
            yield Piece(BlockKind.PARAGRAPH, part.text)
