"""The read side: one function per question that a screen or a command asks. Writes nothing.

Frozen dataclasses come out, never rows of a session; `to_json` gives the keys of the CLI contract.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, func, select

from tracker.model import (
    SPOKEN,
    Change,
    ChangeClass,
    Coding,
    Delivery,
    Document,
    Fact,
    Fetch,
    Finding,
    Institution,
    InstitutionKind,
    Outcome,
    Passage,
    Payload,
    Reviewed,
    Run,
    Snapshot,
    Source,
    SourceState,
    Version,
    VersionPassage,
)

DEMONSTRATION = "demonstration"
LONGEST_QUOTE = 600


@dataclass(frozen=True, slots=True)
class FindingRow:
    """A finding with its institution."""

    institution: str
    name: str
    kind: InstitutionKind
    country: str
    question: str
    result: str
    basis: str
    reviewed: str
    possible: str | None
    possible_quotes: int
    rule: str
    since: datetime | None
    latest: datetime | None
    undated: int
    evidence: tuple[dict[str, Any], ...]
    search_record: dict[str, Any]
    count: int = 0
    by_report: int = 0
    after_report: int = 0
    status: str | None = None
    elements: tuple[dict[str, Any], ...] = ()
    acted: tuple[dict[str, Any], ...] = ()
    group: str = "core"
    found_by: str = "census"

    def to_json(self) -> dict[str, Any]:
        """Return the row as `spoken --json` or `coverage --json` print it."""
        shared = {
            "institution": self.institution,
            "kind": str(self.kind),
            "result": self.result,
            "basis": self.basis,
            "reviewed": self.reviewed,
            "possible": self.possible,
            "possible_quotes": self.possible_quotes,
            "rule": self.rule,
            "evidence": [shown_evidence(item) for item in self.evidence],
            "search_record": {k: v for k, v in self.search_record.items() if k != "derived_from"},
        }
        if self.question != SPOKEN:
            return {
                **shared,
                "recommendation": self.question,
                "status": self.status,
                "elements": list(self.elements),
            }
        return {
            **shared,
            "since": _iso(self.since),
            "latest": _iso(self.latest),
            "undated": self.undated,
            "count": self.count,
            "by_report": self.by_report,
            "after_report": self.after_report,
            "acted": list(self.acted),
            "group": self.group,
            "found_by": self.found_by,
            "documents_read": self.search_record.get("documents_read", 0),
            "documents_known": self.search_record.get("documents_known", 0),
            "failures": self.search_record.get("failures", []),
        }


def shown_evidence(item: dict[str, Any]) -> dict[str, Any]:
    """Return what of a piece of evidence the public may see."""
    names = (
        "url",
        "title",
        "stated_date",
        "version",
        "labels",
        "heading_path",
        "reviewed",
        "on_page",
    )
    quote = item["quote"]
    shown = quote if len(quote) <= LONGEST_QUOTE else f"{quote[:LONGEST_QUOTE].rsplit(' ', 1)[0]} …"
    later = {name: item.get(name) for name in ("attributed", "gone_from", "gone_to")}
    return {"quote": shown, **{name: item[name] for name in names}, **later}


def finding_rows(
    session: Session,
    *,
    questions: Collection[str],
    institutions: Collection[str] = (),
    kinds: Collection[str] = (),
    results: Collection[str] = (),
    countries: Collection[str] = (),
) -> list[FindingRow]:
    """Return the findings on these questions, a row for every listed institution, by name."""
    query = select(Institution).where(col(Institution.listed)).order_by(Institution.name)
    found = {
        (row.institution_id, row.question): row
        for row in session.exec(select(Finding).where(col(Finding.question).in_(list(questions))))
    }
    rows = [
        _finding_row(institution, question, found.get((institution.id or 0, question)))
        for institution in session.exec(query)
        if _in(institution.key, institutions)
        and _in(institution.kind, kinds)
        and _in(institution.country, countries)
        for question in questions
    ]
    return [row for row in rows if _in(row.result, results)]


def _in(value: str, wanted: Collection[str]) -> bool:
    return not wanted or value in wanted


def _finding_row(institution: Institution, question: str, finding: Finding | None) -> FindingRow:
    row = finding or Finding(
        institution_id=0, question=question, result="not_checked", rule="nothing has been read yet"
    )
    return FindingRow(
        institution=institution.key,
        name=institution.name,
        kind=institution.kind,
        country=institution.country,
        question=question,
        result=row.result,
        basis=str(row.basis),
        reviewed=str(row.reviewed),
        possible=row.possible,
        possible_quotes=row.possible_quotes,
        rule=row.rule,
        since=row.since,
        latest=row.latest,
        undated=row.undated,
        evidence=tuple(row.evidence),
        search_record=dict(row.search_record),
        count=row.count,
        by_report=row.by_report,
        after_report=row.after_report,
        status=row.status,
        elements=tuple(row.elements),
        acted=tuple(row.acted),
        group=institution.group,
        found_by=institution.found_by,
    )


def units_that_have_spoken(session: Session, key: str) -> list[FindingRow]:
    """Return an institution's units with a statement of their own: it is theirs, never passed up."""
    rows = session.exec(
        select(Institution).where(col(Institution.listed), Institution.parent_key == key)
    )
    keys = [row.key for row in rows]
    found = finding_rows(session, questions=[SPOKEN], institutions=keys) if keys else []
    return [row for row in found if row.evidence]


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """A change with its document and institution."""

    id: int
    institution: str
    name: str
    document_id: int
    url: str
    title: str
    change_class: ChangeClass
    kind: str
    seen_from: datetime | None
    seen_to: datetime
    added: tuple[str, ...]
    removed: tuple[str, ...]
    labels_gained: tuple[str, ...]
    labels_lost: tuple[str, ...]
    labels: tuple[str, ...]
    summary: str
    confirmed: bool
    imported: bool
    folded_into: int | None
    superseded_at: datetime | None
    superseded_by: int | None
    from_version_id: int | None
    to_version_id: int | None

    def to_json(self) -> dict[str, Any]:
        """Return the row as `changes --json` prints it."""
        return {
            "id": self.id,
            "institution": self.institution,
            "url": self.url,
            "title": self.title,
            "class": str(self.change_class),
            "kind": self.kind,
            "seen_from": _iso(self.seen_from),
            "seen_to": _iso(self.seen_to),
            "added": list(self.added),
            "removed": list(self.removed),
            "labels_gained": list(self.labels_gained),
            "labels_lost": list(self.labels_lost),
            "labels": list(self.labels),
            "summary": self.summary,
            "confirmed": self.confirmed,
            "imported": self.imported,
            "folded_into": self.folded_into,
            "superseded_at": _iso(self.superseded_at),
            "superseded_by": self.superseded_by,
        }


