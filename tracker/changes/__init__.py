"""Two versions to a typed change. Pure: knows no database and no clock.

`alignment` finds what became of each line, `wording` of each word; `comparison` puts both together;
`classes` says what sort of change it is, `meaning` what a codebook's reader would make of it, and
`rendering` and `markup` show one result as text, on a terminal, as JSON and as HTML.
"""

from tracker.changes.classes import (
    classify,
    is_flip,
    most_telling,
    same_edit_key,
    still_shown,
    summary,
)
from tracker.changes.comparison import Comparison, SentenceChange, SentenceKind, compare
from tracker.changes.markup import as_html, as_html_sides
from tracker.changes.meaning import Shift, binds_otherwise, meaning, shifts
from tracker.changes.rendering import (
    as_ansi,
    as_text,
    from_json,
    sentence_json,
    sentence_text,
    shortened,
)
from tracker.changes.units import Piece, UnitKind
from tracker.changes.wording import WordChange, WordKind, word_changes

__all__ = [
    "Comparison",
    "Piece",
    "SentenceChange",
    "SentenceKind",
    "Shift",
    "UnitKind",
    "WordChange",
    "WordKind",
    "as_ansi",
    "as_html",
    "as_html_sides",
    "as_text",
    "binds_otherwise",
    "classify",
    "compare",
    "from_json",
    "is_flip",
    "meaning",
    "most_telling",
    "same_edit_key",
    "sentence_json",
    "sentence_text",
    "shifts",
    "shortened",
    "still_shown",
    "summary",
    "word_changes",
]
