"""What findings rest on, and the findings as rows. Knows no rule: those are in `findings`."""

import zlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import or_
from sqlalchemy.orm import aliased, defer
from sqlmodel import Session, col, func, select

from tracker.model import (
    Coding,
    Document,
    DocumentState,
    Finding,
    Institution,
    InstitutionKind,
    Passage,
    PassageEntity,
    Recommendation,
    Review,
    Topic,
    Version,
    VersionOrigin,
    VersionPassage,
)
from tracker.store.firsts import First, first_stood
from tracker.store.rows import known_id, portions

STAMP = "derived_from"
SET_ASIDE = "set_aside"  # marks evidence that the machine matched and people said is no match
RULES = "4"  # of what findings keep of their evidence; a new one has them derived anew
_CODED = (
    "coder",
    *Topic,
    *Recommendation,
    "stance",
    "in_passing",
    "elements",
    "cues",
    "confidence",
)
ON_PAGE = (DocumentState.LIVE, DocumentState.UNREACHABLE, DocumentState.NEVER_READ)


@dataclass(frozen=True, slots=True)
class Subject:
    """An institution to assess; `attributed` names its confirmed statements at others' addresses."""

    id: int
    key: str
    name: str
    kind: InstitutionKind
    attributed: dict[str, str]  # URL → "jointly with …" or "hosted by …"
    unconfirmed: tuple[str, ...] = ()


@dataclass(slots=True)
class CodedRow:
    """A coded passage of a document, and whether it still stands there."""

    coding: Any  # the columns of a coding that _CODED names
    passage_id: int
    quote: str
    heading_path: str
    version_id: int
    version: Version
    document: Document
    on_page: bool = True
    gone_from: datetime | None = None
    gone_to: datetime | None = None
    first: First | None = None  # since when the document holds it


def subjects(session: Session, *, key: str | None = None) -> list[Subject]:
    """Return every listed institution, or one, by key."""
    query = select(Institution).where(col(Institution.listed)).order_by(Institution.key)
    if key is not None:
        query = query.where(Institution.key == key)
    return [_subject(row) for row in session.exec(query)]


def _subject(row: Institution) -> Subject:
    assert row.id is not None
    confirmed = {i["url"]: i["shown"] for i in row.attributed if i["confirmed_by"].strip()}
    waiting = tuple(i["url"] for i in row.attributed if i["url"] not in confirmed)
    return Subject(row.id, row.key, row.name, row.kind, confirmed, waiting)


def documents_of(subject: Subject) -> Any:
    """Return the condition that a document speaks for an institution.

    Its own documents do, but for what only claims to be its statement and nobody confirmed.
    """
    own = (col(Document.institution_id) == subject.id) & col(Document.url).not_in(
        subject.unconfirmed
    )
    return or_(own, col(Document.url).in_(list(subject.attributed)))


def stamp(session: Session, subject: Subject, coder: str) -> str:
    """Return what changes exactly when an institution's evidence may have changed."""
    documents = select(Document.id).where(documents_of(subject))
    versions = session.exec(
        select(func.max(Version.id), func.count()).where(col(Version.document_id).in_(documents))
    ).one()
    reviews = session.exec(
        select(func.max(Review.id)).where(col(Review.document_id).in_(documents))
    ).one()
    told = session.exec(select(Document).where(documents_of(subject)).order_by(col(Document.id)))
    said = [f"{d.id} {d.genre} {d.voice} {d.state} {d.withheld}" for d in told]
    state = zlib.crc32("\n".join(said).encode())
    return f"{RULES} {coder} {versions[0]} {versions[1]} {reviews} {state} {sorted(subject.attributed)}"


