"""What an edit does in the codebook's terms: force, reach and lists of coded sentences. Pure.

A machine's reading of words, never a finding: it waits for a person (design, decision 11).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from tracker.changes.binding import ALL, ENTRY, FORCES, SOME, binds
from tracker.changes.comparison import Comparison, SentenceChange, SentenceKind, compare
from tracker.changes.edits import entries_gone
from tracker.changes.units import Piece
from tracker.changes.wording import WordChange, WordKind


class ShiftKind(StrEnum):
    FORCE = "force"
    REACH = "reach"
    ENTRY = "entry"


class Direction(StrEnum):
    WEAKENED = "weakened"
    STRENGTHENED = "strengthened"


@dataclass(frozen=True, slots=True)
class Shift:
    """One sentence that binds more or less than before, with the words that show it."""

    kind: ShiftKind
    direction: Direction
    before: str
    after: str
    labels: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return the shift as a change keeps it."""
        return {
            "kind": str(self.kind),
            "direction": str(self.direction),
            "before": self.before,
            "after": self.after,
            "labels": list(self.labels),
        }


def shifts(comparison: Comparison) -> tuple[Shift, ...]:
    """Return which coded sentences bind more or less than before."""
    found: list[Shift] = []
    for sentence in comparison.sentences:
        if sentence.labels:
            found += _shifts(sentence)
    return tuple(found)


def binds_otherwise(before: str, after: str) -> bool:
    """Tell whether an edit touches how far a text binds: its force, reach, refusals or lists."""
    found = compare([Piece(before)], [Piece(after)])
    return any(_touches(sentence) for sentence in found.sentences)


def _touches(sentence: SentenceChange) -> bool:
    if sentence.kind is SentenceKind.MOVED:
        return False
    edits = sentence.words or (WordChange(WordKind.ADDED, sentence.after or sentence.before),)
    edited = "".join(word.text for word in edits if word.kind is not WordKind.EQUAL)
    listed = [
        *entries_gone(sentence.before, sentence.after),
        *entries_gone(sentence.after, sentence.before),
    ]
    return binds(edited) or bool(ENTRY.match(edited)) or bool(listed)


def _shifts(sentence: SentenceChange) -> Iterator[Shift]:
    labels = tuple(sorted(sentence.labels))
    match sentence.kind:
        case SentenceKind.CHANGED:
            for kind, weaker, old, new in _comparisons(sentence):
                direction = Direction.WEAKENED if weaker else Direction.STRENGTHENED
                yield Shift(kind, direction, old, new, labels)
        case SentenceKind.REMOVED if ENTRY.match(sentence.before):
            gone = ENTRY.sub("", sentence.before)
            yield Shift(ShiftKind.ENTRY, Direction.WEAKENED, gone, "", labels)
        case SentenceKind.ADDED if ENTRY.match(sentence.after):
            come = ENTRY.sub("", sentence.after)
            yield Shift(ShiftKind.ENTRY, Direction.STRENGTHENED, "", come, labels)
        case _:
            return


def _comparisons(sentence: SentenceChange) -> Iterator[tuple[ShiftKind, bool, str, str]]:
    old, new = _edited(sentence, WordKind.REMOVED), _edited(sentence, WordKind.ADDED)
    if (had := _force(old)) and (has := _force(new)) and had[0] != has[0]:
        yield ShiftKind.FORCE, had[0] < has[0], had[1], has[1]
    if (reach := _reach(old, new)) is not None:
        yield (ShiftKind.REACH, *reach)
    for entry in entries_gone(sentence.before, sentence.after):
        yield ShiftKind.ENTRY, True, entry, ""
    for entry in entries_gone(sentence.after, sentence.before):
        yield ShiftKind.ENTRY, False, "", entry


def _edited(sentence: SentenceChange, kind: WordKind) -> str:
    """The words of one side, each with its neighbour, so that a phrase is seen whole."""
    words = sentence.words
    parts: list[str] = []
    for at, word in enumerate(words):
        if word.kind is kind:
            parts.append(word.text)
            following = words[at + 1 :]
            parts += [w.text.split()[0] for w in following[:2] if w.kind is WordKind.EQUAL][:1]
            parts.append("\n")
    return " ".join(parts)


def _force(text: str) -> tuple[int, str] | None:
    """How much the strongest word of a text binds, 0 most, and that word."""
    for rank, words in enumerate(FORCES):
        if found := words.search(text):
            return rank, found[0]
    return None


def _reach(old: str, new: str) -> tuple[bool, str, str] | None:
    had, has = SOME.search(old), SOME.search(new)
    if bool(had) is not bool(has):
        was, now = (had or ALL.search(old)), (has or ALL.search(new))
        return bool(has), was[0] if was else "", now[0] if now else ""
    broad, broader = ALL.search(old), ALL.search(new)
    if bool(broad) is not bool(broader) and not had:
        return bool(broad), broad[0] if broad else "", broader[0] if broader else ""
    return None


def meaning(
    comparison: Comparison, found: Sequence[Shift], names: Mapping[str, str] | None = None
) -> str:
    """Return one neutral sentence on what the text may no longer, or now, say; empty for nothing.

    `names` says labels and elements in words.
    """
    named = names or {}
    lost = comparison.labels_lost
    elements = {e for e in comparison.elements_lost if e.split(" ")[0] not in lost}
    parts = [
        *(f"no passage is coded {_label(label, named)} any more" for label in sorted(lost)),
        *(f"a passage is now coded {_label(label, named)}" for label in sorted(comparison.labels_gained)),
        *(f"{_element(e, named)} no longer found" for e in sorted(elements)),
        *(f"{_element(e, named)} now found" for e in sorted(comparison.elements_gained)),
        *map(_said, found),
    ]  # fmt: skip
    return "; ".join(dict.fromkeys(parts))


def _label(label: str, named: Mapping[str, str]) -> str:
    return f"{label} ({named[label]})" if label in named else label.replace("_", " ")


def _element(key: str, named: Mapping[str, str]) -> str:
    code, _, element = key.partition(" ")
    return f"{code}: “{named.get(element, element.replace('_', ' '))}”"


def _said(shift: Shift) -> str:
    if shift.kind is ShiftKind.ENTRY:
        verb, entry = ("left", shift.before) if shift.before else ("joined", shift.after)
        return f"“{entry[:80]}” {verb} a list"
    if shift.before and shift.after:
        return f"“{shift.before}” became “{shift.after}”"
    return f"“{shift.before}” was removed" if shift.before else f"“{shift.after}” was added"
