"""What an address, and the words that link to it, promise before anybody reads it. Pure.

Scored by the codebook's terms, near misses cancelled, and by the genre that they name.
"""

import re
from urllib.parse import unquote, urlsplit

from tracker.coding.codebook import load_codebook
from tracker.extraction.genres import genre_of
from tracker.model import Genre

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


def promised(url: str, title: str = "") -> float:
    """Return what an address and its link text promise; 0 where they say nothing on the subject."""
    found = load_codebook().concepts_in(f"{_words(url)} . {title}")
    speaking = genre_of(url, title)[0] in SPEAKING
    return sum(WEIGHTS.get(name, 0.0) for name in found) + PURPOSE * speaking


def understood(language: str | None) -> bool:
    """Tell whether silence in a language tells anything: the codebook reads it, or nobody knows which it is."""
    return language is None or language in load_codebook().languages


def _words(url: str) -> str:
    """An address's path and query as words."""
    parts = urlsplit(url)
    return re.sub(r"[\W_]+", " ", unquote(f"{parts.path} {parts.query}"))
