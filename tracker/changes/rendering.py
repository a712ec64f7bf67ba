"""One comparison as text, for a terminal and as JSON; `markup` has it as HTML. Pure.

Every rendering but JSON carries the words "removed" and "added", since colour, underlines and
strokes are silent for those who listen. Texts are strangers': control characters are taken out.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from tracker.changes.comparison import Comparison, SentenceChange, SentenceKind
from tracker.changes.units import UnitKind
from tracker.changes.wording import WordChange, WordKind

# What could drive a terminal or turn a line around.
_UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
_RED, _GREEN, _DIM, _PLAIN = "\x1b[31;9m", "\x1b[32;4m", "\x1b[2m", "\x1b[0m"
_COLOURS = {WordKind.REMOVED: _RED, WordKind.ADDED: _GREEN}
NEAR = 8  # words kept on either side of an edit where a sentence is shortened


def as_text(comparison: Comparison) -> str:
    """Return the change for plain text, with the marks that screen readers read out."""
    return "\n".join(map(sentence_text, comparison.sentences))


def sentence_text(sentence: SentenceChange) -> str:
    """Return one changed sentence on one line of plain text."""
    return "".join(_marked(word) for word in words_of(sentence)).strip()


def as_ansi(comparison: Comparison) -> str:
    """Return the change for a terminal, each sentence under the headings it stands below."""
    lines: list[str] = []
    path: tuple[str, ...] | None = None
    for sentence in comparison.sentences:
        if sentence.heading_path != path:
            path = sentence.heading_path
            lines.append(f"{_DIM}{safe(' › '.join(path)) or '(top)'}{_PLAIN}")
        lines.append("  " + "".join(_coloured(word) for word in words_of(sentence)).strip())
    return "\n".join(lines)


def sentence_json(sentence: SentenceChange) -> dict[str, Any]:
    """Return one changed sentence as JSON; `from_json` reads it back."""
    return {
        "kind": str(sentence.kind),
        "unit": str(sentence.unit),
        "heading_path": list(sentence.heading_path),
        "before": sentence.before,
        "after": sentence.after,
        "words": [[str(word.kind), word.text] for word in sentence.words],
        "labels": sorted(sentence.labels),
    }


def from_json(given: Mapping[str, Any]) -> SentenceChange:
    """Return the sentence that `sentence_json` wrote."""
    return SentenceChange(
        SentenceKind(given["kind"]),
        given["before"],
        given["after"],
        tuple(given["heading_path"]),
        tuple(WordChange(WordKind(kind), text) for kind, text in given["words"]),
        UnitKind(given["unit"]),
        frozenset(given["labels"]),
    )


def shortened(sentence: SentenceChange, length: int) -> SentenceChange:
    """Return a sentence with what is far from its edits left out, in at most so many characters."""
    words = tuple(
        replace(word, text=_near(word.text) if word.kind is WordKind.EQUAL else word.text)
        for word in sentence.words
    )
    kept: list[WordChange] = []
    room = length
    for word in words:
        if room <= 0:
            break
        text = word.text if len(word.text) <= room else word.text[: room - 1].rstrip() + "…"
        kept.append(replace(word, text=text))
        room -= len(text)
    before, after = (_cut(text, length) for text in (sentence.before, sentence.after))
    return replace(sentence, before=before, after=after, words=tuple(kept))


def _near(text: str) -> str:
    words = text.split()
    if len(words) <= 2 * NEAR + 1:
        return text
    return f"{' '.join(words[:NEAR])} … {' '.join(words[-NEAR:])} "


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"


def words_of(sentence: SentenceChange) -> tuple[WordChange, ...]:
    """Return a sentence as runs of words, whatever became of it."""
    match sentence.kind:
        case SentenceKind.CHANGED:
            return sentence.words
        case SentenceKind.ADDED:
            return (WordChange(WordKind.ADDED, sentence.after),)
        case SentenceKind.REMOVED:
            return (WordChange(WordKind.REMOVED, sentence.before),)
        case SentenceKind.MOVED:
            return (WordChange(WordKind.EQUAL, f"[moved: {sentence.after}]"),)


def safe(text: str) -> str:
    """Return text without what could drive a terminal or turn a line around."""
    return _UNSAFE.sub("", text)


def _marked(word: WordChange) -> str:
    text = safe(word.text)
    if word.kind is WordKind.EQUAL:
        return text
    return f"[{word.kind}: {text.strip()}] "


def _coloured(word: WordChange) -> str:
    if word.kind is WordKind.EQUAL:
        return safe(word.text)
    return f"{_COLOURS[word.kind]}{_marked(word).strip()}{_PLAIN} "
