"""What bytes are: by their first bytes where those are telling, else by header and extension. Pure."""

import re
from pathlib import PurePosixPath
from urllib.parse import urlsplit

PDF = "application/pdf"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
ODT = "application/vnd.oasis.opendocument.text"
HTML = "text/html"
PLAIN = "text/plain"
MARKDOWN = "text/markdown"
MARKUP = frozenset({HTML, "application/xhtml+xml", "application/xml", "text/xml"})
#: The types that the tracker has a reader for.
READABLE = MARKUP | {PDF, DOCX, ODT, PLAIN, MARKDOWN}
_VAGUE = frozenset({"", "application/octet-stream", "binary/octet-stream", "application/download"})
_SPELLINGS = {
    "application/x-pdf": PDF,
    "text/x-markdown": MARKDOWN,
    "application/x-vnd.oasis.opendocument.text": ODT,
}
_EXTENSIONS = {
    ".pdf": PDF, ".docx": DOCX, ".docm": DOCX, ".dotx": DOCX, ".odt": ODT, ".ott": ODT,
    ".html": HTML, ".htm": HTML, ".xhtml": HTML, ".txt": PLAIN, ".text": PLAIN,
    ".md": MARKDOWN, ".markdown": MARKDOWN, ".rtf": "application/rtf", ".doc": "application/msword",
}  # fmt: skip
_MAGIC = (
    (b"{\\rtf", "application/rtf"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/msword"),
    (b"\x89PNG\r\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF8", "image/gif"),
    (b"\x1f\x8b", "application/gzip"),
)
_TAGS = re.compile(
    rb"<(?:!doctype\s+html|html|head|body|title|main|article|div|p|h1)[\s>]", re.IGNORECASE
)


def media_type(body: bytes, *, declared: str = "", name: str = "") -> str:
    """Return the media type of bytes; `declared` is a Content-Type, `name` a URL or file name."""
    stated = declared.partition(";")[0].strip().lower()
    stated = _SPELLINGS.get(stated, stated)
    by_name = _EXTENSIONS.get(PurePosixPath(_path(name)).suffix.lower(), "")
    head = body[:1024].lstrip(b"\xef\xbb\xbf \t\r\n\x0c\x00")
    if b"%PDF-" in body[:1024] and not _TAGS.search(body[: body.find(b"%PDF-")]):
        return PDF
    if body.startswith(b"PK\x03\x04"):
        return _package(body, {stated, by_name})
    if found := next((kind for magic, kind in _MAGIC if head.startswith(magic)), None):
        return found
    if stated in _VAGUE or stated in {PLAIN, PDF, DOCX, ODT}:
        return _by_text(body, stated if stated == PLAIN else "", by_name)
    return stated


def _path(name: str) -> str:
    try:
        return urlsplit(name).path
    except ValueError:
        return ""


def _package(body: bytes, said: set[str]) -> str:
    ends = body[:4096] + body[-65536:]
    if ODT.encode() in body[:200]:
        return ODT
    if b"word/" in ends:
        return DOCX
    return next((kind for kind in (DOCX, ODT) if kind in said), "application/zip")


def _by_text(body: bytes, stated: str, by_name: str) -> str:
    """What text is that no header, or a vague or wrong one, speaks for."""
    if _TAGS.search(body[:4096]) and by_name != MARKDOWN:
        return HTML
    if _is_binary(body):
        return "application/octet-stream"
    return by_name if by_name in {PLAIN, MARKDOWN, HTML} else stated or PLAIN


def _is_binary(body: bytes) -> bool:
    if body.startswith((b"\xff\xfe", b"\xfe\xff")):  # UTF-16 with its mark
        return False
    head = body[:4096]
    odd = sum(byte < 32 and byte not in b"\t\n\r\x0c\x1b" for byte in head)
    return odd > len(head) / 50