def change_rows(
    session: Session,
    *,
    institutions: Collection[str] = (),
    classes: Collection[str] = (),
    kinds: Collection[str] = (),
    since: datetime | None = None,
    change_id: int | None = None,
    folded: bool = False,
    limit: int | None = None,
) -> list[ChangeRow]:
    """Return changes, newest first; folded and superseded ones only where asked for."""
    query = (
        select(Change, Document, Institution)
        .join(Document, col(Change.document_id) == Document.id)
        .join(Institution, col(Document.institution_id) == Institution.id)
        .order_by(col(Change.seen_to).desc(), col(Change.id).desc())
    )
    if institutions:
        query = query.where(col(Institution.key).in_(institutions))
    if classes:
        query = query.where(col(Change.change_class).in_(classes))
    if kinds:
        query = query.where(col(Change.kind).in_(kinds))
    if since is not None:
        query = query.where(col(Change.seen_to) >= since)
    if change_id is not None:
        query = query.where(Change.id == change_id)
    elif not folded:
        query = query.where(col(Change.folded_into_id).is_(None))
        query = query.where(col(Change.superseded_at).is_(None))
    return [_change_row(*row) for row in session.exec(query.limit(limit))]


def _change_row(change: Change, document: Document, institution: Institution) -> ChangeRow:
    assert change.id is not None
    assert document.id is not None
    return ChangeRow(
        id=change.id,
        institution=institution.key,
        name=institution.name,
        document_id=document.id,
        url=document.url,
        title=document.title or document.hint_title or document.url,
        change_class=change.change_class,
        kind=str(change.kind),
        seen_from=change.seen_from,
        seen_to=change.seen_to,
        added=tuple(change.added),
        removed=tuple(change.removed),
        labels_gained=tuple(change.labels_gained),
        labels_lost=tuple(change.labels_lost),
        labels=tuple(change.labels),
        summary=change.summary,
        confirmed=change.confirmed,
        imported=change.imported,
        folded_into=change.folded_into_id,
        superseded_at=change.superseded_at,
        superseded_by=change.superseded_by_id,
        from_version_id=change.from_version_id,
        to_version_id=change.to_version_id,
    )


