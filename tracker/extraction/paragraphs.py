"""From lines with places to headings, paragraphs, list items, rows and notes. Pure."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from tracker.extraction.build import Piece
from tracker.extraction.layout import MARKER
from tracker.extraction.shapes import Line, below
from tracker.extraction.text import BlockKind

SOFT = "\u00ad"
BULLET = re.compile(r"^(?:[^\w\s(]|\u0194)\s*(?=\S)")
ENDS = re.compile(r"[.!?:;][\"')\]\u201d\u2019\d]*$")
STRONG = re.compile(r"\(?\w{1,4}\)\s")  # "(a)", "iv)"
COUNTS_ON = re.compile(r"(?:[,;:.]|\band|\bor)$")
NOTE = re.compile(r"[\d*\u2020\u2021]{1,3}\.?\s?[^\W\d\u2020_]|\d{1,3}\s?[(\"\u201c\u2018]")
LARGER = 1.12  # times the body's size: a heading
SMALLER = 0.9
MOST_HEADING_WORDS, MOST_HEADING_LINES = 24, 6
SECOND_HALVES = frozenset("related based level wide term specific driven making owned led".split())
WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")


@dataclass(slots=True)
class Paragraph:
    lines: list[Line] = field(default_factory=list)

    @property
    def size(self) -> float:
        return self.lines[0].size

    @property
    def bold(self) -> bool:
        return all(line.bold for line in self.lines)

    @property
    def first(self) -> str:
        return self.lines[0].text


@dataclass(frozen=True, slots=True)
class Looks:
    """How a document is set: what its body is like, and which sizes its headings have."""

    size: float
    leading: float
    words: Counter[str]
    heading_sizes: tuple[float, ...]


def pieces_of(lines: Sequence[Line]) -> list[Piece]:
    """Return the pieces of a document in reading order."""
    looks = _looks(lines)
    paragraphs = _joined_over_breaks(list(_paragraphs(lines, looks)), looks)
    sizes = sorted({_rounded(p.size) for p in paragraphs if _larger(p, looks)}, reverse=True)
    looks = Looks(looks.size, looks.leading, looks.words, tuple(sizes))
    return [_piece(paragraph, looks) for paragraph in paragraphs]


def _rounded(size: float) -> float:
    return round(size * 2) / 2


def _looks(lines: Sequence[Line]) -> Looks:
    sizes: Counter[float] = Counter()
    words: Counter[str] = Counter()
    for line in lines:
        sizes[_rounded(line.size)] += len(line.text)
        words.update(word.lower() for word in WORD.findall(line.text))
    size = sizes.most_common(1)[0][0] if sizes else 1.0
    steps = Counter(
        round(line.y1 - before.y1, 0)
        for before, line in pairwise(lines)
        if before.page == line.page
        and 0 < line.y1 - before.y1 < 3 * size
        and _rounded(line.size) == size == _rounded(before.size)
    )
    leading = max(steps.most_common(1)[0][0], size * 0.9) if steps else size * 1.2
    return Looks(size, leading, words, ())


def _paragraphs(lines: Sequence[Line], looks: Looks) -> Iterator[Paragraph]:
    edges = _right_edges(lines)
    paragraph, last_edge = Paragraph(), 0.0
    for line, edge in zip(lines, edges, strict=True):
        if paragraph.lines and _breaks(paragraph, line, last_edge, looks):
            yield paragraph
            paragraph = Paragraph()
        paragraph.lines.append(line)
        last_edge = edge
    if paragraph.lines:
        yield paragraph


def _right_edges(lines: Sequence[Line]) -> list[float]:
    """Return how far right the column of each line reaches: lines drawn downwards are one column."""
    edges: list[float] = []
    column: list[Line] = []
    for line in lines:
        if column and not below(column[-1], line):
            edges += [max(each.x1 for each in column)] * len(column)
            column = []
        column.append(line)
    if column:
        edges += [max(each.x1 for each in column)] * len(column)
    return edges


def _breaks(paragraph: Paragraph, line: Line, edge: float, looks: Looks) -> bool:
    """Tell whether a line begins a new paragraph."""
    before, first = paragraph.lines[-1], paragraph.lines[0]
    if line.row or before.row or not below(before, line):
        return True
    if abs(line.size - before.size) > 0.1 * before.size:
        return True
    ended = bool(ENDS.search(before.text))
    if line.bold != before.bold:
        full = edge - before.x1 < 0.25 * max(edge - before.x0, 1.0)
        return ended or not (full and line.text[:1].islower())
    if line.y1 - before.y1 > 1.35 * looks.leading * max(1.0, line.size / looks.size):
        return True
    if MARKER.match(line.text) and _marks(line, before, looks):
        return True
    if before.text.endswith(SOFT):
        return False
    if MARKER.match(first.text) and line.size < LARGER * looks.size:
        return _leaves_item(paragraph, line, edge, looks)
    short = edge - before.x1 > 0.12 * max(edge - first.x0, 1.0)
    indent = line.x0 - before.x0
    indented = indent > 0.8 * looks.size
    return ended and (short or (indented and (len(paragraph.lines) > 1 or indent < 4 * looks.size)))


def _leaves_item(paragraph: Paragraph, line: Line, edge: float, looks: Looks) -> bool:
    """Tell whether a line stands outside a list item: what hangs under its text belongs to it."""
    before, first = paragraph.lines[-1], paragraph.lines[0]
    if line.x0 > first.x0 + 0.5 * looks.size:
        return False
    if line.x0 < first.x0 - 0.8 * looks.size:
        return True
    short = edge - before.x1 > 0.12 * max(edge - first.x0, 1.0)
    return short and bool(ENDS.search(before.text))


def _marks(line: Line, before: Line, looks: Looks) -> bool:
    """Tell a list's marker from a number or dash at the start of a line by chance."""
    if BULLET.match(line.text) and line.text[0] not in "-*\u2013\u2014":
        return True
    if STRONG.match(line.text) and COUNTS_ON.search(before.text):
        return True
    return (
        bool(ENDS.search(before.text))
        or abs(line.x0 - before.x0) > 0.5 * looks.size
        or (MARKER.match(before.text) is not None)
    )


