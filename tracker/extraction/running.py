"""Running headers, footers and page numbers: what many pages share at their edges. Pure."""

import re
from collections import Counter
from collections.abc import Sequence

from tracker.extraction.shapes import Line, Page

LONGEST_NUMBER = 30
EDGE = 0.14  # of a page's height: where running lines stand
NUMBER = re.compile(
    r"(?:\W|page|p\.|seite|of|von)*(?:\d{1,4}|[ivxl]{1,6})(?:(?:\W|of|von)+\d{1,4})?\W*",
    re.IGNORECASE,
)


def without_running(pages: list[list[Line]], shapes: Sequence[Page]) -> list[list[Line]]:
    """Drop what stands at the edges of many pages, numbers aside, and page numbers."""
    seen: Counter[tuple[str, int]] = Counter()
    counting: Counter[int] = Counter()
    for lines, shape in zip(pages, shapes, strict=True):
        edge = [line for line in lines if _at_edge(line, shape)]
        seen.update({_trace(line) for line in edge})
        counting.update({number - line.page for line in edge for number in _numbered(line)})
    enough = max(2, min(len(pages) * 0.3, 12))
    counted = {shift for shift, times in counting.items() if times >= max(2, len(pages) * 0.3)}

    def runs(line: Line, shape: Page, outermost: set[int]) -> bool:
        alone = len(pages) > 1 and id(line) in outermost and len(line.text) < LONGEST_NUMBER
        if alone and NUMBER.fullmatch(line.text):
            return True
        return _at_edge(line, shape) and (
            seen[_trace(line)] >= enough
            or any(number - line.page in counted for number in _numbered(line))
        )

    return [
        [line for line in lines if not runs(line, shape, outermost)]
        for lines, shape in zip(pages, shapes, strict=True)
        for outermost in [_outermost(lines)]
    ]


def _outermost(lines: Sequence[Line]) -> set[int]:
    """The first and the last line of a page, by place."""
    if not lines:
        return set()
    return {id(min(lines, key=lambda line: line.y0)), id(max(lines, key=lambda line: line.y1))}


def _at_edge(line: Line, shape: Page) -> bool:
    return line.y1 < shape.height * EDGE or line.y0 > shape.height * (1 - EDGE)


def _numbered(line: Line) -> list[int]:
    """The numbers with which a short line begins or ends: page numbers rise by one a page.

    So do the numbers of notes, but a note is a sentence or a reference.
    """
    if len(line.text.split()) > 10 or re.search(r"[.,;]\s|://", line.text):
        return []
    return [int(number) for number in re.findall(r"^\d{1,4}(?=\W|$)|(?<=\W)\d{1,4}$", line.text)]


def _trace(line: Line) -> tuple[str, int]:
    bare = re.sub(r"\d+|\b[ivxl]{1,6}\b", "#", line.text.lower())
    return " ".join(bare.split()), round(line.y0 / 24)