@dataclass(frozen=True, slots=True)
class SourceRow:
    """A source and how its last read ended."""

    key: str
    institution: str
    kind: str
    url: str
    state: str
    reason: str | None
    detail: str
    last_good_at: datetime | None
    documents: int

    def to_json(self) -> dict[str, Any]:
        """Return the row as `sources list --json` prints it."""
        return {
            "key": self.key,
            "institution": self.institution,
            "kind": self.kind,
            "url": self.url,
            "state": self.state,
            "reason": self.reason,
            "detail": self.detail,
            "last_good_at": _iso(self.last_good_at),
            "documents": self.documents,
        }


def source_rows(session: Session, *, institutions: Collection[str] = ()) -> list[SourceRow]:
    """Return every listed source, by institution and key."""
    counts = dict(
        session.exec(
            select(Document.source_id, func.count()).group_by(col(Document.source_id))
        ).all()
    )
    rows = session.exec(
        select(Source, Institution)
        .join(Institution, col(Source.institution_id) == Institution.id)
        .where(col(Source.listed), col(Institution.listed))
        .order_by(Institution.key, Source.key)
    )
    return [
        SourceRow(
            key=source.key,
            institution=institution.key,
            kind=str(source.kind),
            url=source.url,
            state=str(source.state),
            reason=str(source.reason) if source.reason else None,
            detail=source.detail,
            last_good_at=source.last_good_at,
            documents=counts.get(source.id or 0, 0),
        )
        for source, institution in rows
        if _in(institution.key, institutions)
    ]


@dataclass(frozen=True, slots=True)
class DocumentRow:
    """A document, its state and its latest version."""

    id: int
    institution: str
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

    def to_json(self) -> dict[str, Any]:
        """Return the row as plain values."""
        row = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return {name: _iso(v) if isinstance(v, datetime) else v for name, v in row.items()}


def document_rows(
    session: Session,
    *,
    institution: str | None = None,
    url: str | None = None,
    document_id: int | None = None,
) -> list[DocumentRow]:
    """Return documents with their latest version, by title."""
    query = (
        select(Document, Institution, Version)
        .join(Institution, col(Document.institution_id) == Institution.id)
        .join(
            Version, (col(Version.document_id) == Document.id) & col(Version.current), isouter=True
        )
        .order_by(Document.title, Document.url)
    )
    if institution is not None:
        query = query.where(Institution.key == institution)
    if url is not None:
        query = query.where(Document.url == url)
    if document_id is not None:
        query = query.where(Document.id == document_id)
    return [_document_row(session, *row) for row in session.exec(query)]


