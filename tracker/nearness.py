"""The word that somebody meant who wrote another. Pure; knows nothing of the tracker."""

from collections.abc import Iterable

from rapidfuzz import fuzz, process


def nearest(word: str, choices: Iterable[str]) -> str | None:
    """Return the choice that somebody who wrote this word most likely meant, if one is near."""
    found = process.extractOne(word, list(choices), scorer=fuzz.WRatio, score_cutoff=60)
    return found[0] if found else None


def did_you_mean(word: str, choices: Iterable[str]) -> str:
    """Return "; did you mean …?" for the choice that is near, or nothing."""
    guess = nearest(word, choices)
    return f'; did you mean "{guess}"?' if guess else ""
