"""A passage as sentences. Pure."""

import re

_END = re.compile(r"[.!?。\n][\"'”’)\]]*\s*")  # begins with a set of characters: found fast
_LAST_WORD = re.compile(r"([\w.]+)$")
_ABBREVIATIONS = frozenset("dr prof mr ms no e.g i.e z.b art vs u.s".split())


def sentences(text: str) -> list[tuple[int, int]]:
    """Return where the sentences and lines of a passage stand, in order: text[start:end]."""
    found, start = [], 0
    for end in _END.finditer(text):
        stop, after = end.span()
        mark = text[stop]
        if mark != "\n" and (after == len(text) or not text[after - 1].isspace()):
            continue
        if mark == "." and (_abbreviates(text, stop) or _marks(text[start:stop])):
            continue
        at = stop if mark == "\n" else stop + 1
        if text[start:at].strip():
            found.append((start, at))
        start = after
    if text[start:].strip():
        found.append((start, len(text)))
    return found


def _marks(begun: str) -> bool:
    """Whether what stands before a stop is only the number or letter of a list's entry."""
    return len(begun.strip(" (-•")) <= 2


def _abbreviates(text: str, stop: int) -> bool:
    word = _LAST_WORD.search(text, max(0, stop - 12), stop)
    if word is None:
        return False
    return word[1].lower() in _ABBREVIATIONS or (len(word[1]) == 1 and word[1].isupper())
