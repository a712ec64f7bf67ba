"""The numbers that Word shows before list items and headings (ECMA-376 part 1, 17.9). Pure."""

import re
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
MOST_LEVELS = 9
ROMAN = ((1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"),
         (40, "xl"), (10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i"))  # fmt: skip


@dataclass(frozen=True, slots=True)
class Level:
    form: str  # decimal, lowerLetter, bullet …
    text: str  # "%1.%2)"
    start: int


class Numbering:
    """Counts as Word does, list by list."""

    def __init__(self, root: Any) -> None:
        self.levels: dict[str, dict[int, Level]] = {}
        self.counts: defaultdict[str, list[int]] = defaultdict(lambda: [0] * MOST_LEVELS)
        self.list_of: dict[str, str] = {}
        if root is None:
            return
        abstract = {each.get(f"{W}abstractNumId"): each for each in root.iter(f"{W}abstractNum")}
        for each in root.iter(f"{W}num"):
            number, pointer = each.get(f"{W}numId"), each.find(f"{W}abstractNumId")
            name = value(pointer)
            if number and name in abstract:
                self.levels[number] = _levels(abstract[name]) | _levels(each)
                # A list that is started anew counts for itself; others share one count.
                fresh = each.find(f".//{W}startOverride") is not None
                self.list_of[number] = number if fresh else f"abstract {name}"

    def marker(self, number: str, level: int) -> str | None:
        """Return what stands before the next item of a list; None where nothing does."""
        levels = self.levels.get(number)
        if not levels or level not in levels:
            return None
        counts = self.counts[self.list_of[number]]
        counts[level] = counts[level] + 1 if counts[level] else levels[level].start
        counts[level + 1 :] = [0] * (MOST_LEVELS - level - 1)
        if levels[level].form == "bullet":
            return "-"
        if levels[level].form == "none":
            return None
        return re.sub(
            r"%(\d)", lambda found: _shown(counts, levels, int(found[1]) - 1), levels[level].text
        )


def value(element: Any) -> str:
    """Return the w:val of an element, "" where there is none."""
    return "" if element is None else element.get(f"{W}val") or ""


def _levels(parent: Any) -> dict[int, Level]:
    found = {}
    for each in parent.iter(f"{W}lvl"):
        at = each.get(f"{W}ilvl") or ""
        if at.isdecimal() and int(at) < MOST_LEVELS:
            start = value(each.find(f"{W}start"))
            found[int(at)] = Level(
                value(each.find(f"{W}numFmt")) or "decimal",
                value(each.find(f"{W}lvlText")),
                int(start) if start.isdecimal() and len(start) < 6 else 1,
            )
    return found


def _shown(counts: list[int], levels: dict[int, Level], at: int) -> str:
    if not 0 <= at < MOST_LEVELS or at not in levels:
        return ""
    return written(counts[at] or levels[at].start, levels[at].form)


def written(number: int, form: str) -> str:
    """Return a number as a list shows it."""
    if not 0 < number < 4000:
        return str(number)
    match form:
        case "lowerLetter" | "a":
            return _letters(number)
        case "upperLetter" | "A":
            return _letters(number).upper()
        case "lowerRoman" | "i":
            return _roman(number)
        case "upperRoman" | "I":
            return _roman(number).upper()
        case "decimalZero":
            return f"{number:02}"
        case _:
            return str(number)


def _letters(number: int) -> str:
    """Word repeats the letter: a … z, aa … zz."""
    return chr(97 + (number - 1) % 26) * min(1 + (number - 1) // 26, 9)


def _roman(number: int) -> str:
    out = ""
    for worth, letters in ROMAN:
        while number >= worth:
            out, number = out + letters, number - worth
    return out
