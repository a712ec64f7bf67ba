"""Two versions to what differs, in the order of the text. Pure: knows no database and no clock."""

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from tracker.changes.alignment import Alignment, Pair, align
from tracker.changes.binding import ENTRY, POINTERS, binds, obliges
from tracker.changes.cuts import Run, runs
from tracker.changes.wording import WordChange, WordKind, word_changes
from tracker.extraction.sentences import sentences
from tracker.model import Recommendation, Topic

RECOMMENDATIONS = frozenset(map(str, Recommendation))
#: Topics on which no finding rests by itself (codebook, "What follows for an institution").
BESIDE = frozenset(map(str, Topic)) - {Topic.CHINA}

FEW_WORDS = 4  # from which an edit is about more than its own words
_CELLS = " | "  # what stands between the cells of a table row (tracker.extraction.text)


@dataclass(frozen=True, slots=True)
class Piece:
    """A passage of a version, with what it is coded with."""

    text: str
    heading_path: tuple[str, ...] = ()
    labels: frozenset[str] = frozenset()
    elements: frozenset[str] = frozenset()  # "R1 before_start"
    # Words that led to a label: an edit then touches it only where it is about them (`_changed`).
    cues: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


class UnitKind(StrEnum):
    SENTENCE = "sentence"
    ROW = "table row"
    HEADING = "heading"


class SentenceKind(StrEnum):
    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"
    MOVED = "moved"


@dataclass(frozen=True, slots=True)
class SentenceChange:
    """One sentence, row or heading that differs; `words` tells a changed one word by word.

    Neighbours that moved together are one change.
    """

    kind: SentenceKind
    before: str
    after: str
    heading_path: tuple[str, ...]
    words: tuple[WordChange, ...] = ()
    unit: UnitKind = UnitKind.SENTENCE
    labels: frozenset[str] = frozenset()  # of the passages it stands in

    @property
    def changed_words(self) -> int:
        """How many words a reader would see differ."""
        if self.kind is SentenceKind.MOVED:
            return 0
        if self.kind is not SentenceKind.CHANGED:
            return len((self.after or self.before).split())
        lengths = Counter[WordKind]()
        for word in self.words:
            lengths[word.kind] += len(word.text.split())
        return max(lengths[WordKind.REMOVED], lengths[WordKind.ADDED])


@dataclass(frozen=True, slots=True)
class Comparison:
    """What differs between two versions, in the order of the text."""

    sentences: tuple[SentenceChange, ...] = ()
    labels_gained: frozenset[str] = frozenset()
    labels_lost: frozenset[str] = frozenset()
    labels_touched: frozenset[str] = frozenset()
    elements_gained: frozenset[str] = frozenset()
    elements_lost: frozenset[str] = frozenset()

    @property
    def added(self) -> tuple[str, ...]:
        """The sentences as they read now, where they did not read so before."""
        return tuple(
            s.after for s in self.sentences if s.after and s.kind is not SentenceKind.MOVED
        )

    @property
    def removed(self) -> tuple[str, ...]:
        """The sentences as they read before, where they do not read so now."""
        return tuple(
            s.before for s in self.sentences if s.before and s.kind is not SentenceKind.MOVED
        )

    @property
    def changed_words(self) -> int:
        """How many words differ: the size of a change, whatever it means."""
        return sum(sentence.changed_words for sentence in self.sentences)


@dataclass(frozen=True, slots=True)
class _Unit:
    text: str
    kind: UnitKind
    heading_path: tuple[str, ...]
    piece: Piece
    listed: bool = False  # an entry of a list, or a row
    ruled: frozenset[str] = frozenset()  # recommendations whose cues its paragraph holds

    def says(self, text: str) -> frozenset[str]:
        """The labels of the passage that these words of the unit bear: their cues stand in them."""
        return frozenset() if self.kind is UnitKind.HEADING else _cued(self.piece, text)

    @property
    def labels(self) -> frozenset[str]:
        """The labels that the whole unit bears.

        What belongs to a rule bears it too: the entries of its list, the rows of its table, and
        sentences of its paragraph that oblige.
        """
        if self.kind is UnitKind.HEADING:
            return frozenset()
        if self.listed:
            return self.says(self.text) | (self.piece.labels & RECOMMENDATIONS)
        return self.says(self.text) | (
            self.ruled if self.ruled and obliges(self.text) else frozenset()
        )


def _cued(piece: Piece, text: str) -> frozenset[str]:
    """The labels of a piece whose words stand in a text; those that came without words too."""
    lower = text.lower()
    return frozenset(
        label
        for label in piece.labels
        if (cues := piece.cues.get(label)) is None or any(cue in lower for cue in cues)
    )


def compare(before: Sequence[Piece], after: Sequence[Piece]) -> Comparison:
    """Return what differs: line by line in order, then word by word in changed lines.

    Quick whatever the input: very long texts are compared less finely rather than slowly.
    """
    old, new = list(_units(before)), list(_units(after))
    found = align([u.text for u in old], [u.text for u in new])
    changes = tuple(_in_order(old, new, found))
    had, have = _labels(before), _labels(after)
    elements = [frozenset(e for piece in side for e in piece.elements) for side in (before, after)]
    return Comparison(
        sentences=changes,
        labels_gained=have - had,
        labels_lost=had - have,
        labels_touched=frozenset(
            label for s in changes if s.kind is not SentenceKind.MOVED for label in s.labels
        )
        | (((have ^ had) - BESIDE) if changes else frozenset())
        | frozenset(e.split(" ")[0] for e in elements[0] ^ elements[1] if changes),
        elements_gained=elements[1] - elements[0],
        elements_lost=elements[0] - elements[1],
    )


