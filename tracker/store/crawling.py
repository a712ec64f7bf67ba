"""What a run plans to fetch and what it fetched. Knows no meaning."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlmodel import Session, col, func, select, update

from tracker.addresses import identity
from tracker.model import (
    Address,
    Document,
    Fact,
    Fetch,
    Institution,
    Reason,
    Run,
    RunState,
    Source,
    SourceState,
)
from tracker.sources import InstitutionEntry, SourceEntry, SourcesFile
from tracker.store import StoreError
from tracker.store.documents import latest
from tracker.store.integrity import manifest
from tracker.store.locks import RunLostError, Turn, is_alive, one_at_a_time
from tracker.store.owning import assign_documents
from tracker.store.planning import DECLARED, asked_for
from tracker.store.rows import known_id

RESUMABLE = timedelta(hours=24)
DEMONSTRATION = "demonstration"  # the fact that a store holds it
NAMED = 3  # institutions of those that would leave


def sync_sources(session: Session, file: SourcesFile, *, letting_go: bool = False) -> None:
    """Make the institution and source rows say what sources.yaml says; nothing is deleted.

    Raises StoreError where the store holds the demonstration, and the file other institutions; and,
    unless `letting_go`, where more than half of the institutions would leave: a file of another store.
    """
    one_at_a_time(session, "sync")
    institutions = {row.key: row for row in session.exec(select(Institution))}
    told = {entry.key for entry in file.institutions}
    others = bool(institutions) and not told & set(institutions)
    if others and session.get(Fact, DEMONSTRATION) is not None:
        raise StoreError(
            "this store holds the demonstration; set TRACKER_DATA_DIR to another folder for real institutions"
        )
    if not letting_go:
        _refuse_to_empty({key for key, row in institutions.items() if row.listed}, told)
    declared = {source.url for entry in file.institutions for source in entry.sources}
    for row in institutions.values():
        row.listed = False
    for entry in file.institutions:
        row = institutions.get(entry.key) or Institution(
            key=entry.key, name=entry.name, kind=entry.kind, country="", homepage=""
        )
        _describe(row, entry)
        session.add(row)
        session.flush()
        elsewhere = (s for s in entry.attributed_sources if s.url not in declared)
        _sync_institution_sources(session, row, (*entry.sources, *elsewhere))
    assign_documents(session)


def _refuse_to_empty(watched: Collection[str], told: Collection[str]) -> None:
    """A few that leave are an edit; more than half are most likely another file, or another store."""
    leaving = sorted(set(watched) - set(told))
    if 2 * len(leaving) <= len(watched):
        return
    shown = ", ".join([*leaving[:NAMED], *(["…"] if len(leaving) > NAMED else [])])
    raise StoreError(
        f"{len(leaving)} of the {len(watched)} institutions that this store watches are not in the file of sources "
        f"({shown}), and would no longer be watched; is it another store's file? Look at TRACKER_SOURCES and "
        "TRACKER_DATA_DIR. If they are to go, say so once with `tracker sources sync --yes`; what was read of them is kept"
    )


def _describe(row: Institution, entry: InstitutionEntry) -> None:
    row.name, row.kind, row.country = entry.name, entry.kind, entry.country
    row.homepage, row.parent_key, row.group = entry.homepage, entry.parent, entry.group
    row.why_in_scope, row.found_by = entry.why_in_scope, entry.found_by
    row.hosts, row.aliases = list(entry.hosts), list(entry.aliases)
    row.languages = list(entry.languages)
    row.attributed = [{**item.model_dump(), "shown": item.shown} for item in entry.attributed]
    row.apart = list(entry.apart)
    row.listed = True


def _sync_institution_sources(
    session: Session, institution: Institution, entries: Sequence[SourceEntry]
) -> None:
    known = session.exec(select(Source).where(Source.institution_id == institution.id))
    rows = {row.key: row for row in known}
    for row in rows.values():
        row.listed = False
    for entry in entries:
        row = rows.get(entry.key) or Source(
            institution_id=known_id(institution.id), key=entry.key, kind=entry.kind, url=entry.url
        )
        row.kind, row.url, row.title = entry.kind, entry.url, entry.title
        row.options = entry.model_dump(mode="json", exclude_defaults=True)
        row.unverified, row.listed = entry.unverified, True
        row.valid_until = _midnight(entry.valid_until)
        session.add(row)
    session.flush()


def last_moment(session: Session) -> datetime | None:
    """Return the latest time that runs wrote down, those included that were cut off."""
    # What an import takes has the dates that others gave it.
    open_runs = select(Run.id).where(Run.state == RunState.RUNNING, Run.verb == "crawl")
    fetched = select(func.max(Fetch.at)).where(col(Fetch.run_id).in_(open_runs))
    runs = select(func.max(Run.started_at), func.max(Run.finished_at))
    return latest(session.exec(fetched).one(), *session.exec(runs).one())


def start_run(
    session: Session,
    *,
    verb: str,
    scope: dict[str, Any],
    tool: str,
    at: datetime,
    turn: Turn | None = None,
) -> int:
    """Open a run and return its id; runs that were killed are closed as interrupted first.

    A run of the same scope that was interrupted in the last day is resumed: what it fetched is
    not fetched again. With a `turn` others can tell that the run lives.
    """
    unfinished = session.exec(
        select(Run).where(Run.state == RunState.RUNNING).order_by(col(Run.id))
    )
    for run in unfinished.all():
        if not is_alive(session, known_id(run.id)):
            _close(session, run, RunState.INTERRUPTED, at=at)
    resumes = _interrupted_before(session, verb, scope, at)
    run = Run(verb=verb, scope={**scope, "resumes": resumes}, tool=tool, started_at=at)
    session.add(run)
    session.flush()
    if turn is not None:
        turn.take_run(known_id(run.id))
    return known_id(run.id)


def _interrupted_before(
    session: Session, verb: str, scope: dict[str, Any], at: datetime
) -> list[int]:
    recent = session.exec(
        select(Run)
        .where(Run.verb == verb, col(Run.started_at) >= at - RESUMABLE)
        .order_by(col(Run.id).desc())
    )
    for last in recent:
        if {key: value for key, value in last.scope.items() if key != "resumes"} == scope:
            interrupted = last.state is RunState.INTERRUPTED
            return [*last.scope["resumes"], known_id(last.id)] if interrupted else []
    return []


def living_runs(session: Session) -> list[int]:
    """Return the runs that are under way."""
    running = session.exec(select(Run.id).where(Run.state == RunState.RUNNING)).all()
    return [known_id(number) for number in running if is_alive(session, known_id(number))]


def still_ours(session: Session, run_id: int) -> Run:
    """Return a run's row, which nobody closes before we are done; raises RunLostError where one did."""
    run = session.get_one(Run, run_id, with_for_update={"read": True})
    if run.state is not RunState.RUNNING:
        raise RunLostError(
            f"run {run_id} was closed as {run.state} while it was under way: the connection to the "
            "database was lost; run the same command again, it goes on from there"
        )
    return run


