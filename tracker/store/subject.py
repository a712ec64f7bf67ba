"""Which documents speak on the subject, and what follows for when and where to read. Knows no rule."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlalchemy import ColumnElement, exists, or_
from sqlmodel import Session, col, select

from tracker.model import (
    Coding,
    Document,
    Genre,
    Recommendation,
    Source,
    SourceKind,
    Topic,
    Version,
    VersionPassage,
)
from tracker.store.documents import due_after

NAMING = (SourceKind.FEED, SourceKind.SITEMAP, SourceKind.LISTING)
#: A document of these kinds is watched closely whatever it says today: silence there tells something.
CLOSELY = (Genre.POLICY, Genre.OFFICIAL_STATEMENT, Genre.LEADERSHIP_LETTER)
SELDOM = 7 * 24  # hours between two reads of what says nothing on the subject


@dataclass(frozen=True, slots=True)
class Said:
    """Whether a page that was read speaks on the subject, and in which language it is."""

    speaks: bool
    language: str | None = None


def said(session: Session, institution_ids: Collection[int]) -> dict[int, Mapping[str, Said]]:
    """Return of each institution which addresses were read, and what they say."""
    speaks = _speaks().label("speaks")
    rows = session.exec(
        select(Document.institution_id, Document.url, speaks, Version.language)
        .join(Version, col(Version.document_id) == Document.id)
        .where(col(Version.current), col(Document.institution_id).in_(institution_ids))
    )
    found: defaultdict[int, dict[str, Said]] = defaultdict(dict)
    for institution_id, url, speaking, language in rows:
        found[institution_id][url] = Said(bool(speaking), language)
    return dict(found)


def _speaks() -> ColumnElement[bool]:
    labelled = or_(*(col(getattr(Coding, str(label))) for label in (*Topic, *Recommendation)))
    return exists(
        select(Coding.id)
        .join(VersionPassage, col(VersionPassage.passage_id) == Coding.passage_id)
        .where(VersionPassage.version_id == Version.id, labelled)
    )


def ask_seldom(session: Session) -> None:
    """Put off what a source only named and what says nothing on the subject: weekly will do."""
    rows = session.exec(
        select(Document, Source)
        .join(Version, col(Version.document_id) == Document.id)
        .join(Source, col(Document.source_id) == Source.id)
        .where(
            col(Version.current),
            col(Source.kind).in_(NAMING),
            col(Document.genre).not_in(CLOSELY),
            col(Document.revisit_hours) < SELDOM,
            ~_speaks(),
        )
    ).all()
    for document, source in rows:
        if document.last_good_at and not source.options.get("interval"):
            document.revisit_hours = SELDOM
            document.due_at = due_after(document.last_good_at, SELDOM, who=document.id)
