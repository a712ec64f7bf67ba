"""Proposes an entry for sources.yaml from a page that was looked at. Pure: bytes in, YAML out.

A person confirms it: nothing here decides that a host is official.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin, urlsplit

import yaml

from tracker.addresses import Owners, canonical_url, is_home
from tracker.countries import COUNTRIES
from tracker.model import SourceKind
from tracker.sources import SourcesFile

FEED_TYPES = ("application/rss+xml", "application/atom+xml", "application/feed+json")
MOST_LEADS = 5
BEGINNING = 500_000  # bytes in which a page names itself and its feeds
_SITEMAP = re.compile(rb"^\s*sitemap\s*:\s*(\S+)", re.IGNORECASE | re.MULTILINE)
_FEED = re.compile(rb"<(?:rss|feed|rdf:RDF)\b", re.IGNORECASE)
_NESTED = re.compile(rb"<(?:urlset|sitemapindex)\b", re.IGNORECASE)
_BETWEEN = re.compile(r" [|\u2013\u2014\u203a\u00bb-] ")
_DOCUMENTS = ("application/pdf", "wordprocessingml", "opendocument")


class CannotInsertError(Exception):
    """The file is not laid out so that an entry can be put in; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Leads:
    """What a page says of itself and of where its site lists more."""

    kind: SourceKind
    title: str = ""
    site: str = ""
    feeds: tuple[str, ...] = ()


def leads(body: bytes, *, url: str, media_type: str) -> Leads:
    """Return the kind and title of an address, and the feeds that its page announces."""
    head = body[:4096]
    if _NESTED.search(head):
        return Leads(SourceKind.SITEMAP)
    if _FEED.search(head) or b"jsonfeed.org/version" in head:
        return Leads(SourceKind.FEED)
    if body[:5] == b"%PDF-" or any(kind in media_type for kind in _DOCUMENTS):
        return Leads(SourceKind.DOCUMENT)
    from bs4 import BeautifulSoup  # noqa: PLC0415  (slow to import, and one verb needs it)

    soup = BeautifulSoup(body[:BEGINNING], "lxml")
    announced = soup.select('link[rel~="alternate"][href]')
    feeds = [str(link["href"]) for link in announced if link.get("type") in FEED_TYPES]
    site = soup.select_one('meta[property="og:site_name"]')
    named = _line(str(site.get("content", ""))) if site else ""
    whole = _line(soup.title.get_text(" ")) if soup.title else ""
    return Leads(
        SourceKind.PAGE,
        title=(_line(soup.h1.get_text(" ")) if soup.h1 else "") or whole,
        site=named or _last_part(whole),
        feeds=_addresses(feeds, url),
    )


def _line(text: str) -> str:
    """A heading in one line, without soft hyphens and the mark that links to it."""
    return " ".join(text.replace("\u00ad", "").split()).rstrip("#¶ ")[:200]


def _last_part(title: str) -> str:
    """What stands behind the last dash or bar of a page's title, where sites put their own name."""
    parts = _BETWEEN.split(title)
    return parts[-1] if len(parts) > 1 and re.search(r"[^\W\d_]", parts[-1]) else ""


def sitemaps(robots: bytes | None, *, url: str) -> tuple[str, ...]:
    """Return the sitemaps that robots.txt names, else where one usually stands."""
    named = [found.decode("latin-1") for found in _SITEMAP.findall(robots or b"")]
    return _addresses(named or ["/sitemap.xml"], url)


def _addresses(given: Sequence[str], base: str) -> tuple[str, ...]:
    found = []
    for address in given:
        try:
            found.append(canonical_url(urljoin(base, address)))
        except ValueError:
            continue
    return tuple(dict.fromkeys(found))[:MOST_LEADS]


def entry(kind: SourceKind, url: str, title: str = "") -> dict[str, Any]:
    """Return a source as a person would write it."""
    row: dict[str, Any] = {"kind": str(kind), "url": url}
    if title and kind in {SourceKind.PAGE, SourceKind.DOCUMENT}:
        row["title"] = title
    return row


def owner(url: str, file: SourcesFile) -> str | None:
    """Return the key of the institution on whose hosts an address stands, if one is declared."""
    return Owners({entry.key: entry.hosts for entry in file.institutions}).of(url)


