"""PDFium in a process of its own: what a document shows, as fragments of lines with their places.

`python -m tracker.extraction.pdfium` reads PDFs from its standard input and answers in JSON, each
with its length in front. A crash, a bomb or an endless loop in PDFium ends this process, not ours.
"""

import ctypes
import json
import resource
import struct
import sys
from collections.abc import Iterator
from typing import Any

import pypdfium2
import pypdfium2.raw as pdfium

MOST_PAGES = 2000
MOST_CHARACTERS = 4_000_000
MOST_MEMORY = 260_000_000  # bytes beside the program itself
LINE_END, HYPHEN = {"\r", "\n"}, "\x02"
BOLD_FROM = 600
FEW, MOST_OBJECTS = 3, 500
PICTURES = {pdfium.FPDF_PAGEOBJ_IMAGE, pdfium.FPDF_PAGEOBJ_PATH, pdfium.FPDF_PAGEOBJ_FORM}

Answer = dict[str, Any]


def read(body: bytes) -> Answer:
    """Return a document's pages and metadata, else {"refused": why}."""
    try:
        document = pypdfium2.PdfDocument(body)
    except pypdfium2.PdfiumError as error:
        locked = "assword" in str(error)
        return {"refused": "is encrypted" if locked else "is not a readable PDF"}
    try:
        if len(document) > MOST_PAGES:
            return {"refused": f"has {len(document)} pages; at most {MOST_PAGES} are read"}
        pages, left = [], MOST_CHARACTERS
        for number in range(len(document)):
            page, characters = _page(document, number)
            left -= characters
            if left < 0:
                return {
                    "refused": f"has over {MOST_CHARACTERS:,} characters, the most that is read"
                }
            pages.append(page)
        return {"pages": pages, "metadata": document.get_metadata_dict(skip_empty=True)}
    finally:
        document.close()


def _page(document: Any, number: int) -> tuple[Answer, int]:
    try:
        page = document[number]
    except pypdfium2.PdfiumError:
        return {"width": 0, "height": 0, "fragments": [], "pictures": False}, 0
    try:
        text_page = page.get_textpage()
    except pypdfium2.PdfiumError:
        page.close()
        return {"width": 0, "height": 0, "fragments": [], "pictures": False}, 0
    try:
        view = View(page)
        words = Words(text_page.raw, view)
        fragments = list(_fragments(iter(words)))
        answer = {"width": view.width, "height": view.height, "fragments": fragments}
        return {**answer, "pictures": len(fragments) < FEW and _has_pictures(page)}, words.count
    finally:
        text_page.close()
        page.close()


def _has_pictures(page: Any) -> bool:
    objects = range(min(pdfium.FPDFPage_CountObjects(page.raw), MOST_OBJECTS))
    kinds = (pdfium.FPDFPageObj_GetType(pdfium.FPDFPage_GetObject(page.raw, n)) for n in objects)
    return any(kind in PICTURES for kind in kinds)


class View:
    """A page as it is looked at: turned, cropped, with y growing downwards."""

    def __init__(self, page: Any) -> None:
        self.left, self.bottom, self.right, self.top = page.get_bbox()
        self.turned = page.get_rotation() % 360
        across, down = self.right - self.left, self.top - self.bottom
        self.width, self.height = (down, across) if self.turned in {90, 270} else (across, down)

    def place(self, box: Any) -> tuple[float, float, float, float]:
        """Return x0, y0, x1, y1 of a box."""
        west, east = box.left - self.left, box.right - self.left
        north, south = self.top - box.top, self.top - box.bottom
        match self.turned:
            case 90:
                return self.width - south, west, self.width - north, east
            case 180:
                return (
                    self.width - east,
                    self.height - south,
                    self.width - west,
                    self.height - north,
                )
            case 270:
                return north, self.height - east, south, self.height - west
            case _:
                return west, north, east, south

    def shows(self, x: float, y: float) -> bool:
        return bool(0 <= x <= self.width and 0 <= y <= self.height)


