"""Two texts as lines and sentences, aligned in order: what stayed, moved, went or came. Pure.

Quick whatever the input: anchors that stand once on both sides are found first, what lies between
two anchors is aligned exactly where that is small, and greedily where it is not.
"""

from bisect import bisect_left
from collections import Counter, defaultdict, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz
from rapidfuzz.distance import Indel

ALIKE = 50  # per cent of likeness from which two sentences in one place are one that was changed
ALIKE_ELSEWHERE = 65  # the same for sentences in different places
MOST_CELLS = 16_000_000  # of a gap that is aligned exactly
MOST_SCORED = 20_000  # pairs of sentences whose likeness is measured
MOST_SHARED = 10  # sentences from which a shared word tells nothing
MEASURED = 600  # characters of a sentence that count for likeness

Pair = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Alignment:
    """Positions in the old and the new list; every position stands in exactly one field."""

    kept: tuple[Pair, ...]  # the same, in order
    moved: tuple[Pair, ...]  # the same, out of order
    changed: tuple[Pair, ...]  # alike
    removed: tuple[int, ...]
    added: tuple[int, ...]


def align(old: Sequence[str], new: Sequence[str]) -> Alignment:
    """Say what became of each line of the old list, and where each of the new comes from."""
    kept = _in_order(old, new)
    moved = _elsewhere(old, new, kept)
    there = {*kept, *moved}
    gone = sorted(set(range(len(old))) - {i for i, _ in there})
    come = sorted(set(range(len(new))) - {j for _, j in there})
    # What was put in capitals, or out of them, is still alike.
    had, has = ([line.casefold() for line in lines] for lines in (old, new))
    changed = _alike(had, has, gone, come, kept)
    removed, added = _without(gone, come, changed)
    return Alignment(tuple(kept), tuple(moved), tuple(changed), tuple(removed), tuple(added))


def _without(
    gone: Sequence[int], come: Sequence[int], pairs: Sequence[Pair]
) -> tuple[list[int], list[int]]:
    rows, columns = {i for i, _ in pairs}, {j for _, j in pairs}
    return [i for i in gone if i not in rows], [j for j in come if j not in columns]


def trimmed(old: Sequence[str], new: Sequence[str]) -> tuple[int, int]:
    """Return how many items two lists share at their beginnings and, after those, at their ends."""
    most = min(len(old), len(new))
    first = next((at for at in range(most) if old[at] != new[at]), most)
    rest = most - first
    last = next((at for at in range(rest) if old[-1 - at] != new[-1 - at]), rest)
    return first, last


def _in_order(old: Sequence[str], new: Sequence[str]) -> list[Pair]:
    first, last = trimmed(old, new)
    end_old, end_new = len(old) - last, len(new) - last
    kept = [(at, at) for at in range(first)]
    i, j = first, first
    for anchor in [*_anchors(old, new, (first, end_old), (first, end_new)), (end_old, end_new)]:
        kept += _between(old, new, (i, anchor[0]), (j, anchor[1]))
        if anchor[0] < end_old:
            kept.append(anchor)
        i, j = anchor[0] + 1, anchor[1] + 1
    return kept + [(len(old) - at, len(new) - at) for at in range(last, 0, -1)]


def _anchors(old: Sequence[str], new: Sequence[str], rows: Pair, columns: Pair) -> list[Pair]:
    """The longest run in order of what stands once on either side."""
    here, there = Counter(old[slice(*rows)]), Counter(new[slice(*columns)])
    place = {new[j]: j for j in range(*columns) if there[new[j]] == 1}
    single = [(i, place[old[i]]) for i in range(*rows) if here[old[i]] == 1 and old[i] in place]
    return _longest_rising(single)


def _longest_rising(pairs: Sequence[Pair]) -> list[Pair]:
    ends: list[int] = []  # the smallest last column of a rising run of each length
    holders: list[int] = []
    before: list[int] = []
    for at, (_, column) in enumerate(pairs):
        length = bisect_left(ends, column)
        ends[length : length + 1] = [column]
        before.append(holders[length - 1] if length else -1)
        holders[length : length + 1] = [at]
    run = []
    at = holders[-1] if holders else -1
    while at >= 0:
        run.append(pairs[at])
        at = before[at]
    return run[::-1]


