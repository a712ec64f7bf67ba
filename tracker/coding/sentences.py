"""A passage as sentences. Pure."""

import re

_ABBREVIATIONS = r"(?<!\b[A-Z])(?<!\bDr)(?<!\bProf)(?<!\bMr)(?<!\bMs)(?<!\bNo)(?<!\be\.g)(?<!\bi\.e)(?<!\bz\.B)(?<!\bArt)(?<!\bvs)"
_END = re.compile(rf"{_ABBREVIATIONS}(?<=[.!?;。])[\"')\]]*\s+|\n+")


def sentences(text: str) -> list[str]:
    """Return the sentences and lines of a passage, in order, without what is between them."""
    return [part for part in _END.split(text) if part and part.strip()]
