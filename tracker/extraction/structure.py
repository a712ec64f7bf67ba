"""Reads a page by its own structure: what is left when navigation and furniture are gone. Pure."""

import re
from collections.abc import Iterator
from typing import Any

from tracker.extraction.build import Piece
from tracker.extraction.text import BlockKind

_DROPPED = frozenset(
    "script style noscript template nav footer aside form iframe svg button select head dialog "
    "input textarea object canvas audio video figure menu".split()
)
_BLOCKS = frozenset(
    "p div section article main header li dt dd td th tr table ul ol dl blockquote pre address "
    "h1 h2 h3 h4 h5 h6 details summary fieldset body figcaption hr br".split()
)
_HEADINGS = frozenset("h1 h2 h3 h4 h5 h6".split())
_ROLES = frozenset("navigation banner contentinfo search dialog alertdialog complementary".split())
_FURNITURE = re.compile(
    r"(^|[\s_-])(cookies?|consent|gdpr|breadcrumbs?|share|sharing|social|related|sidebar|newsletter"
    r"|navbar|navigation|nav|menu|skip|skiplink|pagination|pager|comments?|promo|ribbon|subscribe"
    r"|site-?header|site-?footer|footer|toolbar|widget|modal|popup|teaser)([\s_-]|$)",
    re.IGNORECASE,
)


def read_structure(root: Any) -> list[Piece]:
    """Return the pieces of a parsed page's main part, in order."""
    return list(_pieces(main_part(root)))


def main_part(root: Any) -> Any:
    """Return the element that holds the page's own content, else its body."""
    for found in (
        root.findall(".//main"),
        root.xpath(".//*[@role='main']"),
        root.findall(".//article"),
    ):
        if len(found) == 1:
            return found[0]
    body = root.find(".//body")
    return root if body is None else body


def is_furniture(element: Any) -> bool:
    """Tell whether an element is navigation, a banner, or other furniture around the content."""
    if not isinstance(element.tag, str) or element.tag in _DROPPED:
        return True
    if element.get("role") in _ROLES or element.get("hidden") is not None:
        return True
    if element.tag in {"main", "article", "body", "html"}:
        return False
    named = f"{element.get('class') or ''} {element.get('id') or ''}"
    return bool(named.strip()) and bool(_FURNITURE.search(named))


def visible_words(root: Any) -> int:
    """Return how many words a page shows outside its furniture."""
    return sum(len(piece.text.split()) for piece in read_structure(root))


def _pieces(root: Any) -> Iterator[Piece]:
    """Walk the tree with a stack: hostile pages nest deeper than Python recurses."""
    inline: list[str] = []
    context: list[Any] = []
    stack: list[tuple[bool, Any]] = [(True, root)]
    while stack:
        entering, element = stack.pop()
        if not entering:
            if element.tag in _BLOCKS:
                yield from _flush(inline, context)
                context.pop()
            inline.append(element.tail or "" if element is not root else "")
            continue
        if element is not root and is_furniture(element):
            inline.append(" " + (element.tail or ""))
            continue
        if element.tag == "tr":
            yield from _flush(inline, context)
            yield Piece(BlockKind.ROW, row_text(element))
            continue
        if element.tag in _BLOCKS:
            yield from _flush(inline, context)
            context.append(element)
        inline.append(element.text or "")
        stack.append((False, element))
        stack.extend((True, child) for child in reversed(element))
    yield from _flush(inline, context)


def _flush(inline: list[str], context: list[Any]) -> Iterator[Piece]:
    text = "".join(inline).strip()
    inline.clear()
    if not text:
        return
    for element in reversed(context):
        if element.tag in _HEADINGS:
            yield Piece(BlockKind.HEADING, text, int(element.tag[1]))
            return
        if element.tag == "summary":
            yield Piece(BlockKind.HEADING, text, 6)
            return
        if element.tag in {"li", "dd"}:
            yield Piece(BlockKind.ITEM, f"- {text}")
            return
        if element.tag == "blockquote":
            yield Piece(BlockKind.QUOTE, text)
            return
    yield Piece(BlockKind.PARAGRAPH, text)


def row_text(row: Any) -> str:
    """Return a table row's cells on one line."""
    cells = (
        " ".join("".join(cell.itertext()).split())
        for cell in row
        if cell.tag in {"td", "th", "cell"}
    )
    return " | ".join(cell for cell in cells if cell)