def new_institution(
    found: Leads, url: str, sources: Sequence[Mapping[str, Any]], given: Mapping[str, str]
) -> dict[str, Any]:
    """Return an institution for a host that nobody has declared; `given` is what a person said."""
    host = urlsplit(url).netloc.removeprefix("www.")
    front = found.title if is_home(url) else ""  # of any other page it is the page's name
    name = given.get("name") or found.site or front or host
    return {
        "key": given.get("key") or _key(name) or _key(host),
        "name": name,
        "kind": given.get("kind") or "ethics_institute",
        "country": given.get("country") or _country(host) or "EU",
        "homepage": f"{urlsplit(url).scheme}://{urlsplit(url).netloc}/",
        "hosts": [host],
        "sources": [dict(source) for source in sources],
    }


def guessed(url: str, given: Mapping[str, str]) -> list[str]:
    """Return which fields of a new institution nothing tells: what stands there only fills the place."""
    host = urlsplit(url).netloc
    known = {"kind": given.get("kind"), "country": given.get("country") or _country(host)}
    return [name for name, value in known.items() if not value]


def _key(name: str) -> str:
    """A name in kebab case, letters with marks as those without."""
    plain = unicodedata.normalize("NFKD", name.casefold()).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:120].strip("-")


def _country(host: str) -> str | None:
    last = host.partition(":")[0].rpartition(".")[2].upper()
    code = {"UK": "GB", "EDU": "US", "GOV": "US", "MIL": "US"}.get(last, last)
    return code if code in COUNTRIES else None


def as_yaml(rows: Sequence[Mapping[str, Any]], *, indent: int = 0) -> str:
    """Return list items as they stand in sources.yaml."""
    text = yaml.safe_dump(
        [dict(row) for row in rows], sort_keys=False, allow_unicode=True, width=1000
    )
    return "".join(f"{' ' * indent}{line}" for line in text.splitlines(keepends=True))


def inserted(text: str, key: str | None, rows: Sequence[Mapping[str, Any]]) -> str:
    """Return sources.yaml with sources added to an institution, or with new institutions.

    Everything else, comments too, stays as it is; raises CannotInsertError where the layout forbids.
    """
    root: Any = yaml.compose(text, yaml.SafeLoader)
    institutions = _value(root, "institutions")
    if key is None:
        return _after(text, institutions, rows)
    for institution in institutions.value:
        if _value(institution, "key").value == key:
            return _after(text, _value(institution, "sources"), rows)
    raise CannotInsertError(f'there is no institution "{key}" in the file')


def _value(node: Any, name: str) -> Any:
    pairs = node.value if isinstance(node, yaml.MappingNode) else []
    for key, value in pairs:
        if key.value == name:
            return value
    raise CannotInsertError(f"`{name}` is missing there; add the entry by hand")


def _after(text: str, items: Any, rows: Sequence[Mapping[str, Any]]) -> str:
    if isinstance(items, yaml.SequenceNode) and not items.value:
        return _in_place_of(text, items, rows)
    if not isinstance(items, yaml.SequenceNode) or items.flow_style:
        raise CannotInsertError("the list there is not written item by item; add the entry by hand")
    lines = text.splitlines(keepends=True)
    last = _last_line(items.value[-1])
    dash = lines[items.value[0].start_mark.line].index("-")
    added = as_yaml(rows, indent=dash)
    before = "".join(lines[: last + 1])
    return (
        f"{before}{'' if before.endswith(chr(10)) else chr(10)}{added}{''.join(lines[last + 1 :])}"
    )


def _in_place_of(text: str, empty: Any, rows: Sequence[Mapping[str, Any]]) -> str:
    """The text with rows where it has an empty list, as deep as the line that names the list."""
    line = text.splitlines()[empty.start_mark.line]
    deep = len(line) - len(line.lstrip(" -"))
    before, after = text[: empty.start_mark.index], text[empty.end_mark.index :]
    return f"{before.rstrip(' ')}\n{as_yaml(rows, indent=deep)}{after.removeprefix(chr(10))}"


def _last_line(node: Any) -> int:
    """The line on which a node's last scalar ends; a block's own mark stands after comments."""
    if isinstance(node, yaml.ScalarNode) or node.flow_style or not node.value:
        mark = node.end_mark  # of a block scalar it stands at the start of the next line
        return int(mark.line) - int(mark.column == 0)
    last = node.value[-1]
    return _last_line(last[1] if isinstance(last, tuple) else last)
