"""What sort of text a document is, by the words of its title and address. Pure.

Source: codebook, "Who is speaking". What only hosts other people's words is looked for first.
"""

import re
from urllib.parse import unquote, urlsplit

from tracker.model import Genre

_Table = tuple[tuple[Genre, re.Pattern[str]], ...]


def _table(*rows: tuple[Genre, str]) -> _Table:
    """Words as title and address write them: a hyphen stands for a space, too."""
    return tuple(
        (
            genre,
            re.compile(rf"(?<![^\W_])(?:{words.replace('-', '[- ]?')})(?![^\W_])", re.IGNORECASE),
        )
        for genre, words in rows
    )


#: Whole parts of an address that tell the genre whatever the title says.
_SURE = _table(
    (Genre.TRANSCRIPT, "transcripts?"),
    (Genre.PODCAST_NOTES, "podcasts?|episodes?"),
    (Genre.EVENT, "events?|webinars?|seminars?|workshops?|calendar|veranstaltungen|evenementen"),
    (Genre.PRESS_COVERAGE, "in-the-media|in-the-news|media-coverage|press-coverage|in-the-press"),
    (Genre.LEADERSHIP_LETTER, "letters?|president|chancellor|vice-chancellor|rector|provost"),
    (Genre.REPORT, "reports?|publication|research-papers?|policy-briefs?"),
)
_WORDS = _table(
    (Genre.PODCAST_NOTES, "podcasts?|episode"),
    (Genre.TRANSCRIPT, "transcripts?"),
    (
        Genre.EVENT,
        ("events?|event-series|webinars?|seminars?|conferences?|workshops?|symposium|symposia"
        "|panel-discussion|roundtable|forum|summit|lecture|book-launch|veranstaltung|tagung|colloque"),
    ),
    (Genre.SUBMISSION, ("submissions?|consultation-responses?|response-to-consultation|written-evidence"
        "|testimony|comments-on-the-proposed")),
    (Genre.LEADERSHIP_LETTER, "open-letter|letter-from|letter-to|message-from-the|from-the-president"),
    (Genre.TEACHING_RESOURCE, "teaching|courses?|syllabus|syllabi|curriculum|lesson-plans?|case-study"),
    (
        Genre.OFFICIAL_STATEMENT,
        ("statements?|declarations?|position-papers?|resolutions?|decision-of|stellungnahmen?"
        "|erklärung|beschluss|déclaration|verklaring|uttalande|erklæring"),
    ),
    (
        Genre.POLICY,
        ("polic(?:y|ies)|guidelines?|guidance|guides?|due-diligence|regulations?|terms|conditions"
        "|safeguards?|principles|codes?|rules|richtlinien?|leitlinien?|leitfaden|richtlijnen|retningslinjer"
        "|research-security|knowledge-security|trusted-research|export-controls?|exportkontrolle|sanctions"
        "|compliance|handbook|politique|charte|frequently-asked-questions|faq|procedures?|review-process"
        "|risk-assessments?|managing-risks|responsible-internationali[sz]ation|checklists?"),
    ),
    (Genre.BLOG, "blogs?|opinions?|commentary|comment|op-ed|perspectives?|essays?|viewpoints?"),
    (Genre.REPORT, "reports?|publications?|research-papers?|briefings?|policy-briefs?|studies|white-papers?"),
    (Genre.NEWS, ("news\\w*|press-releases?|announcements?|aktuelles|actualités?|actualites|nieuws|nyheter"
        "|articles?|updates?|stories|media-contacts")),
    (Genre.TEACHING_RESOURCE, "resources?"),
)  # fmt: skip


def genre_of(url: str, title: str) -> tuple[Genre, str]:
    """Return a document's genre and the words that led there; unknown where none does."""
    parts = urlsplit(url)
    path = unquote(parts.path)
    host = (parts.hostname or "").split(".")[0]
    for segment in [host, *path.split("/")]:
        for genre, pattern in _SURE:
            if pattern.fullmatch(segment):
                return genre, f'address: "{segment}"'
    for where, words in (("title", title), ("address", path)):
        for genre, pattern in _WORDS:
            if found := pattern.search(words):
                return genre, f'{where}: "{found[0]}"'
    return Genre.UNKNOWN, ""
