"""Picks the reader for a snapshot by what its bytes are, and says who speaks. Pure but for PDFium's process."""

from dataclasses import replace

from tracker.extraction import media
from tracker.extraction.dates import date_in_path, written_date
from tracker.extraction.docx import extract_docx
from tracker.extraction.html import extract_html
from tracker.extraction.odt import extract_odt
from tracker.extraction.pdf import extract_pdf
from tracker.extraction.plain import extract_markdown, extract_plain
from tracker.extraction.text import Extracted, Unreadable
from tracker.extraction.voice import who_speaks
from tracker.model import DateBasis


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
    """Return what bytes say, read as what they are, and who says it; anything else is unreadable.

    `name` is a file's name, where bytes come from a file and not from `url`; `ocr` has scans read.
    """
    kind = media.media_type(body, declared=media_type, name=name or url)
    if kind in media.MARKUP:
        found = extract_html(
            body, charset=charset, url=url, select=select, remove=remove, choice=choice
        )
    else:
        found = _read_file(body, kind, charset, ocr=ocr)
    return found if isinstance(found, Unreadable) else _attributed(_dated(found, url), url)


def _dated(found: Extracted, url: str) -> Extracted:
    """What the text itself states goes before what an address or a file's properties suggest."""
    if found.stated_basis is DateBasis.STATED:
        return found
    if (written := written_date(found.text)) is not None:
        return replace(found, stated_date=written, stated_basis=DateBasis.STATED)
    if found.stated_date is None and (inferred := date_in_path(url)) is not None:
        return replace(found, stated_date=inferred, stated_basis=DateBasis.INFERRED)
    return found


def _attributed(found: Extracted, url: str) -> Extracted:
    speaker = who_speaks(url=url, title=found.title, byline=found.byline, text=found.text)
    return replace(
        found,
        genre=speaker.genre,
        voice=speaker.voice,
        genre_because=speaker.genre_because,
        voice_because=speaker.voice_because,
        byline=speaker.byline,
        series=speaker.series,
        disclaimer=speaker.disclaimer,
    )


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
