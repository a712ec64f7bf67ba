"""The search record, and when an empty-handed search may be called one. Pure.

Source: codebook, `none_found`, `not_checked`, `unreachable`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

ENOUGH_READ = 0.8
MOST_FAILED = 0.2
NONE_FOUND, NOT_CHECKED, UNREACHABLE = "none_found", "not_checked", "unreachable"


@dataclass(frozen=True, slots=True)
class SearchRecord:
    """What was looked at: it stands beside every finding, and carries every absence."""

    documents_known: int = 0
    documents_read: int = 0  # in a language that the codebook covers
    documents_lost: int = 0  # of those read: out of reach by now, so their text is an old one
    documents_gone: int = 0  # confirmed gone before anybody read them: not known, not unread
    unread: Mapping[str, int] = field(default_factory=dict)  # reason → documents
    sources_declared: int = 0
    sources_tried: int = 0
    sources_failed: int = 0
    sources_gone: int = 0  # pages confirmed gone: not failed starting points
    failures: Sequence[Mapping[str, str]] = ()  # each with the state and cause of sources' health
    archive_read: bool = False
    archives: Sequence[str] = ()  # sitemaps, listings and archived history that were read
    period_from: str | None = None
    period_to: str | None = None
    documents_dated: int | None = None  # where the period is by stated dates
    period_basis: str = ""  # stated dates, or the window of archived captures
    languages: Mapping[str, int] = field(default_factory=dict)
    uncovered_languages: Sequence[str] = ()
    partnership_passages: int = 0
    codebook: str = ""
    last_read: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the record as plain values."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Check:
    """One condition of the protocol: whether it held, in words, and what follows where it did not."""

    asked: str
    held: bool
    said: str
    otherwise: str = NOT_CHECKED


def protocol(record: SearchRecord) -> list[Check]:
    """Return the conditions under which nothing found may be said, in the order they decide."""
    read, known = record.documents_read, record.documents_known
    declared, failed = record.sources_declared, record.sources_failed
    untried = declared - record.sources_tried
    most = MOST_FAILED * declared
    return [
        Check(
            "reads were made",
            record.sources_tried > 0 and (read > 0 or failed > 0),
            _was_read(read, failed),
        ),
        Check(
            "at most a fifth of the declared starting points failed",
            failed <= most and (read > 0 or failed == 0),
            f"{failed} of {declared} starting points failed",
            UNREACHABLE,
        ),
        Check(
            "the declared starting points were tried",
            failed + untried <= most or untried <= 0,
            f"{max(0, untried)} of {declared} starting points were never tried",
        ),
        Check(
            "an archive listing, sitemap, site search or archived history was read",
            record.archive_read,
            f"read: {', '.join(record.archives)}"
            if record.archives
            else "no archive listing, sitemap, site search or archived history was read",
        ),
        Check(
            "four fifths of the known documents were read",
            read > 0 and read >= ENOUGH_READ * known,
            f"{read} of {known} documents read",
        ),
        Check(
            "the codebook covers every document's language",
            not record.uncovered_languages,
            f"not covered: {', '.join(record.uncovered_languages) or 'none'}",
        ),
        Check(
            "the period is stated",
            record.period_from is not None,
            f"{_period(record)} (by {record.period_basis})"
            if record.period_from
            else "no document states its date, so no period can be named",
        ),
    ]


def _was_read(read: int, failed: int) -> str:
    if read:
        return "documents were read"
    return "starting points were tried, and failed" if failed else "nothing has been read yet"


def absence(record: SearchRecord) -> tuple[str, str]:
    """Return what it means that nothing was found, and why; never "no" by itself."""
    for check in protocol(record):
        if not check.held:
            return check.otherwise, check.said
    read, dated = record.documents_read, record.documents_dated
    some = dated is not None and dated < read
    which = f"documents, {dated} of them dated" if some else "documents dated"
    return NONE_FOUND, f"none found among {read} {which} {_period(record)}"


def _period(record: SearchRecord) -> str:
    if record.period_from == record.period_to:
        return f"{record.period_from} alone"
    return f"{record.period_from} to {record.period_to}"
