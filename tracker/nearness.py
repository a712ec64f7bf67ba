"""The word that somebody meant who wrote another. Pure; knows nothing of the tracker."""

from collections.abc import Iterable

from rapidfuzz import fuzz, process


def nearest(word: str, choices: Iterable[str]) -> str | None:
    """Return the choice that somebody who wrote this word most likely meant, if one is near."""
    found = process.extractOne(word, list(choices), scorer=_likeness, score_cutoff=ALIKE)
    return found[0] if found else None


ALIKE = 70  # of 100; below it a suggestion is a guess that leads astray
SHORTEST_BEGINNING = 4  # shorter ones begin too many words


def _likeness(word: str, choice: str, **_: object) -> float:
    """How like two words are, or a word and the beginning of a longer one."""
    whole = fuzz.ratio(word, choice)
    if len(word) < SHORTEST_BEGINNING:
        return whole
    return max(whole, fuzz.ratio(word, choice[: len(word)]))


def did_you_mean(word: str, choices: Iterable[str]) -> str:
    """Return "; did you mean …?" for the choice that is near, or nothing."""
    guess = nearest(word, choices)
    return f'; did you mean "{guess}"?' if guess else ""
