"""Two sentences word by word. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from rapidfuzz.distance import Indel

from tracker.changes.alignment import trimmed

MOST_CELLS = 64_000_000  # of words that are compared one by one; beyond, all was replaced


class WordKind(StrEnum):
    EQUAL = "equal"
    REMOVED = "removed"
    ADDED = "added"


@dataclass(frozen=True, slots=True)
class WordChange:
    kind: WordKind
    text: str


def word_changes(before: str, after: str) -> list[WordChange]:
    """Return the words of both texts in order.

    The equal and removed ones make the first text, the equal and added ones the second; what was
    removed stands before what was added in its place.
    """
    old, new = before.split(), after.split()
    first, last = trimmed(old, new)
    ends = len(old) - last, len(new) - last
    runs: list[_Run] = [(old[:first],) * 2]
    for rows, columns, same in _middle(old[first : ends[0]], new[first : ends[1]]):
        words = old[first + rows.start : first + rows.stop]
        runs.append((words, words if same else new[first + columns.start : first + columns.stop]))
    return _joined([*runs, (old[ends[0] :],) * 2])


def _middle(old: list[str], new: list[str]) -> Iterator[tuple[range, range, bool]]:
    if len(old) * len(new) > MOST_CELLS:
        yield range(len(old)), range(len(new)), False
        return
    for step in Indel.opcodes(old, new):
        rows, columns = range(step.src_start, step.src_end), range(step.dest_start, step.dest_end)
        yield rows, columns, step.tag == "equal"


_Run = tuple[Sequence[str], Sequence[str]]  # words before, words after; one list where equal


def _joined(runs: Sequence[_Run]) -> list[WordChange]:
    changes: list[WordChange] = []
    gone = come = ""
    for old, new in runs:
        if old is not new:
            gone += _spaced(old)
            come += _spaced(new)
        elif old:
            changes += _swap(gone, come)
            gone = come = ""
            changes.append(WordChange(WordKind.EQUAL, _spaced(old)))
    return [*changes, *_swap(gone, come)]


def _spaced(words: Sequence[str]) -> str:
    return "".join(f"{word} " for word in words)


def _swap(gone: str, come: str) -> list[WordChange]:
    both = ((WordKind.REMOVED, gone), (WordKind.ADDED, come))
    return [WordChange(kind, text) for kind, text in both if text]