def coded_rows(session: Session, subject: Subject, coder: str) -> list[CodedRow]:
    """Return the passages that say something on the subject: those that stand and those that did."""
    found = _coded(session, subject, coder, col(Version.current))
    rows = [*map(_standing, found), *_vanished(session, subject, coder)]
    firsts = first_stood(session, {(row.version.document_id, row.passage_id) for row in rows})
    for row in rows:
        row.first = firsts[row.version.document_id, row.passage_id]
    return rows


def naming(session: Session, passage_ids: Collection[int]) -> set[int]:
    """Return which of these passages name a body: only those can tell of a deed with a partner."""
    ids, found = sorted(passage_ids), set[int]()
    for some in portions(ids):
        query = select(PassageEntity.passage_id).where(col(PassageEntity.passage_id).in_(some))
        found.update(session.exec(query.distinct()))
    return found


def _coded(session: Session, subject: Subject, coder: str, *where: Any) -> list[CodedRow]:
    """Coded passages of some versions, in order. Columns, not objects: there are very many."""
    relevant = or_(col(Coding.china), *(col(getattr(Coding, str(code))) for code in Recommendation))
    rows: Sequence[Any] = session.exec(
        select(  # type: ignore[call-overload]  # typed for four at most
            *(getattr(Coding, name) for name in _CODED),
            Passage.id,
            Passage.text,
            VersionPassage.heading_path,
            VersionPassage.version_id,
        )
        .join(Passage, col(Coding.passage_id) == Passage.id)
        .join(VersionPassage, col(VersionPassage.passage_id) == Passage.id)
        .join(Version, col(VersionPassage.version_id) == Version.id)
        .join(Document, col(Version.document_id) == Document.id)
        .where(documents_of(subject), Coding.coder == coder, relevant, *where)
        .where(col(Document.withheld).is_(False), col(Document.moved_to_id).is_(None))
        .order_by(col(Version.document_id), col(Version.number), col(VersionPassage.position))
    ).all()
    versions = _versions(session, {row.version_id for row in rows})
    return [
        CodedRow(row, row.id, row.text, row.heading_path, row.version_id, *versions[row.version_id])
        for row in rows
    ]


def _versions(session: Session, ids: Collection[int]) -> dict[int, tuple[Version, Document]]:
    found: dict[int, tuple[Version, Document]] = {}
    wanted = sorted(ids)
    for some in portions(wanted):
        rows = session.exec(
            select(Version, Document)
            .join(Document, col(Version.document_id) == Document.id)
            .where(col(Version.id).in_(some))
            .options(defer(Version.body))  # type: ignore[arg-type]
        )
        found |= {known_id(version.id): (version, document) for version, document in rows}
    return found


def _standing(row: CodedRow) -> CodedRow:
    document = row.document
    if document.state in ON_PAGE:
        return row
    return replace(
        row,
        on_page=False,
        gone_from=document.last_good_at,
        gone_to=document.failed_at or document.last_tried_at,
    )


def _vanished(session: Session, subject: Subject, coder: str) -> list[CodedRow]:
    """What an earlier version said and the current one does not; a re-reading of ours took nothing."""
    current, place = aliased(Version), aliased(VersionPassage)
    still = (
        select(place.passage_id)
        .join(current, col(place.version_id) == col(current.id))
        .where(current.document_id == Version.document_id, col(current.current))
        .correlate(Version)
    )
    earlier = col(Version.current).is_(False), col(VersionPassage.passage_id).not_in(still)
    last = {
        (row.version.document_id, row.passage_id): row
        for row in _coded(session, subject, coder, *earlier)
    }
    found = []
    for row in last.values():
        after = _next_version(session, row.version)
        if after.origin is not VersionOrigin.TECHNICAL:
            gone_from = after.seen_from or row.version.last_seen_at
            found.append(replace(row, on_page=False, gone_from=gone_from, gone_to=after.seen_to))
    return found


def _next_version(session: Session, version: Version) -> Version:
    return session.exec(
        select(Version).where(
            Version.document_id == version.document_id, Version.number == version.number + 1
        )
    ).one()


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
