"""The number that a browser shows before a list item. Pure.

Source: HTML Living Standard, "The ol element" (start, reversed, type) and "The li element" (value).
"""

import re
from itertools import islice
from typing import Any

_NUMBERED = re.compile(r"^\W{0,2}(?:\d{1,3}|[a-z]|[ivxlc]{1,6})(?:[.)\]]|\.\d+)", re.IGNORECASE)
_UNMARKED = re.compile(r"list-style(?:-type)?\s*:\s*none", re.IGNORECASE)
_STYLES = {
    "lower-alpha": "a", "lower-latin": "a", "upper-alpha": "A", "upper-latin": "A",
    "lower-roman": "i", "upper-roman": "I",
}  # fmt: skip
_STYLE = re.compile(r"list-style(?:-type)?\s*:\s*((?:lower|upper)-(?:alpha|latin|roman))")
_ROMAN = ((100, "c"), (90, "xc"), (50, "l"), (40, "xl"), (10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i"))  # fmt: skip


def marker(item: Any, following: dict[Any, int]) -> str:
    """Return "3.", "c." or "iv." of an ordered list's item; "-" of any other.

    `following` holds the next number of every list begun, so that a long list is counted once.
    """
    parent = item.getparent()
    if parent is None or parent.tag != "ol":
        return "-"
    number = _number(item, parent, following)
    style = parent.get("style") or ""
    if _UNMARKED.search(style) or _NUMBERED.match("".join(islice(item.itertext(), 4)).strip()):
        return "-"
    found = _STYLE.search(style)
    return f"{_written(number, _STYLES[found[1]] if found else parent.get('type') or '')}."


def _number(item: Any, parent: Any, following: dict[Any, int]) -> int:
    step = -1 if parent.get("reversed") is not None else 1
    if parent not in following:
        following[parent] = _integer(parent.get("start"), len(parent) if step < 0 else 1)
    number = _integer(item.get("value"), following[parent])
    following[parent] = number + step
    return number


def _integer(written: str | None, default: int) -> int:
    return int(written) if written and re.fullmatch(r"-?\d{1,6}", written.strip()) else default


def _written(number: int, kind: str) -> str:
    if kind in {"a", "A"} and number >= 1:
        letters = ""
        while number:
            number, rest = divmod(number - 1, 26)
            letters = chr(ord(kind) + rest) + letters
        return letters
    if kind in {"i", "I"} and 1 <= number < 400:
        roman = ""
        for value, sign in _ROMAN:
            count, number = divmod(number, value)
            roman += sign * count
        return roman.upper() if kind == "I" else roman
    return str(number)
