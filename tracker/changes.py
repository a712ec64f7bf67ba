"""Two versions to a typed change. Pure: knows no database and no clock."""

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from rapidfuzz import fuzz
from rapidfuzz.distance import Indel

from tracker.model import ChangeClass, ChangeKind

FLIP_WITHIN = timedelta(days=14)
ALIKE = 50  # per cent of likeness from which two sentences are one that was changed
MOST_PAIRED = 200  # sentences a side that are paired; beyond, they are simply removed and added
MOST_ALIGNED = 4000  # sentences a side that are aligned in order; beyond, compared as sets
_SENTENCE = re.compile(r"[^.!?\n]+(?:[.!?]+(?!\s)[^.!?\n]*)*[.!?]*[\"')\]]*")
_WORDS = re.compile(r"\S+\s*")
_URL = re.compile(r"https?://\S+|www\.\S+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Piece:
    """A passage of a version, with the labels it is coded with."""

    text: str
    heading_path: tuple[str, ...] = ()
    labels: frozenset[str] = frozenset()


class SentenceKind(StrEnum):
    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"
    MOVED = "moved"


class WordKind(StrEnum):
    EQUAL = "equal"
    REMOVED = "removed"
    ADDED = "added"


@dataclass(frozen=True, slots=True)
class WordChange:
    kind: WordKind
    text: str


@dataclass(frozen=True, slots=True)
class SentenceChange:
    """One sentence that differs; `words` tells a changed one apart word by word."""

    kind: SentenceKind
    before: str
    after: str
    heading_path: tuple[str, ...]
    words: tuple[WordChange, ...] = ()


@dataclass(frozen=True, slots=True)
class Comparison:
    """What differs between two versions, in the order of the text."""

    sentences: tuple[SentenceChange, ...] = ()
    labels_gained: frozenset[str] = frozenset()
    labels_lost: frozenset[str] = frozenset()
    labels_touched: frozenset[str] = frozenset()

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


@dataclass(frozen=True, slots=True)
class _Located:
    text: str
    heading_path: tuple[str, ...]


def compare(before: Sequence[Piece], after: Sequence[Piece]) -> Comparison:
    """Return what differs: sentence by sentence, then word by word in changed sentences.

    Passages that stand in both are set aside first. Quick whatever the input: very long texts
    are compared less finely rather than slowly.
    """
    gone = _without(before, after)
    come = _without(after, before)
    old, new = _sentences(gone), _sentences(come)
    removed, added = _align(old, new)
    changes = _pair(removed, added)
    if not changes and [p.text for p in before] != [p.text for p in after]:
        changes = _moved(before, after)
    had, have = _labels(before), _labels(after)
    return Comparison(
        sentences=tuple(changes),
        labels_gained=frozenset(have - had),
        labels_lost=frozenset(had - have),
        labels_touched=_labels(gone) | _labels(come),
    )


def _labels(pieces: Iterable[Piece]) -> frozenset[str]:
    return frozenset(label for piece in pieces for label in piece.labels)


def _without(pieces: Sequence[Piece], others: Sequence[Piece]) -> list[Piece]:
    there = Counter(piece.text for piece in others)
    left = []
    for piece in pieces:
        if there[piece.text] > 0:
            there[piece.text] -= 1
        else:
            left.append(piece)
    return left


def _sentences(pieces: Iterable[Piece]) -> list[_Located]:
    return [
        _Located(sentence.strip(), piece.heading_path)
        for piece in pieces
        for sentence in _SENTENCE.findall(piece.text)
        if sentence.strip()
    ]


def _align(old: list[_Located], new: list[_Located]) -> tuple[list[_Located], list[_Located]]:
    """Return the sentences that are only in one of the two, wherever the others moved to."""
    there, here = Counter(s.text for s in new), Counter(s.text for s in old)
    removed, added = [], []
    for sentence in old:
        if there[sentence.text] > 0:
            there[sentence.text] -= 1
        else:
            removed.append(sentence)
    for sentence in new:
        if here[sentence.text] > 0:
            here[sentence.text] -= 1
        else:
            added.append(sentence)
    return removed, added


def _pair(removed: list[_Located], added: list[_Located]) -> list[SentenceChange]:
    """Make one changed sentence of a removed and an added one that are alike."""
    changes: list[SentenceChange] = []
    left = list(added)
    for old in removed:
        new = _most_like(old, left) if len(left) <= MOST_PAIRED else None
        if new is None:
            changes.append(SentenceChange(SentenceKind.REMOVED, old.text, "", old.heading_path))
            continue
        left.remove(new)
        words = tuple(word_changes(old.text, new.text))
        changes.append(
            SentenceChange(SentenceKind.CHANGED, old.text, new.text, new.heading_path, words)
        )
    changes += [SentenceChange(SentenceKind.ADDED, "", s.text, s.heading_path) for s in left]
    return changes


def _most_like(old: _Located, candidates: list[_Located]) -> _Located | None:
    best, score = None, float(ALIKE)
    for candidate in candidates:
        likeness = fuzz.ratio(old.text, candidate.text, score_cutoff=score)
        if likeness >= score and likeness > 0:
            best, score = candidate, likeness
    return best


def _moved(before: Sequence[Piece], after: Sequence[Piece]) -> list[SentenceChange]:
    """The same passages in another order: name those out of order."""
    old, new = [p.text for p in before], [p.text for p in after]
    if len(old) > MOST_ALIGNED:
        return [SentenceChange(SentenceKind.MOVED, old[0], new[0], after[0].heading_path)]
    moved = []
    for step in Indel.opcodes(old, new):
        if step.tag in {"insert", "replace"}:
            moved += [
                SentenceChange(SentenceKind.MOVED, piece.text, piece.text, piece.heading_path)
                for piece in after[step.dest_start : step.dest_end]
            ]
    return moved


def word_changes(before: str, after: str) -> list[WordChange]:
    """Return the words of both texts in order.

    The equal and removed ones make the first text, the equal and added ones the second; what was
    removed stands before what was added in its place.
    """
    old, new = _WORDS.findall(before), _WORDS.findall(after)
    changes: list[WordChange] = []
    gone = come = ""
    for step in Indel.opcodes(old, new):
        words = "".join(old[step.src_start : step.src_end])
        if step.tag == "equal":
            changes += _swap(gone, come)
            gone = come = ""
            changes.append(WordChange(WordKind.EQUAL, words))
        else:
            gone += words
            come += "".join(new[step.dest_start : step.dest_end])
    return [*changes, *_swap(gone, come)]


def _swap(gone: str, come: str) -> list[WordChange]:
    both = ((WordKind.REMOVED, gone), (WordKind.ADDED, come))
    return [WordChange(kind, text) for kind, text in both if text]


def classify(comparison: Comparison) -> tuple[ChangeClass, ChangeKind] | None:
    """Return class and kind of a change; None where nothing that a reader would see differs.

    Material is what touches a coded passage; minor kinds say what sort of edit it was (design,
    decision 5).
    """
    if not comparison.sentences:
        return None
    kinds = {sentence.kind for sentence in comparison.sentences}
    if kinds == {SentenceKind.MOVED}:
        return ChangeClass.MINOR, ChangeKind.REORDER
    if minor := _smallest(comparison):
        return ChangeClass.MINOR, minor
    if not comparison.labels_touched:
        return ChangeClass.MINOR, ChangeKind.WORDING
    if kinds == {SentenceKind.ADDED}:
        return ChangeClass.MATERIAL, ChangeKind.PASSAGE_ADDED
    if kinds == {SentenceKind.REMOVED}:
        return ChangeClass.MATERIAL, ChangeKind.PASSAGE_REMOVED
    return ChangeClass.MATERIAL, ChangeKind.TEXT_CHANGED


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
    (ChangeKind.LINKS, lambda text: _bare(_URL.sub("", text))),
    (ChangeKind.NUMBERS, lambda text: _bare(re.sub(r"\d+", "", text))),
)


