"""Whose document an address is: by official hosts and declared sources. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from tracker.addresses import Owners, canonical_url, on_official_host
from tracker.model import SourceKind
from tracker.sources import InstitutionEntry, SourceEntry, SourcesFile

DECLARED = (SourceKind.PAGE, SourceKind.DOCUMENT)
DOCUMENT_TYPES = frozenset(
    "text/html application/xhtml+xml application/pdf application/vnd.oasis.opendocument.text "
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document".split()
)


@dataclass(frozen=True, slots=True)
class Place:
    """The source that an address belongs to, and the address under which it is known there."""

    institution: str
    source: str
    url: str
    declared: bool  # it is a declared page or document


@dataclass(frozen=True, slots=True)
class Listing:
    """An address that is a source's own feed, sitemap or listing: it names documents and is none."""

    institution: str
    source: str


class Belonging:
    """Finds the source of an address: a declared page first, else the most specific that covers it."""

    def __init__(self, file: SourcesFile) -> None:
        self._entries = {entry.key: entry for entry in file.institutions}
        self._owners = Owners({entry.key: entry.hosts for entry in file.institutions})
        self._declared: dict[str, Place] = {}
        self._listings: dict[str, Listing] = {}
        self._by_key: dict[str, tuple[InstitutionEntry, SourceEntry]] = {}
        for entry in file.institutions:
            for source in entry.sources:
                self._add(entry, source)

    def _add(self, entry: InstitutionEntry, source: SourceEntry) -> None:
        self._by_key[f"{entry.key}/{source.key}"] = (entry, source)
        if source.kind in DECLARED:
            place = Place(entry.key, source.key, source.url, declared=True)
            self._declared.setdefault(page_key(source.url), place)
        else:
            self._listings.setdefault(page_key(source.url), Listing(entry.key, source.key))

    def of(self, url: str, *, source: str = "") -> Place | Listing | None:
        """Return the place of an address, or None where no institution watches it.

        `source` is the institution/source that an archive of ours names; it decides where it exists
        and the address is on an official host. Raises ValueError where it is no web address.
        """
        url = canonical_url(url)
        key = page_key(url)
        if found := self._declared.get(key) or self._listings.get(key):
            return found
        if source in self._by_key and on_official_host(url, self._by_key[source][0].hosts):
            institution, named = self._by_key[source]
            return Place(institution.key, named.key, url, declared=False)
        found_here = max(self._covering(url), key=lambda candidate: candidate[0], default=None)
        return None if found_here is None else found_here[1]

    def _covering(self, url: str) -> Iterator[tuple[tuple[tuple[int, int], int], Place]]:
        for closeness, key in self._owners.by_closeness(url):
            for source in self._entries[key].sources:
                if reach := _reach(source, url):
                    yield (closeness, reach), Place(key, source.key, url, declared=False)


def _reach(source: SourceEntry, url: str) -> int:
    """How much of an address a source's rules cover: more is more specific, 0 is nothing."""
    if source.kind in DECLARED or not source.asks_for(url):
        return 0
    if source.include:
        return max(len(part) for part in source.include if part in url)
    there, here = urlsplit(url), urlsplit(source.url)
    folder = _folder(source.kind, here.path)
    same_host = _bare(there.netloc) == _bare(here.netloc)
    return len(folder) if same_host and there.path.startswith(folder) else 0


def _folder(kind: SourceKind, path: str) -> str:
    """The folder that a source without `include` speaks for: /news/ of /news/feed."""
    above, _, last = path.rstrip("/").rpartition("/")
    if kind is SourceKind.LISTING and "." not in last:
        return f"{path.rstrip('/')}/"
    return f"{above}/"


def page_key(url: str) -> str:
    """Return what spellings of one page's address share: scheme, www. and last slash do not count."""
    parts = urlsplit(url)
    query = f"?{parts.query}" if parts.query else ""
    return f"{_bare(parts.netloc)}{parts.path.rstrip('/')}{query}"


def spellings(url: str) -> tuple[str, ...]:
    """Return the canonical addresses under which the page of a canonical address may be known."""
    parts = urlsplit(url)
    host, path = _bare(parts.netloc), parts.path.rstrip("/")
    query = f"?{parts.query}" if parts.query else ""
    found = [
        f"{scheme}://{prefix}{host}{path}{slash}{query}"
        for scheme in ("https", "http")
        for prefix in ("", "www.")
        for slash in ("", "/")
        if path or slash
    ]
    return tuple(dict.fromkeys([url, *found]))


def _bare(netloc: str) -> str:
    return netloc.removeprefix("www.")
