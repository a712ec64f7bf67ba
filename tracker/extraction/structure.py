"""Reads a page as lines: headings, paragraphs, list items, rows, notes; and as a tree of blocks. Pure.

One walk; which of the lines are content is decided afterwards, by how many words each block holds.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any

from tracker.extraction.build import Piece
from tracker.extraction.furniture import doubt, is_unread
from tracker.extraction.lists import marker
from tracker.extraction.tables import is_layout, row_text
from tracker.extraction.text import BlockKind

_BLOCKS = frozenset(
    "p div section article main header footer nav aside li dt dd td th tr table tbody ul ol dl blockquote "
    "pre address h1 h2 h3 h4 h5 h6 details summary fieldset legend body figure figcaption hr form center "
    "caption menu dialog hgroup".split()
)
_HEADINGS = frozenset("h1 h2 h3 h4 h5 h6".split())
_TELLING = _HEADINGS | frozenset("summary li dd blockquote section article main".split())
_Held = tuple[BlockKind, int]  # what a line is, and its level
_PARAGRAPH: _Held = (BlockKind.PARAGRAPH, 0)
_NOTE = re.compile(r"(?:^|[\s_-])(?:footnotes?|endnotes?|fn\d*)(?:[\s_-]|$)", re.IGNORECASE)
_LOOSE = re.compile(r" ([.,)])(?=\s|$)")  # a space that only markup made
_CONSENT = re.compile(
    r"accept|agree|allow|reject|decline|got it|manage|preferences|settings|^ok$|akzept|zustimm|ablehn|accepter|refuser"
    r"|aceptar|rechazar|accett|rifiut|aceitar|godkänn|accepteren|weigeren",
    re.IGNORECASE,
)
_RELATIVE = re.compile(
    r"^\W*(?:(?:last )?(?:updated|posted|published|modified|edited|reviewed)\W*)?(?:about |over |almost |an? )?"
    r"(?:\d+ |an? )?(?:minute|hour|day|week|month|year|min)s? (?:ago|read)\W*$|^\W*[\d.,]+[km]? (?:views|reads|shares|likes|comments)\W*$",
    re.IGNORECASE,
)
PROSE_WORDS = 5


@dataclass(slots=True)
class Line:
    """A piece with what decides whether it is content."""

    piece: Piece
    words: int
    linked: int
    place: str  # tag and class of the blocks it stands in, to tell what belongs together

    @property
    def prose(self) -> int:
        return self.words - self.linked if self.words >= PROSE_WORDS else 0


@dataclass(slots=True)
class Node:
    """A block of the page: the lines from `start` up to `end`, and the blocks within."""

    tag: str
    role: str
    look: str  # its class
    doubt: float
    start: int
    end: int = 0
    words: int = 0
    linked: int = 0
    prose: int = 0
    asks: bool = False  # has a button to accept or reject
    children: "list[Node]" = field(default_factory=list)


def each(node: Node) -> Iterator[Node]:
    """Yield a block and all within it."""
    stack = [node]
    while stack:
        found = stack.pop()
        yield found
        stack.extend(found.children)


def recount(page: Node, lines: list[Line], dropped: set[int]) -> None:
    """Count the words of every block anew, without the lines dropped."""
    kept = [None if at in dropped else line for at, line in enumerate(lines)]
    words = [0, *accumulate(line.words if line else 0 for line in kept)]
    linked = [0, *accumulate(line.linked if line else 0 for line in kept)]
    prose = [0, *accumulate(line.prose if line else 0 for line in kept)]
    for node in each(page):
        start, end = node.start, node.end
        node.words = words[end] - words[start]
        node.linked = linked[end] - linked[start]
        node.prose = prose[end] - prose[start]


def walk(root: Any) -> tuple[list[Line], Node]:
    """Return a page's lines and its tree of blocks. Uses a stack: hostile pages nest very deep."""
    reader = _Reader()
    body = root if root.tag != "html" else root.find("body")
    reader.read(root if body is None else body)
    return reader.lines, reader.page


