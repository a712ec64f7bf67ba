"""Which of the addresses that a source names are worth a request: best first, within its budget. Pure.

Scored by the codebook's terms in the address and in the words that link to it.
"""

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from tracker.archive import Candidate
from tracker.coding.codebook import load_codebook
from tracker.model import SourceKind
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
#: Of a whole site's addresses, at most this share of the budget goes to those that say nothing.
UNPROMISING = 0.2
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


@dataclass(frozen=True, slots=True)
class Chosen:
    """A candidate that is worth a request, and how much."""

    candidate: Candidate
    score: float


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


def ranked(candidates: Iterable[Candidate]) -> list[Chosen]:
    """Return candidates best first; equals stay in the source's own order."""
    scored = [Chosen(candidate, score(candidate)) for candidate in candidates]
    return sorted(scored, key=lambda chosen: -chosen.score)


def choose(
    candidates: Sequence[Candidate], options: SourceEntry, *, fresh: Collection[str], held: int
) -> list[Chosen]:
    """Return which of a source's unread candidates to read, best first.

    Its `max_documents` bounds what is held of it; `fresh`, which it did not name when last read, is
    taken beyond that, up to as many again a run. Of a whole site (a sitemap without `include` whose
    budget nobody stated), what says nothing on the subject gets a fifth of the budget.
    """
    room = max(0, options.max_documents - held)
    if len(candidates) <= room and not _whole_site(options):
        return [Chosen(candidate, 0.0) for candidate in candidates]
    order = ranked(candidates)
    if _whole_site(options):
        order = _promising(order, max(0, int(options.max_documents * UNPROMISING) - held))
    new = [chosen for chosen in order if chosen.candidate.url in fresh][: options.max_documents]
    rest = [chosen for chosen in order if chosen.candidate.url not in fresh][:room]
    return new + rest


def _whole_site(options: SourceEntry) -> bool:
    stated = options.include or "max_documents" in options.model_fields_set
    return options.kind is SourceKind.SITEMAP and not stated


def _promising(order: Sequence[Chosen], unpromising: int) -> list[Chosen]:
    good = [chosen for chosen in order if chosen.score > 0]
    rest = [c for c in order if c.score <= 0 and not NO_DOCUMENT.search(c.candidate.url)]
    return good + rest[:unpromising]
