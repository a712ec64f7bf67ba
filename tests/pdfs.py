"""PDFs set by hand: what stands where, in which order it is drawn, how large and how bold."""

import zlib
from dataclasses import dataclass

from tracker.demo.pdf import _escaped, _file


@dataclass
class At:
    """A line of text: x from the left, y from the top, as drawn."""

    x: float
    y: float
    text: str
    size: float = 11
    bold: bool = False


def a_pdf(*pages: list[At], info: str = "", rotate: int = 0, content: bytes | None = None) -> bytes:
    """Return a PDF of A4 pages with these lines; `content` replaces what is drawn on them."""
    kids = " ".join(f"{5 + 2 * number} 0 R" for number in range(len(pages)))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>".encode(),
        _font("Helvetica"),
        _font("Helvetica-Bold"),
    ]
    for number, lines in enumerate(pages):
        drawn = b"".join(map(_drawn, lines)) if content is None else content
        packed = zlib.compress(drawn)
        objects.append(
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Rotate %d /Resources "
            b"<< /Font << /R 3 0 R /B 4 0 R >> >> /Contents %d 0 R >>" % (rotate, 6 + 2 * number)
        )
        objects.append(
            b"<< /Length %d /Filter /FlateDecode >>\nstream\n%s\nendstream" % (len(packed), packed)
        )
    if not info:
        return _file(objects)
    objects.append(b"<< %s >>" % info.encode())
    return _file(objects).replace(b"/Root 1 0 R", b"/Root 1 0 R /Info %d 0 R" % len(objects))


def column(x: float, y: float, *lines: str, **set_as) -> list[At]:
    """Lines below one another."""
    return [At(x, y + 14 * number, line, **set_as) for number, line in enumerate(lines)]


def _font(name: str) -> bytes:
    return (
        f"<< /Type /Font /Subtype /Type1 /BaseFont /{name} /Encoding /WinAnsiEncoding >>".encode()
    )


def _drawn(line: At) -> bytes:
    font = b"B" if line.bold else b"R"
    return b"BT /%s %g Tf %g %g Td (%s) Tj ET\n" % (
        font, line.size, line.x, 842 - line.y, _escaped(line.text),
    )  # fmt: skip
