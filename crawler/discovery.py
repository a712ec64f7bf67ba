"""What a feed, sitemap, listing or search names. Pure: bytes in, candidates out."""

import gzip
import html
import io
import json
import re
import zlib
from calendar import timegm
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from lxml import etree
from pydantic import BaseModel, TypeAdapter, ValidationError

from crawler.focus import is_media
from crawler.links import FILE, addresses, anchored, candidate_at, is_bloated, page_at, path_of
from tracker.addresses import identity, on_official_host
from tracker.archive import Candidate
from tracker.sources import SourceEntry

LARGEST = 60_000_000  # bytes of an inflated sitemap (the protocol allows 50 MB)
MOST_TAGS = 2_000_000  # of a sitemap: forty for each of the 50,000 addresses that it may name
BLOATED = "has more elements than one that is read by anybody"


class NotDiscoverableError(Exception):
    """The bytes are not what the source says they are; the message is for its health."""


@dataclass(frozen=True, slots=True)
class Discovered:
    """The documents that a source names, and where it goes on."""

    candidates: tuple[Candidate, ...]
    further: tuple[str, ...] = ()  # nested sitemaps, next pages


class _JsonAttachment(BaseModel):
    url: str = ""


class _JsonItem(BaseModel):
    url: str | None = None
    external_url: str | None = None
    id: str | int | float | None = None  # a number is wrong, but feeds have it
    title: str | None = None
    date_published: str | None = None
    date_modified: str | None = None
    attachments: list[_JsonAttachment] | None = None


class _JsonFeed(BaseModel):
    version: str
    items: list[_JsonItem]
    next_url: str | None = None


def read_feed(body: bytes, *, url: str, content_type: str = "") -> Discovered:
    """Read RSS, Atom or JSON Feed; raises NotDiscoverableError where it is none of them."""
    if body.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"{":
        return _json_feed(body, url)
    if is_bloated(body):
        raise NotDiscoverableError(BLOATED)
    import feedparser  # noqa: PLC0415  (slow to import, and many runs read no feed)

    headers = {"content-type": content_type} if content_type else {}
    feed = feedparser.parse(io.BytesIO(body), response_headers=headers, sanitize_html=False)
    if not feed.get("version") and not feed.entries:
        raise NotDiscoverableError("is not a feed")
    found = [candidate for entry in feed.entries for candidate in _entry(entry, url)]
    links = feed.feed.get("links", [])
    onward = [link.get("href", "") for link in links if link.get("rel") == "next"]  # RFC 5005
    return Discovered(tuple(found), addresses(onward[:1], url))


def _entry(entry: Any, base: str) -> Iterator[Candidate]:
    at = _struct(entry)
    title = entry.get("title", "")
    named = entry.get("id", "")
    # A guid stands for a missing link, but only if it is an address.
    address = named if _is_web(named) else ""
    address = entry["link"] if entry.get("link", named) != named else address
    enclosed = [link.get("href", "") for link in entry.get("links", []) if _is_file(link)]
    for each in dict.fromkeys([address, *enclosed]):
        if candidate := candidate_at(each, base, title, at):
            yield candidate


def _is_web(address: str) -> bool:
    return address.lower().startswith(("http://", "https://"))


def _is_file(link: Any) -> bool:
    return link.get("rel") == "enclosure" and bool(FILE.search(path_of(link.get("href", ""))))


def _json_feed(body: bytes, base: str) -> Discovered:
    try:
        feed = _JsonFeed.model_validate(json.loads(body.decode("utf-8-sig")))
    except (ValidationError, ValueError, RecursionError) as error:
        raise NotDiscoverableError("is JSON, but not a JSON Feed") from error
    found = []
    for item in feed.items:
        address = item.url or (str(item.id) if _is_web(str(item.id)) else item.external_url) or ""
        files = [file.url for file in item.attachments or () if FILE.search(path_of(file.url))]
        at = _moment(item.date_modified or item.date_published or "")
        found += [candidate_at(named, base, item.title or "", at) for named in [address, *files]]
    return Discovered(tuple(c for c in found if c), addresses([feed.next_url or ""], base))


def _moment(text: str) -> datetime | None:
    try:
        at = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _struct(entry: Any) -> datetime | None:
    # Asked for a date that is not there, feedparser gives another one and warns that it will stop to.
    named = (name for name in ("updated_parsed", "published_parsed") if name in entry)
    parsed = next((entry[name] for name in named if entry[name]), None)
    try:
        return datetime.fromtimestamp(timegm(parsed), UTC) if parsed else None
    except (ValueError, OverflowError):
        return None


def read_sitemap(body: bytes, *, url: str) -> Discovered:
    """Read a sitemap or sitemap index (sitemaps.org), plain, gzipped or as a list of URLs."""
    body = _inflated(body).removeprefix(b"\xef\xbb\xbf")
    if body.lstrip()[:4].lower() == b"http":
        lines = body.decode(errors="replace").split()
        return Discovered(tuple(c for line in lines if (c := candidate_at(line, url))))
    root = _xml(body)
    if _local(root).lower() in {"rss", "feed", "rdf"}:  # feeds may stand for sitemaps
        return read_feed(body, url=url)
    names = [
        e for e in root.iter("{*}loc") if e.text and _local(e.getparent()) in {"url", "sitemap"}
    ]
    if not names and _local(root) not in {"urlset", "sitemapindex"}:
        raise NotDiscoverableError("is not a sitemap")
    found: list[Candidate] = []
    nested: list[str] = []
    for name in names:
        if _local(name.getparent()) == "sitemap":
            nested.append(name.text)
        elif candidate := candidate_at(name.text, url, at=_lastmod(name.getparent())):
            found.append(candidate)
    return Discovered(tuple(found), addresses(nested, url))


