"""Picks the reader for a snapshot by what its bytes are. Pure but for PDFium's process."""

from dataclasses import replace

from tracker.extraction import media
from tracker.extraction.docx import extract_docx
from tracker.extraction.html import extract_html
from tracker.extraction.odt import extract_odt
from tracker.extraction.pdf import extract_pdf
from tracker.extraction.plain import extract_markdown, extract_plain
from tracker.extraction.text import Extracted, Unreadable
from tracker.extraction.voice import who_speaks


def read(
    body: bytes,
    *,
    media_type: str = "",
    charset: str | None = None,
    url: str = "",
    name: str = "",
    select: str | None = None,
    remove: tuple[str, ...] = (),
    choice: str | None = None,
    ocr: bool = False,
) -> Extracted | Unreadable:
    """Return what bytes say, read as what they are; anything else is unreadable.

    `name` is a file's name, where bytes come from a file and not from `url`; `ocr` has scans read.
    """
    kind = media.media_type(body, declared=media_type, name=name or url)
    if kind in media.MARKUP:
        return extract_html(
            body, charset=charset, url=url, select=select, remove=remove, choice=choice
        )
    found = _read_file(body, kind, charset, ocr=ocr)
    return found if isinstance(found, Unreadable) else _attributed(found, url)


def _read_file(body: bytes, kind: str, charset: str | None, *, ocr: bool) -> Extracted | Unreadable:
    match kind:
        case media.PDF:
            return extract_pdf(body, ocr=ocr)
        case media.DOCX:
            return extract_docx(body)
        case media.ODT:
            return extract_odt(body)
        case media.MARKDOWN:
            return extract_markdown(body, charset=charset)
        case media.PLAIN:
            return extract_plain(body, charset=charset)
        case _:
            return Unreadable(f"is {kind}, which is not read")


def _attributed(found: Extracted, url: str) -> Extracted:
    speaker = who_speaks(url=url, title=found.title, byline=found.byline, text=found.text)
    return replace(found, genre=speaker.genre, voice=speaker.voice, voice_because=speaker.because)
