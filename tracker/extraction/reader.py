"""Picks the reader for a snapshot by its media type and its first bytes, and says who speaks. Pure."""

from dataclasses import replace

from tracker.extraction.dates import date_in_path, written_date
from tracker.extraction.docx import extract_docx
from tracker.extraction.html import extract_html
from tracker.extraction.pdf import extract_pdf
from tracker.extraction.text import Extracted, Unreadable
from tracker.extraction.voice import who_speaks
from tracker.model import DateBasis

HTML_TYPES = frozenset({"text/html", "application/xhtml+xml", "application/xml", "text/xml", ""})


def read(
    body: bytes,
    *,
    media_type: str = "",
    charset: str | None = None,
    url: str = "",
    select: str | None = None,
    remove: tuple[str, ...] = (),
    choice: str | None = None,
) -> Extracted | Unreadable:
    """Return what bytes say, read as what they are, and who says it; anything else is unreadable."""
    found = _read(
        body,
        media_type=media_type,
        charset=charset,
        url=url,
        select=select,
        remove=remove,
        choice=choice,
    )
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


def _read(
    body: bytes,
    *,
    media_type: str,
    charset: str | None,
    url: str,
    select: str | None,
    remove: tuple[str, ...],
    choice: str | None,
) -> Extracted | Unreadable:
    if body[:1024].lstrip().startswith(b"%PDF-"):
        return extract_pdf(body)
    if body.startswith(b"PK\x03\x04"):
        return extract_docx(body)
    if media_type in HTML_TYPES or b"<html" in body[:2048].lower():
        return extract_html(
            body, charset=charset, url=url, select=select, remove=remove, choice=choice
        )
    return Unreadable(f"is {media_type or 'of no known type'}, which is not read")
