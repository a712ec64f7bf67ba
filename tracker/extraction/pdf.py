"""PDF to text with PDFium. Pure but for a lock: PDFium is not safe in threads."""

import re
import threading
from collections import Counter
from importlib.metadata import version
from typing import Any

from tracker.extraction.build import Piece, join
from tracker.extraction.dates import day
from tracker.extraction.language import language_of
from tracker.extraction.normalise import normalise
from tracker.extraction.text import BlockKind, Extracted, Unreadable
from tracker.model import DateBasis, QuarantineReason

EXTRACTOR = f"pdf 1 (pypdfium2 {version('pypdfium2')})"
MOST_PAGES = 2000
_PDFIUM = threading.Lock()
_HYPHEN = re.compile(r"(?<=[^\W\d_])(?:[-\u00ad\u2010]|\ufffe)\r?\n?(?=[a-z\u00df-\u00ff])")
_ITEM = re.compile(r"^\s*(?:[\u2022\u25cf\u25aa\u2013*-]|\(?[a-z0-9]{1,3}[.)])\s+")
_HEADING = re.compile(r"^(?:\d+(?:\.\d+)*\.?\s+)?[A-Z\u00c0-\u00dc][^.!?;:]{2,80}$")


def extract_pdf(body: bytes) -> Extracted | Unreadable:
    """Return what a PDF says; a scan, a locked or a broken file is unreadable, and says which."""
    import pypdfium2  # noqa: PLC0415  (loads a large library)

    with _PDFIUM:
        try:
            document = pypdfium2.PdfDocument(body)
        except pypdfium2.PdfiumError as error:
            locked = "assword" in str(error)
            return Unreadable("is encrypted" if locked else f"is not a readable PDF ({error})")
        try:
            pages = [
                _page_text(document, number) for number in range(min(len(document), MOST_PAGES))
            ]
            metadata = document.get_metadata_dict()
        finally:
            document.close()
    return _read(pages, metadata)


def _page_text(document: Any, number: int) -> str:
    import pypdfium2  # noqa: PLC0415

    try:
        page = document[number]
    except pypdfium2.PdfiumError:
        return ""
    text_page = page.get_textpage()
    try:
        return str(text_page.get_text_range())
    except pypdfium2.PdfiumError:
        return ""
    finally:
        text_page.close()
        page.close()


def _read(pages: list[str], metadata: dict[str, str]) -> Extracted | Unreadable:
    lines = [[line.strip() for line in _HYPHEN.sub("", page).splitlines()] for page in pages]
    text, blocks = join(_pieces(_without_running_lines(lines)))
    if len(text.split()) < 5 * max(1, len(pages)) // 2:
        return Unreadable("has no text layer", QuarantineReason.SCANNED)
    title = normalise(metadata.get("Title", "")) or text.split("\n", 1)[0][:200]
    date = day(re.sub(r"^D:(\d{4})(\d\d)(\d\d).*", r"\1-\2-\3", metadata.get("CreationDate", "")))
    return Extracted(
        text=text,
        blocks=blocks,
        title=title,
        language=language_of("", text),
        stated_date=date,
        stated_basis=DateBasis.UNKNOWN if date is None else DateBasis.INFERRED,
        extractor=EXTRACTOR,
        choice="pdf",
    )


def _without_running_lines(pages: list[list[str]]) -> list[list[str]]:
    """Drop first and last lines that most pages share, their numbers aside."""
    if len(pages) < 3:
        return pages

    def bare(line: str) -> str:
        return re.sub(r"\d+", "#", line)

    edges = Counter(bare(line) for page in pages for line in {*page[:2], *page[-2:]} if line)
    running = {line for line, times in edges.items() if times > len(pages) / 2}
    return [
        [
            line
            for number, line in enumerate(page)
            if not (bare(line) in running and (number < 2 or number >= len(page) - 2))
        ]
        for page in pages
    ]


def _pieces(pages: list[list[str]]) -> list[Piece]:
    """Join lines to paragraphs: a paragraph ends where its last line ends a sentence early."""
    lines = [line for page in pages for line in [*page, ""]]
    width = sorted(len(line) for line in lines if line)[-max(1, len(lines) // 10) :][:1] or [80]
    pieces: list[Piece] = []
    open_lines: list[str] = []

    def close() -> None:
        if open_lines:
            text = " ".join(open_lines)
            item = bool(_ITEM.match(text))
            pieces.append(Piece(BlockKind.ITEM if item else BlockKind.PARAGRAPH, text))
            open_lines.clear()

    for line in lines:
        if line and _ITEM.match(line):
            close()
        if line and not open_lines and len(line) < width[0] * 0.7 and _HEADING.match(line):
            pieces.append(Piece(BlockKind.HEADING, line, 2))
            continue
        if line:
            open_lines.append(line)
        if (not line and open_lines and open_lines[-1][-1:] in ".!?:;") or (
            line and len(line) < width[0] * 0.75 and line[-1] in ".!?"
        ):
            close()
    close()
    return pieces
