"""What differs between two texts, as HTML: for eyes by colour and stroke, for ears by words."""

from tracker.changes import Comparison, SentenceChange, SentenceKind, WordChange, WordKind
from tracker.views.html import escape

_TAGS = {WordKind.ADDED: "ins", WordKind.REMOVED: "del"}


def changed_sentences(comparison: Comparison) -> str:
    """Return the change sentence by sentence, words marked inside changed ones."""
    shown, last = [], None
    for sentence in comparison.sentences:
        if sentence.heading_path != last:
            shown.append(_heading(sentence))
            last = sentence.heading_path
        shown.append(f"<p>{_sentence(sentence)}</p>")
    return f'<div class="t-diff">{"".join(shown)}</div>'


def _heading(sentence: SentenceChange) -> str:
    path = " › ".join(filter(None, sentence.heading_path))
    return f'<div class="t-meta">{escape(path)}</div>' if path else ""


def _sentence(sentence: SentenceChange) -> str:
    match sentence.kind:
        case SentenceKind.CHANGED:
            return "".join(_word(word) for word in sentence.words)
        case SentenceKind.ADDED:
            return _word(WordChange(WordKind.ADDED, sentence.after), "t-tag")
        case SentenceKind.REMOVED:
            return _word(WordChange(WordKind.REMOVED, sentence.before), "t-tag")
        case SentenceKind.MOVED:
            return f'<span class="t-tag">[moved]</span> {escape(sentence.after)}'


def _word(word: WordChange, tag_look: str = "t-hide") -> str:
    """Mark one run of words; the mark is spoken, and shown where a whole sentence has it."""
    if word.kind is WordKind.EQUAL:
        return escape(word.text)
    tag, text = _TAGS[word.kind], word.text.rstrip()
    said = f'<span class="{tag_look}">[{word.kind}: </span>{escape(text)}<span class="{tag_look}">]</span>'
    return f"<{tag}>{said}</{tag}>{word.text[len(text) :] or ' '}"


def side_by_side(comparison: Comparison) -> str:
    """Return the same change with before and after beside each other."""
    rows = "".join(_pair(sentence) for sentence in comparison.sentences)
    heads = '<div class="t-head">Before</div><div class="t-head">After</div>'
    return f'<div class="t-sides">{heads}{rows}</div>'


def _pair(sentence: SentenceChange) -> str:
    if sentence.kind is SentenceKind.CHANGED:
        before = "".join(_word(w) for w in sentence.words if w.kind is not WordKind.ADDED)
        after = "".join(_word(w) for w in sentence.words if w.kind is not WordKind.REMOVED)
    elif sentence.kind is SentenceKind.MOVED:
        before = after = _sentence(sentence)
    else:
        before = _sentence(sentence) if sentence.before else _nothing("not there")
        after = _sentence(sentence) if sentence.after else _nothing("no longer there")
    return f'<div class="t-diff">{before}</div><div class="t-diff">{after}</div>'


def _nothing(said: str) -> str:
    return f'<span class="t-tag">({said})</span>'