def _between(old: Sequence[str], new: Sequence[str], rows: Pair, columns: Pair) -> Iterator[Pair]:
    """What is the same in order between two anchors."""
    left, right = old[slice(*rows)], new[slice(*columns)]
    if not left or not right:
        return
    if len(left) * len(right) > MOST_CELLS:
        yield from _greedy(left, right, rows[0], columns[0])
        return
    for step in Indel.opcodes(left, right):
        if step.tag == "equal":
            for at in range(step.src_end - step.src_start):
                yield rows[0] + step.src_start + at, columns[0] + step.dest_start + at


def _greedy(left: Sequence[str], right: Sequence[str], row: int, column: int) -> Iterator[Pair]:
    places: defaultdict[str, deque[int]] = defaultdict(deque)
    for at, text in enumerate(right):
        places[text].append(at)
    last = -1
    for at, text in enumerate(left):
        waiting = places[text]
        while waiting and waiting[0] <= last:
            waiting.popleft()
        if waiting:
            last = waiting.popleft()
            yield row + at, column + last


def _elsewhere(old: Sequence[str], new: Sequence[str], kept: Sequence[Pair]) -> list[Pair]:
    rows, columns = {i for i, _ in kept}, {j for _, j in kept}
    places: defaultdict[str, deque[int]] = defaultdict(deque)
    for j, text in enumerate(new):
        if j not in columns:
            places[text].append(j)
    return [
        (i, places[text].popleft())
        for i, text in enumerate(old)
        if i not in rows and places.get(text)
    ]


def _alike(
    old: Sequence[str],
    new: Sequence[str],
    gone: Sequence[int],
    come: Sequence[int],
    kept: Sequence[Pair],
) -> list[Pair]:
    """Pair lines that are alike: first those in one place, then those with rare words in common."""
    pairs: list[Pair] = []
    scored = 0
    for rows, columns in _gaps(gone, come, kept):
        if scored + len(rows) * len(columns) <= MOST_SCORED:
            scored += len(rows) * len(columns)
            pairs += _best([(i, j) for i in rows for j in columns], old, new, ALIKE)
    shared = list(_sharing(old, new, *_without(gone, come, pairs)))[:MOST_SCORED]
    return pairs + _best(shared, old, new, ALIKE_ELSEWHERE)


def _gaps(
    gone: Sequence[int], come: Sequence[int], kept: Sequence[Pair]
) -> Iterator[tuple[list[int], list[int]]]:
    """What went and what came between the same two kept lines."""
    rows, columns = [i for i, _ in kept], [j for _, j in kept]
    places: defaultdict[int, tuple[list[int], list[int]]] = defaultdict(lambda: ([], []))
    for i in gone:
        places[bisect_left(rows, i)][0].append(i)
    for j in come:
        places[bisect_left(columns, j)][1].append(j)
    yield from (places[at] for at in sorted(places))


def _best(pairs: Sequence[Pair], old: Sequence[str], new: Sequence[str], enough: int) -> list[Pair]:
    """Of these pairs the most alike first, each line once."""
    scores = [
        (fuzz.ratio(old[i][:MEASURED], new[j][:MEASURED], score_cutoff=enough), i, j)
        for i, j in pairs
    ]
    rows: set[int] = set()
    columns: set[int] = set()
    best = []
    for score, i, j in sorted(scores, key=lambda each: (-each[0], abs(each[1] - each[2]), each[1])):
        if score > 0 and i not in rows and j not in columns:
            best.append((i, j))
            rows.add(i)
            columns.add(j)
    return best


def _sharing(
    old: Sequence[str], new: Sequence[str], gone: Sequence[int], come: Sequence[int]
) -> Iterator[Pair]:
    """Pairs that share the most rare words, a few for each line that went."""
    holders: defaultdict[str, list[int]] = defaultdict(list)
    for j in come:
        for word in set(new[j].split()):
            holders[word].append(j)
    for i in gone:
        shared: Counter[int] = Counter()
        for word in set(old[i].split()):
            if len(holders.get(word, ())) <= MOST_SHARED:
                shared.update(holders.get(word, ()))
        for j, number in shared.most_common(3):
            if number > 1:
                yield i, j
