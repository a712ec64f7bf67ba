"""PDF to text: PDFium reads, in a process of its own; layout and paragraphs are ours."""

import re
from datetime import datetime
from importlib.metadata import version

from tracker.extraction.dates import day
from tracker.extraction.documents import extracted
from tracker.extraction.isolated import Reader
from tracker.extraction.layout import lines_of
from tracker.extraction.normalise import normalise
from tracker.extraction.ocr import read_scan, tool
from tracker.extraction.paragraphs import pieces_of
from tracker.extraction.plain import pieces_of_text
from tracker.extraction.shapes import Fragment, Page
from tracker.extraction.text import Extracted, Unreadable
from tracker.model import QuarantineReason

EXTRACTOR = f"pdf 2 (pypdfium2 {version('pypdfium2')})"
PDFIUM = Reader("tracker.extraction.pdfium")
CUT_WORD = re.compile(r"(?<=[^\W\d_])[-\u2010\u00ac]\n(?=[a-z])")
LEAST_WORDS = 3  # a page: less is a stray stamp on a scan
_NO_TITLE = re.compile(
    r"\.(?:docx?|pdf|indd|tex|pptx?|rtf|odt)$|^(?:untitled|microsoft word|subject:|document\d*|slide \d)|^\W*$",
    re.IGNORECASE,
)


def extract_pdf(body: bytes, *, ocr: bool = False) -> Extracted | Unreadable:
    """Return what a PDF says; a scan, a locked or a broken file is unreadable, and says which."""
    answer = PDFIUM.ask(body)
    if "refused" in answer:
        return Unreadable(answer["refused"])
    pages = [
        Page(page["width"], page["height"], tuple(Fragment(*each) for each in page["fragments"]))
        for page in answer["pages"]
    ]
    pieces = pieces_of(lines_of(pages))
    words = sum(len(piece.text.split()) for piece in pieces)
    pictured = any(page["pictures"] for page in answer["pages"])
    if words < (LEAST_WORDS * len(pages) if pictured else 1):
        return _scan(body) if ocr else Unreadable("has no text layer", QuarantineReason.SCANNED)
    metadata = answer["metadata"]
    return extracted(
        pieces,
        extractor=EXTRACTOR,
        choice="pdf",
        title=_title(metadata),
        date=_date(metadata),
        coverage=_readable(pages),
    )


def _scan(body: bytes) -> Extracted | Unreadable:
    pages = read_scan(body)
    if isinstance(pages, Unreadable):
        return pages
    lines = "\n\n".join(CUT_WORD.sub("", page) for page in pages).splitlines()
    return extracted(
        pieces_of_text(lines, markdown=False), extractor=f"{EXTRACTOR}, {tool()}", choice="ocr"
    )


def _readable(pages: list[Page]) -> float:
    """The share of pages that have text: a contract with scanned pages in it is half read."""
    return round(sum(bool(page.fragments) for page in pages) / max(1, len(pages)), 3)


def _title(metadata: dict[str, str]) -> str:
    """The title that the file states, unless it is a file name or a program's word."""
    stated = normalise(metadata.get("Title", ""))
    return stated if len(stated) > 3 and not _NO_TITLE.search(stated) else ""


def _date(metadata: dict[str, str]) -> datetime | None:
    made = metadata.get("CreationDate", "")
    return day(re.sub(r"^D:(\d{4})(\d\d)(\d\d).*", r"\1-\2-\3", made))
