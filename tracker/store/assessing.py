"""What findings rest on, and the findings as rows. Knows no rule: those are in `findings`."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import or_
from sqlmodel import Session, col, func, select

from tracker.addresses import identity
from tracker.model import (
    Coding,
    Document,
    DocumentState,
    Finding,
    Institution,
    InstitutionKind,
    Passage,
    Recommendation,
    Review,
    Source,
    SourceKind,
    SourceState,
    Version,
    VersionPassage,
)

STAMP = "derived_from"
ARCHIVES = (SourceKind.SITEMAP, SourceKind.LISTING, SourceKind.FEED)


@dataclass(frozen=True, slots=True)
class Subject:
    """An institution to assess."""

    id: int
    key: str
    kind: InstitutionKind


@dataclass(frozen=True, slots=True)
class CodedRow:
    """A coded passage that stands in a document's latest version."""

    coding: Coding
    passage: Passage
    place: VersionPassage
    version: Version
    document: Document


def subjects(session: Session) -> list[Subject]:
    """Return every listed institution, by key."""
    rows = session.exec(
        select(Institution).where(col(Institution.listed)).order_by(Institution.key)
    )
    return [Subject(_id(row.id), row.key, row.kind) for row in rows]


def stamp(session: Session, institution_id: int, coder: str) -> str:
    """Return what changes exactly when an institution's evidence may have changed."""
    documents = select(Document.id).where(Document.institution_id == institution_id)
    versions = session.exec(
        select(func.max(Version.id), func.count()).where(col(Version.document_id).in_(documents))
    ).one()
    reviews = session.exec(
        select(func.max(Review.id)).where(col(Review.document_id).in_(documents))
    ).one()
    gone = session.exec(
        select(func.count())
        .select_from(Document)
        .where(Document.institution_id == institution_id, Document.state != DocumentState.LIVE)
    ).one()
    return f"{coder} {versions[0]} {versions[1]} {reviews} {gone}"


def coded_rows(session: Session, institution_id: int, coder: str) -> list[CodedRow]:
    """Return the passages of an institution's documents that say something on the subject."""
    relevant = or_(col(Coding.china), *(col(getattr(Coding, str(code))) for code in Recommendation))
    rows = session.exec(
        select(Coding, Passage, VersionPassage, Version)
        .join(Passage, col(Coding.passage_id) == Passage.id)
        .join(VersionPassage, col(VersionPassage.passage_id) == Passage.id)
        .join(Version, col(VersionPassage.version_id) == Version.id)
        .join(Document, col(Version.document_id) == Document.id)
        .where(Document.institution_id == institution_id, Coding.coder == coder, relevant)
        .where(col(Version.current), col(Document.withheld).is_(False))
        .where(col(Document.moved_to_id).is_(None))
        .order_by(col(Version.document_id), col(VersionPassage.position))
    ).all()
    return [
        CodedRow(coding, passage, place, version, session.get_one(Document, version.document_id))
        for coding, passage, place, version in rows
    ]


def search_record(
    session: Session, institution_id: int, *, codebook: str, covered: frozenset[str]
) -> dict[str, Any]:
    """Return what was looked at for an institution, as SearchRecord's fields."""
    sources = session.exec(
        select(Source).where(Source.institution_id == institution_id, col(Source.listed))
    ).all()
    documents = session.exec(
        select(Document).where(
            Document.institution_id == institution_id, col(Document.moved_to_id).is_(None)
        )
    ).all()
    current = _current_versions(session, institution_id)
    read = [document for document in documents if document.id in current]
    languages = Counter(current[_id(document.id)].language or "unknown" for document in read)
    dates = sorted(v.stated_date for v in current.values() if v.stated_date)
    unread = Counter(str(d.last_reason or "not yet read") for d in documents if d.id not in current)
    gone = {identity(d.url) for d in documents if d.state is DocumentState.GONE}
    return {
        **_sources_part(sources, gone),
        "documents_known": len(documents) + _beyond_budget(sources, documents),
        "documents_read": len(read),
        "unread": dict(unread),
        "period_from": dates[0].date().isoformat() if dates else None,
        "period_to": dates[-1].date().isoformat() if dates else None,
        "languages": dict(languages),
        "uncovered_languages": sorted(set(languages) - covered),
        "codebook": codebook,
        "last_read": _latest([document.last_good_at for document in documents]),
    }


def _current_versions(session: Session, institution_id: int) -> dict[int, Version]:
    rows = session.exec(
        select(Version)
        .join(Document, col(Version.document_id) == Document.id)
        .where(Document.institution_id == institution_id, col(Version.current))
    )
    return {version.document_id: version for version in rows}


def _sources_part(sources: Sequence[Source], gone: Collection[str]) -> dict[str, Any]:
    """How the starting points fared; a page that is known to be gone is an answer, not a failure."""
    failed = [
        source
        for source in sources
        if source.state is SourceState.FAILED and identity(source.url) not in gone
    ]
    return {
        "sources_declared": len(sources),
        "sources_tried": sum(source.last_tried_at is not None for source in sources),
        "sources_failed": len(failed),
        "failures": [
            {"source": source.key, "url": source.url, "reason": str(source.reason)}
            for source in failed
        ],
        "archive_read": any(
            source.kind in ARCHIVES and source.last_good_at is not None for source in sources
        ),
    }


def _beyond_budget(sources: Sequence[Source], documents: Sequence[Document]) -> int:
    """Documents that sources named and `max_documents` kept out: known, but not read."""
    held = Counter(document.source_id for document in documents)
    return sum(max(0, source.known - held[_id(source.id)]) for source in sources)


def _latest(times: Sequence[datetime | None]) -> str | None:
    known = [time for time in times if time is not None]
    return max(known).isoformat() if known else None


def findings_of(session: Session, institution_id: int) -> dict[str, Finding]:
    """Return an institution's findings by question."""
    rows = session.exec(select(Finding).where(Finding.institution_id == institution_id))
    return {row.question: row for row in rows}


def record_finding(
    session: Session, institution_id: int, question: str, fields: dict[str, Any]
) -> None:
    """Set the finding on one question."""
    row = findings_of(session, institution_id).get(question)
    row = row or Finding(institution_id=institution_id, question=question, result="")
    for name, value in fields.items():
        setattr(row, name, value)
    session.add(row)


def _id(value: int | None) -> int:
    assert value is not None
    return value
