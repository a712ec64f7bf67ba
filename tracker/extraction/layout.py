"""From fragments with places to lines in reading order. Pure; knows no file format.

A file draws its columns one after the other more often than not, so its own order is kept; only
rows that run across two columns of prose are taken apart, and running headers and footers left out.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from tracker.extraction.running import without_running
from tracker.extraction.shapes import Fragment, Line, Page, below

MARKER = re.compile(
    r"(?:[\u2022\u25cf\u25aa\u25e6\u2023\u2043\u25a0\u25a1\u25cb\u2219\u00b7\u25b8\u25ba\u25c6\u2713\u2714\u2756\u27a2\uf000-\uf0ff*\u2013\u2014-]"
    r"|\u0194"  # a bullet of Symbol, as PDFium shows it where the font names no letters
    r"|\(?(?:\d{1,3}|[a-zA-Z]|[ivx]{2,5})\)|(?:\d{1,3}|[a-z]|[ivx]{2,5})\.|[A-Z]\.(?!\s+(?:[A-Z]\.|[\w-]+,))|\d{1,2}(?:\.\w{1,4}){1,4}\.?)(?=\s|$)"
)
MOST_COMPARISONS = 10_000_000  # of blocks in a document: beyond, it is a drawing or an attack
LONGEST_LEADER = 500
FIGURE = re.compile(r"[^\w]*+\d[\d.,]*+[^\w]*+|[^\w.,]*+[.,][^\w]*+")
LEADER = re.compile(r"^(.*?)\s*(?:[.\u2026_\u00b7]\s?){4,}\s*(.*)$")
PROSE = 4  # words in a line of running text, at least


def lines_of(pages: Sequence[Page]) -> list[Line]:
    """Return the lines of a document in reading order, without running headers and footers."""
    found = without_running([_drawn(page, number) for number, page in enumerate(pages)], pages)
    ordered: list[Line] = []
    left = MOST_COMPARISONS
    for lines in found:
        blocks = list(_blocks(lines))
        left -= len(blocks) ** 2
        ordered += in_order(blocks) if left > 0 else lines
    return ordered


def _drawn(page: Page, number: int) -> list[Line]:
    lines = [_line(cells, number) for cells in _same_baseline(page.fragments)]
    return [line for run in _runs(lines) for line in _resolved(run) if line.cells]


def _line(fragments: Sequence[Fragment], page: int) -> Line:
    """Put a line's fragments together to cells; dots that lead to a page number part two cells."""
    cells = list(_merged(fragments))
    if _justified(cells):
        cells = [_one(cells)]
    led = LEADER.match(cells[-1].text) if len(cells[-1].text) < LONGEST_LEADER else None
    if not led:
        return Line(tuple(cells), page)
    parts = [part for part in led.groups() if part.strip()]
    ends = [replace(cells[-1], text=part) for part in parts]
    return Line((*cells[:-1], *ends), page, row=len(cells) + len(ends) > 2)


def _justified(cells: Sequence[Fragment]) -> bool:
    """Tell words that were spread over a line from cells: their gaps are alike and not wide."""
    gaps = [after.x0 - cell.x1 for cell, after in pairwise(cells)]
    if not gaps or max(gaps) > 4 * max(cell.size for cell in cells):
        return False
    if len(gaps) == 1:
        return cells[0].text[-1] in ".,:;" and not MARKER.fullmatch(cells[0].text)
    return max(gaps) < 1.8 * min(gaps)


def _one(cells: Sequence[Fragment]) -> Fragment:
    longest = max(cells, key=lambda cell: len(cell.text))
    return Fragment(
        " ".join(cell.text for cell in cells),
        cells[0].x0,
        min(cell.y0 for cell in cells),
        max(cell.x1 for cell in cells),
        max(cell.y1 for cell in cells),
        longest.size,
        all(cell.bold for cell in cells),
    )


def in_order(blocks: Sequence[list[Line]]) -> list[Line]:
    """Keep the order of drawing, but read nothing before what stands above it."""
    boxes = [_box(block) for block in blocks]
    above = [
        [j for j, other in enumerate(boxes) if j != i and _stands_above(other, box)]
        for i, box in enumerate(boxes)
    ]
    order: dict[int, None] = {}
    waiting: set[int] = set()
    stack = list(reversed(range(len(blocks))))
    while stack:
        at = stack.pop()
        missing = [j for j in above[at] if j not in order and j not in waiting]
        if at in order:
            continue
        if missing:
            waiting.add(at)
            stack += [at, *reversed(missing)]
        else:
            order[at] = None
    return [line for at in order for line in blocks[at]]


def _blocks(lines: Iterable[Line]) -> Iterator[list[Line]]:
    """Group lines drawn downwards with no gap between."""
    block: list[Line] = []
    for line in lines:
        if block and not (below(block[-1], line) and line.y0 - block[-1].y1 < line.size):
            yield block
            block = []
        block.append(line)
    if block:
        yield block


