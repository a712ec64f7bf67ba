"""Which labels an edit touches: those whose subject its words name, and those whose rule it changes. Pure."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from tracker.changes.binding import obliges
from tracker.changes.edits import (
    WITHIN,
    Side,
    amounts,
    bodies,
    entries_gone,
    listed_names,
    sides,
    whole,
)
from tracker.changes.units import Unit, UnitKind
from tracker.changes.wording import WordChange
from tracker.model import Topic

#: Topics on which no finding rests by itself (codebook, "What follows for an institution").
BESIDE = frozenset(map(str, Topic)) - {Topic.CHINA}
FEW_WORDS = 4  # from which an edit is about more than its own words
#: Headings of lists that lead elsewhere, and of how to reach somebody.
_ASIDE = re.compile(
    r"^\W*(?:further (?:reading|resources|information)|references?|bibliography|see also|related (?:links|pages|content)"
    r"|useful links|links|contacts?(?: us)?|literatur\w*|kontakt|références|contacter|referenties|referencias|contacto)\W*$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Versions:
    """What of two versions matters to each edit between them."""

    labels: frozenset[str] = frozenset()  # that one has and the other has not
    elements: frozenset[str] = frozenset()
    old_said: frozenset[str] = frozenset()  # their sentences
    new_said: frozenset[str] = frozenset()


def touched_whole(unit: Unit, elsewhere: frozenset[str], versions: Versions) -> frozenset[str]:
    """Return the labels that a unit touches by coming or going, where it does not stand `elsewhere`."""
    labels = unit.piece.labels | unit.ruled
    if not labels or unit.kind is UnitKind.HEADING or _aside(unit):
        return frozenset()
    side = whole(unit.text, elsewhere)
    if not side.edited:
        return frozenset()
    named = (label for label in labels if side.near(unit.piece.words_for(label), 0).edited)
    binds = obliges(unit.text) or unit.listed
    ruled = unit.ruled if binds else unit.ruled & _by_element(unit, side, versions.elements)
    return frozenset(named) & unit.piece.labels | ruled


def touched(
    old: Unit, new: Unit, words: tuple[WordChange, ...], versions: Versions
) -> frozenset[str]:
    """Return the labels that an edit within a sentence touches.

    A label is touched by a word of its subject that came or went; by another force, reach or refusal near
    one; but for the topics on which no finding rests, by more words near one. Beside a sentence that names a
    recommendation also by a deadline, a listed name or an element of it.
    """
    labels = old.piece.labels | new.piece.labels
    rules = old.ruled | new.ruled
    if not labels | rules or UnitKind.HEADING in {old.kind, new.kind}:
        return frozenset()
    edit = _Edit((old, new), sides(words, versions.old_said, versions.new_said), versions)
    return frozenset(label for label in labels if edit.touches(label)) | edit.changes(rules)


@dataclass(frozen=True, slots=True)
class _Edit:
    units: tuple[Unit, Unit]
    sides: tuple[Side, Side]
    versions: Versions

    def touches(self, label: str) -> bool:
        if any(side.edited for side in self._near(label, 0)):
            return True
        near = self._near(label, WITHIN)
        if not any(side.said for side in near):
            return False
        if label == Topic.PARTNERSHIP and self._tells_otherwise(bodies):
            return True
        few = 1 if label in self.versions.labels else FEW_WORDS
        return _otherwise(near) or (label not in BESIDE and _size(near) >= few)

    def changes(self, rules: frozenset[str]) -> frozenset[str]:
        """The recommendations whose rule stands in or beside the edited sentence and is changed."""
        old, new = (amounts(unit.text) for unit in self.units)
        if _otherwise(self.sides) or old != new or self._tells_otherwise(listed_names):
            return rules
        if self._lists_otherwise():
            return rules
        if any(unit.listed for unit in self.units) and _size(self.sides) >= FEW_WORDS:
            return rules
        found = zip(self.units, self.sides, strict=True)
        elements = (_by_element(unit, side, self.versions.elements) for unit, side in found)
        return rules & frozenset().union(*elements)

    def _lists_otherwise(self) -> bool:
        """Whether what a sentence that obliges enumerates lost or gained an entry."""
        old, new = (unit.text for unit in self.units)
        binds = obliges(old) and obliges(new) and _size(self.sides) > 0
        return binds and bool(entries_gone(old, new) or entries_gone(new, old))

    def _near(self, label: str, within: int) -> list[Side]:
        return [
            side.near(unit.piece.words_for(label), within)
            for unit, side in zip(self.units, self.sides, strict=True)
            if label in unit.piece.labels
        ]

    def _tells_otherwise(self, read: Callable[[str], object]) -> bool:
        """Whether something is read out of the one text and not out of the other, capitals apart."""
        old, new = (read(unit.text) for unit in self.units)
        return old != new and _size(self.sides) > 0


def _size(sides_: Iterable[Side]) -> int:
    return max((len(side.edited) for side in sides_), default=0)


def _otherwise(sides_: Sequence[Side]) -> bool:
    """Whether what came binds otherwise than what went."""
    counts = [side.binding() for side in sides_]
    return any(counts) if len(counts) == 1 else counts[0] != counts[1]


def _by_element(unit: Unit, side: Side, turned: Iterable[str]) -> frozenset[str]:
    """The recommendations of which an element came or went with words of the edit."""
    held = unit.piece.elements.intersection(turned)
    return frozenset(e.split(" ")[0] for e in held if side.near(unit.piece.words_for(e), 0).edited)


def _aside(unit: Unit) -> bool:
    return bool(unit.heading_path) and _ASIDE.match(unit.heading_path[-1]) is not None
