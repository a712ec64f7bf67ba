"""Which of the addresses that a source names are worth a request: best first, within its budget. Pure.

Scored by the codebook's terms in the address and in the words that link to it, by the genre that these
name, and by what the pages already read of the same section turned out to say.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from urllib.parse import unquote, urlsplit

from tracker.archive import Candidate
from tracker.coding.codebook import load_codebook
from tracker.extraction.genres import genre_of
from tracker.model import Genre
from tracker.sources import SourceEntry

#: What a concept of the lexicon in an address or a title is worth.
WEIGHTS = {
    "china_name": 3.0,
    "chinese": 3.0,
    "china_state": 4.0,
    "china_people": 4.0,
    "entity": 4.0,
    "surveillance": 3.0,
    "rights": 3.0,
    "partner": 2.0,
    "partner_strong": 2.0,
    "abuse": 2.0,
    "secure_research": 3.0,
    "risky_state": 3.0,
    "trigger": 2.0,
    "check": 2.0,
    "disclosed": 1.0,
    "gov_rule": 2.0,
}
#: What an address or title that names a policy, a statement or a letter is worth.
PURPOSE = 1.0
SPEAKING = {Genre.POLICY, Genre.OFFICIAL_STATEMENT, Genre.LEADERSHIP_LETTER, Genre.SUBMISSION}
#: What it is worth that all pages read of a section spoke on the subject; where half did, nothing, as
#: little as where none was read. A section's few pages are judged by those of the section above, too.
SECTION, HALF, PRIOR = 5.0, 0.5, 2.0
#: Of a whole site, this share of the budget goes in each run to what promises nothing, to learn
#: what the site's sections hold; so many pages of a section will do.
SAMPLED, OF_A_SECTION = 0.05, 3
#: Files that hold no text we read, and pages that only list or serve other pages.
MEDIA = re.compile(
    r"\.(jpe?g|png|gif|svg|webp|avif|ico|bmp|tiff?|mp[34]|m4[av]|mov|avi|wav|og[gv]|webm|zip|gz|tgz|rar|7z|css|m?js|rss|atom"
    r"|xsl|woff2?|ttf|ics|vcf|epub|exe|dmg|pptx?|xlsx?|csv)$",
    re.IGNORECASE,
)
NO_DOCUMENT = re.compile(
    r"/(tags?|category|categories|authors?|feed|wp-json|wp-content/themes|wp-login\.php|login|log-in|sign-?in|register|cart"
    r"|checkout|basket|search|comments|page/\d+|attachment|share|print|calendar)(/|$)",
    re.IGNORECASE,
)


Seen = Mapping[str, bool]  # address → whether what was read there spoke on the subject


@dataclass(frozen=True, slots=True)
class Chosen:
    """A candidate that is worth a request, and how much."""

    candidate: Candidate
    score: float


class Sections:
    """How often the pages read of each section of a site, by host and path, spoke on the subject."""

    def __init__(self, seen: Seen) -> None:
        self._read: Counter[str] = Counter()
        self._spoke: Counter[str] = Counter()
        for url, spoke in seen.items():
            for section in sections(url):
                self._read[section] += 1
                self._spoke[section] += spoke

    def bonus(self, url: str) -> float:
        """Return what an address promises by its neighbours: the nearest count most."""
        share = HALF
        for section in sections(url):
            share = (self._spoke[section] + PRIOR * share) / (self._read[section] + PRIOR)
        return SECTION * (share - HALF)

    def read(self, section: str) -> int:
        """Return how many pages were read of a section."""
        return self._read[section]


def sections(url: str) -> list[str]:
    """Return the sections that an address stands in, the whole host first."""
    parts = urlsplit(url)
    folders = parts.path.strip("/").split("/")[:-1]
    return ["/".join([parts.netloc, *folders[:depth]]) for depth in range(len(folders) + 1)]


def score(candidate: Candidate) -> float:
    """Return what an address and its link text promise; 0 where they say nothing on the subject."""
    found = load_codebook().concepts_in(f"{words(candidate.url)} . {candidate.title}")
    return sum(WEIGHTS.get(name, 0.0) for name in found)


def words(url: str) -> str:
    """Return an address's path and query as words."""
    parts = urlsplit(url)
    return re.sub(r"[\W_]+", " ", unquote(f"{parts.path} {parts.query}"))


def is_media(url: str) -> bool:
    """Tell whether an address names a file that holds no text we read."""
    return bool(MEDIA.search(urlsplit(url).path))


def ranked(candidates: Iterable[Candidate], seen: Seen = MappingProxyType({})) -> list[Chosen]:
    """Return candidates best first; equals stay in the source's own order.

    With what was `seen`, what the sections of the site held counts beside words and genre.
    """
    learned = Sections(seen) if seen else None
    scored = [Chosen(candidate, _promise(candidate, learned)) for candidate in candidates]
    return sorted(scored, key=lambda chosen: -chosen.score)


def _promise(candidate: Candidate, learned: Sections | None) -> float:
    speaking = genre_of(candidate.url, candidate.title)[0] in SPEAKING
    bonus = learned.bonus(candidate.url) if learned else 0.0
    return score(candidate) + PURPOSE * speaking + bonus


def choose(
    candidates: Sequence[Candidate],
    options: SourceEntry,
    *,
    fresh: Collection[str],
    held: int,
    seen: Seen = MappingProxyType({}),
) -> list[Chosen]:
    """Return which of a source's unread candidates to read, best first.

    Its `max_documents` bounds what is held of it; `fresh`, which it did not name when last read, is
    taken beyond that, up to as many again a run. Of a whole site (a sitemap without `include` whose
    budget nobody stated) only what promises something is read, and a sample of each section.
    """
    room = max(0, options.max_documents - held)
    if len(candidates) <= room and not options.is_whole_site:
        return [Chosen(candidate, 0.0) for candidate in candidates]
    order = ranked(candidates, seen)
    if options.is_whole_site:
        order = _promising(order, Sections(seen), int(options.max_documents * SAMPLED))
    new = [chosen for chosen in order if chosen.candidate.url in fresh][: options.max_documents]
    rest = [chosen for chosen in order if chosen.candidate.url not in fresh][:room]
    return new + rest


def _promising(order: Sequence[Chosen], learned: Sections, most: int) -> list[Chosen]:
    """What promises something, then a few of each section of which little was read, in turns."""
    waiting: defaultdict[str, list[Chosen]] = defaultdict(list)
    for chosen in order:
        if chosen.score <= 0 and not NO_DOCUMENT.search(chosen.candidate.url):
            waiting[sections(chosen.candidate.url)[-1]].append(chosen)
    turns = [
        (learned.read(section) + turn, chosen)
        for section, those in waiting.items()
        for turn, chosen in enumerate(those)
    ]
    if len(turns) > most:  # a small site is read whole
        turns = [pair for pair in turns if pair[0] < OF_A_SECTION]
    sample = sorted(turns, key=lambda pair: pair[0])
    return [c for c in order if c.score > 0] + [chosen for _, chosen in sample[:most]]
