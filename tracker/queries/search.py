"""Passages by their words: coded ones, in official voice, in the latest version of their document."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Text, cast, column, literal_column, or_, table, text
from sqlmodel import Session, col, func, select

from tracker.crediting import coded_by
from tracker.dating import dated, statement_date
from tracker.following import judged
from tracker.model import (
    Coding,
    Document,
    Institution,
    Passage,
    PassageEntity,
    Recommendation,
    Review,
    Stance,
    Topic,
    Version,
    VersionPassage,
    Voice,
)
from tracker.queries.evidence import shown_cues
from tracker.queries.findings import finding_rows
from tracker.queries.hearing import withheld_labels
from tracker.queries.shared import iso
from tracker.queries.worded import fts5, tsquery
from tracker.standing import QUESTIONS, labels_of
from tracker.store.assessing import ON_PAGE
from tracker.store.firsts import first_stood
from tracker.store.heard import heard
from tracker.store.labelling import labels_of as labelled
from tracker.verdicts import Judged, after_review

NEWEST = 2000  # passages with the words that are looked at, newest first; a common word has more
LABELS = (*map(str, Topic), *map(str, Recommendation))
_JUDGING = tuple(str(stance) for stance in Stance if stance is not Stance.NONE)


@dataclass(frozen=True, slots=True)
class Found:
    """A passage with the words, where it stands."""

    institution: str
    name: str
    evidence: dict[str, Any]  # keyed as a finding's evidence is


def search(
    session: Session,
    *,
    words: Sequence[str] = (),
    entities: Collection[str] = (),
    labels: Collection[str] = (),
    kinds: Collection[str] = (),
    institutions: Collection[str] = (),
    languages: Collection[str] = (),
    limit: int | None = 50,
) -> list[Found]:
    """Return passages that hold all words and name one of the entities, newest stated date first.

    Labels alone will do; with nothing of these there is nothing to look for.
    """
    if not words and not entities and not labels:
        return []
    newest = None if limit is None else NEWEST
    hits = _hits(session, words, entities, labels).limit(newest).subquery()
    coder = _coder()
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
        .where(_coded(labels))
        .order_by(col(Version.stated_date).desc().nulls_last(), col(Passage.id).desc())
        .order_by(VersionPassage.version_id, VersionPassage.position)
    )
    for field, values in (
        (Institution.kind, kinds),
        (Institution.key, institutions),
        (Version.language, languages),
    ):
        query = query.where(col(field).in_(values)) if values else query
    found = _as_they_stand(session, query, frozenset(labels), limit)
    firsts = first_stood(session, {_place(item) for item in found})
    standing = _standing(session, {item.institution for item in found})
    for item in found:
        item.evidence.update(firsts[_place(item)].to_json())
        item.evidence["dated"] = dated(item.evidence)
        item.evidence["coded_by"] = coded_by(item.evidence)
        beside = standing.get(item.institution, {})
        item.evidence["standing"] = {q: beside[q] for q in _questions(item) if q in beside}
    found.sort(key=lambda item: statement_date(item.evidence) or "", reverse=True)
    return found


def _as_they_stand(
    session: Session, query: Any, labels: frozenset[str], limit: int | None
) -> list[Found]:
    """The passages as they are coded once people were heard, that hold one of the labels then."""
    hidden, found, at = withheld_labels(session), list[Found](), 0
    while True:  # what people took labels from makes room for what comes after
        rows = [_found(*row) for row in session.exec(query.offset(at).limit(limit))]
        people = judged(session, {item.evidence["document_id"] for item in rows})
        for item in rows:
            _hear(
                item.evidence, people.get(_place(item)), hidden.get(item.institution, frozenset())
            )
        found += [i for i in rows if not labels or not labels.isdisjoint(i.evidence["labels"])]
        at += len(rows)
        if limit is None or len(rows) < limit or len(found) >= limit:
            return found[:limit]


def _hear(evidence: dict[str, Any], said: Judged | None, hidden: Collection[str]) -> None:
    """Put people's word over the machine's, but where it waits for the institution's."""
    if said is None or {*evidence["labels"], *said.labels} & {*hidden}:
        return
    machine = frozenset(evidence["labels"])
    stance = next((one for one in Stance if one in machine), Stance.NONE)
    stands = after_review(machine, stance, said, on_page=evidence["on_page"])
    held = frozenset[str]() if stands.rejected else {*stands.labels, str(stands.stance)}
    evidence |= {
        "labels": [label for label in (*LABELS, *_JUDGING) if label in held],
        "reviewed": str(stands.reviewed),
        "rejected": stands.rejected,
        "reviewed_at": iso(stands.at),
        "earlier_wording": stands.earlier_wording,
    }
    evidence["cues"] = shown_cues(evidence, evidence["cues"])