def summary(comparison: Comparison) -> str:
    """Return one neutral sentence about the text, never about its meaning."""
    counts = Counter(sentence.kind for sentence in comparison.sentences)
    parts = [
        f"{number} {'sentence' if number == 1 else 'sentences'} {kind}"
        for kind in SentenceKind
        if (number := counts[kind])
    ]
    said = ", ".join(parts)
    headings = {s.heading_path[-1] for s in comparison.sentences if s.heading_path}
    return f"{said} under “{headings.pop()}”" if len(headings) == 1 else said


def same_edit_key(comparison: Comparison) -> str:
    """Return what edits share that add and remove the same sentences, on whatever page."""
    edit = "\0".join([*sorted(comparison.removed), "\1", *sorted(comparison.added)])
    return hashlib.sha256(edit.encode()).hexdigest()


def is_flip(earlier: Iterable[tuple[str, datetime]], text_sha256: str, at: datetime) -> bool:
    """Tell whether a text was there before, no longer ago than a fortnight (A→B→A)."""
    return any(digest == text_sha256 and at - seen <= FLIP_WITHIN for digest, seen in earlier)


def as_text(comparison: Comparison) -> str:
    """Return the change for plain text, with the marks that screen readers read out."""
    return "\n".join(_sentence_text(sentence) for sentence in comparison.sentences)


def _sentence_text(sentence: SentenceChange) -> str:
    if sentence.kind is SentenceKind.CHANGED:
        return "".join(_word_text(word) for word in sentence.words).strip()
    return f"[{sentence.kind}: {sentence.after or sentence.before}]"


def _word_text(word: WordChange) -> str:
    if word.kind is WordKind.EQUAL:
        return word.text
    return f"[{word.kind}: {word.text.strip()}] "