class Words:
    """The words of a page in the order in which the file draws them."""

    def __init__(self, text: Any, view: View) -> None:
        self.text, self.view = text, view
        self.count = max(0, pdfium.FPDFText_CountChars(text))
        self.box = pdfium.FS_RECTF()
        self.bold: dict[tuple[bytes, int], bool] = {}

    def __iter__(self) -> Iterator[list[Any] | None]:
        """Give [text, x0, y0, x1, y1, bold] of each word, and None where a line ends."""
        start, letters = 0, []
        for at in range(min(self.count, MOST_CHARACTERS)):
            letter = _letter(pdfium.FPDFText_GetUnicode(self.text, at))
            if letter == HYPHEN or not letter.isspace():
                letters.append("\u00ad" if letter == HYPHEN else letter)
                if len(letters) == 1:
                    start = at
                if letter != HYPHEN:
                    continue
            if letters:
                yield from self._word("".join(letters), start, at - (letter != HYPHEN))
                letters = []
            if letter in LINE_END or letter == HYPHEN:
                yield None
        if letters:
            yield from self._word("".join(letters), start, self.count - 1)

    def _word(self, letters: str, start: int, end: int) -> Iterator[list[Any]]:
        end -= letters.endswith("\u00ad") and end > start
        x0, y0, x1, y1 = self._place(start)
        last = self._place(end)
        x0, x1 = min(x0, last[0]), max(x1, last[2])
        if self.view.shows((x0 + x1) / 2, (y0 + y1) / 2):
            yield [letters, x0, y0, x1, y1, self._is_bold(start)]

    def _place(self, at: int) -> tuple[float, float, float, float]:
        pdfium.FPDFText_GetLooseCharBox(self.text, at, ctypes.byref(self.box))
        return self.view.place(self.box)

    def _is_bold(self, at: int) -> bool:
        name, flags = ctypes.create_string_buffer(64), ctypes.c_int()
        pdfium.FPDFText_GetFontInfo(self.text, at, name, 64, ctypes.byref(flags))
        lower = name.value.lower()
        if b"bold" in lower or b"black" in lower or b"heavy" in lower or b"cmbx" in lower:
            return True
        weight = int(pdfium.FPDFText_GetFontWeight(self.text, at))
        return weight >= BOLD_FROM and b"cm" not in lower  # TeX's fonts state no true weight


def _letter(code: int) -> str:
    if 0xD800 <= code <= 0xDFFF or code > 0x10FFFF:
        return "\ufffd"
    return chr(code) if code else " "


def _fragments(words: Iterator[list[Any] | None]) -> Iterator[list[Any]]:
    """Join words to runs without a wide gap: [text, x0, y0, x1, y1, height, bold]."""
    run: list[list[Any]] = []
    for word in words:
        if run and (word is None or _apart(run[-1], word)):
            yield _joined(run)
            run = []
        if word is not None:
            run.append(word)
    if run:
        yield _joined(run)


def _apart(before: list[Any], word: list[Any]) -> bool:
    height = max(before[4] - before[2], word[4] - word[2], 1.0)
    gap = word[1] - before[3]
    return bool(gap > 1.5 * height or gap < -height or abs(word[4] - before[4]) > 0.8 * height)


def _joined(run: list[list[Any]]) -> list[Any]:
    heights = sorted(word[4] - word[2] for word in run for _ in word[0])
    return [
        " ".join(word[0] for word in run),
        *(round(min(word[side] for word in run), 1) for side in (1, 2)),
        *(round(max(word[side] for word in run), 1) for side in (3, 4)),
        round(heights[len(heights) // 2], 1),
        all(word[5] for word in run),
    ]


def _own_memory() -> int:
    with open("/proc/self/statm") as sizes:  # noqa: PTH123  (no Path needed for one number)
        return int(sizes.read().split()[5]) * resource.getpagesize()


def main() -> None:
    """Answer each PDF that comes in, until nothing comes."""
    if sys.platform == "linux":
        most = _own_memory() + MOST_MEMORY
        resource.setrlimit(resource.RLIMIT_DATA, (most, most))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    into, out = sys.stdin.buffer, sys.stdout.buffer
    while length := into.read(4):
        answer = json.dumps(read(into.read(struct.unpack(">I", length)[0]))).encode()
        out.write(struct.pack(">I", len(answer)) + answer)
        out.flush()


if __name__ == "__main__":
    main()