def _inflated(body: bytes) -> bytes:
    if body[:2] != b"\x1f\x8b":
        return body
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(body)) as file:
            inflated = file.read(LARGEST + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise NotDiscoverableError("is gzip, but damaged") from error
    if len(inflated) > LARGEST:
        raise NotDiscoverableError(f"inflates to more than {LARGEST} bytes")
    return inflated


def _xml(body: bytes) -> Any:
    if body.count(b"<") > MOST_TAGS:
        raise NotDiscoverableError(BLOATED)
    parser = etree.XMLParser(resolve_entities=False, no_network=True, recover=True, huge_tree=False)
    try:
        root = etree.fromstring(body, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise NotDiscoverableError("is not XML") from error
    if root is None:
        raise NotDiscoverableError("is not XML")
    return root


def _local(element: Any) -> str:
    tag = None if element is None else element.tag
    # Not by QName, which refuses the names that a parser let pass.
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def _lastmod(element: Any) -> datetime | None:
    texts = [child.text for child in element if _local(child) == "lastmod" and child.text]
    return _moment(texts[0]) if texts else None


def renewed(candidates: Sequence[Candidate]) -> list[Candidate]:
    """Return the candidates whose dates may be believed: some sites stamp every address alike."""
    days = Counter(candidate.date.date() for candidate in candidates if candidate.date)
    most = days.most_common(1)
    if not most or (len(candidates) > 1 and most[0][1] > len(candidates) / 2):
        return []
    return [candidate for candidate in candidates if candidate.date]


def read_listing(body: bytes, *, url: str, follow: str) -> Discovered:
    """Read the links that a CSS selector finds on a page, and the address of the next page."""
    if is_bloated(body):
        raise NotDiscoverableError(BLOATED)
    soup, base = page_at(body, url)
    found = []
    for link in soup.select(follow):
        anchor = link if link.name == "a" else link.find("a")
        if anchor is not None and (candidate := anchored(anchor, base)):
            found.append(candidate)
    return Discovered(tuple(found), _nextpage_at(soup, base, url))


NEXT = re.compile(
    r"(next( page)?|older( posts| entries)?|more|weiter|nächste( seite)?|suivante?|page suivante|siguiente|volgende|nästa|næste"
    r"|neste)?\s*[›»→>]*",
    re.IGNORECASE,
)
NEXT_CLASS = '[class*="next"] > a[href], a[class*="next"][href], [class*="pager"] a[href], [class*="pagination"] a[href]'


def _nextpage_at(soup: Any, base: str, url: str) -> tuple[str, ...]:
    """By rel=next where it is given, else by the words and the place of a pager's link."""
    stated = soup.select('link[rel~="next"][href], a[rel~="next"][href]')
    if stated:
        return addresses([str(stated[0]["href"])], base)
    for link in soup.select(NEXT_CLASS):
        said = link.get("aria-label") or link.get("title") or link.get_text(" ", strip=True)
        onward = addresses([str(link["href"])], base)
        is_next = NEXT.fullmatch(" ".join(said.split())) and said.strip()
        if is_next and onward and identity(onward[0]) != identity(url):
            return onward
    return ()


class _Hit(BaseModel):
    url: str
    title: str = ""


_HITS: TypeAdapter[list[_Hit]] = TypeAdapter(list[_Hit])
SEARCH = "wp/v2/search?per_page=20&search="


def searches(api: str, terms: Iterable[str]) -> list[str]:
    """Return the addresses that ask a WordPress site for its documents on each term."""
    root = api if api.endswith("/") or "rest_route" in api else f"{api}/"
    if "?" in root:  # /?rest_route=/
        return [f"{root}{SEARCH.replace('?', '&')}{quote(term)}" for term in terms]
    return [f"{root}{SEARCH}{quote(term)}" for term in terms]


def read_search(body: bytes, *, url: str) -> Discovered:
    """Read the answer of a WordPress search; raises NotDiscoverableError where it is none."""
    try:
        hits = _HITS.validate_json(body)
    except ValidationError as error:
        raise NotDiscoverableError("is not the answer of a WordPress search") from error
    found = (candidate_at(hit.url, url, html.unescape(hit.title)) for hit in hits)
    return Discovered(tuple(candidate for candidate in found if candidate))


def wanted(
    candidates: Iterable[Candidate], source: SourceEntry, hosts: Iterable[str]
) -> tuple[Candidate, ...]:
    """Keep what the source includes, on official hosts, each document once."""
    hosts = tuple(hosts)
    kept = {
        candidate.url: candidate
        for candidate in candidates
        if on_official_host(candidate.url, hosts)
        and not is_media(candidate.url)
        and source.asks_for(candidate.url)
    }
    return tuple(kept.values())
