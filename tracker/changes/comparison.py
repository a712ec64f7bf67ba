"""Two versions to what differs, in the order of the text. Pure: knows no database and no clock."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from tracker.changes.alignment import Alignment, Pair, align
from tracker.changes.cuts import Run, runs
from tracker.changes.touching import Versions, touched, touched_whole
from tracker.changes.units import Piece, Unit, UnitKind, joined, said, units
from tracker.changes.wording import WordChange, WordKind, word_changes


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


def compare(before: Sequence[Piece], after: Sequence[Piece]) -> Comparison:
    """Return what differs: line by line in order, then word by word in changed lines.

    Quick whatever the input: very long texts are compared less finely rather than slowly.
    """
    old, new = list(units(before)), list(units(after))
    had, have = (
        frozenset(label for piece in side for label in piece.labels) for side in (before, after)
    )
    held, hold = (
        frozenset(e for piece in side for e in piece.elements) for side in (before, after)
    )
    texts = _Texts(old, new, Versions(had ^ have, held ^ hold, said(old), said(new)))
    changes = tuple(texts.in_order(align([u.text for u in old], [u.text for u in new])))
    return Comparison(
        sentences=changes,
        labels_gained=have - had,
        labels_lost=had - have,
        labels_touched=frozenset(
            label for s in changes if s.kind is not SentenceKind.MOVED for label in s.labels
        ),
        elements_gained=hold - held,
        elements_lost=held - hold,
    )


@dataclass(frozen=True, slots=True)
class _Texts:
    old: Sequence[Unit]
    new: Sequence[Unit]
    versions: Versions

    def in_order(self, found: Alignment) -> Iterator[SentenceChange]:
        """The changes in the order of the new text; what went stands where it stood."""
        old, new = self.old, self.new
        whole = {unit.text for unit in (*old, *new) if unit.kind is not UnitKind.SENTENCE}
        changed, rest = runs([u.text for u in old], [u.text for u in new], found, whole)
        rows = [i for i, _ in found.kept]
        placed: list[tuple[float, int, SentenceChange]] = [
            *((block[0][1], 0, self._moved(block)) for block in _blocks(found.moved)),
            *((run.columns.start, 0, self._changed(run)) for run in changed),
            *((j, 0, self._single(SentenceKind.ADDED, new[j])) for j in rest.added),
        ]
        for i in rest.removed:
            at = bisect_left(rows, i)
            after = found.kept[at - 1][1] if at else -1
            placed.append((after + 0.5, i, self._single(SentenceKind.REMOVED, old[i])))
        yield from (change for _, _, change in sorted(placed, key=lambda each: each[:2]))

    def _single(self, kind: SentenceKind, unit: Unit) -> SentenceChange:
        before, after = ("", unit.text) if kind is SentenceKind.ADDED else (unit.text, "")
        both = self.versions
        elsewhere = both.new_said if kind is SentenceKind.REMOVED else both.old_said
        labels = touched_whole(unit, elsewhere, both)
        return SentenceChange(kind, before, after, unit.heading_path, (), unit.kind, labels)

    def _changed(self, run: Run) -> SentenceChange:
        old = joined([self.old[i] for i in run.rows])
        new = joined([self.new[j] for j in run.columns])
        words = tuple(word_changes(old.text, new.text))
        labels = touched(old, new, words, self.versions)
        return SentenceChange(
            SentenceKind.CHANGED, old.text, new.text, new.heading_path, words, new.kind, labels
        )

    def _moved(self, block: Sequence[Pair]) -> SentenceChange:
        text = " ".join(self.new[j].text for _, j in block)
        first = self.new[block[0][1]]
        labels = frozenset(label for i, _ in block for label in self.old[i].names(self.old[i].text))
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
