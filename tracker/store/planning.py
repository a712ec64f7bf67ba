"""What a run is to read: sources, the documents known from each, and what is held of them. Writes nothing."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlmodel import Session, col, func, select

from tracker.addresses import identity
from tracker.model import (
    Address,
    Document,
    DocumentState,
    Fetch,
    Institution,
    InstitutionKind,
    Run,
    RunState,
    Source,
    SourceKind,
)
from tracker.sources import SourceEntry
from tracker.store.documents import SHORTEST, due_after, hours_of
from tracker.store.owning import request_hosts
from tracker.store.rows import known_id
from tracker.store.subject import Said, said

DECLARED = (SourceKind.PAGE, SourceKind.DOCUMENT)


@dataclass(frozen=True, slots=True)
class DocumentTask:
    """A document to fetch, with the validators of its last good fetch."""

    id: int
    source_id: int
    url: str  # where to ask
    etag: str | None = None
    last_modified: str | None = None
    revisit_hours: int = 24
    good_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Kept:
    """The last answer of a feed, sitemap, listing or search that we hold."""

    payload_id: int
    first_payload_id: int
    at: datetime
    etag: str | None = None
    last_modified: str | None = None


@dataclass(frozen=True, slots=True)
class SourceTask:
    """A source to read, with the documents already known from it."""

    id: int
    institution: str
    key: str
    kind: SourceKind
    url: str
    options: SourceEntry
    hosts: tuple[str, ...]
    documents: tuple[DocumentTask, ...]
    held: int = 0  # documents that take room of its budget
    kept: Mapping[str, Kept] = field(default_factory=dict)  # by URL
    done: frozenset[str] = frozenset()  # asked for by the interrupted runs that this one resumes
    due: bool = True  # False: read its documents alone
    #: Of a whole site: which addresses of the institution were read, and what they say.
    seen: Mapping[str, Said] = field(default_factory=dict)


def plan(
    session: Session,
    *,
    keys: Sequence[str] = (),
    kind: InstitutionKind | None = None,
    due_only: bool = False,
    at: datetime,
    run_id: int | None = None,
) -> list[SourceTask]:
    """Return the sources to read, by institution and key, with the documents known from each.

    A key is an institution's, or institution/source. What the interrupted runs that this run, or
    else the last one, resumes have already fetched is left out.
    """
    query = (
        select(Source, Institution)
        .join(Institution, col(Source.institution_id) == Institution.id)
        .where(col(Source.listed), col(Institution.listed))
        .order_by(Institution.key, Source.key)
    )
    if kind is not None:
        query = query.where(Institution.kind == kind)
    rows = [
        (source, institution)
        for source, institution in session.exec(query)
        if asked_for(institution.key, source.key, keys)
        and (source.valid_until is None or source.valid_until > at)
    ]
    ids = [known_id(source.id) for source, _ in rows]
    resumed = _resumed_runs(session, run_id)
    known = _Known(
        documents=_known_documents(session, ids, resumed, due_only=due_only, at=at),
        elsewhere=_declared_elsewhere(session, [source for source, _ in rows], resumed),
        held=_held(session, ids),
        kept=_kept(session, ids),
        done=_done(session, resumed),
    )
    tasks = [
        _task(source, institution, known, due=not due_only or _is_due(source, at))
        for source, institution in rows
    ]
    return _with_seen(session, tasks, {known_id(s.id): s.institution_id for s, _ in rows})


def _with_seen(
    session: Session, tasks: Sequence[SourceTask], institutions: Mapping[int, int]
) -> list[SourceTask]:
    """Give the tasks that choose among a whole site's pages what the pages read of it said."""
    choosing = {institutions[t.id] for t in tasks if t.due and t.options.is_whole_site}
    if not choosing:
        return list(tasks)
    seen = said(session, choosing)
    return [
        replace(task, seen=seen.get(institutions[task.id], {}))
        if task.due and task.options.is_whole_site
        else task
        for task in tasks
    ]


@dataclass(frozen=True, slots=True)
class _Known:
    """What the store holds, by source id."""

    documents: Mapping[int, list[DocumentTask]]
    elsewhere: Mapping[int, DocumentTask]  # a declared page that another source named first
    held: Mapping[int, int]
    kept: Mapping[int, dict[str, Kept]]
    done: Mapping[int, set[str]]


def _is_due(source: Source, at: datetime) -> bool:
    due_at = source_due(source)
    return due_at is None or due_at <= at


def source_due(source: Source) -> datetime | None:
    """Return when a source is due again: after its interval, else a day; None where it never was tried."""
    if source.last_tried_at is None:
        return None
    hours = hours_of(source.options.get("interval")) or SHORTEST
    return due_after(source.last_tried_at, hours, who=f"{source.institution_id}/{source.key}")


def asked_for(institution: str, source: str, keys: Sequence[str]) -> bool:
    """Tell whether keys, each an institution's or institution/source, name a source; none names all."""
    return not keys or institution in keys or f"{institution}/{source}" in keys


