"""Reads a page by its own structure: headings, paragraphs, lists, tables, notes. Pure; knows no site.

One walk gives the page's lines in order and the tree of its blocks with the words each holds. From
that tree the content's root is found, and furniture inside it is left out: so what is furniture is
judged by how much of the page it would take away, not by its name alone.
"""

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tracker.extraction.build import Piece
from tracker.extraction.furniture import NEARLY_ALL, doubt, is_unread
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
_GROUPS = frozenset("ul ol div section table".split())
_DATED = re.compile(r"\b(?:19|20)\d\d\b")
_LOOSE = re.compile(r" ([.,)])(?=\s|$)")  # a space that only markup made
_CONSENT = re.compile(
    r"accept|agree|allow|reject|decline|got it|manage|preferences|settings|^ok$|akzept|zustimm|ablehn|accepter|refuser"
    r"|aceptar|rechazar|accett|rifiut|aceitar|godkänn|accepteren|weigeren",
    re.IGNORECASE,
)
PROSE_WORDS = 5
CARD_WORDS, CARDS_HOLD = 80, 0.4
MAIN_HOLDS, ARTICLE_HOLDS = 0.4, 0.7
_RELATIVE = re.compile(
    r"^\W*(?:(?:last )?(?:updated|posted|published|modified|edited|reviewed)\W*)?(?:about |over |almost |an? )?"
    r"(?:\d+ |an? )?(?:minute|hour|day|week|month|year|min)s? (?:ago|read)\W*$|^\W*[\d.,]+[km]? (?:views|reads|shares|likes|comments)\W*$",
    re.IGNORECASE,
)
BANNER_WORDS = 200
ROOT_HOLDS = 0.93  # share of its parent's prose from which a block is the content itself
LINKS_HOLD = 0.3  # share of the prose that no navigation takes away
LINKS_ONLY = 0.7  # share of linked words from which a group of lines is navigation


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


def content(lines: list[Line], page: Node) -> list[Line]:
    """Return the lines under the content's root that are not furniture."""
    dropped = _furniture(lines, page)
    if len(dropped) == len(lines):
        dropped = set()
    _recount(page, lines, dropped)
    root = _root(page)
    extra = _extras(lines, root)
    kept = [
        at for at in (*_opening(lines, root), *range(root.start, root.end)) if at not in dropped
    ]
    return [lines[at] for at in kept if at not in extra] or [lines[at] for at in kept]


def _furniture(lines: list[Line], page: Node) -> set[int]:
    """Lines in what looks like furniture, where that is not too much of the page."""
    dropped: set[int] = set()
    for node in _each(page):
        if node.prose <= node.doubt * page.prose if node.doubt else _is_banner(node, lines):
            # A wrapper may be named after the sidebar beside it, and some pages are one form.
            if node.doubt < NEARLY_ALL and node.tag != "header" and _is_titled(node, lines):
                continue
            dropped.update(range(node.start, node.end))
    return dropped


def _extras(lines: list[Line], root: Node) -> set[int]:
    """Lines within the content that only lead elsewhere: lists of links, teasers of other pages."""
    extra: set[int] = set()
    for node in _each(root):
        if node.tag in _GROUPS and _is_navigation(node, root, lines):
            extra.update(range(node.start, node.end))
        for cards in _cards(node, lines):
            if sum(card.prose for card in cards) <= CARDS_HOLD * root.prose:
                extra.update(range(cards[0].start, cards[-1].end))
    return extra


def _is_titled(node: Node, lines: list[Line]) -> bool:
    return any(
        _is_title(line) and line.linked < line.words for line in lines[node.start : node.end]
    )


def _declared(page: Node) -> Node:
    """The one block that the page itself declares to be its main part, where it holds enough."""
    for tags, roles, enough in (
        ({"main"}, {"main"}, MAIN_HOLDS),
        ({"article"}, set(), ARTICLE_HOLDS),
    ):
        found = [node for node in _each(page) if node.tag in tags or node.role in roles]
        best = max(found, key=lambda node: node.prose, default=page)
        if best.prose and best.prose >= enough * page.prose:
            return best
    return page


def _is_banner(node: Node, lines: list[Line]) -> bool:
    """A short block that speaks of cookies and has a button to accept or reject them."""
    if not node.asks or node.words > BANNER_WORDS:
        return False
    return any("cookie" in line.piece.text.lower() for line in lines[node.start : node.end])


def _opening(lines: list[Line], root: Node) -> range:
    """The title above the content with date and lead: short lines from the last h1 on."""
    start = root.start
    if not any(_is_title(line) for line in lines[start : start + 3]):
        above = range(start - 1, max(-1, start - 12), -1)
        short = itertools.takewhile(lambda at: lines[at].words <= 60, above)
        start = next((at for at in short if _is_title(lines[at])), start)
    while start and lines[start - 1].words <= 12 and _DATED.search(lines[start - 1].piece.text):
        start -= 1
    return range(start, root.start)


def _is_title(line: Line) -> bool:
    return line.piece.kind is BlockKind.HEADING and line.piece.level == 1


def _each(node: Node) -> Iterator[Node]:
    stack = [node]
    while stack:
        found = stack.pop()
        yield found
        stack.extend(found.children)


def _recount(page: Node, lines: list[Line], dropped: set[int]) -> None:
    sums = [(0, 0, 0)]
    for at, line in enumerate(lines):
        words, linked, prose = sums[-1]
        sums.append(
            sums[-1]
            if at in dropped
            else (words + line.words, linked + line.linked, prose + line.prose)
        )
    for node in _each(page):
        node.words, node.linked, node.prose = (
            after - before for after, before in zip(sums[node.end], sums[node.start], strict=True)
        )


def _root(page: Node) -> Node:
    """Go down while one block holds nearly all of the prose."""
    node = _declared(page)
    while node.children:
        best = max(node.children, key=lambda child: child.prose)
        if not best.prose or best.prose < ROOT_HOLDS * node.prose:
            break
        if best.tag in {"p", "li", "tr", "td", "table", "ul", "ol", "blockquote"}:
            break
        node = best
    return node


def _cards(node: Node, lines: list[Line]) -> Iterator[list[Node]]:
    """Runs of three and more neighbours alike, each a linked title with a few words: other pages' teasers."""
    for _, run in itertools.groupby(node.children, key=lambda child: (child.tag, child.look)):
        cards = [child for child in run if child.words]
        if len(cards) >= 3 and all(_is_card(card, lines) for card in cards):
            yield cards


def _is_card(node: Node, lines: list[Line]) -> bool:
    return node.words <= CARD_WORDS and any(
        line.words >= 3 and line.linked == line.words for line in lines[node.start : node.end]
    )


def _is_navigation(node: Node, root: Node, lines: list[Line]) -> bool:
    """Lines that are links only, unless a sentence before them announces them."""
    if not node.words or node.linked < LINKS_ONLY * node.words or len(node.children) < 3:
        return False
    if node.prose > LINKS_HOLD * root.prose:
        return False
    return not (node.start and lines[node.start - 1].piece.text.endswith(":"))


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
            elif element.tag == "tr" and not is_layout(element.getparent()):
                self.row(element)
                self.add(element.tail)
            else:
                self.enter(element)
                self.add(element.text)
                stack.append((False, element))
                stack.extend((True, child) for child in reversed(element))
        self.flush()
        self.page.end = len(self.lines)
        _sum(self.page, self.lines)

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
                self.marker = marker(element)
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


def _sum(page: Node, lines: list[Line]) -> None:
    _recount(page, lines, set())
