"""Which labels an edit touches: those whose subject its words name, and those whose rule it changes. Pure."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from tracker.changes.binding import binding, obliges
from tracker.changes.edits import WITHIN, Side, amounts, listed_names, sides, whole
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
class Turned:
    """Labels and elements that one of two versions has, and the other has not."""

    labels: frozenset[str] = frozenset()
    elements: frozenset[str] = frozenset()


def touched_whole(unit: Unit, turned: Turned) -> frozenset[str]:
    """Return the labels that a unit touches by coming or going."""
    side = whole(unit.text)
    if not side.edited or unit.kind is UnitKind.HEADING or _aside(unit):
        return frozenset()
    binds = obliges(unit.text) or unit.listed
    ruled = unit.ruled if binds else unit.ruled & _by_element(unit, side, turned.elements)
    return unit.names(unit.text) | ruled


def touched(old: Unit, new: Unit, words: tuple[WordChange, ...], turned: Turned) -> frozenset[str]:
    """Return the labels that an edit within a sentence touches.

    A label is touched by a word of its subject that came or went; by another force, reach or refusal near
    one; but for the topics on which no finding rests, by more words near one. Beside a sentence that names a
    recommendation also by a deadline or an element of it.
    """
    if UnitKind.HEADING in {old.kind, new.kind}:
        return frozenset()
    edit = _Edit(old, new, sides(words), turned)
    labels = old.piece.labels | new.piece.labels
    ruled = edit.ruled()
    return frozenset(label for label in labels if edit.touches(label)) | ruled


@dataclass(frozen=True, slots=True)
class _Edit:
    old: Unit
    new: Unit
    sides: tuple[Side, Side]
    turned: Turned

    @property
    def binds_otherwise(self) -> bool:
        gone, come = (binding(side.said) for side in self.sides)
        return gone != come

    @property
    def _counts_otherwise(self) -> bool:
        """Whether a deadline or a sum differs, or a list of names lost or gained one."""
        old, new = self.old.text, self.new.text
        if amounts(old) != amounts(new):
            return True
        return bool(self.size) and listed_names(old) != listed_names(new)

    @property
    def size(self) -> int:
        return max(len(side.edited) for side in self.sides)

    def touches(self, label: str) -> bool:
        if self._stands(label):
            return True
        if not self._stands(label, WITHIN):
            return False
        if self.binds_otherwise:
            return True
        few = 1 if label in self.turned.labels else FEW_WORDS
        return label not in BESIDE and self.size >= few

    def ruled(self) -> frozenset[str]:
        """The recommendations whose rule stands beside the edit and is changed by it."""
        rules = self.old.ruled | self.new.ruled
        if self.binds_otherwise or self._counts_otherwise:
            return rules
        if (self.old.listed or self.new.listed) and self.size >= FEW_WORDS:
            return rules
        units = zip((self.old, self.new), self.sides, strict=True)
        return rules & frozenset().union(
            *(_by_element(unit, side, self.turned.elements) for unit, side in units)
        )

    def _stands(self, label: str, within: int = 0) -> bool:
        units = zip((self.old, self.new), self.sides, strict=True)
        return any(
            side.touches(unit.piece.words_for(label), within)
            for unit, side in units
            if label in unit.piece.labels
        )


def _by_element(unit: Unit, side: Side, turned: Iterable[str]) -> frozenset[str]:
    """The recommendations of which an element came or went with words of the edit."""
    held = unit.piece.elements.intersection(turned)
    return frozenset(e.split(" ")[0] for e in held if side.touches(unit.piece.words_for(e)))


def _aside(unit: Unit) -> bool:
    return bool(unit.heading_path) and _ASIDE.match(unit.heading_path[-1]) is not None
