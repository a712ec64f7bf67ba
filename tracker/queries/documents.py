"""Documents, their versions, the passages of a version, and every attempt to read them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import aliased
from sqlmodel import Session, col, func, select

from tracker.archive import unpack_text
from tracker.model import (
    Coding,
    Document,
    Fetch,
    Institution,
    Passage,
    Payload,
    Snapshot,
    Version,
    VersionPassage,
)
from tracker.queries.shared import iso


@dataclass(frozen=True, slots=True)
class DocumentRow:
    """A document, its state and its latest version."""

    id: int
    institution: str
    name: str
    country: str
    url: str
    title: str
    state: str
    genre: str
    voice: str
    voice_because: str
    genre_because: str
    byline: str
    series: str
    disclaimer: str
    versions: int
    words: int
    language: str | None
    stated_date: datetime | None
    stated_basis: str
    first_seen: datetime | None
    last_good_at: datetime | None
    last_reason: str | None
    text_sha256: str
    payload_sha256: str
    withheld: bool = False

    def to_json(self) -> dict[str, Any]:
        """Return the row as plain values."""
        row = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return {name: iso(v) if isinstance(v, datetime) else v for name, v in row.items()}


def document_rows(
    session: Session,
    *,
    institution: str | None = None,
    url: str | None = None,
    document_id: int | None = None,
) -> list[DocumentRow]:
    """Return documents with their latest version, by title."""
    any_version = aliased(Version)
    first_seen = select(func.min(any_version.seen_to)).where(
        col(any_version.document_id) == Document.id
    )
    shown = [col(getattr(Version, name)) for name in _OF_VERSION]
    query = (
        select(
            Document,
            Institution.key,
            Institution.name,
            Institution.country,
            first_seen.scalar_subquery(),
            Payload.sha256,
            *shown,
        )  # type: ignore[call-overload]  # more columns than the stubs count
        .join(Institution, col(Document.institution_id) == Institution.id)
        .join(
            Version, (col(Version.document_id) == Document.id) & col(Version.current), isouter=True
        )
        .join(Snapshot, col(Version.snapshot_id) == Snapshot.id, isouter=True)
        .join(Payload, col(Snapshot.payload_id) == Payload.id, isouter=True)
        .order_by(Document.title, Document.url)
    )
    if institution is not None:
        query = query.where(Institution.key == institution)
    if url is not None:
        query = query.where(Document.url == url)
    if document_id is not None:
        query = query.where(Document.id == document_id)
    return [_document_row(*row) for row in session.exec(query)]


def document_urls(session: Session) -> set[str]:
    """Return the address of every document that is known."""
    return set(session.exec(select(Document.url)))


_OF_VERSION = ("number", "words", "language", "stated_date", "stated_basis", "text_sha256")


def _document_row(
    document: Document,
    key: str,
    name: str,
    country: str,
    *read: Any,
) -> DocumentRow:
    assert document.id is not None
    first, payload, number, words, language, stated_date, stated_basis, text_sha256 = read
    return DocumentRow(
        id=document.id,
        institution=key,
        name=name,
        country=country,
        url=document.url,
        title=document.title or document.hint_title or document.url,
        state=str(document.state),
        genre=str(document.genre),
        voice=str(document.voice),
        voice_because=document.voice_because,
        genre_because=document.genre_because,
        byline=document.byline,
        series=document.series,
        disclaimer=document.disclaimer,
        versions=number or 0,
        words=words or 0,
        language=language,
        stated_date=stated_date,
        stated_basis=str(stated_basis or "unknown"),
        first_seen=first,
        last_good_at=document.last_good_at,
        last_reason=str(document.last_reason) if document.last_reason else None,
        text_sha256=text_sha256 or "",
        payload_sha256=payload or "",
        withheld=document.withheld,
    )


@dataclass(frozen=True, slots=True)
class VersionRow:
    """One version of a document, and the capture it was read from."""

    id: int
    number: int
    title: str
    words: int
    seen_from: datetime | None
    seen_to: datetime
    last_seen_at: datetime
    text_sha256: str
    extractor: str
    origin: str
    language: str | None
    status: int | None
    payload_sha256: str


def version_rows(session: Session, document_id: int) -> list[VersionRow]:
    """Return a document's versions, oldest first."""
    return _version_rows(session, Version.document_id == document_id)


def version_text(session: Session, version_id: int) -> str:
    """Return the whole text of a version."""
    return unpack_text(session.get_one(Version, version_id).body)


def versions_by_id(session: Session, ids: Collection[int]) -> dict[int, VersionRow]:
    """Return these versions by id."""
    return {row.id: row for row in _version_rows(session, col(Version.id).in_(ids))}


def _version_rows(session: Session, which: Any) -> list[VersionRow]:
    names = [name for name in VersionRow.__dataclass_fields__ if hasattr(Version, name)]
    rows = session.exec(
        select(*(col(getattr(Version, name)) for name in names), Fetch.status, Payload.sha256)  # type: ignore[call-overload]  # more columns than the stubs count
        .join(Snapshot, col(Version.snapshot_id) == Snapshot.id)
        .join(Fetch, col(Snapshot.fetch_id) == Fetch.id)
        .join(Payload, col(Snapshot.payload_id) == Payload.id)
        .where(which)
        .order_by(col(Version.number))
    )
    return [VersionRow(*row) for row in rows]


@dataclass(frozen=True, slots=True)
class CheckRow:
    """One attempt to read a document."""

    at: datetime
    outcome: str
    reason: str | None
    status: int | None
    detail: str


def check_rows(session: Session, document_id: int, *, limit: int = 50) -> list[CheckRow]:
    """Return the latest attempts to read a document, newest first."""
    rows = session.exec(
        select(Fetch)
        .where(Fetch.document_id == document_id)
        .order_by(col(Fetch.at).desc())
        .limit(limit)
    )
    return [
        CheckRow(
            row.at,
            str(row.outcome),
            str(row.reason) if row.reason else None,
            row.status,
            row.detail,
        )
        for row in rows
    ]


@dataclass(frozen=True, slots=True)
class PassageRow:
    """A passage where it stands in a version."""

    id: int
    text: str
    heading_path: str


def passages_of(session: Session, version_id: int) -> list[PassageRow]:
    """Return a version's passages in order."""
    rows = session.exec(
        select(VersionPassage, Passage)
        .join(Passage, col(VersionPassage.passage_id) == Passage.id)
        .where(VersionPassage.version_id == version_id)
        .order_by(col(VersionPassage.position))
    )
    return [
        PassageRow(passage.id or 0, passage.text, place.heading_path) for place, passage in rows
    ]


def cues_of(session: Session, passage_ids: Sequence[int]) -> dict[int, dict[str, list[str]]]:
    """Return the words that led to each passage's coding: passage → label → words."""
    rows = session.exec(
        select(Coding).where(col(Coding.passage_id).in_(list(passage_ids))).order_by(col(Coding.id))
    )
    return {row.passage_id: row.cues for row in rows}
