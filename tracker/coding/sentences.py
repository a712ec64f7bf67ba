"""A passage as sentences. Pure."""

import re

_ABBREVIATIONS = r"(?<!\b[A-Z])(?<!\bDr)(?<!\bProf)(?<!\bMr)(?<!\bMs)(?<!\bNo)(?<!\be\.g)(?<!\bi\.e)(?<!\bz\.B)(?<!\bArt)(?<!\bvs)"
_END = re.compile(rf"{_ABBREVIATIONS}(?<=[.!?;。])[\"')\]]*\s+|\n+")


def sentences(text: str) -> list[tuple[int, int]]:
    """Return where the sentences and lines of a passage stand, in order: text[start:end]."""
    found, start = [], 0
    for end in _END.finditer(text):
        if text[start : end.start()].strip():
            found.append((start, end.start()))
        start = end.end()
    if text[start:].strip():
        found.append((start, len(text)))
    return found
