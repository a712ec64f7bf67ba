"""Links of pages and headers: to files, to a site's search, and to the page's own name. Pure."""

import html
import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from urllib.parse import urljoin, urlsplit

from tracker.addresses import canonical_url
from tracker.archive import Candidate
from tracker.extraction.normalise import normalise


def candidate_at(
    address: str, base: str, title: str = "", at: datetime | None = None
) -> Candidate | None:
    if not address.strip():
        return None
    try:
        url = canonical_url(urljoin(base, address.strip()))
    except ValueError:
        return None
    return Candidate(url, normalise(title)[:300], at)


def addresses(named: Iterable[str], base: str) -> tuple[str, ...]:
    return tuple(c.url for name in named if (c := candidate_at(name, base)))


#: A parsed element takes a kilobyte or more, so a page of nothing else would take all memory.
MOST_TAGS = 200_000


def is_bloated(body: bytes) -> bool:
    """Tell whether bytes hold more elements than a page that people read, or a feed, would."""
    return body.count(b"<") > MOST_TAGS


def page_at(body: bytes, url: str) -> tuple[Any, str]:
    """A page's tree, and the address that its links start from."""
    from bs4 import BeautifulSoup  # noqa: PLC0415  (slow to import)

    soup = BeautifulSoup(body, "lxml")
    base = soup.select_one("base[href]")
    try:
        return soup, urljoin(url, str(base["href"])) if base else url
    except ValueError:
        return soup, url


def anchored(anchor: Any, base: str) -> Candidate | None:
    return candidate_at(str(anchor.get("href", "")), base, anchor.get_text(" ", strip=True))


FILE = re.compile(r"\.(pdf|docx|odt)$", re.IGNORECASE)
FILE_LINKED = re.compile(rb"\.(pdf|docx|odt)\b", re.IGNORECASE)


def read_files(body: bytes, *, url: str) -> tuple[Candidate, ...]:
    """Return the PDF, Word and OpenDocument files that a page links to."""
    if not FILE_LINKED.search(body) or is_bloated(body):
        return ()
    soup, base = page_at(body, url)
    found = [anchored(anchor, base) for anchor in soup.select("a[href]")]
    return tuple(c for c in found if c and FILE.search(path_of(c.url)))


def path_of(address: str) -> str:
    """Return an address's path; nothing where it is no address."""
    try:
        return urlsplit(address).path
    except ValueError:
        return ""


LINK_HEADER = re.compile(r"<([^<>]*)>\s*((?:;[^,]*)?)")
WORDPRESS = "https://api.w.org/"


def linked(header: str, relation: str, url: str) -> str | None:
    """Return the target that a Link header (RFC 8288) gives for a relation."""
    for target, parameters in LINK_HEADER.findall(header):
        rel = re.search(r';\s*rel\s*=\s*(?:"([^"]*)"|([^\s;,]+))', parameters, re.IGNORECASE)
        if rel and relation.lower() in (rel[1] or rel[2] or "").lower().split():
            return next(iter(addresses([target], url)), None)
    return None


LINK_TAG = re.compile(rb"<link\b[^>]{0,600}>", re.IGNORECASE)
HREF = re.compile(rb"""\bhref\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>]+))""", re.IGNORECASE)
HEAD = 100_000  # bytes in which a page's <link> tags stand


def _link_tag(body: bytes, relation: bytes, url: str) -> str | None:
    head = body[:HEAD]
    if relation not in head:
        return None
    for tag in LINK_TAG.findall(head):
        if re.search(rb"""\brel\s*=\s*["']?[^"'>]*""" + re.escape(relation), tag, re.IGNORECASE):
            href = HREF.search(tag)
            named = (href[1] or href[2] or href[3] or b"") if href else b""
            return next(iter(addresses([html.unescape(named.decode(errors="replace"))], url)), None)
    return None


def canonical_in(body: bytes, *, url: str) -> str | None:
    """Return what a page's `<link rel=canonical>` (RFC 6596) says its address is."""
    return _link_tag(body, b"canonical", url)


def wordpress_in(body: bytes, *, url: str) -> str | None:
    """Return the root of the REST interface that a WordPress page names."""
    return _link_tag(body, WORDPRESS.encode(), url)
