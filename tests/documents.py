"""Documents that tests make, and what is read of them."""

import io
import zipfile

import pypdfium2
from pdfs import a_pdf

from tracker.extraction import media
from tracker.extraction.text import Extracted, Unreadable

LEFT = [
    "The institute reviews each research",
    "partner for human rights risk before a",
    "project starts and looks again at it",
    "every second year while the work is",
    "under way, and it says in public which",
    "partners it has turned away and why.",
]


RIGHT = [
    "Projects on face recognition need the",
    "consent of a committee that hears from",
    "people who are subject to the systems",
    "in question, and it may ask that a term",
    "on their use be written in a contract",
    "before any data or model is handed on.",
]


def said(found: Extracted | Unreadable) -> list[str]:
    assert isinstance(found, Extracted), found
    return [found.text[block.start : block.end] for block in found.blocks]


def kinds(found: Extracted | Unreadable) -> list[tuple[str, str]]:
    assert isinstance(found, Extracted), found
    return [(str(block.kind), found.text[block.start : block.end]) for block in found.blocks]


def scanned(body: bytes) -> bytes:
    """A PDF that shows a picture of another one's first page."""
    with pypdfium2.PdfDocument(body) as document:
        bitmap = document[0].render(scale=200 / 72, grayscale=True)
        rows, stride = bytes(bitmap.buffer), bitmap.stride
        width, height = bitmap.width, bitmap.height
    dots = b"".join(rows[at * stride : at * stride + width] for at in range(height))
    image = (
        b"q 595 0 0 842 0 0 cm BI /W %d /H %d /CS /G /BPC 8 /F /AHx ID %s> EI Q"
        % (width, height, dots.hex().encode())
    )  # fmt: skip
    return a_pdf([], content=image)


def saved(document) -> bytes:
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def repacked(body: bytes, **parts: str | bytes) -> bytes:
    """Put other parts into a package; names have __ for / and _DOT_ for a dot."""
    out = io.BytesIO()
    changed = {name.replace("__", "/").replace("_DOT_", "."): data for name, data in parts.items()}
    with (
        zipfile.ZipFile(io.BytesIO(body)) as before,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as after,
    ):
        for part in before.infolist():
            if part.filename not in changed:
                after.writestr(part.filename, before.read(part))
        for name, data in changed.items():
            after.writestr(name, data)
    return out.getvalue()


NAMES = "".join(
    f' xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{full}:1.0"'
    for name, full in [("office", "office"), ("text", "text"), ("table", "table"), ("style", "style"),
                       ("draw", "drawing"), ("meta", "meta"), ("manifest", "manifest")]
)  # fmt: skip


def an_odt(body: str, *, styles: str = "", manifest: str = "", meta: str = "") -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as parts:
        parts.writestr("mimetype", media.ODT)
        parts.writestr(
            "content.xml",
            f"<office:document-content{NAMES}><office:automatic-styles>{styles}</office:automatic-styles>"
            f"<office:body><office:text>{body}</office:text></office:body></office:document-content>",
        )
        parts.writestr(
            "META-INF/manifest.xml", f"<manifest:manifest{NAMES}>{manifest}</manifest:manifest>"
        )
        parts.writestr(
            "meta.xml",
            f'<office:document-meta{NAMES} xmlns:dc="http://purl.org/dc/elements/1.1/">{meta}</office:document-meta>',
        )
    return out.getvalue()
