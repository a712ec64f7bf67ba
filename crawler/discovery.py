"""What a feed, sitemap or listing names. Pure: bytes in, candidates out."""

import gzip
import io
import json
import zlib
from calendar import timegm
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urljoin

from lxml import etree
from pydantic import BaseModel, ValidationError

from tracker.addresses import canonical_url, on_official_host
from tracker.archive import Candidate
from tracker.sources import SourceEntry

LARGEST = 60_000_000  # bytes of an inflated sitemap (the protocol allows 50 MB)


class NotDiscoverableError(Exception):
    """The bytes are not what the source says they are; the message is for its health."""


@dataclass(frozen=True, slots=True)
class Discovered:
    """The documents that a source names, and where it goes on."""

    candidates: tuple[Candidate, ...]
    further: tuple[str, ...] = ()  # nested sitemaps, next pages


class _JsonItem(BaseModel):
    url: str | None = None
    id: str | None = None
    title: str = ""
    date_published: datetime | None = None


class _JsonFeed(BaseModel):
    version: str
    items: list[_JsonItem]


def read_feed(body: bytes, *, url: str) -> Discovered:
    """Read RSS, Atom or JSON Feed; raises NotDiscoverableError where it is none of them."""
    if body.lstrip()[:1] == b"{":
        return Discovered(tuple(_json_feed(body, url)))
    import feedparser  # noqa: PLC0415  (slow to import, and many runs read no feed)

    feed = feedparser.parse(io.BytesIO(body))
    if not feed.version and not feed.entries:
        raise NotDiscoverableError("is not a feed")
    found = (
        _candidate(entry.get("link", ""), url, entry.get("title", ""), _struct(entry))
        for entry in feed.entries
    )
    return Discovered(tuple(candidate for candidate in found if candidate))


def _json_feed(body: bytes, base: str) -> Iterator[Candidate]:
    try:
        feed = _JsonFeed.model_validate(json.loads(body))
    except (ValidationError, ValueError, RecursionError) as error:
        raise NotDiscoverableError("is JSON, but not a JSON Feed") from error
    for item in feed.items:
        at = item.date_published
        at = at.replace(tzinfo=UTC) if at and at.tzinfo is None else at
        if candidate := _candidate(item.url or item.id or "", base, item.title, at):
            yield candidate


def _struct(entry: Any) -> datetime | None:
    parsed = entry.get("published_parsed") or entry.get("updated_parsed")
    try:
        return datetime.fromtimestamp(timegm(parsed), UTC) if parsed else None
    except (ValueError, OverflowError):
        return None


def read_sitemap(body: bytes, *, url: str) -> Discovered:
    """Read a sitemap or sitemap index (sitemaps.org), plain, gzipped or as a list of URLs."""
    body = _inflated(body)
    if body.lstrip()[:4].lower() == b"http":
        lines = body.decode(errors="replace").split()
        return Discovered(tuple(c for line in lines if (c := _candidate(line, url))))
    root = _xml(body)
    names = [element for element in root.iter("{*}loc") if element.text]
    entries = [element for element in names if _local(element.getparent()) == "url"]
    nested = [element for element in names if _local(element.getparent()) == "sitemap"]
    if not names and _local(root) not in {"urlset", "sitemapindex"}:
        raise NotDiscoverableError("is not a sitemap")
    found = (
        _candidate(element.text or "", url, at=_lastmod(element.getparent())) for element in entries
    )
    return Discovered(
        tuple(candidate for candidate in found if candidate),
        tuple(c.url for element in nested if (c := _candidate(element.text or "", url))),
    )


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
    return etree.QName(tag).localname if isinstance(tag, str) else ""


def _lastmod(element: Any) -> datetime | None:
    for child in element:
        if _local(child) == "lastmod" and child.text:
            try:
                at = datetime.fromisoformat(child.text.strip())
            except ValueError:
                return None
            return at if at.tzinfo else at.replace(tzinfo=UTC)
    return None


def read_listing(body: bytes, *, url: str, follow: str) -> Discovered:
    """Read the links that a CSS selector finds on a page, and the page's rel=next."""
    from bs4 import BeautifulSoup  # noqa: PLC0415  (slow to import)

    soup = BeautifulSoup(body, "lxml")
    found = []
    for link in soup.select(follow):
        anchor = link if link.name == "a" else link.find("a")
        if anchor is not None and (
            candidate := _candidate(
                str(anchor.get("href", "")), url, anchor.get_text(" ", strip=True)
            )
        ):
            found.append(candidate)
    onward = soup.select('link[rel~="next"][href], a[rel~="next"][href]')
    further = [c.url for link in onward[:1] if (c := _candidate(str(link["href"]), url))]
    return Discovered(tuple(found), tuple(further))


def _candidate(
    address: str, base: str, title: str = "", at: datetime | None = None
) -> Candidate | None:
    if not address.strip():
        return None
    try:
        url = canonical_url(urljoin(base, address.strip()))
    except ValueError:
        return None
    return Candidate(url, " ".join(title.split())[:300], at)


def wanted(
    candidates: Iterable[Candidate], source: SourceEntry, hosts: Iterable[str]
) -> tuple[Candidate, ...]:
    """Keep what the source includes, on official hosts, each document once."""
    hosts = tuple(hosts)
    kept = {
        candidate.url: candidate
        for candidate in candidates
        if on_official_host(candidate.url, hosts) and source.asks_for(candidate.url)
    }
    return tuple(kept.values())