class _Reader:
    def __init__(self) -> None:
        self.lines: list[Line] = []
        self.page = Node("body", "", "", doubt=0.0, start=0)
        self.nodes = [self.page]
        self.holds: list[_Held] = [_PARAGRAPH]  # by each block begun: what its lines are
        self.places = [""]
        self.inline: list[str] = []
        self.linked: list[str] = []
        self.links = 0
        self.marker = ""
        self.following: dict[Any, int] = {}
        self.layouts: dict[Any, bool] = {}

    def read(self, root: Any) -> None:
        stack: list[Any] = [root]
        while stack:
            element = stack.pop()
            if element is None:  # all within the next one has been read
                element = stack.pop()
                self.leave(element.tag)
            elif self.begins(element, root):
                if len(element):
                    stack += (element, None)
                    stack.extend(reversed(element))
                    continue
                self.leave(element.tag)
            if element is not root:
                self.add(element.tail)
        self.flush()
        self.page.end = len(self.lines)
        recount(self.page, self.lines, set())

    def begins(self, element: Any, root: Any) -> bool:
        """Begin an element, or deal with one that is read as a whole or not at all."""
        tag, said = element.tag, dict(element.items())  # asked for once: each costs a call
        if element is not root and is_unread(tag, said):
            self.press(tag, element)
            self.add(" ")
            return False
        if tag == "tr" and not is_layout(element, self.layouts):
            self.row(element)
            return False
        self.enter(tag, said, element)
        self.add(element.text)
        return True

    def add(self, text: str | None) -> None:
        if text and (self.inline or not text.isspace()):
            self.inline.append(text)
            if self.links:
                self.linked.append(text)

    def enter(self, tag: str, said: dict[str, str], element: Any) -> None:
        if tag == "a":
            self.links += 1
            if said.get("role") == "button" or (said.get("href") or "#")[0] == "#":
                self.press(tag, element)
        elif tag == "br" or (tag == "sup" and len(element) and element[0].tag == "a"):
            self.inline.append(" ")
        if tag in _BLOCKS or "-" in tag:
            self.flush()
            if tag == "li":
                self.marker = marker(element, self.following)
            self.open(tag, said, doubt(tag, said, element))

    def open(self, tag: str, said: dict[str, str], doubted: float) -> None:
        role, look = said.get("role") or "", said.get("class") or ""
        around = self.nodes[-1]
        node = Node(tag, role, look, doubted, len(self.lines))
        around.children.append(node)
        outer = f"{around.tag}.{around.look}>" if len(self.nodes) > 1 else ""
        self.nodes.append(node)
        self.places.append(f"{outer}{tag}.{look}")
        held = _held(tag, said) if tag in _TELLING or role == "heading" else None
        self.holds.append(held or self.holds[-1])

    def press(self, tag: str, element: Any) -> None:
        """A button that accepts or rejects marks the blocks it stands in."""
        if tag in {"button", "a", "input"}:
            said = element.get("value") or "".join(element.itertext())
            if len(said) < 60 and _CONSENT.search(said):
                for node in self.nodes:
                    node.asks = True

    def leave(self, tag: str) -> None:
        if tag == "a":
            self.links -= 1
        elif tag in _BLOCKS or "-" in tag:
            self.flush()
            self.holds.pop()
            self.places.pop()
            self.nodes.pop().end = len(self.lines)

    def flush(self) -> None:
        if not self.inline:
            return
        words = "".join(self.inline).split()
        text = " ".join(words)
        if " ." in text or " ," in text or " )" in text:
            text = _LOOSE.sub(r"\1", text)
            words = text.split()
        if text and not (len(text) < 60 and _RELATIVE.match(text)):
            linked = len("".join(self.linked).split()) if self.linked else 0
            self.lines.append(Line(self.piece(text), len(words), linked, self.places[-1]))
        self.inline.clear()
        self.linked.clear()

    def row(self, element: Any) -> None:
        self.flush()
        text = row_text(element)
        if text:
            linked = sum(len("".join(a.itertext()).split()) for a in element.iter("a"))
            node = Node("tr", "", "", doubt=0.0, start=len(self.lines), end=len(self.lines) + 1)
            self.nodes[-1].children.append(node)
            self.lines.append(Line(Piece(BlockKind.ROW, text), len(text.split()), linked, "tr"))

    def piece(self, text: str) -> Piece:
        kind, level = self.holds[-1]
        if kind is not BlockKind.ITEM:
            return Piece(kind, text, level)
        mark, self.marker = self.marker, ""
        return Piece(kind, f"{mark or '-'} {text}")


def _held(tag: str, said: dict[str, str]) -> _Held | None:
    """What the lines of a block are by its tag and role; None where the block around it tells."""
    if tag in _HEADINGS:
        return BlockKind.HEADING, int(tag[1])
    if tag == "summary":
        return BlockKind.HEADING, 6
    if said.get("role") == "heading":
        return BlockKind.HEADING, _level(said)
    if tag in {"li", "dd"}:
        note = said and _NOTE.search(f"{said.get('class') or ''} {said.get('id') or ''}")
        return (BlockKind.NOTE if note else BlockKind.ITEM), 0
    return (BlockKind.QUOTE, 0) if tag == "blockquote" else _PARAGRAPH


def _level(said: dict[str, str]) -> int:
    level = said.get("aria-level") or "2"
    return int(level) if level in {"1", "2", "3", "4", "5", "6"} else 2
