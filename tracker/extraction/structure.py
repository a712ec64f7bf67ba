"""Reads a page as lines: headings, paragraphs, list items, rows, notes; and as a tree of blocks. Pure.

One walk; which of the lines are content is decided afterwards, by how many words each block holds.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
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
    sums = [(0, 0, 0)]
    for at, line in enumerate(lines):
        words, linked, prose = sums[-1]
        sums.append(
            sums[-1]
            if at in dropped
            else (words + line.words, linked + line.linked, prose + line.prose)
        )
    for node in each(page):
        node.words, node.linked, node.prose = (
            after - before for after, before in zip(sums[node.end], sums[node.start], strict=True)
        )


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
        self.context: list[Any] = []
        self.inline: list[str] = []
        self.linked: list[str] = []
        self.links = 0
        self.marker = ""
        self.following: dict[Any, int] = {}
        self.layouts: dict[Any, bool] = {}

    def read(self, root: Any) -> None:
        stack: list[tuple[bool, Any]] = [(True, root)]
        while stack:
            entering, element = stack.pop()
            if not entering:
                self.leave(element)
                if element is not root:
                    self.add(element.tail)
            elif is_unread(element) and element is not root:
                self.press(element)
                self.add(" ")
                self.add(element.tail)
            elif element.tag == "tr" and not is_layout(element, self.layouts):
                self.row(element)
                self.add(element.tail)
            else:
                self.enter(element)
                self.add(element.text)
                stack.append((False, element))
                stack.extend((True, child) for child in reversed(element))
        self.flush()
        self.page.end = len(self.lines)
        recount(self.page, self.lines, set())

    def add(self, text: str | None) -> None:
        if text and (self.inline or not text.isspace()):
            self.inline.append(text)
            if self.links:
                self.linked.append(text)

    def enter(self, element: Any) -> None:
        tag = element.tag
        if tag == "a":
            self.links += 1
            if element.get("role") == "button" or (element.get("href") or "#")[0] == "#":
                self.press(element)
        elif tag == "br" or (tag == "sup" and len(element) and element[0].tag == "a"):
            self.inline.append(" ")
        if tag in _BLOCKS or "-" in tag:
            self.flush()
            if tag == "li":
                self.marker = marker(element, self.following)
            role, look = element.get("role") or "", element.get("class") or ""
            node = Node(tag, role, look, doubt(element), len(self.lines))
            self.nodes[-1].children.append(node)
            self.nodes.append(node)
            self.context.append(element)

    def press(self, element: Any) -> None:
        """A button that accepts or rejects marks the blocks it stands in."""
        if element.tag in {"button", "a", "input"}:
            said = element.get("value") or "".join(element.itertext())
            if len(said) < 60 and _CONSENT.search(said):
                for node in self.nodes:
                    node.asks = True

    def leave(self, element: Any) -> None:
        tag = element.tag
        if tag == "a":
            self.links -= 1
        elif tag in _BLOCKS or "-" in tag:
            self.flush()
            self.context.pop()
            self.nodes.pop().end = len(self.lines)

    def flush(self) -> None:
        if not self.inline:
            return
        text = " ".join("".join(self.inline).split())
        if " ." in text or " ," in text or " )" in text:
            text = _LOOSE.sub(r"\1", text)
        if text and not (len(text) < 60 and _RELATIVE.match(text)):
            linked = len("".join(self.linked).split())
            self.lines.append(Line(self.piece(text), len(text.split()), linked, self.place()))
        self.inline.clear()
        self.linked.clear()

    def place(self) -> str:
        return ">".join(f"{e.tag}.{e.get('class') or ''}" for e in self.context[-2:])

    def row(self, element: Any) -> None:
        self.flush()
        text = row_text(element)
        if text:
            linked = sum(len("".join(a.itertext()).split()) for a in element.iter("a"))
            node = Node("tr", "", "", doubt=0.0, start=len(self.lines), end=len(self.lines) + 1)
            self.nodes[-1].children.append(node)
            self.lines.append(Line(Piece(BlockKind.ROW, text), len(text.split()), linked, "tr"))

    def piece(self, text: str) -> Piece:
        for element in reversed(self.context):
            tag = element.tag
            if tag in _HEADINGS:
                return Piece(BlockKind.HEADING, text, int(tag[1]))
            if tag == "summary":
                return Piece(BlockKind.HEADING, text, 6)
            if element.get("role") == "heading":
                return Piece(BlockKind.HEADING, text, _level(element))
            if tag in {"li", "dd"}:
                return self.item(text, element)
            if tag == "blockquote":
                return Piece(BlockKind.QUOTE, text)
            if tag in {"section", "article", "main"}:
                break
        return Piece(BlockKind.PARAGRAPH, text)

    def item(self, text: str, element: Any) -> Piece:
        if _NOTE.search(f"{element.get('class') or ''} {element.get('id') or ''}"):
            return Piece(BlockKind.NOTE, text)
        mark, self.marker = self.marker, ""
        return Piece(BlockKind.ITEM, f"{mark} {text}" if mark else f"- {text}")


def _level(element: Any) -> int:
    level = element.get("aria-level") or "2"
    return int(level) if level in {"1", "2", "3", "4", "5", "6"} else 2
