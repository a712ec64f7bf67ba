"""Where a quote stands in a text that may have changed since. Pure.

The selector is the Web Annotation model's TextQuoteSelector: the exact words, and what stood
around them. Found exactly, else nearly (90 % alike), else not.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz

AROUND = 40  # characters kept of what stands before and after
ALIKE = 90.0  # per cent of likeness from which a passage is the quote, edited
MOST = 20_000  # characters of a quote or passage that are compared; no real one is longer


@dataclass(frozen=True, slots=True)
class Quote:
    """The exact words of a passage, with a little of what stood before and after."""

    exact: str
    prefix: str = ""
    suffix: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """Where a quote stands: characters from `start` to `end`, as alike as `likeness` per cent."""

    start: int
    end: int
    likeness: float

    @property
    def exactly(self) -> bool:
        """Whether the words are the same to the letter."""
        return self.likeness == 100.0


def quote_of(text: str, start: int, end: int) -> Quote:
    """Return the quote of these characters of a text."""
    return Quote(text[start:end], text[max(0, start - AROUND) : start], text[end : end + AROUND])


def find(quote: Quote, text: str) -> Found | None:
    """Return where the quote stands: exactly, else nearly, else None ("quote no longer found").

    Of several exact places the one with the likest surroundings is meant, the first of equals.
    """
    if not quote.exact:
        return None
    if places := _exact_places(quote.exact, text):
        best = max(places, key=lambda place: (_surroundings(quote, text, place), -place))
        return Found(best, best + len(quote.exact), 100.0)
    near = fuzz.partial_ratio_alignment(quote.exact[:MOST], text[:MOST], score_cutoff=ALIKE)
    if near is None or near.dest_start == near.dest_end:
        return None
    # A short text "stands" in a long quote as well; only whole quotes count.
    if len(text) < len(quote.exact) * ALIKE / 100:
        return None
    start, end = _whole_words(text, near.dest_start, near.dest_end)
    return Found(start, end, min(near.score, 99.9))


def _whole_words(text: str, start: int, end: int) -> tuple[int, int]:
    """Widen a place to where its first word begins and its last one ends."""
    while start > 0 and not text[start - 1].isspace():
        start -= 1
    while end < len(text) and not text[end].isspace():
        end += 1
    return start, end


def find_passage(quote: Quote, passages: Sequence[str], *, alike: float = ALIKE) -> int | None:
    """Return which passage the quote of a whole passage has become, or None."""
    for number, passage in enumerate(passages):
        if passage == quote.exact:
            return number
    scored = [
        (fuzz.ratio(quote.exact[:MOST], passage[:MOST], score_cutoff=alike), -number)
        for number, passage in enumerate(passages)
    ]
    likeness, number = max(scored, default=(0.0, 0))
    return -number if likeness else None


def _exact_places(words: str, text: str) -> list[int]:
    places, at = [], text.find(words)
    while at >= 0:
        places.append(at)
        at = text.find(words, at + 1)
    return places


def _surroundings(quote: Quote, text: str, place: int) -> float:
    here = quote_of(text, place, place + len(quote.exact))
    return fuzz.ratio(quote.prefix, here.prefix) + fuzz.ratio(quote.suffix, here.suffix)