def _standing(session: Session, found: Collection[str]) -> dict[str, dict[str, list[str]]]:
    """What is said beside findings, by institution and question, of those that were heard."""
    keys = sorted(set(found) & set(heard(session)))
    rows = finding_rows(session, questions=QUESTIONS, institutions=keys) if keys else []
    said: dict[str, dict[str, list[str]]] = {}
    for row in rows:
        if row.overlays:
            said.setdefault(row.institution, {})[row.question] = list(row.overlays)
    return said


def _questions(item: Found) -> list[str]:
    held = set(item.evidence["labels"])
    return [question for question in QUESTIONS if held & set(labels_of(question))]


def _place(item: Found) -> tuple[int, int]:
    return item.evidence["document_id"], item.evidence["passage_id"]


OWN = (Voice.INSTITUTION, Voice.UNIT)
_VERSION = tuple(
    col(getattr(Version, name))
    for name in ("id", "number", "stated_date", "stated_basis", "language", "text_sha256")
)


def _coder() -> Any:
    """The coder that codings are by now, as part of a query."""
    return select(Coding.coder).order_by(col(Coding.id).desc()).limit(1).scalar_subquery()


def _machine(labels: Collection[str]) -> ColumnElement[bool]:
    return or_(*(col(getattr(Coding, label)) for label in labels))


def _coded(labels: Collection[str]) -> ColumnElement[bool]:
    """What the machine coded, and with labels what may hold one of them once people were heard."""
    if not labels:
        return _machine(LABELS)
    return or_(_machine(labels), _machine(LABELS) & col(Document.id).in_(_given(labels)))


def _given(labels: Collection[str]) -> Any:
    """The documents in which a person gave a passage one of the labels."""
    said = cast(col(Review.labels), Text)
    return select(Review.document_id).where(or_(*(said.contains(f'"{one}"') for one in labels)))


def _hits(
    session: Session, words: Sequence[str], entities: Collection[str], labels: Collection[str]
) -> Any:
    naming = col(PassageEntity.entity).in_(entities)
    if not words and not entities:
        coded = col(Coding.passage_id)
        given = (
            select(VersionPassage.passage_id)
            .join(Version, col(Version.id) == VersionPassage.version_id)
            .where(col(Version.current), col(Version.document_id).in_(_given(labels)))
        )
        either = or_(_machine(labels), _machine(LABELS) & coded.in_(given))
        query: Any = select(coded.label("id")).where(Coding.coder == _coder(), either)
        return query.distinct().order_by(coded.desc())
    if not words:
        named = col(PassageEntity.passage_id)
        return select(named.label("id")).where(naming).distinct().order_by(named.desc())
    query = _holding(session, words)
    if entities:
        query = query.where(_id(session).in_(select(PassageEntity.passage_id).where(naming)))
    return query.order_by(_id(session).desc())


_INDEX = table("passage_search", column("rowid"))


def _id(session: Session) -> Any:
    """The id of a passage as the index of words has it."""
    if session.get_bind().dialect.name == "sqlite":
        return _INDEX.c.rowid
    return col(Passage.id)


def _holding(session: Session, words: Sequence[str]) -> Any:
    query = select(_id(session).label("id"))
    if session.get_bind().dialect.name == "sqlite":
        return query.where(text("passage_search MATCH :words").bindparams(words=fts5(words)))
    simple: ColumnElement[Any] = literal_column("'simple'")
    held = func.to_tsvector(simple, col(Passage.text))
    return query.where(*(held.op("@@")(tsquery(simple, word)) for word in words))


def _found(
    passage: Passage,
    heading_path: str,
    coding: Coding,
    document: Document,
    institution: Institution,
    *version: Any,
) -> Found:
    version_id, number, stated_date, stated_basis, language, text_sha256 = version
    held = labelled(coding)
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
        "labels": [label for label in (*LABELS, *_JUDGING) if label in held],
        "on_page": document.state in ON_PAGE,
        "language": language,
        "text_sha256": text_sha256,
        "cues": coding.cues,
        "coder": coding.coder,
        "reviewed": "none",
        "rejected": False,
        "reviewed_at": None,
        "earlier_wording": False,
    }
    return Found(institution.key, institution.name, evidence)