def _box(block: Sequence[Line]) -> tuple[float, float, float, float]:
    return (
        min(line.x0 for line in block),
        min(line.y0 for line in block),
        max(line.x1 for line in block),
        max(line.y1 for line in block),
    )


def _stands_above(
    other: tuple[float, float, float, float], box: tuple[float, float, float, float]
) -> bool:
    shared = min(other[2], box[2]) - max(other[0], box[0])
    narrower = min(other[2] - other[0], box[2] - box[0])
    return other[3] <= box[1] + 1 and shared > 0.3 * narrower


def _merged(cells: Sequence[Fragment]) -> Iterator[Fragment]:
    """Join what is one cell in spite of a raised letter or a change of font."""
    cell = cells[0]
    for after in cells[1:]:
        gap = after.x0 - cell.x1
        if gap > max(cell.size, after.size):
            yield cell
            cell = after
            continue
        space = "" if gap < 0.15 * cell.size and _clings(cell, after) else " "
        cell = replace(_one([cell, after]), text=f"{cell.text}{space}{after.text}")
    yield cell


def _same_baseline(fragments: Iterable[Fragment]) -> Iterator[list[Fragment]]:
    """Group what is drawn from left to right on one line."""
    row: list[Fragment] = []
    for fragment in fragments:
        if row and not _continues(row[-1], fragment):
            yield row
            row = []
        row.append(fragment)
    if row:
        yield row


def _continues(before: Fragment, fragment: Fragment) -> bool:
    height = min(before.y1 - before.y0, fragment.y1 - fragment.y0)
    shared = min(before.y1, fragment.y1) - max(before.y0, fragment.y0)
    return shared > 0.5 * height and fragment.x0 >= before.x1 - 0.5 * height


def _runs(lines: Sequence[Line]) -> Iterator[list[Line]]:
    """Group neighbours that have several cells, and neighbours that have one."""
    run: list[Line] = []
    for line in lines:
        if run and (len(line.cells) > 1, line.row) != (len(run[-1].cells) > 1, run[-1].row):
            yield run
            run = []
        run.append(line)
    if run:
        yield run


def _resolved(run: list[Line]) -> list[Line]:
    """Decide what lines of several cells are: columns side by side, a table, or wide spaces."""
    if len(run[0].cells) < 2 or run[0].row:
        return run
    if (gutter := _gutter(run)) is not None:
        return [*_side(run, gutter, left=True), *_side(run, gutter, left=False)]
    if len(run) > 1 and _aligned(run):
        return [replace(line, row=not _only_marked(line)) for line in run]
    return run


def _only_marked(line: Line) -> bool:
    """Tell whether a line is a list item: its marker, a gap, its text."""
    return len(line.cells) == 2 and bool(MARKER.fullmatch(line.cells[0].text))


def _gutter(run: Sequence[Line]) -> float | None:
    """Return where two columns of prose part, if that is what these lines are."""
    if len(run) < 5:
        return None
    starts = Counter(round(cell.x0 / 4) for line in run for cell in line.cells[1:])
    at, times = starts.most_common(1)[0]
    gutter = at * 4 - 4
    if times < 0.6 * len(run):
        return None
    sides = [
        [c for line in run for c in line.cells if (c.x0 < gutter) is left] for left in (True, False)
    ]
    prose = all(
        side and sum(len(cell.text.split()) for cell in side) / len(run) >= PROSE for side in sides
    )
    crossed = any(cell.x0 < gutter < cell.x1 - 4 for line in run for cell in line.cells)
    return gutter if prose and not crossed else None


def _side(run: Sequence[Line], gutter: float, *, left: bool) -> Iterator[Line]:
    for line in run:
        cells = tuple(cell for cell in line.cells if (cell.x0 < gutter) is left)
        if cells:
            yield replace(line, cells=cells)


def _aligned(run: Sequence[Line]) -> bool:
    """Tell whether further cells start or end below one another, as a table's do."""
    places: Counter[tuple[str, int]] = Counter()
    for line in run:
        mine = {("start", round(cell.x0 / 6)) for cell in line.cells[1:]}
        mine |= {("end", round(c.x1 / 6)) for c in line.cells[1:] if FIGURE.fullmatch(c.text)}
        places.update(mine)
    return max(places.values(), default=0) >= max(2, len(run) / 2)


def _clings(cell: Fragment, after: Fragment) -> bool:
    """Tell whether a fragment belongs to the word before: a raised number, a closing mark."""
    return (
        not 0.8 < after.size / max(cell.size, 0.1) < 1.25
        or after.text[0] in ").,;:!?\u2019\u201d]%"
    )
