"""The shapes that readers of every format return. Pure; knows no format."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from tracker.model import DateBasis, Genre, QuarantineReason, Voice


class BlockKind(StrEnum):
    HEADING = "heading"
    PARAGRAPH = "paragraph"
    ITEM = "item"  # list item; its text starts with "- " or its own number
    ROW = "row"  # table row; cells joined by " | "
    QUOTE = "quote"
    NOTE = "note"  # footnote


@dataclass(frozen=True, slots=True)
class Block:
    """One run of the text: text[start:end] of the Extracted it belongs to."""

    kind: BlockKind
    start: int
    end: int
    level: int = 0  # of a heading, 1 to 6


@dataclass(frozen=True, slots=True)
class Extracted:
    """What one snapshot says. `text` is normalised; blocks cover it in order."""

    text: str
    blocks: tuple[Block, ...]
    title: str
    language: str | None  # ISO 639-1
    stated_date: datetime | None  # aware, UTC midnight where only a day is stated
    stated_basis: DateBasis
    extractor: str  # name and versions, such as "html 1 (trafilatura 2.3.1)"
    choice: str  # which reading was chosen; pass it in next time so that it cannot flip
    coverage: float = 1.0  # share of the page's visible words that the text keeps
    byline: str = ""
    canonical_url: str | None = None
    genre: Genre = Genre.UNKNOWN
    voice: Voice = Voice.UNKNOWN
    genre_because: str = ""  # the words that led to the genre
    voice_because: str = ""  # the words that led to the voice
    series: str = ""
    disclaimer: str = ""  # such as "the views expressed are the author's own"


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Bytes that hold no text to read, and why."""

    reason: str
    quarantine: QuarantineReason | None = None


@dataclass(frozen=True, slots=True)
class PassageText:
    """A paragraph-sized piece: text[start:end], under these headings."""

    text: str
    heading_path: tuple[str, ...]
    start: int
    end: int
