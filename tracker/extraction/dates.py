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
    if found := date_in_path(url):
        return found, DateBasis.INFERRED
    return None, DateBasis.UNKNOWN


def _written(root: Any) -> Iterator[str]:
    for script in root.xpath("//script[@type='application/ld+json']/text()"):
        if found := _PUBLISHED.search(str(script)):
            yield found[1]
    for path in _META:
        yield from map(str, root.xpath(path)[:1])


def written_date(text: str) -> datetime | None:
    """Return the date that a text states near its top, on a line of its own or after a label.

    When a page was last updated or reviewed is not when it was published, and says nothing here.
    """
    for line in text[:OPENING].splitlines()[:LINES]:
        labelled = _LABEL.search(line)
        if _OTHER_DATE.search(line) or not (labelled or len(line) <= 80):
            continue
        if (found := spelled_day(line[labelled.end() :] if labelled else line)) is not None:
            return found
    return None


OPENING, LINES = 1500, 12
_LABEL = re.compile(
    r"\b(?:published|posted|issued|dated|adopted|date|veröffentlicht|stand|datum|publié|publicado"
    r"|gepubliceerd|publicerad|publiceret|publisert)\b(?: (?:on|am|le|el|op|den))?:?\s*",
    re.IGNORECASE,
)
_OTHER_DATE = re.compile(
    r"\b(?:updated?|modified|revised|reviewed?|deadline|register|expires?|valid until|next|born"
    r"|aktualisiert|geändert|modifié|mis à jour|actualizado|bijgewerkt|gewijzigd|uppdaterad|opdateret|oppdatert)\b",
    re.IGNORECASE,
)
#: Month names by their first letters: English, German, French, Dutch, Spanish, Swedish, Danish, Norwegian.
_MONTHS = (
    "jan en[eé] ", "feb fév fev ", "mar mär maa mrt ", "apr avr abr ", "may mai mei maj mayo ",
    "jun juin ", "jul juil ", "aug aoû ago ", "sep ", "oct okt ", "nov ", "dec dez déc dic des ",
)  # fmt: skip
_STEMS = [re.compile(rf"(?:{'|'.join(stems.split())})", re.IGNORECASE) for stems in _MONTHS]
_DAY_FIRST = re.compile(
    r"\b(\d{1,2})(?:st|nd|rd|th|er|\.)?\s+(?:de\s+)?([^\W\d_]{3,10})\.?,?\s+(?:de\s+)?(\d{4})\b"
)
_MONTH_FIRST = re.compile(r"\b([^\W\d_]{3,10})\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4})\b")
_DOTTED = re.compile(r"\b(\d{1,2})\.\s?(\d{1,2})\.\s?(\d{4})\b")


def spelled_day(words: str) -> datetime | None:
    """Return the first whole date in words: ISO, 4 May 2023, May 4, 2023 or 4.5.2023.

    A date with slashes is left alone: 3/4/2023 is a different day on either side of the Atlantic.
    """
    if (found := _DAY.search(words)) and "/" not in found[0]:
        return _midnight(*map(int, found.groups()))
    for date_ in _DAY_FIRST.finditer(words):
        if month := _month(date_[2]):
            return _midnight(int(date_[3]), month, int(date_[1]))
    for date_ in _MONTH_FIRST.finditer(words):
        if month := _month(date_[1]):
            return _midnight(int(date_[3]), month, int(date_[2]))
    if dotted := _DOTTED.search(words):
        return _midnight(int(dotted[3]), int(dotted[2]), int(dotted[1]))
    return None


def _month(name: str) -> int | None:
    return next((n for n, stem in enumerate(_STEMS, start=1) if stem.match(name)), None)


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


def date_in_path(url: str) -> datetime | None:
    """Return the day that an address such as /2023/05/04/ names; the first where it names a month."""
    found = _IN_PATH.search(url)
    if found is None:
        return None
    return _midnight(int(found[1]), int(found[2]), int(found[3] or 1))