def _larger(paragraph: Paragraph, looks: Looks) -> bool:
    return paragraph.size >= LARGER * looks.size and _short(paragraph)


def _short(paragraph: Paragraph) -> bool:
    if len(paragraph.lines) > MOST_HEADING_LINES or paragraph.lines[0].row:
        return False
    text = " ".join(line.text for line in paragraph.lines)
    return len(text.split()) <= MOST_HEADING_WORDS and any(letter.isalpha() for letter in text)


def _is_heading(paragraph: Paragraph, looks: Looks) -> bool:
    if not _short(paragraph):
        return False
    text = paragraph.lines[-1].text
    if BULLET.match(paragraph.first) and MARKER.match(paragraph.first):
        return False
    if paragraph.size >= LARGER * looks.size:
        return not (text.endswith((".", ";", ",")) and len(paragraph.lines) > 1)
    loud = paragraph.bold or (paragraph.first.isupper() and len(paragraph.first) > 6)
    return loud and paragraph.size >= SMALLER * looks.size and text[-1:] not in ".;,"


def _is_note(paragraph: Paragraph, looks: Looks) -> bool:
    return (
        paragraph.size < 0.95 * looks.size
        and not paragraph.lines[0].row
        and bool(NOTE.match(paragraph.first))
    )


def _joined_over_breaks(paragraphs: list[Paragraph], looks: Looks) -> list[Paragraph]:
    """Join what a column or page cut in two; notes between the halves stay behind them."""
    kept: list[Paragraph] = []
    for paragraph in paragraphs:
        half = next((p for p in reversed(kept[-12:]) if not _is_note(p, looks)), None)
        if half is not None and _goes_on(half, paragraph, looks):
            half.lines += paragraph.lines
        else:
            kept.append(paragraph)
    return kept


def _goes_on(half: Paragraph, rest: Paragraph, looks: Looks) -> bool:
    last, first = half.lines[-1], rest.lines[0]
    if last.row or first.row or below(last, first) or _is_heading(half, looks):
        return False
    if abs(last.size - first.size) > 0.1 * first.size or last.bold != first.bold:
        return False
    if last.text.endswith(SOFT):
        return True
    if ENDS.search(last.text) or MARKER.match(first.text):
        return False
    reach = max(line.x1 for line in half.lines[-8:]) - half.lines[0].x0
    full = len(half.lines) > 1 and last.x1 - half.lines[0].x0 > 0.9 * reach
    return full or first.text[:1].islower()


def _piece(paragraph: Paragraph, looks: Looks) -> Piece:
    text = _text(paragraph.lines, looks.words)
    if paragraph.lines[0].row:
        return Piece(BlockKind.ROW, text)
    if _is_heading(paragraph, looks):
        return Piece(BlockKind.HEADING, text, _level(paragraph, looks))
    if _is_note(paragraph, looks):
        return Piece(BlockKind.NOTE, text)
    marked = MARKER.match(text)
    if marked and marked.end() < len(text):  # a number alone is a figure
        return Piece(BlockKind.ITEM, BULLET.sub("- ", text))
    return Piece(BlockKind.PARAGRAPH, text)


def _level(paragraph: Paragraph, looks: Looks) -> int:
    size = _rounded(paragraph.size)
    larger = [each for each in looks.heading_sizes if each > size]
    return min(6, len(larger) + 1)


def _text(lines: Sequence[Line], words: Counter[str]) -> str:
    """Join lines; only the last one is looked at, since a hostile paragraph has a million."""
    parts: list[str] = []
    for line in lines:
        if parts and _hyphenated(parts[-1], line.text):
            before, _, cut = parts.pop().rpartition(" ")
            parts += [before, _unhyphenated(cut, line.text, words)]
        else:
            parts.append(line.text)
    return " ".join(filter(None, parts))


def _hyphenated(text: str, after: str) -> bool:
    if text.endswith(SOFT):
        return True
    return bool(re.search(r"[^\W_][-\u2010]$", text[-2:])) and after[:1].isalnum()


def _unhyphenated(text: str, after: str, words: Counter[str]) -> str:
    """Join a word cut at the end of a line; its hyphen stays where the document writes it so."""
    if not (text[-2:-1].isalpha() and after[:1].isalpha()):
        return f"{text[:-1]}-{after}"
    start = re.search(r"([^\W\d_]{1,40})[-\u2010\u00ad]$", text[-60:])
    end = re.match(r"[^\W\d_]*", after)
    first, last = (start[1] if start else "").lower(), (end[0] if end else "").lower()
    joined = words[first + last]
    # Each half was counted once where the word was cut; more often means a word of its own.
    known = words[last] > 1 or last in SECOND_HALVES
    apart = words[f"{first}-{last}"] > joined or (
        not joined and min(len(first), len(last)) > 2 and words[first] > 1 and known
    )
    keeps = apart or (after[:1].isupper() and not text[:-1].isupper())
    return text[:-1] + ("-" if keeps and first else "") + after
