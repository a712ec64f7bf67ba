"""HTML to text: by the page's own structure, or as an article where the page calls itself one. Pure.

Which reading a document gets is decided once and passed back in (`choice`), since a choice made at
every fetch would flip and look like news.
"""

import re
from importlib.metadata import version
from typing import Any

from lxml import etree, html

from tracker.extraction.article import has_lost_prose, is_article, read_article
from tracker.extraction.build import Piece, join
from tracker.extraction.content import content
from tracker.extraction.dates import stated_date
from tracker.extraction.genres import genre_of
from tracker.extraction.language import language_of
from tracker.extraction.normalise import normalise
from tracker.extraction.quality import unread_page
from tracker.extraction.structure import Line, walk
from tracker.extraction.text import Extracted, Unreadable
from tracker.extraction.voice import READ_WHOLE

EXTRACTOR = f"html 2 (trafilatura {version('trafilatura')})"
ARTICLE, STRUCTURE, SELECTED = "article", "structure", "selected"
#: As trafilatura's own: without comments, which would cut paragraphs in two.
_PARSER = etree.HTMLParser(remove_comments=True, remove_pis=True, collect_ids=False)
# One class for all: lxml.html's own parser asks a function for the class of every element.
_PARSER.set_element_class_lookup(etree.ElementDefaultClassLookup(element=html.HtmlElement))
_META_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?([\w.:-]{2,40})", re.IGNORECASE)
#: Asked of the attributes, which are fewer than the elements.
_SIGNED: Any = etree.XPath(
    "//@rel[.='author']/.. | //@class[contains(.,'byline')]/.. | //@itemprop[.='author']/.."
)
MOST_TAGS = 300_000  # of a page: each takes a kilobyte while it is read
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
    text = decode(body, charset)
    if text.count("<") > MOST_TAGS:
        return Unreadable("has more elements than a page should")
    root = _parse(text)
    if root is None:
        return Unreadable("is not HTML")
    try:
        found = _extract(root, url=url, select=select, remove=remove, choice=choice)
    except RecursionError:
        return Unreadable("is nested too deeply")
    return found or Unreadable("shows no text", unread_page(body))


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
        root = html.document_fromstring(text, parser=_PARSER)
    except (etree.ParserError, ValueError):
        return None
    return _with_body(root) if isinstance(root.tag, str) else None


_IN_HEAD = frozenset("title meta link base style script noscript template object".split())


def _with_body(root: Any) -> Any:
    """Move into the body what the parser left in the head: <body> may be omitted (HTML, 13.1.2.4)."""
    head = root.find("head")
    children = [] if head is None else list(head)
    first = next((n for n, c in enumerate(children) if _is_content(c)), None)
    if first is None:
        return root
    body = root.find("body")
    if body is None:
        body = etree.SubElement(root, "body")
    for place, child in enumerate(children[first:]):
        body.insert(place, child)
    return root


def _is_content(element: Any) -> bool:
    return isinstance(element.tag, str) and element.tag not in _IN_HEAD


def _extract(
    root: Any, *, url: str, select: str | None, remove: tuple[str, ...], choice: str | None
) -> Extracted | Unreadable | None:
    title = _title(root)
    for selector in remove:
        for element in root.cssselect(selector):
            element.drop_tree()
    if select is not None:
        found = root.cssselect(select)
        if not found:
            return Unreadable(f'selector "{select}" matches nothing')
        pieces = [line.piece for element in found for line in walk(element)[0]]
        return _finish(root, pieces, url=url, title=title, choice=SELECTED, coverage=1.0)
    pieces, choice, coverage = _read(root, url, title, choice)
    return _finish(root, pieces, url=url, title=title, choice=choice, coverage=coverage)


def _read(root: Any, url: str, title: str, choice: str | None) -> tuple[list[Piece], str, float]:
    article = choice == ARTICLE or (choice != STRUCTURE and _calls_itself_article(root, url, title))
    if article:
        pieces = read_article(root)
        if choice == ARTICLE:
            return pieces, ARTICLE, 1.0
    lines, page = walk(root)
    kept = content(lines, page)
    if article and not has_lost_prose(pieces, kept):
        return pieces, ARTICLE, _share(sum(len(piece.text.split()) for piece in pieces), lines)
    return [line.piece for line in kept], STRUCTURE, _share(sum(line.words for line in kept), lines)


def _calls_itself_article(root: Any, url: str, title: str) -> bool:
    """What a body publishes as its own rule or word must be read whole, so it is no mere article."""
    return is_article(root) and genre_of(url, title)[0] not in READ_WHOLE


def _share(kept: int, lines: list[Line]) -> float:
    return round(min(1.0, kept / max(1, sum(line.words for line in lines))), 3)


def _finish(
    root: Any, pieces: list[Piece], *, url: str, title: str, choice: str, coverage: float
) -> Extracted | None:
    text, blocks = join(pieces)
    if not text:
        return None
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
    """The h1 that the window's title repeats, else the first, else what the head says."""
    named = root.xpath("//meta[@property='og:title']/@content") or root.xpath("//title/text()")
    window = normalise(" ".join(map(str, root.xpath("//title/text()")[:1])))
    headings = [text for h1 in root.iter("h1") if (text := normalise(h1.text_content()))]
    repeated = (text for text in headings if text in window)
    found = next(repeated, next(iter(headings), normalise(str(named[0])) if named else ""))
    return found[:300]


def _byline(root: Any) -> str:
    named = root.xpath("//meta[@name='author']/@content") or [
        element.text_content() for element in _SIGNED(root)
    ]
    return normalise(str(named[0]))[:200] if named else ""
