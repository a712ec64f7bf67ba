"""A version as headings, table rows and sentences, each with what it may bear of its passage's labels. Pure."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import lru_cache

from tracker.changes.binding import ENTRY
from tracker.extraction.sentences import sentences
from tracker.model import Recommendation

RECOMMENDATIONS = frozenset(map(str, Recommendation))
CELLS = " | "  # what stands between the cells of a table row (tracker.extraction.text)

COMPOUND = 6  # letters from which a word may be the end of another; "arms" is not in "harms"
#: Sentences before and after one that names a recommendation, which may belong to its rule.
REACHES = 2
LONG = 60  # words from which a sentence holds more than one rule: it lends its name to no other words and takes none

Words = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Piece:
    """A passage of a version, with what it is coded with."""

    text: str
    heading_path: tuple[str, ...] = ()
    labels: frozenset[str] = frozenset()
    elements: frozenset[str] = frozenset()  # "R1 before_start"
    cues: Words = field(default_factory=dict)  # the words that led to a label
    # Words that name what a label is about, where its cues are more than that; the words of each element.
    subjects: Words = field(default_factory=dict)

    def words_for(self, label: str) -> tuple[str, ...] | None:
        """The words that name a label's subject; None where none are known."""
        return self.subjects.get(label, self.cues.get(label))


class UnitKind(StrEnum):
    SENTENCE = "sentence"
    ROW = "table row"
    HEADING = "heading"


@dataclass(frozen=True, slots=True)
class Unit:
    """A heading, row or sentence where it stands."""

    text: str
    kind: UnitKind
    heading_path: tuple[str, ...]
    piece: Piece
    listed: bool = False  # an entry of a list, or a row
    #: Recommendations that its paragraph names, or the line that leads to its list.
    ruled: frozenset[str] = frozenset()

    def names(self, text: str) -> frozenset[str]:
        """The labels of the passage whose subject these words of the unit name."""
        return frozenset() if self.kind is UnitKind.HEADING else named(self.piece, text)


def named(piece: Piece, text: str) -> frozenset[str]:
    """The labels of a piece whose subject a text names; those that came without words too."""
    return frozenset(
        label
        for label in piece.labels
        if (words := piece.words_for(label)) is None or pattern(words).search(text)
    )


@lru_cache(maxsize=1024)
def pattern(words: tuple[str, ...]) -> re.Pattern[str]:
    """Return what finds any of these words where one begins; long ones inside compounds too."""
    longest = sorted(set(words), key=lambda word: (-len(word), word))
    spelled = "|".join(_spelled(word) for word in longest)
    return re.compile(spelled or r"(?!)", re.IGNORECASE)


def _spelled(word: str) -> str:
    spelled = r"\s+".join(map(re.escape, word.split()))
    return spelled if len(word) >= COMPOUND else rf"(?<!\w){spelled}"


def units(pieces: Iterable[Piece]) -> Iterator[Unit]:
    """The headings, table rows and sentences of a text in order."""
    path: tuple[str, ...] = ()
    lead = _Lead()
    for piece in pieces:
        for depth, heading in enumerate(piece.heading_path, 1):
            if piece.heading_path[:depth] != path[:depth]:
                above = piece.heading_path[: depth - 1]
                yield Unit(heading.strip(), UnitKind.HEADING, above, piece)
                lead = _Lead()
        path = piece.heading_path
        for line in re.split(r"\n+", piece.text):
            yield from _of_line(line, path, piece, lead)
            lead = lead.after(line, piece)


@dataclass(frozen=True, slots=True)
class _Lead:
    """The line that leads to a list or table: the last that is no entry, or the first row."""

    rules: frozenset[str] = frozenset()
    row: bool = False

    def after(self, line: str, piece: Piece) -> "_Lead":
        row = CELLS in line
        if ENTRY.match(line) or (row and self.row):
            return self
        own = _rules(piece, line)
        return _Lead(own | self.rules if row else own, row)


def _rules(piece: Piece, text: str) -> frozenset[str]:
    """The recommendations that a text names and whose rule its every word belongs to."""
    return named(piece, text) & RECOMMENDATIONS if len(text.split()) < LONG else frozenset()


def _of_line(line: str, path: tuple[str, ...], piece: Piece, lead: _Lead) -> Iterator[Unit]:
    if CELLS in line:
        ruled = lead.rules | _rules(piece, line)
        yield Unit(line.strip(), UnitKind.ROW, path, piece, True, ruled)
        return
    listed = ENTRY.match(line) is not None
    texts = [line[start:end].strip() for start, end in sentences(line)]
    rules = [_rules(piece, text) for text in texts]
    for at, text in enumerate(texts):
        around = [
            *rules[max(0, at - REACHES) : at + REACHES + 1],
            *([lead.rules] if listed else []),
        ]
        ruled = frozenset().union(*around) if len(text.split()) < LONG else frozenset()
        yield Unit(text, UnitKind.SENTENCE, path, piece, listed, ruled)


def said(all_units: Iterable[Unit]) -> frozenset[str]:
    """Return the sentences of a version, those inside the cells of its tables too."""
    found: set[str] = set()
    for unit in all_units:
        found.add(unit.text)
        for cell in unit.text.split(CELLS) if unit.kind is UnitKind.ROW else ():
            found.update(cell[start:end].strip() for start, end in sentences(cell))
    return frozenset(found)


def joined(parts: Sequence[Unit]) -> Unit:
    """Neighbouring sentences as one that bears the labels of each."""
    first = parts[0]
    if len(parts) == 1:
        return first
    pieces = [unit.piece for unit in parts]
    piece = replace(
        first.piece,
        labels=frozenset().union(*(piece.labels for piece in pieces)),
        elements=frozenset().union(*(piece.elements for piece in pieces)),
        cues=_merged([piece.cues for piece in pieces]),
        subjects=_merged([piece.subjects for piece in pieces]),
    )
    return replace(
        first,
        text=" ".join(unit.text for unit in parts),
        piece=piece,
        listed=any(unit.listed for unit in parts),
        ruled=frozenset().union(*(unit.ruled for unit in parts)),
    )


def _merged(all_words: Iterable[Words]) -> Words:
    found: dict[str, tuple[str, ...]] = {}
    for words in all_words:
        for key, more in words.items():
            found[key] = (*found.get(key, ()), *more)
    return found