def _document_row(
    session: Session, document: Document, institution: Institution, version: Version | None
) -> DocumentRow:
    assert document.id is not None
    first, payload = None, ""
    if version is not None:
        first = session.exec(
            select(func.min(Version.seen_to)).where(Version.document_id == document.id)
        ).one()
        payload = session.exec(
            select(Payload.sha256)
            .join(Snapshot, col(Snapshot.payload_id) == Payload.id)
            .where(Snapshot.id == version.snapshot_id)
        ).one()
    return DocumentRow(
        id=document.id,
        institution=institution.key,
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
        versions=version.number if version else 0,
        words=version.words if version else 0,
        language=version.language if version else None,
        stated_date=version.stated_date if version else None,
        stated_basis=str(version.stated_basis) if version else "unknown",
        first_seen=first,
        last_good_at=document.last_good_at,
        last_reason=str(document.last_reason) if document.last_reason else None,
        text_sha256=version.text_sha256 if version else "",
        payload_sha256=payload,
    )


@dataclass(frozen=True, slots=True)
class VersionRow:
    """One version of a document."""

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


def version_rows(session: Session, document_id: int) -> list[VersionRow]:
    """Return a document's versions, oldest first."""
    rows = session.exec(
        select(Version).where(Version.document_id == document_id).order_by(col(Version.number))
    )
    return [
        VersionRow(
            id=row.id or 0,
            number=row.number,
            title=row.title,
            words=row.words,
            seen_from=row.seen_from,
            seen_to=row.seen_to,
            last_seen_at=row.last_seen_at,
            text_sha256=row.text_sha256,
            extractor=row.extractor,
            origin=str(row.origin),
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


@dataclass(frozen=True, slots=True)
class InstitutionRow:
    """An institution as it is listed."""

    key: str
    name: str
    kind: str
    country: str
    homepage: str
    parent: str | None
    why_in_scope: str
    group: str
    hosts: tuple[str, ...]


def institution_rows(session: Session) -> list[InstitutionRow]:
    """Return every listed institution, by name."""
    rows = session.exec(
        select(Institution).where(col(Institution.listed)).order_by(Institution.name)
    )
    return [
        InstitutionRow(
            key=row.key,
            name=row.name,
            kind=str(row.kind),
            country=row.country,
            homepage=row.homepage,
            parent=row.parent_key,
            why_in_scope=row.why_in_scope,
            group=row.group,
            hosts=tuple(row.hosts),
        )
        for row in rows
    ]


@dataclass(frozen=True, slots=True)
class Overview:
    """How much is watched, how fresh it is, and what it came to."""

    institutions: int
    sources: int
    sources_failed: int
    documents_known: int
    documents_read: int
    versions: int
    fetches: int
    failed_fetches: int
    spoken_confirmed: int
    spoken_possible: int
    checked: int
    last_run_at: datetime | None
    deliveries_sent: int
    demonstration: bool


SPEAKING = ("condemned", "criticised")


def overview(session: Session) -> Overview:
    """Return the figures of the first screen."""
    spoken = finding_rows(session, questions=[SPOKEN])
    confirmed = [r for r in spoken if r.result in SPEAKING and r.reviewed != Reviewed.NONE]
    possible = [r for r in spoken if r.result in SPEAKING and r.reviewed == Reviewed.NONE]
    return Overview(
        institutions=len(spoken),
        sources=_count(session, Source, col(Source.listed)),
        sources_failed=_count(
            session, Source, col(Source.listed), Source.state == SourceState.FAILED
        ),
        documents_known=_count(session, Document),
        documents_read=_count(session, Version, col(Version.current)),
        versions=_count(session, Version),
        fetches=_count(session, Fetch),
        failed_fetches=_count(session, Fetch, Fetch.outcome == Outcome.FAILED),
        spoken_confirmed=len(confirmed),
        spoken_possible=len(possible),
        checked=sum(row.result not in {"not_checked", "unreachable"} for row in spoken),
        last_run_at=session.exec(select(func.max(Run.finished_at))).one(),
        deliveries_sent=_count(session, Delivery, col(Delivery.sent_at).is_not(None)),
        demonstration=session.get(Fact, DEMONSTRATION) is not None,
    )


def _count(session: Session, table: type[Any], *where: Any) -> int:
    return session.exec(select(func.count()).select_from(table).where(*where)).one()


def _iso(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