def finish_run(
    session: Session,
    run_id: int,
    *,
    at: datetime,
    counts: dict[str, Any],
    state: RunState = RunState.COMPLETE,
) -> None:
    """Close a run: sources get their outcome, a first complete read becomes the baseline."""
    run = still_ours(session, run_id)
    run.counts = counts
    since = _began(session, run)
    sources = _sources_of(session, run)
    _note_declared_sources(session, sources, since)
    if state is RunState.COMPLETE:
        session.exec(
            update(Source)
            .where(col(Source.state) == SourceState.OK, col(Source.baseline_run_id).is_(None))
            .where(col(Source.last_tried_at) >= since, col(Source.id).in_(sources))
            .values(baseline_run_id=run_id)
        )
    _close(session, run, state, at=at)


def close_run(
    session: Session, run_id: int, *, at: datetime, counts: dict[str, Any], state: RunState
) -> None:
    """Close a run that read no sources, such as an import: it joins the chain, and that is all."""
    run = still_ours(session, run_id)
    run.counts = counts
    _close(session, run, state, at=at)


def _close(session: Session, run: Run, state: RunState, *, at: datetime) -> None:
    """Close a run as the next in the chain, whose order is that in which runs ended."""
    one_at_a_time(session, "close")
    followed = select(Run.previous_sha256).where(col(Run.previous_sha256).is_not(None))
    before = session.exec(
        select(Run.manifest_sha256)
        .where(col(Run.manifest_sha256).is_not(None), col(Run.manifest_sha256).not_in(followed))
        .order_by(col(Run.id).desc())
        .limit(1)
    ).first()
    run.state, run.finished_at, run.previous_sha256 = state, at, before
    run.manifest_sha256 = manifest(session, known_id(run.id), before)
    session.add(run)
    session.flush()


def _began(session: Session, run: Run) -> datetime:
    """When the work of this run began, the interrupted runs it resumes included."""
    resumed = session.exec(select(Run.started_at).where(col(Run.id).in_(run.scope["resumes"])))
    began: datetime = min([run.started_at, *resumed])
    return began


def _sources_of(session: Session, run: Run) -> list[int]:
    """The sources that a run was to read; those of other runs beside it are not its to judge."""
    keys, kind = run.scope.get("keys", ()), run.scope.get("kind")
    rows = session.exec(select(Source, Institution).join(Institution))
    return [
        known_id(source.id)
        for source, institution in rows
        if asked_for(institution.key, source.key, keys) and kind in {None, institution.kind}
    ]


def _note_declared_sources(session: Session, sources: Sequence[int], since: datetime) -> None:
    """A declared page's outcome is its document's, whichever source named that first."""
    declared: defaultdict[str, list[Source]] = defaultdict(list)
    for source in session.exec(
        select(Source).where(
            col(Source.kind).in_(DECLARED), col(Source.listed), col(Source.id).in_(sources)
        )
    ):
        declared[identity(source.url)].append(source)
    if not declared:
        return
    found = session.exec(
        select(Address.key, Document)
        .join(Document, col(Address.document_id) == Document.id)
        .where(col(Document.last_tried_at) >= since)
    )
    for key, document in found:
        for source in declared.get(key, ()):
            source.last_tried_at, source.known = document.last_tried_at, 1
            source.reason = document.last_reason
            source.state = SourceState.FAILED if document.last_reason else SourceState.OK
            source.last_good_at = document.last_good_at


def note_source(source: Source, *, at: datetime, reason: Reason | None, detail: str = "") -> None:
    """Write down how the last attempt to read a source ended."""
    source.last_tried_at, source.reason, source.detail = at, reason, detail
    source.state = SourceState.FAILED if reason else SourceState.OK
    if reason is None:
        source.last_good_at = at


def _midnight(day: date | None) -> datetime | None:
    return None if day is None else datetime.combine(day, time(), UTC)
