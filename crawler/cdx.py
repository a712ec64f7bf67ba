"""Asks a web archive what it holds and reads its answers: the CDX API of Wayback and pywb. Pure.

Both take url, from, to and output=json; Wayback answers with one JSON array of rows under a row of
names, pywb with one JSON object a line. Only Wayback collapses; so what is alike is put together here.
"""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from urllib.parse import urlencode, urlsplit, urlunsplit

from tracker.addresses import canonical_url
from tracker.belonging import page_key

STAMP = "%Y%m%d%H%M%S"
_INDEX = re.compile(r"(/cdx/search/cdx|/cdx|-cdx|-index)/?$")


class CdxError(Exception):
    """An answer that is no CDX; the message is for the person who asked."""


@dataclass(frozen=True, slots=True)
class Archive:
    """Where a web archive answers: what it holds, and the captures themselves."""

    index: str
    replay: str

    @classmethod
    def at(cls, base: str) -> "Archive":
        """Tell both addresses from either of them.

        Raises ValueError where it is no http or https address.
        """
        parts = urlsplit(canonical_url(base))
        path = parts.path
        if not _INDEX.search(path):
            path = f"{path.rstrip('/')}/cdx"
        collection = _INDEX.sub("", path)
        if path.rstrip("/").endswith("/cdx/search/cdx"):
            collection += "/web"
        index = urlunsplit((parts.scheme, parts.netloc, path, "", ""))
        return cls(index, urlunsplit((parts.scheme, parts.netloc, f"{collection}/", "", "")))

    @property
    def host(self) -> str:
        return urlsplit(self.index).netloc

    def query(self, url: str, *, since: date | None, until: date | None) -> str:
        """Return the address of what the archive holds of a page, or of all below one with a *."""
        asked = {
            "url": url.rstrip("*"),
            "matchType": "prefix" if url.endswith("*") else "exact",
            "output": "json",
            "collapse": "digest",
            "showSkipCount": "true",  # with the next: when the last of the alike was taken
            "lastSkipTimestamp": "true",
            "from": f"{since:%Y%m%d}" if since else "",
            "to": f"{until:%Y%m%d}" if until else "",
        }
        named = {name: value for name, value in asked.items() if value}
        return f"{self.index}?{urlencode(named)}"

    def raw(self, run: "Run") -> str:
        """Return the address of a capture's untouched bytes."""
        return f"{self.replay}{run.first:{STAMP}}id_/{run.url}"


@dataclass(frozen=True, slots=True)
class Run:
    """Captures of a page in a row that brought the same bytes, from the first to the last."""

    url: str
    digest: str
    first: datetime
    last: datetime


def read_cdx(body: bytes) -> list[Run]:
    """Return the good captures that an answer lists, alike ones in a row as one, by page and time.

    Raises CdxError where the answer is no CDX in JSON.
    """
    try:
        text = body.decode()
        rows = list(_rows(text))
    except (ValueError, RecursionError) as error:
        raise CdxError("the answer is no CDX in JSON") from error
    runs = sorted(filter(None, map(_run, rows)), key=lambda run: (page_key(run.url), run.first))
    return list(_together(runs))


def _rows(text: str) -> Iterator[dict[str, str]]:
    if text.lstrip()[:1] == "[":
        names, *rows = json.loads(text) or [[]]
        for row in rows:
            yield dict(zip(map(str, names), map(str, row), strict=False))
    else:
        for line in filter(str.strip, text.splitlines()):
            row = json.loads(line)
            if not isinstance(row, dict):
                raise CdxError("the answer is no CDX in JSON")
            yield {str(name): str(value) for name, value in row.items()}


def _run(row: dict[str, str]) -> Run | None:
    status = row.get("statuscode", row.get("status", "-"))
    if not (status.startswith("2") or status in {"-", ""}):
        return None  # "-" is a repeat of what was good before
    first = moment(row.get("timestamp", ""))
    url = row.get("original", row.get("url", ""))
    if first is None or not urlsplit(url).scheme.startswith("http"):
        return None
    last = moment(row.get("endtimestamp", "")) or first
    return Run(url, row.get("digest", ""), first, max(first, last))


def _together(runs: Iterable[Run]) -> Iterator[Run]:
    held: Run | None = None
    for run in runs:
        if held and page_key(held.url) == page_key(run.url) and held.digest == run.digest:
            held = Run(held.url, held.digest, held.first, max(held.last, run.last))
            continue
        if held:
            yield held
        held = run
    if held:
        yield held


def moment(stamp: str) -> datetime | None:
    """Return the time of a 14-digit timestamp, or None where it is none."""
    if not re.fullmatch(r"\d{14}", stamp):
        return None
    try:
        return datetime.strptime(stamp, STAMP).replace(tzinfo=UTC)
    except ValueError:
        return None


def spread(runs: Sequence[Run], most: int) -> list[Run]:
    """Return at most so many runs, the first and last among them, the others evenly between."""
    if len(runs) <= most:
        return list(runs)
    if most == 1:
        return [runs[-1]]
    return [runs[round(place * (len(runs) - 1) / (most - 1))] for place in range(most)]
