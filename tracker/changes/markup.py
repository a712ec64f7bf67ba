"""One comparison as HTML: for eyes by colour and stroke, for ears by words. Pure.

Texts are strangers': all of them are escaped here, and what could turn a line around is taken out.
Where there is no style, as in mail and feed readers, the words show.
"""

from collections.abc import Iterable, Sequence
from html import escape

from tracker.changes.comparison import SentenceChange, SentenceKind
from tracker.changes.rendering import safe, words_of
from tracker.changes.wording import WordChange, WordKind

_TAGS = {WordKind.ADDED: "ins", WordKind.REMOVED: "del"}
SPOKEN, SHOWN = "t-hide", "t-tag"  # looks of the words "removed" and "added" in our own style


def as_html(sentences: Iterable[SentenceChange]) -> str:
    """Return changed sentences as HTML, each under the headings it stands below."""
    shown: list[str] = []
    last: tuple[str, ...] | None = None
    for sentence in sentences:
        if sentence.heading_path != last:
            shown.append(_heading(sentence))
            last = sentence.heading_path
        shown.append(f"<p>{_sentence(sentence)}</p>")
    return f'<div class="t-diff">{"".join(shown)}</div>'


def as_html_sides(sentences: Iterable[SentenceChange]) -> str:
    """Return the same sentences as HTML with before and after beside each other."""
    heads = '<div class="t-head">Before</div><div class="t-head">After</div>'
    sides = (side for sentence in sentences for side in _sides(sentence))
    shown = "".join(f'<div class="t-diff">{side}</div>' for side in sides)
    return f'<div class="t-sides">{heads}{shown}</div>'


def _heading(sentence: SentenceChange) -> str:
    path = " › ".join(filter(None, sentence.heading_path))
    return f'<div class="t-meta">{_escaped(path)}</div>' if path else ""


def _sides(sentence: SentenceChange) -> tuple[str, str]:
    match sentence.kind:
        case SentenceKind.CHANGED:
            kept = [[w for w in sentence.words if w.kind is not other] for other in _OTHERS]
            return _marked(kept[0], SPOKEN), _marked(kept[1], SPOKEN)
        case SentenceKind.MOVED:
            return _sentence(sentence), _sentence(sentence)
        case SentenceKind.ADDED:
            return _nothing("not there"), _sentence(sentence)
        case SentenceKind.REMOVED:
            return _sentence(sentence), _nothing("no longer there")


_OTHERS = (WordKind.ADDED, WordKind.REMOVED)  # what each side does not show


def _sentence(sentence: SentenceChange) -> str:
    if sentence.kind is SentenceKind.MOVED:
        return f'<span class="{SHOWN}">[moved]</span> {_escaped(sentence.after)}'
    # A sentence that came or went whole says so to everybody.
    return _marked(words_of(sentence), SPOKEN if sentence.kind is SentenceKind.CHANGED else SHOWN)


def _marked(words: Sequence[WordChange], look: str) -> str:
    return "".join(_word(word, look) for word in words)


def _word(word: WordChange, look: str) -> str:
    if word.kind is WordKind.EQUAL:
        return _escaped(word.text)
    tag, text = _TAGS[word.kind], word.text.rstrip()
    said = (
        f'<span class="{look}">[{word.kind}: </span>{_escaped(text)}<span class="{look}">]</span>'
    )
    return f"<{tag}>{said}</{tag}>{word.text[len(text) :] or ' '}"


def _nothing(said: str) -> str:
    return f'<span class="{SHOWN}">({said})</span>'


def _escaped(text: str) -> str:
    return escape(safe(text), quote=True)
