"""What sort of text a document is and who speaks in it, with the words that led there. Pure.

Source: codebook, "Who is speaking". Where nothing tells, the answer is unknown and a person decides.
"""

import re
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from tracker.extraction.genres import genre_of
from tracker.model import Genre, Voice

EDGE = 1500  # characters at either end of a text, where it says whose it is


@dataclass(frozen=True, slots=True)
class Speaker:
    """Genre and voice of a document, and the words that led to each."""

    genre: Genre
    voice: Voice
    genre_because: str
    voice_because: str
    byline: str = ""
    series: str = ""
    disclaimer: str = ""


#: Published, but not the institution's word; codebook: events "hosted", reposts "relayed".
HOSTED = frozenset({Genre.EVENT, Genre.TRANSCRIPT, Genre.PODCAST_NOTES, Genre.TEACHING_RESOURCE})
RELAYED = frozenset({Genre.REPOST, Genre.PRESS_COVERAGE})
#: Where a lost paragraph would be a lost rule.
READ_WHOLE = frozenset({Genre.POLICY, Genre.OFFICIAL_STATEMENT})
_INSTITUTIONAL = frozenset(
    {
        Genre.POLICY,
        Genre.OFFICIAL_STATEMENT,
        Genre.LEADERSHIP_LETTER,
        Genre.SUBMISSION,
        Genre.REPORT,
        Genre.NEWS,
    }
)
#: Where a byline makes a text its author's; a policy or report stays the institution's.
_SIGNED = frozenset({Genre.BLOG, Genre.NEWS, Genre.UNKNOWN})


def _words(*patterns: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{'|'.join(patterns)})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Rare:
    """A pattern and words of which every match holds one: to look for these costs a tenth."""

    pattern: re.Pattern[str]
    one_of: tuple[str, ...]

    def search(self, text: str) -> re.Match[str] | None:
        small = text.lower()
        return self.pattern.search(text) if any(word in small for word in self.one_of) else None


_REPOST_PATTERN = _words(
    r"(?:originally|first|previously) (?:published|appeared|posted) (?:in|on|at|by|with)\b",
    r"(?:re-?published|reposted|re-?printed|cross-?posted) (?:from|with|by|on|under)\b",
    r"zuerst (?:erschienen|veröffentlicht) (?:in|bei|auf)\b",
    r"(?:publié|paru) (?:initialement|d'abord) (?:dans|sur|par)\b",
    r"oorspronkelijk (?:gepubliceerd|verschenen)\b",
)
_REPOST = _Rare(
    _REPOST_PATTERN,
    (
        *(f"{first} {did}" for first in ("originally", "first", "previously") for did in ("published", "appeared", "posted")),
        "republished", "re-published", "reposted", "reprinted", "re-printed", "crossposted", "cross-posted",
        "zuerst", "publié ", "paru ", "oorspronkelijk",
    ),
)  # fmt: skip
_GUEST = _Rare(
    _words(
        r"guest (?:posts?|blogs?|author|contribution|essay|commentary|column)\b",
        "gastbeitrag",
        "gastauteur",
    ),
    ("guest ", "gastbeitrag", "gastauteur"),
)
_TESTIMONY = _words(
    r"(?:congressional |written |oral |expert )?testimony\b",
    r"testified before\b",
    r"witness statement\b",
)
_INTERVIEW = _words(
    r"interview(?:ed)? (?:with|by)\b", r"in conversation with\b", r"q ?& ?a with\b", r"interview:"
)
_DISCLAIMER_PATTERN = re.compile(
    r"\b(?:(?:views?|opinions?|positions?) (?:and opinions? )?(?:expressed|in this (?:post|piece|article|paper))"
    r"|do(?:es)? not (?:necessarily )?(?:reflect|represent) the (?:\w+ ){0,3}(?:views?|positions?|opinions?)"
    r"|not an official (?:statement|position)|in (?:his|her|their|a|my) (?:personal|private|individual) capacity"
    r"|geben nicht (?:notwendigerweise|unbedingt) die (?:meinung|auffassung|position)"
    r"|n'engagent que)[^.\n]{0,160}",
    re.IGNORECASE,
)
_DISCLAIMER = _Rare(
    _DISCLAIMER_PATTERN,
    ("expressed", " in this p", " in this a", "reflect the", "represent the", "not an official", "capacity", "geben nicht", "n'engagent que"),
)  # fmt: skip
_SERIES_PATTERN = re.compile(
    r"\b(?:(?:part|episode|instal?ment)\s+\w+\s+(?:of|in)|(?:part|one) of|in)\s+(?:the|our|a|its)\s+"
    r"[“\"'‘]?([\w’' :-]{3,60}?)[”\"'’]?\s+(?:(?:blog|essay|report|seminar|lecture|event|podcast)\s+)?series\b",
    re.IGNORECASE,
)
_SERIES = _Rare(_SERIES_PATTERN, ("series",))
_BYLINE = re.compile(
    r"^(?:(?:written |posted )?by|von|par|door|av|af)\s+(\S.{2,80})$", re.IGNORECASE
)
_OFFICE = _words(
    "office", "committee", "council", "institut", "centre", "center", "department", "directorate",
    "board", "senate", "division", "service", "team", "universit", "laborator", "secretariat",
    "referat", "zentrum", "foundation", "faculty", "school", "communications", "newsroom", "staff", "press", "media", "presse",
)  # fmt: skip
#: Offices through which the institution as a whole speaks.
_SPOKESPERSON = _words(
    "press", "communications", "newsroom", "media relations", "pressestelle", "universit"
)
_LEADER = _words(
    r"(?:vice[- ])?(?:president|chancellor|rector|principal)\b", r"provost\b", r"rektor(?:in)?\b", "recteur", "rector magnificus"
)  # fmt: skip
_PERSONAL = re.compile(r"/(?:people|profiles|persons?|authors?)/[^/]|/~\w", re.IGNORECASE)
_DEPOSIT = re.compile(
    r"(?:^|[./-])(?:e-?prints?|dspace|repository|digitalcommons|thes[ei]s|dissertations?|scholarworks)(?:[./-]|$)",
    re.IGNORECASE,
)
_STUDENTS = re.compile(
    r"(?:^|[./-])student-?(?:news|paper|newspaper|media|union|blogs?)(?:[./-]|$)", re.IGNORECASE
)


