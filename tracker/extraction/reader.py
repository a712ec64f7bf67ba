"""Picks the reader for a snapshot by its media type and its first bytes. Pure."""

from tracker.extraction.docx import extract_docx
from tracker.extraction.html import extract_html
from tracker.extraction.pdf import extract_pdf
from tracker.extraction.text import Extracted, Unreadable

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
    """Return what bytes say, read as what they are; anything else is unreadable."""
    if body[:1024].lstrip().startswith(b"%PDF-"):
        return extract_pdf(body, url=url)
    if body.startswith(b"PK\x03\x04"):
        return extract_docx(body, url=url)
    if media_type in HTML_TYPES or b"<html" in body[:2048].lower():
        return extract_html(
            body, charset=charset, url=url, select=select, remove=remove, choice=choice
        )
    return Unreadable(f"is {media_type or 'of no known type'}, which is not read")