def _labels(pieces: Iterable[Piece]) -> frozenset[str]:
    return frozenset(label for piece in pieces for label in piece.labels)


def _units(pieces: Iterable[Piece]) -> Iterator[_Unit]:
    """The headings, table rows and sentences of a text in order."""
    path: tuple[str, ...] = ()
    for piece in map(_in_small_letters, pieces):
        for depth, heading in enumerate(piece.heading_path, 1):
            if piece.heading_path[:depth] != path[:depth]:
                above = piece.heading_path[: depth - 1]
                yield _Unit(heading.strip(), UnitKind.HEADING, above, piece)
        path = piece.heading_path
        for line in re.split(r"\n+", piece.text):
            yield from _of_line(line, path, piece)


def _in_small_letters(piece: Piece) -> Piece:
    cues = {label: tuple(cue.lower() for cue in words) for label, words in piece.cues.items()}
    return replace(piece, cues=cues)


def _of_line(line: str, path: tuple[str, ...], piece: Piece) -> Iterator[_Unit]:
    if _CELLS in line:
        yield _Unit(line.strip(), UnitKind.ROW, path, piece, listed=True)
        return
    listed = ENTRY.match(line) is not None
    ruled = _cued(piece, line) & RECOMMENDATIONS
    for start, end in sentences(line):
        yield _Unit(line[start:end].strip(), UnitKind.SENTENCE, path, piece, listed, ruled)


def _in_order(old: list[_Unit], new: list[_Unit], found: Alignment) -> Iterator[SentenceChange]:
    """The changes in the order of the new text; what went stands where it stood."""
    whole = {unit.text for unit in (*old, *new) if unit.kind is not UnitKind.SENTENCE}
    changed, rest = runs([u.text for u in old], [u.text for u in new], found, whole)
    rows = [i for i, _ in found.kept]
    placed: list[tuple[float, int, SentenceChange]] = [
        *((block[0][1], 0, _moved(old, new, block)) for block in _blocks(found.moved)),
        *((run.columns.start, 0, _changed(*_sides(old, new, run))) for run in changed),
        *((j, 0, _single(SentenceKind.ADDED, new[j])) for j in rest.added),
    ]
    for i in rest.removed:
        at = bisect_left(rows, i)
        after = found.kept[at - 1][1] if at else -1
        placed.append((after + 0.5, i, _single(SentenceKind.REMOVED, old[i])))
    yield from (change for _, _, change in sorted(placed, key=lambda each: each[:2]))


def _sides(old: list[_Unit], new: list[_Unit], run: Run) -> tuple[_Unit, _Unit]:
    return _one([old[i] for i in run.rows]), _one([new[j] for j in run.columns])


def _one(units: Sequence[_Unit]) -> _Unit:
    """Neighbouring sentences as one that bears the labels of each."""
    first = units[0]
    if len(units) == 1:
        return first
    cues: dict[str, tuple[str, ...]] = {}
    for unit in units:
        for label, words in unit.piece.cues.items():
            cues[label] = (*cues.get(label, ()), *words)
    piece = replace(
        first.piece, labels=frozenset().union(*(u.piece.labels for u in units)), cues=cues
    )
    return replace(
        first,
        text=" ".join(unit.text for unit in units),
        piece=piece,
        listed=any(unit.listed for unit in units),
        ruled=frozenset().union(*(unit.ruled for unit in units)),
    )


def _single(kind: SentenceKind, unit: _Unit) -> SentenceChange:
    before, after = ("", unit.text) if kind is SentenceKind.ADDED else (unit.text, "")
    return SentenceChange(kind, before, after, unit.heading_path, (), unit.kind, unit.labels)


def _changed(old: _Unit, new: _Unit) -> SentenceChange:
    words = tuple(word_changes(old.text, new.text))
    change = SentenceChange(
        SentenceKind.CHANGED, old.text, new.text, new.heading_path, words, new.kind
    )
    gone, come = (
        "".join(word.text for word in words if word.kind is kind)
        for kind in (WordKind.REMOVED, WordKind.ADDED)
    )
    if binds(f"{gone} {come}"):
        return replace(change, labels=old.labels | new.labels)
    # An edit touches what its own words are about: a misspelt name is no news on the topic. What
    # findings rest on is also touched by more words in its sentence, whoever they make decide.
    labels = old.says(POINTERS.sub("", gone)) | new.says(POINTERS.sub("", come))
    if change.changed_words >= FEW_WORDS:
        labels |= (old.says(old.text) | new.says(new.text)) - BESIDE
    return replace(change, labels=labels)


def _moved(old: list[_Unit], new: list[_Unit], block: Sequence[Pair]) -> SentenceChange:
    text = " ".join(new[j].text for _, j in block)
    first = new[block[0][1]]
    labels = frozenset(label for i, _ in block for label in old[i].labels)
    return SentenceChange(
        SentenceKind.MOVED, text, text, first.heading_path, (), first.kind, labels
    )


def _blocks(moved: Sequence[Pair]) -> Iterator[list[Pair]]:
    """Moved neighbours together, as far as they stayed neighbours."""
    block: list[Pair] = []
    for i, j in moved:
        if block and (i, j) != (block[-1][0] + 1, block[-1][1] + 1):
            yield block
            block = []
        block.append((i, j))
    if block:
        yield block
