"""Finds the content among a page's lines: its root, its title, and what in it is furniture. Pure; knows no site.

Furniture is judged by how much of the page it would take away, not by its name alone.
"""

import itertools
import re
from collections.abc import Iterator

from tracker.extraction.furniture import NEARLY_ALL
from tracker.extraction.structure import Line, Node, each, recount
from tracker.extraction.text import BlockKind

_GROUPS = frozenset("ul ol div section table".split())
_DATED = re.compile(r"\b(?:19|20)\d\d\b")
CARD_WORDS, CARDS_HOLD = 80, 0.4
MAIN_HOLDS, ARTICLE_HOLDS = 0.4, 0.7
BANNER_WORDS, BANNER_HOLDS = 200, 0.6
ROOT_HOLDS = 0.93  # share of its parent's prose from which a block is the content itself
LINKS_HOLD = 0.3  # share of the prose that no navigation takes away
LINKS_ONLY = 0.7  # share of linked words from which a group of lines is navigation


def content(lines: list[Line], page: Node) -> list[Line]:
    """Return the lines under the content's root that are not furniture."""
    dropped = _furniture(lines, page)
    if len(dropped) == len(lines):
        dropped = set()
    recount(page, lines, dropped)
    root = _root(page)
    extra = _extras(lines, root)
    kept = [
        at for at in (*_opening(lines, root), *range(root.start, root.end)) if at not in dropped
    ]
    return [lines[at] for at in kept if at not in extra] or [lines[at] for at in kept]


def _furniture(lines: list[Line], page: Node) -> set[int]:
    """Lines in what looks like furniture, where that is not too much of the page."""
    dropped: set[int] = set()
    for node in each(page):
        if not node.doubt:
            found = node.prose <= BANNER_HOLDS * page.prose and _is_banner(node, lines)
        else:
            found = node.prose <= node.doubt * page.prose
        if found:
            # A wrapper may be named after the sidebar beside it, and some pages are one form.
            if node.doubt < NEARLY_ALL and node.tag != "header" and _is_titled(node, lines):
                continue
            dropped.update(range(node.start, node.end))
    return dropped


def _extras(lines: list[Line], root: Node) -> set[int]:
    """Lines within the content that only lead elsewhere: lists of links, teasers of other pages."""
    extra: set[int] = set()
    for node in each(root):
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
        found = [node for node in each(page) if node.tag in tags or node.role in roles]
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
