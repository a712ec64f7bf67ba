"""Reads news and blog articles with trafilatura, and tells when it has lost the thread. Pure."""

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from tracker.extraction.build import Piece
from tracker.extraction.structure import Line
from tracker.extraction.tables import row_text
from tracker.extraction.text import BlockKind

_TYPED = re.compile(
    r'"@type"\s*:\s*(?:\[[^\]]{0,80})?"[A-Za-z]{0,20}(?:Article|BlogPosting)"', re.IGNORECASE
)
PROSE = 20  # words from which a line is prose
LOST = 0.15  # share of prose lost from among the lines kept that means the reading failed
FEWER = 5  # times fewer words than the page's prose


def is_article(root: Any) -> bool:
    """Tell whether a page calls itself an article, by Open Graph, JSON-LD or microdata."""
    for meta in root.iter("meta"):
        name = (meta.get("property") or meta.get("name") or "").lower()
        said = (meta.get("content") or "").lower()
        if name == "article:published_time" or (name == "og:type" and "article" in said):
            return True
    if any(
        _TYPED.search(script.text or "")
        for script in root.iter("script")
        if script.get("type") == "application/ld+json"
    ):
        return True
    return bool(root.xpath("boolean(//*[@itemprop='articleBody'])"))


def read_article(root: Any) -> list[Piece]:
    """Return the pieces of an article as trafilatura finds them."""
    import trafilatura  # noqa: PLC0415  (slow to import, and the crawler needs the rest)

    found: Any = trafilatura.bare_extraction(
        root, include_comments=False, favor_precision=True, include_formatting=False
    )
    body = None if found is None else found.body
    return [] if body is None else list(_walk(body))


def has_lost_prose(pieces: list[Piece], lines: list[Line]) -> bool:
    """Tell whether an article's reading left out paragraphs that stand among those it kept."""
    prose = [line for line in lines if line.words >= PROSE and 2 * line.linked < line.words]
    words = " ".join(piece.text for piece in pieces).split()
    if len(words) * FEWER < sum(line.words for line in prose):
        return True
    starts = {tuple(words[at : at + 4]) for at in range(len(words) - 3)}
    kept: Counter[str] = Counter()
    lost: Counter[str] = Counter()
    for line in prose:
        said = line.piece.text.split()
        found = sum(tuple(said[at : at + 4]) in starts for at in range(len(said) - 3))
        (kept if 2 * found >= len(said) - 3 else lost)[line.place] += line.words
    among = sum(count for place, count in lost.items() if kept[place] > 0)
    return among > LOST * (among + kept.total())


def _walk(body: Any) -> Iterator[Piece]:
    for element in body:
        match element.tag:
            case "head":
                level = re.sub(r"\D", "", element.get("rend") or "") or "2"
                yield Piece(BlockKind.HEADING, _text(element), int(level[0]))
            case "list":
                for item in element.iter("item"):
                    yield Piece(BlockKind.ITEM, f"- {_text(item, 'list')}")
            case "table":
                for row in element.iter("row"):
                    yield Piece(BlockKind.ROW, row_text(row))
            case "quote":
                yield Piece(BlockKind.QUOTE, _text(element))
            case "div":
                yield Piece(BlockKind.PARAGRAPH, element.text or "")
                yield from _walk(element)
            case _:
                yield Piece(BlockKind.PARAGRAPH, _text(element))
        yield Piece(BlockKind.PARAGRAPH, element.tail or "")


def _text(element: Any, without: str = "") -> str:
    """Return an element's words, without those of a nested list, which is read by itself."""
    parts = [element.text or ""]
    for child in element:
        if child.tag != without:
            parts.append(_text(child, without) if len(child) else child.text or "")
        parts.append(f" {child.tail or ''}" if child.tag == "lb" else child.tail or "")
    return "".join(parts)
