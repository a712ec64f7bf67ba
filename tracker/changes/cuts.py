"""Sentences that end elsewhere than before: the same words in other pieces. Pure.

A list that lost its full stops, or two sentences joined by "and", would else read as sentences that
came and went beside a changed one.
"""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace

from rapidfuzz.distance import Indel

from tracker.changes.alignment import Alignment

MOSTLY = 0.8  # of a neighbour's words that must stand in the other text
MOST_CELLS = 4_000_000  # of words that are compared one by one; longer sentences stay apart


@dataclass(frozen=True, slots=True)
class Run:
    """Neighbouring positions of the old list that became these of the new one."""

    rows: range
    columns: range


def runs(
    old: Sequence[str], new: Sequence[str], found: Alignment, whole: Collection[str] = ()
) -> tuple[list[Run], Alignment]:
    """Return what was changed, with the neighbours that were only cut otherwise, and what is left.

    Texts in `whole`, such as headings and rows of tables, are never part of a run.
    """
    text = _Text(
        old,
        new,
        {i for i in found.removed if old[i] not in whole},
        {j for j in found.added if new[j] not in whole},
    )
    made = []
    for i, j in sorted(found.changed):
        run = Run(range(i, i + 1), range(j, j + 1))
        if old[i] not in whole and new[j] not in whole:
            run = text.widened(run)
        made.append(run)
    taken = {i for run in made for i in run.rows}, {j for run in made for j in run.columns}
    removed = tuple(i for i in found.removed if i not in taken[0])
    return made, replace(
        found, removed=removed, added=tuple(j for j in found.added if j not in taken[1])
    )


@dataclass(frozen=True, slots=True)
class _Text:
    old: Sequence[str]
    new: Sequence[str]
    gone: set[int]  # positions that belong to no run yet
    come: set[int]

    def widened(self, run: Run) -> Run:
        """The run with every neighbour whose words stand nearly all on the other side."""
        while (wider := self._wider(run)) is not None:
            run = wider
            self.gone.difference_update(run.rows)
            self.come.difference_update(run.columns)
        return run

    def _wider(self, run: Run) -> Run | None:
        had = self._same(run)
        for wider, text in self._neighbours(run):
            words = len(_words(text))
            if words and self._same(wider) - had >= MOSTLY * words:
                return wider
        return None

    def _neighbours(self, run: Run) -> Iterator[tuple[Run, str]]:
        rows, columns = run.rows, run.columns
        for i in (rows.start - 1, rows.stop):
            if i in self.gone:
                yield Run(range(min(i, rows.start), max(i + 1, rows.stop)), columns), self.old[i]
        for j in (columns.start - 1, columns.stop):
            if j in self.come:
                wider = range(min(j, columns.start), max(j + 1, columns.stop))
                yield Run(rows, wider), self.new[j]

    def _same(self, run: Run) -> int:
        """How many words the two sides have in common, in order."""
        before = _words(" ".join(self.old[at] for at in run.rows))
        after = _words(" ".join(self.new[at] for at in run.columns))
        if len(before) * len(after) > MOST_CELLS:
            return 0
        return int(len(before) + len(after) - Indel.distance(before, after)) // 2


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.casefold())
