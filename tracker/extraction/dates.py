"""The date a document states for itself, and what that rests on. Pure."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from typing import Any

from tracker.model import DateBasis

_META = (
    "//meta[@property='article:published_time']/@content",
    "//meta[@name='date' or @name='dc.date' or @name='DC.date']/@content",
    "//meta[@name='citation_publication_date' or @name='dcterms.issued']/@content",
    "//*[@itemprop='datePublished']/@datetime",
    "//*[@itemprop='datePublished']/@content",
    "//article//time/@datetime",
    "//main//time/@datetime",
)
_IN_PATH = re.compile(r"/((?:19|20)\d\d)[/-](\d{1,2})(?:[/-](\d{1,2}))?(?=[/.-]|$)")
_PUBLISHED = re.compile(r'"datePublished"\s*:\s*"([^"]{4,40})"')
_DAY = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})")


def stated_date(root: Any, url: str) -> tuple[datetime | None, DateBasis]:
    """Return a page's publication date: stated by the page, inferred from its URL, or unknown."""
    for written in _written(root):
        if (found := day(written)) is not None:
            return found, DateBasis.STATED
    if found := _from_path(url):
        return found, DateBasis.INFERRED
    return None, DateBasis.UNKNOWN


def _written(root: Any) -> Iterator[str]:
    for script in root.xpath("//script[@type='application/ld+json']/text()"):
        if found := _PUBLISHED.search(str(script)):
            yield found[1]
    for path in _META:
        yield from map(str, root.xpath(path)[:1])


def day(written: str) -> datetime | None:
    """Return the day of an ISO-like date as UTC midnight; the place's midnight is not known."""
    found = _DAY.search(written)
    if found is None:
        return None
    return _midnight(*map(int, found.groups()))


def _midnight(year: int, month: int, number: int) -> datetime | None:
    if not 1990 <= year <= 2100:
        return None
    try:
        return datetime.combine(date(year, month, number), time(), UTC)
    except ValueError:
        return None


def _from_path(url: str) -> datetime | None:
    found = _IN_PATH.search(url)
    if found is None:
        return None
    return _midnight(int(found[1]), int(found[2]), int(found[3] or 1))
