"""PDF to text: PDFium reads, in a process of its own; layout and paragraphs are ours."""

import re
from importlib.metadata import version
from typing import Any

from tracker.extraction.build import Piece, join
from tracker.extraction.dates import day
from tracker.extraction.isolated import Reader
from tracker.extraction.language import language_of
from tracker.extraction.layout import Fragment, Page, lines_of
from tracker.extraction.normalise import normalise
from tracker.extraction.paragraphs import pieces_of
from tracker.extraction.text import BlockKind, Extracted, Unreadable
from tracker.extraction.voice import who_speaks
from tracker.model import DateBasis, QuarantineReason

EXTRACTOR = f"pdf 2 (pypdfium2 {version('pypdfium2')})"
PDFIUM = Reader("tracker.extraction.pdfium")
LEAST_WORDS = 3  # a page: less is a stray stamp on a scan
_NO_TITLE = re.compile(
    r"\.(?:docx?|pdf|indd|tex|pptx?|rtf|odt)$|^(?:untitled|microsoft word|subject:|document\d*|slide \d)|^\W*$",
    re.IGNORECASE,
)


def extract_pdf(body: bytes, *, url: str = "") -> Extracted | Unreadable:
    """Return what a PDF says; a scan, a locked or a broken file is unreadable, and says which."""
    answer = PDFIUM.ask(body)
    if "refused" in answer:
        return Unreadable(answer["refused"])
    pages = [
        Page(page["width"], page["height"], tuple(Fragment(*each) for each in page["fragments"]))
        for page in answer["pages"]
    ]
    pieces = pieces_of(lines_of(pages))
    text, blocks = join(pieces)
    pictured = any(page["pictures"] for page in answer["pages"])
    if len(text.split()) < (LEAST_WORDS * len(pages) if pictured else 1):
        return Unreadable("has no text layer", QuarantineReason.SCANNED)
    metadata = answer["metadata"]
    title = _title(metadata, pieces)
    date = _date(metadata)
    speaker = who_speaks(url=url, title=title, byline="", text=text)
    return Extracted(
        text=text,
        blocks=blocks,
        title=title,
        language=language_of("", text),
        stated_date=date,
        stated_basis=DateBasis.UNKNOWN if date is None else DateBasis.INFERRED,
        extractor=EXTRACTOR,
        choice="pdf",
        coverage=_readable(pages),
        genre=speaker.genre,
        voice=speaker.voice,
        voice_because=speaker.because,
    )


def _readable(pages: list[Page]) -> float:
    """The share of pages that have text: a contract with scanned pages in it is half read."""
    return round(sum(bool(page.fragments) for page in pages) / max(1, len(pages)), 3)


def _title(metadata: dict[str, str], pieces: list[Piece]) -> str:
    """The title that the file states, where it states one; else its first large heading."""
    stated = normalise(metadata.get("Title", ""))
    if len(stated) > 3 and not _NO_TITLE.search(stated):
        return stated[:200]
    headings = [p for p in pieces[:12] if p.kind is BlockKind.HEADING]
    first = min(headings, key=lambda piece: piece.level, default=pieces[0])
    return normalise(first.text)[:200]


def _date(metadata: dict[str, str]) -> Any:
    made = metadata.get("CreationDate", "")
    return day(re.sub(r"^D:(\d{4})(\d\d)(\d\d).*", r"\1-\2-\3", made))
