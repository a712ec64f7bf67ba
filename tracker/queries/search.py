"""Passages by their words: coded ones, in official voice, in the latest version of their document."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, column, literal_column, or_, table, text
from sqlmodel import Session, col, func, select

from tracker.model import (
    Coding,
    Document,
    DocumentState,
    Institution,
    Passage,
    Recommendation,
    Topic,
    Version,
    VersionPassage,
    Voice,
)
from tracker.queries.shared import iso

NEWEST = 2000  # passages with the words that are looked at, newest first; a common word has more
LABELS = (*map(str, Topic), *map(str, Recommendation))
_TERM = re.compile(r'"([^"]*)"|(\S+)')
_UNSPACED = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")


@dataclass(frozen=True, slots=True)
class Found:
    """A passage with the words, where it stands."""

    institution: str
    name: str
    evidence: dict[str, Any]  # keyed as a finding's evidence is


def terms(query: str) -> list[str]:
    """Return the words and "phrases" of a query; all must stand in a passage."""
    found = [phrase or word for phrase, word in _TERM.findall(query)]
    return [term for term in (" ".join(t.replace('"', " ").split()) for t in found) if term]


def search(
    session: Session,
    *,
    wanted: Sequence[Sequence[str]],
    labels: Collection[str] = (),
    kinds: Collection[str] = (),
    institutions: Collection[str] = (),
    languages: Collection[str] = (),
    limit: int = 50,
) -> list[Found]:
    """Return passages that hold one spelling of each wanted term, newest stated date first."""
    if not wanted:
        return []
    hits = _hits(session, wanted).subquery()
    coder = select(Coding.coder).order_by(col(Coding.id).desc()).limit(1).scalar_subquery()
    query = (
        select(Passage, VersionPassage.heading_path, Coding, Document, Institution, *_VERSION)  # type: ignore[call-overload]  # more columns than the stubs count
        .join(hits, hits.c.id == Passage.id)
        .join(Coding, (col(Coding.passage_id) == Passage.id) & (col(Coding.coder) == coder))
        .join(VersionPassage, col(VersionPassage.passage_id) == Passage.id)
        .join(Version, col(Version.id) == VersionPassage.version_id)
        .join(Document, col(Document.id) == Version.document_id)
        .join(Institution, col(Institution.id) == Document.institution_id)
        .where(col(Version.current), col(Institution.listed), col(Document.voice).in_(OWN))
        .where(col(Document.withheld).is_(False), col(Document.moved_to_id).is_(None))
        .where(or_(*(col(getattr(Coding, label)) for label in labels or LABELS)))
        .order_by(col(Version.stated_date).desc().nulls_last(), col(Passage.id).desc())
        .limit(limit)
    )
    for field, values in (
        (Institution.kind, kinds),
        (Institution.key, institutions),
        (Version.language, languages),
    ):
        query = query.where(col(field).in_(values)) if values else query
    return [_found(*row) for row in session.exec(query)]


OWN = (Voice.INSTITUTION, Voice.UNIT)
_VERSION = tuple(
    col(getattr(Version, name))
    for name in ("id", "number", "stated_date", "stated_basis", "language")
)


def _hits(session: Session, wanted: Sequence[Sequence[str]]) -> Any:
    if session.get_bind().dialect.name == "sqlite":
        rowid: ColumnElement[int] = table("passage_search", column("rowid")).c.rowid
        matching = text("passage_search MATCH :words").bindparams(words=_fts5(wanted))
        return select(rowid.label("id")).where(matching).order_by(rowid.desc()).limit(NEWEST)
    simple: ColumnElement[Any] = literal_column("'simple'")
    held = func.to_tsvector(simple, col(Passage.text))
    query = select(Passage.id)
    for spellings in wanted:
        query = query.where(
            or_(*(held.op("@@")(_tsquery(simple, spelling)) for spelling in spellings))
        )
    return query.order_by(col(Passage.id).desc()).limit(NEWEST)


def _fts5(wanted: Sequence[Sequence[str]]) -> str:
    """Return a query in FTS5's own language; every term is quoted, so none can be an operator."""
    return " AND ".join(f"({' OR '.join(map(_fts5_term, spellings))})" for spellings in wanted)


def _fts5_term(term: str) -> str:
    # A text without spaces is one word to the index; it is found by how it begins.
    open_end = term.endswith("*") or _UNSPACED.search(term)
    quoted = term.rstrip("*").replace('"', '""')
    return f'"{quoted}"{" *" if open_end else ""}'


def _tsquery(simple: Any, term: str) -> Any:
    begins = re.fullmatch(r"(\w+)\*", term)
    if begins:
        return func.to_tsquery(simple, f"{begins[1]}:*")
    return func.phraseto_tsquery(simple, term.rstrip("*"))


def _found(
    passage: Passage,
    heading_path: str,
    coding: Coding,
    document: Document,
    institution: Institution,
    *version: Any,
) -> Found:
    version_id, number, stated_date, stated_basis, language = version
    held = [label for label in LABELS if getattr(coding, label)]
    evidence = {
        "passage_id": passage.id,
        "document_id": document.id,
        "version_id": version_id,
        "version": number,
        "quote": passage.text,
        "heading_path": heading_path,
        "url": document.url,
        "title": document.title or document.hint_title or document.url,
        "stated_date": iso(stated_date),
        "stated_basis": str(stated_basis),
        "voice": str(document.voice),
        "genre": str(document.genre),
        "labels": [*held, str(coding.stance)] if coding.china else held,
        "on_page": document.state in {DocumentState.LIVE, DocumentState.UNREACHABLE},
        "language": language,
        "reviewed": "none",
    }
    return Found(institution.key, institution.name, evidence)
