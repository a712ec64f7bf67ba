"""One change in words that are safe in any message. Pure; knows no template and no channel.

Crawled text passes through here before it reaches a subject, a body, a feed or a webhook.
"""

import hashlib
import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from urllib.parse import quote, urlsplit

from tracker.addresses import web_archive
from tracker.alerts.subscriptions import ChangeFacts
from tracker.changes import SentenceChange, SentenceKind, most_telling, shortened
from tracker.changes.certainty import certainty
from tracker.model import ChangeClass, MeaningState
from tracker.store.folding import BACK, moved_to
from tracker.wording import words

SUBJECT_LENGTH = 140
QUOTE_LENGTH = 300
QUOTES = 3
HEADING_LENGTH = 80
OUR_RECORD = "Our record"  # in place of a document, where a reply or a correction is told

# Control characters, line separators, bidirectional overrides, and what XML cannot hold.
_UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]+"
)


@dataclass(frozen=True, slots=True)
class Item:
    """A change as messages show it: every string is one line of plain text."""

    change: ChangeFacts
    subject: str
    institution: str
    title: str
    summary: str
    quotes: tuple[SentenceChange, ...]
    more: bool  # whether quotes are left out
    when: str
    confidence: str
    meaning: str  # empty until it may be told
    labels: tuple[str, ...]
    touches: str  # what of the codebook, and who says so
    link: str  # our page of the change
    live: str  # the document itself; empty where the change is about none
    new_address: str = ""  # where it moved to; `live` is then its old one

    @property
    def sentence(self) -> str:
        """The summary as a sentence begins."""
        return _capital(self.summary)

    @property
    def archived(self) -> str:
        """Where the Internet Archive keeps its copies of the document."""
        return web_archive(self.live) if self.live else ""


def item(change: ChangeFacts, *, public_url: str, unreviewed: bool = False) -> Item:
    """Put a change into words about its text, leaving meaning to people (design, decision 11).

    With `unreviewed`, what a machine takes it to mean is told before a person looked at it.
    """
    institution, summary = one_line(change.institution_name), _summary(change)
    title = OUR_RECORD if change.heard else one_line(change.title)
    where = "" if change.heard else f" ({title})"
    quotes = _quotes(change)
    return Item(
        change=change,
        subject=one_line(f"{institution}: {_headline(change, summary)}{where}", SUBJECT_LENGTH),
        institution=institution,
        title=title,
        summary=summary,
        quotes=quotes,
        more=len(change.difference or (*change.removed, *change.added)) > len(quotes),
        when=_when(change),
        confidence=_confidence(change),
        meaning=one_line(_meaning(change, unreviewed=unreviewed)),
        labels=tuple(sorted(change.labels)),
        touches=_touches(change),
        link=f"{public_url.rstrip('/')}/change?id={change.id}",
        live="" if change.heard else _web_address(change.url),
        new_address=_web_address(moved_to(change.kind, change.summary)),
    )


def one_line(text: str, length: int | None = None) -> str:
    """Return text as one line without control characters, cut to a length with an ellipsis."""
    line = " ".join(_UNSAFE.sub(" ", text).split())
    return line if length is None or len(line) <= length else line[: length - 1].rstrip() + "…"


def natural_id(change: ChangeFacts) -> str:
    """Return an id of the change that a store built anew would give it too."""
    key = f"{change.url}\n{change.kind}\n{change.seen_to.astimezone(UTC).isoformat()}"
    return hashlib.sha256(key.encode()).hexdigest()[:32]


def domain(public_url: str) -> str:
    """Return the host under which messages and feed entries get their ids."""
    return urlsplit(public_url).hostname or "localhost"


def day(at: datetime) -> str:
    """Return a day as people write it."""
    return f"{at.day} {at:%B %Y}"


def moment(at: datetime) -> str:
    """Return a time as people read it, in UTC."""
    at = at.astimezone(UTC)
    return f"{at.day} {at:%B %Y, %H:%M} UTC"


def _summary(change: ChangeFacts) -> str:
    said = one_line(change.summary).rstrip(".") or change.kind.replace("_", " ")
    if not change.folded or said.endswith(BACK):
        return said
    pages = "page" if change.folded == 1 else "pages"
    return f"{said}; the same on {change.folded} more {pages} of the site"


def _headline(change: ChangeFacts, summary: str) -> str:
    """The summary as a subject has it: an address there is cut, and followed by nobody."""
    moved = moved_to(change.kind, change.summary)
    return summary.replace(moved, "another address", 1) if moved else summary


def _quotes(change: ChangeFacts) -> tuple[SentenceChange, ...]:
    """A few changed sentences, those on coded text first, each short and on one line."""
    shown = change.difference or (
        *(SentenceChange(SentenceKind.REMOVED, text, "", ()) for text in change.removed),
        *(SentenceChange(SentenceKind.ADDED, "", text, ()) for text in change.added),
    )
    return tuple(
        _on_one_line(shortened(sentence, QUOTE_LENGTH)) for sentence in most_telling(shown, QUOTES)
    )


def _on_one_line(sentence: SentenceChange) -> SentenceChange:
    return replace(
        sentence,
        before=one_line(sentence.before),
        after=one_line(sentence.after),
        heading_path=tuple(one_line(heading, HEADING_LENGTH) for heading in sentence.heading_path),
        words=tuple(replace(word, text=_UNSAFE.sub(" ", word.text)) for word in sentence.words),
    )


def _capital(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}"


def _touches(change: ChangeFacts) -> str:
    """A reply or a correction names what it is about; of a document's passages a machine says it."""
    if change.heard:
        return f"Concerns: {', '.join(change.concerns)}." if change.concerns else ""
    if not change.labels:
        return ""
    return (
        f"Labelled {', '.join(map(words, sorted(change.labels)))} (by machine, not yet reviewed)."
    )


def _when(change: ChangeFacts) -> str:
    if change.change_class is ChangeClass.RECORD:
        return f"On {day(change.seen_to)}."
    if change.seen_from is None:
        return f"First seen {moment(change.seen_to)}; how long it had stood there is not known."
    return f"Between {moment(change.seen_from)} and {moment(change.seen_to)}."


def _confidence(change: ChangeFacts) -> str:
    said = certainty(
        change.change_class,
        change.kind,
        confirmed=change.confirmed,
        meaning=change.meaning_state,
        dealing=change.dealing,
    )
    return f"{_capital(said)}."


def _meaning(change: ChangeFacts, *, unreviewed: bool) -> str:
    if not change.meaning or change.meaning_state is MeaningState.REJECTED:
        return ""
    if change.meaning_state is MeaningState.CONFIRMED:
        return f"{change.meaning} (confirmed by a person)"
    return f"{change.meaning} (by machine, not yet reviewed)" if unreviewed else ""


def _web_address(url: str) -> str:
    """Return a web address that can end no line, attribute or header; nothing for other schemes."""
    if urlsplit(url).scheme not in {"http", "https"}:
        return ""
    return quote(url, safe="/:?&=#%~+@!$,;*()[]'")