def who_speaks(*, url: str, title: str, byline: str, text: str) -> Speaker:
    """Return genre and voice of a document, by its address, title, byline, opening and end."""
    genre, because = genre_of(url, title)
    edges = text if len(text) <= 2 * EDGE else f"{text[:EDGE]}\n{text[-EDGE:]}"
    name = _name(byline, text[:EDGE])
    if name and genre in _SIGNED and (leader := _LEADER.search(name)):
        genre, because = Genre.LEADERSHIP_LETTER, f'byline: "{leader[0]}"'
    if repost := _REPOST.search(edges):
        genre, because = Genre.REPOST, f'text: "{repost[0]}"'
    disclaimer = _disclaimer(edges)
    voice, voice_because = _others_words(url, title, edges) or _voice(
        genre, because, name, disclaimer
    )
    series = _SERIES.search(f"{title}\n{edges}")
    return Speaker(
        genre=genre,
        voice=voice,
        genre_because=because,
        voice_because=voice_because,
        byline=byline or name,
        series=series[1].strip() if series else "",
        disclaimer=disclaimer,
    )


def _disclaimer(edges: str) -> str:
    """The sentence that says a text is not the institution's own view, from its begin if it is near."""
    said = _DISCLAIMER.search(edges)
    if said is None:
        return ""
    begin = max(edges.rfind(".", 0, said.start()), edges.rfind("\n", 0, said.start())) + 1
    return " ".join(edges[max(begin, said.start() - 80) : said.end()].split())


def _voice(genre: Genre, because: str, name: str, disclaimer: str) -> tuple[Voice, str]:
    """The rules in their order: what takes a text out of the institution's mouth comes first."""
    if genre in RELAYED:
        return Voice.THIRD_PARTY, because
    if genre in HOSTED:
        return Voice.UNKNOWN, f"{because}: hosted, whose words they are is for a person to say"
    if disclaimer:
        return Voice.NAMED_STAFF, f'text: "{disclaimer[:120]}"'
    if name and not _LEADER.search(name) and (signed := _signed(genre, name)):
        return signed, f'byline: "{name}"'
    if genre in _INSTITUTIONAL:
        return Voice.INSTITUTION, because
    return Voice.UNKNOWN, "nothing tells who speaks"


def _signed(genre: Genre, name: str) -> Voice | None:
    """What a byline says: an office's is a unit's, a person's makes the text that person's."""
    if not _OFFICE.search(name):
        return Voice.NAMED_STAFF if genre in _SIGNED else None
    return None if _SPOKESPERSON.search(name) else Voice.UNIT


def _others_words(url: str, title: str, edges: str) -> tuple[Voice, str] | None:
    """Somebody else's words on an official host: guests, witnesses, personal pages, deposits."""
    parts = urlsplit(url)
    path = unquote(parts.path)
    for voice, where, pattern, words in (
        (Voice.NAMED_STAFF, "address", _PERSONAL, path),
        (Voice.THIRD_PARTY, "address", _DEPOSIT, f"{parts.netloc}{path}"),
        (Voice.THIRD_PARTY, "address", _STUDENTS, f"{parts.netloc}{path}"),
        (Voice.GUEST, "text", _GUEST, f"{title}\n{edges}"),
        (Voice.NAMED_STAFF, "title", _TESTIMONY, title),
        (Voice.NAMED_STAFF, "address", _TESTIMONY, path.replace("-", " ")),
        (Voice.NAMED_STAFF, "title", _INTERVIEW, title),
    ):
        if found := pattern.search(words):
            return voice, f'{where}: "{found[0]}"'
    return None


def _name(byline: str, opening: str) -> str:
    """The name in a byline: the page's own, else a line "By …" near the top."""
    lines = [byline, *(line for line in opening.splitlines()[:6] if _BYLINE.match(line.strip()))]
    for line in lines:
        found = _BYLINE.match(line.strip())
        name = re.split(r"[·|]| - |, \d", found[1] if found else line)[0].strip()
        if name:
            return name
    return ""
