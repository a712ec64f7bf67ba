"""What the readers of files share: from pieces to a text with its title and date. Pure."""

from collections.abc import Iterable
from datetime import datetime

from tracker.extraction.build import Piece, join
from tracker.extraction.language import language_of
from tracker.extraction.normalise import normalise
from tracker.extraction.text import BlockKind, Extracted, Unreadable
from tracker.model import DateBasis

LONGEST_TITLE = 200
NO_TITLES = {"contents", "table of contents", "abstract", "summary", "introduction"}
NO_TEXT = Unreadable("shows no text")


def extracted(
    pieces: Iterable[Piece],
    *,
    extractor: str,
    choice: str,
    title: str = "",
    date: datetime | None = None,
    basis: DateBasis = DateBasis.INFERRED,
    byline: str = "",
    coverage: float = 1.0,
) -> Extracted | Unreadable:
    """Return the text of a document; without a title of its own its first heading is one."""
    pieces = list(pieces)
    text, blocks = join(pieces)
    if not text:
        return NO_TEXT
    title = (normalise(title) or _first_heading(pieces))[:LONGEST_TITLE]
    return Extracted(
        text=text,
        blocks=blocks,
        title=title,
        language=language_of("", text),
        stated_date=date,
        stated_basis=DateBasis.UNKNOWN if date is None else basis,
        extractor=extractor,
        choice=choice,
        coverage=coverage,
        byline=normalise(byline)[:LONGEST_TITLE],
    )


def _first_heading(pieces: list[Piece]) -> str:
    """The largest heading near the start, else the first words."""
    shown = [piece for piece in pieces if normalise(piece.text)]
    headings = [
        piece
        for piece in shown[:12]
        if piece.kind is BlockKind.HEADING and normalise(piece.text).lower() not in NO_TITLES
    ]
    return normalise(min(headings, key=lambda piece: piece.level, default=shown[0]).text)
