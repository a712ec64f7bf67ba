"""What sort of text a document is and who speaks in it, with the words that led there. Pure.

Source: codebook, "Who is speaking". Where nothing tells, the answer is unknown and a person decides.
"""

import re
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from tracker.model import Genre, Voice


@dataclass(frozen=True, slots=True)
class Speaker:
    genre: Genre
    voice: Voice
    because: str
    byline: str = ""


_GENRES: tuple[tuple[Genre, str], ...] = (
    (Genre.PODCAST_NOTES, r"podcasts?|episodes?"),
    (Genre.TRANSCRIPT, r"transcripts?"),
    (Genre.EVENT, r"events?|webinars?|seminars?|conferences?|workshops?|veranstaltung\w*"),
    (Genre.SUBMISSION, r"submissions?|consultation-responses?|written-evidence|testimony"),
    (Genre.LEADERSHIP_LETTER, r"letters?|president|rector|vice-chancellor|message-from"),
    (Genre.TEACHING_RESOURCE, r"teaching|courses?|syllab\w+|curriculum"),
    (Genre.OFFICIAL_STATEMENT, r"statements?|declarations?|position(?:-paper)?s?|stellungnahmen?|open-call"),
    (
        Genre.POLICY,
        (
            r"polic(?:y|ies)|guidelines?|guidance|due-diligence|regulations?|terms|conditions"
            r"|safeguards?|principles|codes?|rules|richtlinien?|leitlinien?|leitfaden"
            r"|research-security|export-control\w*|compliance|handbook|politique|charte"
        ),
    ),
    (Genre.REPORT, r"reports?|publications?|research-papers?|briefings?|studies|analys[ei]s"),
    (Genre.BLOG, r"blogs?|opinion|commentary|op-ed|perspectives?|essays?"),
    (Genre.PRESS_COVERAGE, r"in-the-media|in-the-news|media-coverage|press-coverage"),
    (Genre.NEWS, r"news|press(?:-releases?)?|aktuelles|actualites?|articles?|updates?|stories"),
)  # fmt: skip
_COMPILED = tuple(
    (genre, re.compile(rf"(?<![a-z])({words})(?![a-z])", re.IGNORECASE)) for genre, words in _GENRES
)
_GUEST = re.compile(r"\b(guest (?:post|blog|author|contribution)|gastbeitrag)\b", re.IGNORECASE)
_OWN_VIEWS = re.compile(
    r"\b(?:views?|opinions?) (?:expressed|in this (?:post|piece))[^.]{0,80}?(?:author|own|not necessarily)",
    re.IGNORECASE,
)
_REPOST = re.compile(
    r"\b((?:originally|first) (?:published|appeared) (?:in|on|at|by))\b", re.IGNORECASE
)
_BYLINE = re.compile(r"^(?:by|von|par|door|av)\s+(\S.{2,80})$", re.IGNORECASE)
_UNIT = re.compile(
    r"\b(office|committee|council|institute|institut|centre|center|department|directorate|board|senate|"
    r"division|service|team|university|universit\w+|laboratory|secretariat|referat|zentrum|foundation)\b",
    re.IGNORECASE,
)
#: Where a lost paragraph would be a lost rule.
READ_WHOLE = frozenset({Genre.POLICY, Genre.OFFICIAL_STATEMENT})
_INSTITUTIONAL = frozenset(
    {
        Genre.POLICY,
        Genre.OFFICIAL_STATEMENT,
        Genre.LEADERSHIP_LETTER,
        Genre.SUBMISSION,
        Genre.REPORT,
    }
)
_HOSTED = frozenset({Genre.EVENT, Genre.TRANSCRIPT, Genre.PODCAST_NOTES, Genre.TEACHING_RESOURCE})


def who_speaks(*, url: str, title: str, byline: str, text: str) -> Speaker:
    """Return genre and voice of a document, by its address, title, byline and opening words."""
    genre, because = genre_of(url, title)
    opening = text[:1500]
    name = _person(byline, opening)
    if found := _REPOST.search(opening):
        return Speaker(Genre.REPOST, Voice.THIRD_PARTY, f'text: "{found[0]}"', byline)
    if found := _GUEST.search(f"{title}\n{opening}"):
        return Speaker(genre, Voice.GUEST, f'text: "{found[0]}"', byline)
    if found := _OWN_VIEWS.search(text[:1500] + text[-1500:]):
        return Speaker(genre, Voice.NAMED_STAFF, f'text: "{found[0][:80]}"', byline)
    if genre in _HOSTED or genre is Genre.PRESS_COVERAGE:
        return Speaker(genre, Voice.UNKNOWN, because, byline)
    if name and genre in {Genre.BLOG, Genre.NEWS, Genre.UNKNOWN}:
        return Speaker(genre, Voice.NAMED_STAFF, f'byline: "{name}"', byline)
    if genre in _INSTITUTIONAL or genre is Genre.NEWS:
        return Speaker(genre, Voice.INSTITUTION, because, byline)
    return Speaker(genre, Voice.UNKNOWN, because or "nothing tells who speaks", byline)


def genre_of(url: str, title: str) -> tuple[Genre, str]:
    """Return the genre that a document's title or address names, and the words that do."""
    path = unquote(urlsplit(url).path)
    for where, words in (("title", title), ("address", path)):
        for genre, pattern in _COMPILED:
            if found := pattern.search(words):
                return genre, f'{where}: "{found[0]}"'
    return Genre.UNKNOWN, ""


def _person(byline: str, opening: str) -> str:
    """The name in a byline, unless it is an office's."""
    lines = [byline, *opening.splitlines()[:4]]
    for line in lines:
        found = _BYLINE.match(line.strip())
        name = found[1] if found else (byline if line is byline else "")
        name = re.split(r"[·|,]| - ", name)[0].strip()
        if name:
            return "" if _UNIT.search(name) else name
    return ""
