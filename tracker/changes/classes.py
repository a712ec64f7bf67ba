"""What sort of change a comparison is, by what it touches. Pure."""

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from tracker.changes.binding import DATE, POINTERS
from tracker.changes.comparison import Comparison, SentenceChange, SentenceKind
from tracker.changes.edits import bodies
from tracker.changes.units import UnitKind
from tracker.model import ChangeClass, ChangeKind, Topic

_CONTEXT = frozenset({str(Topic.PARTNERSHIP)})
FLIP_WITHIN = timedelta(days=14)
BY_TURNS_WITHIN = timedelta(days=90)


def classify(comparison: Comparison) -> tuple[ChangeClass, ChangeKind] | None:
    """Return class and kind of a change; None where nothing that a reader would see differs.

    Material is what touches a coded passage (design, decision 5). One that is on partners alone, not
    on China, rights, surveillance or a recommendation, is coded as context: its edits are wording, unless
    a body is named in it or no longer.
    """
    if not comparison.sentences:
        return None
    # A heading that is numbered anew beside an added section makes it no less an addition.
    texts = [s for s in comparison.sentences if s.unit is not UnitKind.HEADING]
    kinds = {sentence.kind for sentence in texts or comparison.sentences}
    if kinds == {SentenceKind.MOVED}:
        return ChangeClass.MINOR, ChangeKind.REORDER
    if comparison.labels_touched <= _CONTEXT and not partners(comparison):
        return ChangeClass.MINOR, _smallest(comparison) or ChangeKind.WORDING
    if kinds == {SentenceKind.ADDED}:
        return ChangeClass.MATERIAL, ChangeKind.PASSAGE_ADDED
    if kinds == {SentenceKind.REMOVED}:
        return ChangeClass.MATERIAL, ChangeKind.PASSAGE_REMOVED
    return ChangeClass.MATERIAL, ChangeKind.TEXT_CHANGED


def partners(comparison: Comparison) -> frozenset[str]:
    """Return the universities, institutes and ministries that sentences on partners gained or lost."""
    told = (
        s for s in comparison.sentences if s.labels & _CONTEXT and s.kind is not SentenceKind.MOVED
    )
    return frozenset().union(*(bodies(s.before) ^ bodies(s.after) for s in told))


def _smallest(comparison: Comparison) -> ChangeKind | None:
    """The kind of an edit that leaves the words alone, or None."""
    old, new = " ".join(comparison.removed), " ".join(comparison.added)
    for kind, fold in _FOLDS:
        if fold(old) == fold(new):
            return kind
    return None


def _bare(text: str) -> str:
    return re.sub(r"[\W_]+", "", text).casefold()


_FOLDS = (
    (ChangeKind.TYPOGRAPHIC, _bare),
    (ChangeKind.LINKS, lambda text: _bare(POINTERS.sub("", text))),
    (ChangeKind.NUMBERS, lambda text: _bare(re.sub(r"\d+", "", DATE.sub("", text)))),
)


def summary(comparison: Comparison) -> str:
    """Return one neutral sentence about the text, never about its meaning."""
    counts = Counter((s.unit, s.kind) for s in comparison.sentences)
    said = ", ".join(
        f"{number} {unit}{'' if number == 1 else 's'} {kind}"
        for unit in UnitKind
        for kind in SentenceKind
        if (number := counts[unit, kind])
    )
    headings = {s.heading_path[-1] for s in comparison.sentences if s.heading_path}
    return f"{said} under “{headings.pop()}”" if len(headings) == 1 else said


def most_telling(changed: Sequence[SentenceChange], most: int) -> tuple[SentenceChange, ...]:
    """Return so many of the changed sentences, in the order of the text.

    Those that touch coded text come before others, and those that are on partners alone between.
    """

    def weight(at: int) -> tuple[int, int]:
        labels = changed[at].labels
        return (0 if labels - _CONTEXT else 1 if labels else 2), at

    chosen = sorted(range(len(changed)), key=weight)[:most]
    return tuple(changed[at] for at in sorted(chosen))


def same_edit_key(comparison: Comparison) -> str:
    """Return what edits share that add and remove the same sentences, on whatever page."""
    edit = "\0".join([*sorted(comparison.removed), "\1", *sorted(comparison.added)])
    return hashlib.sha256(edit.encode()).hexdigest()


def is_flip(earlier: Iterable[tuple[str, datetime]], text_sha256: str, at: datetime) -> bool:
    """Tell whether a text was there before, no longer ago than a fortnight (A→B→A).

    Texts that are served by turns (A→B→A→B) may take longer: `earlier` holds one of them twice.
    """
    recent = [(digest, seen) for digest, seen in earlier if at - seen <= BY_TURNS_WITHIN]
    by_turns = len({digest for digest, _ in recent}) < len(recent)
    within = BY_TURNS_WITHIN if by_turns else FLIP_WITHIN
    return any(digest == text_sha256 and at - seen <= within for digest, seen in recent)


def still_shown(added: Sequence[str], removed: Sequence[str], text: str) -> bool:
    """Tell whether a later text still shows most of an edit: it has not been taken back."""
    bare = _bare(text)
    kept = sum(_bare(sentence) in bare for sentence in added)
    gone = sum(_bare(sentence) not in bare for sentence in removed)
    return 2 * (kept + gone) >= len(added) + len(removed)