def _task(source: Source, institution: Institution, known: _Known, *, due: bool) -> SourceTask:
    source_id = known_id(source.id)
    options = {"key": source.key, "kind": source.kind, "url": source.url, **source.options}
    documents = known.documents.get(source_id, [])
    if not documents and source_id in known.elsewhere:
        documents = [known.elsewhere[source_id]]
    return SourceTask(
        id=source_id,
        institution=institution.key,
        key=source.key,
        kind=source.kind,
        url=source.url,
        options=SourceEntry.model_validate(options),
        hosts=request_hosts(source, institution),
        documents=tuple(documents),
        held=known.held.get(source_id, 0),
        kept=known.kept.get(source_id, {}),
        done=frozenset(known.done.get(source_id, ())),
        due=due,
    )


def _known_documents(
    session: Session,
    source_ids: Iterable[int],
    resumed: Sequence[int],
    *,
    due_only: bool,
    at: datetime,
) -> dict[int, list[DocumentTask]]:
    done = _fetched(session, resumed)
    query = select(Document).where(
        col(Document.source_id).in_(list(source_ids)), col(Document.moved_to_id).is_(None)
    )
    if due_only:
        query = query.where((col(Document.due_at).is_(None)) | (col(Document.due_at) <= at))
    found: dict[int, list[DocumentTask]] = {}
    for row in session.exec(query.order_by(col(Document.id))):
        if row.id not in done:
            found.setdefault(row.source_id, []).append(document_task(row))
    return found


def _declared_elsewhere(
    session: Session, sources: Sequence[Source], resumed: Sequence[int]
) -> dict[int, DocumentTask]:
    """Declared pages whose document belongs to another source that named it first."""
    declared = {identity(source.url): source for source in sources if source.kind in DECLARED}
    if not declared:
        return {}
    done = _fetched(session, resumed)
    rows = session.exec(
        select(Address.key, Document)
        .join(Document, col(Address.document_id) == Document.id)
        .where(col(Address.key).in_(list(declared)))
    )
    return {
        known_id(declared[key].id): document_task(document)
        for key, document in rows
        if document.source_id != declared[key].id and document.id not in done
    }


def _held(session: Session, source_ids: Iterable[int]) -> dict[int, int]:
    """How many documents take room of each source's budget; what is gone takes none."""
    rows = session.exec(
        select(Document.source_id, func.count())
        .where(col(Document.source_id).in_(list(source_ids)), Document.state != DocumentState.GONE)
        .group_by(col(Document.source_id))
    )
    return dict(rows.all())


def _kept(session: Session, source_ids: Iterable[int]) -> dict[int, dict[str, Kept]]:
    """The last answer that each source's addresses gave, for its names and its validators."""
    newest = (
        select(
            func.max(Fetch.id).label("fetch_id"),
            func.min(Fetch.payload_id).label("first_payload_id"),
        )
        .where(col(Fetch.document_id).is_(None), col(Fetch.payload_id).is_not(None))
        .where(col(Fetch.source_id).in_(list(source_ids)))
        .group_by(col(Fetch.source_id), Fetch.url)
        .subquery()
    )
    rows = session.exec(
        select(Fetch, newest.c.first_payload_id).join(newest, col(Fetch.id) == newest.c.fetch_id)
    )
    found: defaultdict[int, dict[str, Kept]] = defaultdict(dict)
    for fetch, first_payload_id in rows:
        headers = {name.lower(): value for name, value in fetch.headers}
        found[fetch.source_id or 0][fetch.url] = Kept(
            payload_id=known_id(fetch.payload_id),
            first_payload_id=first_payload_id,
            at=fetch.at,
            etag=headers.get("etag"),
            last_modified=headers.get("last-modified"),
        )
    return found


def _resumed_runs(session: Session, run_id: int | None) -> list[int]:
    query = select(Run).order_by(col(Run.id).desc()).limit(1)
    run = session.exec(query if run_id is None else query.where(Run.id == run_id)).first()
    return [] if run is None or run.state is not RunState.RUNNING else list(run.scope["resumes"])


def _fetched(session: Session, runs: Sequence[int]) -> set[int | None]:
    return set(session.exec(select(Fetch.document_id).where(col(Fetch.run_id).in_(runs))))


def _done(session: Session, runs: Sequence[int]) -> dict[int, set[str]]:
    """The addresses of feeds, sitemaps and listings that these runs asked for."""
    found: defaultdict[int, set[str]] = defaultdict(set)
    rows = session.exec(
        select(Fetch.source_id, Fetch.url).where(
            col(Fetch.run_id).in_(runs), col(Fetch.document_id).is_(None)
        )
    )
    for source_id, url in rows:
        found[source_id or 0].add(url)
    return found


def document_task(row: Document) -> DocumentTask:
    """Return what the crawler needs to know of a document row."""
    return DocumentTask(
        id=known_id(row.id),
        source_id=row.source_id,
        url=row.address or row.url,
        etag=row.etag,
        last_modified=row.last_modified,
        revisit_hours=row.revisit_hours,
        good_at=row.last_good_at,
    )
