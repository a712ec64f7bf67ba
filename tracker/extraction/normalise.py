"""One spelling for what readers see as the same. Pure."""

import re
import unicodedata

_FOLDED: dict[int, str | None] = str.maketrans(
    {
        **dict.fromkeys("\u2018\u2019\u201a\u201b\u2032\u02bc", "'"),
        **dict.fromkeys("\u201c\u201d\u201e\u201f\u2033", '"'),
        **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212", "-"),
        **dict.fromkeys("\u00ad\u200b\u200c\u200d\u2060\ufeff\ufffe\u200e\u200f\x00", None),
        "\u2026": "...",
    }
)
_LIGATURES = {"\ufb00": "ff", "\ufb01": "fi", "\ufb02": "fl", "\ufb03": "ffi", "\ufb04": "ffl"}
_FOLDED |= {ord(joined): apart for joined, apart in _LIGATURES.items()}
_SPACE = re.compile(r"[\s\x00-\x1f\x7f-\x9f]+")


def normalise(text: str) -> str:
    """Return text in NFC on one line, with quotes, dashes, ligatures and spaces of one kind each."""
    if not _is_plain(text):
        text = " ".join(text.split())
    if _is_plain(text):
        return text
    return _SPACE.sub(" ", unicodedata.normalize("NFC", text).translate(_FOLDED)).strip()


def _is_plain(text: str) -> bool:
    return text.isascii() and text.isprintable() and "  " not in text and text.strip(" ") == text
