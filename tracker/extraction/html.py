"""HTML to text: trafilatura's reading, or the page's own structure where that loses too much. Pure.

Which reading a document gets is decided once and passed back in (`choice`), since a choice made at
every fetch would flip and look like news.
"""

import re
from importlib.metadata import version
from typing import Any

from lxml import etree, html

from tracker.extraction.build import Piece, join
from tracker.extraction.dates import stated_date
from tracker.extraction.language import language_of
from tracker.extraction.normalise import normalise
from tracker.extraction.structure import read_structure, row_text
from tracker.extraction.text import BlockKind, Extracted, Unreadable

EXTRACTOR = f"html 1 (trafilatura {version('trafilatura')})"
TRAFILATURA, STRUCTURE, SELECTED = "trafilatura", "structure", "selected"
#: Below this share of the structural reading's words, trafilatura has dropped whole sections.
KEPT_ENOUGH = 0.8
_META_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?([\w.:-]{2,40})", re.IGNORECASE)
_BOMS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))


def extract_html(
    body: bytes,
    *,
    charset: str | None = None,
    url: str = "",
    select: str | None = None,
    remove: tuple[str, ...] = (),
    choice: str | None = None,
) -> Extracted | Unreadable:
    """Return what a page says. Never raises on a page's content.

    `select` and `remove` are CSS selectors of the source; `choice` is the reading made before.
    """
    root = _parse(decode(body, charset))
    if root is None:
        return Unreadable("is not HTML")
    try:
        return _extract(root, url=url, select=select, remove=remove, choice=choice)
    except RecursionError:
        return Unreadable("is nested too deeply")


def decode(body: bytes, charset: str | None = None) -> str:
    """Return bytes as text: by byte order mark, header, meta element, UTF-8, else Windows-1252."""
    for mark, name in _BOMS:
        if body.startswith(mark):
            return body.decode(name, errors="replace")
    declared = _META_CHARSET.search(body[:4096])
    names = (charset, declared and declared[1].decode("ascii"), "utf-8", "cp1252")
    for encoding in names:
        try:
            return body.decode(encoding or "utf-8")
        except (LookupError, UnicodeDecodeError):
            continue
    return body.decode("utf-8", errors="replace")


def _parse(text: str) -> Any:
    text = text.replace("\x00", "")
    text = re.sub(r"^\s*<\?xml[^>]*\?>", "", text)
    if "<" not in text:
        return None
    try:
        root = html.document_fromstring(text)
    except (etree.ParserError, ValueError):
        return None
    return root if isinstance(root.tag, str) else None


def _extract(
    root: Any, *, url: str, select: str | None, remove: tuple[str, ...], choice: str | None
) -> Extracted | Unreadable:
    for selector in remove:
        for element in root.cssselect(selector):
            element.drop_tree()
    if select is not None:
        found = root.cssselect(select)
        if not found:
            return Unreadable(f'selector "{select}" matches nothing')
        pieces = [piece for element in found for piece in read_structure(element)]
        return _finish(root, pieces, url=url, choice=SELECTED, coverage=1.0)
    pieces, choice, coverage = _read(root, choice)
    return _finish(root, pieces, url=url, choice=choice, coverage=coverage)


def _read(root: Any, choice: str | None) -> tuple[list[Piece], str, float]:
    if choice == STRUCTURE:
        return read_structure(root), STRUCTURE, 1.0
    pieces = _read_trafilatura(root)
    if choice == TRAFILATURA:
        return pieces, TRAFILATURA, 1.0
    structural = read_structure(root)
    share = _words(pieces) / max(1, _words(structural))
    if share < KEPT_ENOUGH:
        return structural, STRUCTURE, 1.0
    return pieces, TRAFILATURA, round(min(1.0, share), 3)


def _words(pieces: list[Piece]) -> int:
    return sum(len(piece.text.split()) for piece in pieces)


def _read_trafilatura(root: Any) -> list[Piece]:
    import trafilatura  # noqa: PLC0415  (slow to import, and the crawler needs the rest)

    found: Any = trafilatura.bare_extraction(
        root, include_comments=False, include_tables=True, include_formatting=False
    )
    body = None if found is None else found.body
    return [] if body is None else list(_walk(body))


def _walk(body: Any) -> Any:
    for element in body:
        match element.tag:
            case "head":
                level = re.sub(r"\D", "", element.get("rend") or "") or "2"
                yield Piece(BlockKind.HEADING, _text(element), int(level[0]))
            case "list":
                for item in element.iter("item"):
                    yield Piece(BlockKind.ITEM, f"- {_text(item)}")
            case "table":
                for row in element.iter("row"):
                    yield Piece(BlockKind.ROW, row_text(row))
            case "quote":
                yield Piece(BlockKind.QUOTE, _text(element))
            case "div":
                yield from _walk(element)
            case _:
                yield Piece(BlockKind.PARAGRAPH, _text(element))


def _text(element: Any) -> str:
    return " ".join("".join(element.itertext()).split())


def _finish(
    root: Any, pieces: list[Piece], *, url: str, choice: str, coverage: float
) -> Extracted | Unreadable:
    text, blocks = join(pieces)
    if not text:
        return Unreadable("shows no text")
    title = _title(root)
    date, basis = stated_date(root, url)
    return Extracted(
        text=text,
        blocks=blocks,
        title=title,
        language=language_of(root.get("lang") or "", text),
        stated_date=date,
        stated_basis=basis,
        extractor=EXTRACTOR,
        choice=choice,
        coverage=coverage,
        byline=_byline(root),
        canonical_url=next(iter(root.xpath("//link[@rel='canonical']/@href")), None),
    )


def _title(root: Any) -> str:
    headings = [normalise(_text(h1)) for h1 in root.iter("h1")]
    if headings and headings[0]:
        return headings[0][:300]
    found = root.xpath("//meta[@property='og:title']/@content") or root.xpath("//title/text()")
    return normalise(str(found[0]))[:300] if found else ""


def _byline(root: Any) -> str:
    named = root.xpath("//meta[@name='author']/@content") or [
        _text(element)
        for element in root.xpath(
            "//*[@rel='author' or contains(@class,'byline') or @itemprop='author']"
        )
    ]
    return normalise(str(named[0]))[:200] if named else ""
