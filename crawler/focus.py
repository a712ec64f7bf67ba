"""Which of the addresses that a source names are worth a request: best first, within its budget. Pure.

Scored by what an address and the words that link to it promise, and by what the pages already read of
the same section, and under the same path in other languages, turned out to say.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from urllib.parse import urlsplit

from tracker.addresses import identity
from tracker.archive import Candidate
from tracker.promise import promised, understood
from tracker.sources import SourceEntry
from tracker.store.subject import Said

#: What it is worth that all pages read of a section spoke on the subject; where half did, nothing, as
#: little as where none was read. A section's few pages are judged by those of the section above, too.
SECTION, HALF, PRIOR = 5.0, 0.5, 2.0
#: Of a whole site, this share of the budget goes in each run to what promises nothing, to learn
#: what the site's sections hold; so many pages of a section will do.
SAMPLED, OF_A_SECTION = 0.05, 3
#: Files that hold no text we read, and pages that only list or serve other pages.
MEDIA = re.compile(
    r"(/robots\.txt|\.(jpe?g|png|gif|svg|webp|avif|ico|bmp|tiff?|mp[34]|m4[av]|mov|avi|wav|og[gv]|webm|zip|gz|tgz|rar|7z|css|m?js|rss"
    r"|atom|xsl|woff2?|ttf|ics|vcf|epub|exe|dmg|pptx?|xlsx?|csv))$",
    re.IGNORECASE,
)
NO_DOCUMENT = re.compile(
    r"/(tags?|category|categories|authors?|feed|wp-json|wp-content/themes|wp-login\.php|login|log-in|sign-?in|register|cart"
    r"|checkout|basket|search|comments|page/\d+|attachment|share|print|calendar|_static|_sources)(/|$)",
    re.IGNORECASE,
)
#: A folder that only says when, or counts: no section of its own.
_PART = (
    r"(\d{1,8}|jan(uary)?|feb(ruary)?|mar(ch)?|apr(il)?|may|june?|july?|aug(ust)?|sept?(ember)?|oct(ober)?"
    r"|nov(ember)?|dec(ember)?)"
)
DATED = re.compile(rf"{_PART}([-_.]{_PART})*", re.IGNORECASE)
LANGUAGE = re.compile(r"[a-z]{2}([-_][a-z]{2})?", re.IGNORECASE)

Seen = Mapping[str, Said]  # address → what was read there


@dataclass(frozen=True, slots=True)
class Chosen:
    """A candidate that is worth a request, and how much."""

    candidate: Candidate
    score: float


class Learned:
    """What the pages read of a site say of the addresses beside them."""

    def __init__(self, seen: Seen) -> None:
        self._read: Counter[str] = Counter()
        self._spoke: Counter[str] = Counter()
        self._twins: defaultdict[str, list[bool]] = defaultdict(list)
        for url, said in seen.items():
            for section in sections(url):
                self._read[section] += 1
                self._spoke[section] += said.speaks
            if said.speaks or understood(said.language):
                self._twins[_whatever_language(url)].append(said.speaks)

    def bonus(self, url: str) -> float:
        """Return what an address promises by its neighbours, the nearest counting most, and by its twins."""
        share = HALF
        for section in sections(url):
            share = (self._spoke[section] + PRIOR * share) / (self._read[section] + PRIOR)
        twins = self._twins.get(_whatever_language(url), ())
        share = (sum(twins) + PRIOR * share) / (len(twins) + PRIOR)
        return SECTION * (share - HALF)

    def read(self, section: str) -> int:
        """Return how many pages were read of a section."""
        return self._read[section]


def sections(url: str) -> list[str]:
    """Return the sections that an address stands in, the whole host first; a year or month is none."""
    parts = urlsplit(url)
    folders = [f for f in parts.path.strip("/").split("/")[:-1] if not DATED.fullmatch(f)]
    return ["/".join([parts.netloc, *folders[:depth]]) for depth in range(len(folders) + 1)]


def _whatever_language(url: str) -> str:
    """What the addresses of one page in several languages have in common: all but the language's folder."""
    host, _, path = identity(url).partition("/")
    first, _, rest = path.partition("/")
    return f"{host}/{rest if LANGUAGE.fullmatch(first) else path}"


def is_media(url: str) -> bool:
    """Tell whether an address names a file that holds no text we read."""
    return bool(MEDIA.search(urlsplit(url).path))


def ranked(candidates: Iterable[Candidate], seen: Seen = MappingProxyType({})) -> list[Chosen]:
    """Return candidates best first; equals stay in the source's own order.

    With what was `seen`, what it teaches counts beside words and genre.
    """
    learned = Learned(seen) if seen else None
    scored = [Chosen(candidate, _promise(candidate, learned)) for candidate in candidates]
    return sorted(scored, key=lambda chosen: -chosen.score)


def _promise(candidate: Candidate, learned: Learned | None) -> float:
    bonus = learned.bonus(candidate.url) if learned else 0.0
    return promised(candidate.url, candidate.title) + bonus


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
        order = _promising(order, Learned(seen), int(options.max_documents * SAMPLED))
    new = [chosen for chosen in order if chosen.candidate.url in fresh][: options.max_documents]
    rest = [chosen for chosen in order if chosen.candidate.url not in fresh][:room]
    return new + rest


def _promising(order: Sequence[Chosen], learned: Learned, most: int) -> list[Chosen]:
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
