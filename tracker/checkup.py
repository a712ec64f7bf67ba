"""Brings every source's reads to the judgement in `health`. Writes nothing."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime

from sqlalchemy import exists
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, func, or_, select

from tracker.health import WINDOW, Health, Read, Watched, health
from tracker.model import Document, Fetch, Institution, Snapshot, SnapshotState, Source, SourceKind

DECLARED = (SourceKind.PAGE, SourceKind.DOCUMENT)
NOTHING_READ = datetime(2000, 1, 1, tzinfo=UTC)  # any time will do
#: What an archive captured says nothing of how a source is doing.
_ARCHIVED = aliased(Snapshot)
_OURS = ~exists().where(col(_ARCHIVED.fetch_id) == Fetch.id, col(_ARCHIVED.imported))
NAMES_NOTHING = "names no documents"


def check_up(
    session: Session, *, at: datetime | None = None, institutions: Collection[str] = ()
) -> list[Health]:
    """Return how every listed source is doing, by institution and key; as of the last read, or `at`."""
    at = at or session.exec(select(func.max(Fetch.at))).one() or NOTHING_READ
    query = (
        select(Source, Institution)
        .join(Institution, col(Source.institution_id) == Institution.id)
        .where(col(Source.listed), col(Institution.listed))
        .order_by(Institution.key, Source.key)
    )
    if institutions:
        query = query.where(col(Institution.key).in_(institutions))
    rows = session.exec(query).all()
    some = [source.id or 0 for source, _ in rows] if institutions else None
    reads = _reads(session, at, some)
    read = _documents_read(session, some)
    return [
        health(_watched(session, source, institution, reads, read), reads[source.id or 0], at=at)
        for source, institution in rows
    ]


def _watched(
    session: Session,
    source: Source,
    institution: Institution,
    reads: Mapping[int, Sequence[Read]],
    read: Mapping[int, datetime],
) -> Watched:
    good = source.last_good_at
    if good is not None and source.kind in DECLARED:
        # An answer that was set aside is no good read of a page, nor is an archive's capture one of ours.
        good = min(good, read[source.id or 0]) if source.id in read else None
    lost = not any(each.good for each in reads[source.id or 0])
    return Watched(
        institution=institution.key,
        key=source.key,
        kind=source.kind,
        url=source.url,
        empty=source.detail == NAMES_NOTHING or source.known == 0,
        last_good_at=good,
        failing_since=_first_attempt(session, source, good) if lost else None,
    )


def _documents_read(session: Session, some: Collection[int] | None) -> dict[int, datetime]:
    """When what a source declares was last read well."""
    query = select(Document.source_id, func.max(Document.last_good_at))
    if some is not None:
        query = query.where(col(Document.source_id).in_(some))
    rows = session.exec(query.group_by(col(Document.source_id)))
    return {source_id: at for source_id, at in rows if at}


def _first_attempt(session: Session, source: Source, after: datetime | None) -> datetime | None:
    """The first attempt since a source could not be read, however long ago that is."""
    query = select(func.min(Fetch.at)).where(Fetch.source_id == source.id, _OURS)
    if source.kind not in DECLARED:
        query = query.where(col(Fetch.document_id).is_(None))
    if after is not None:
        query = query.where(col(Fetch.at) > after)
    return session.exec(query).one()


def _reads(
    session: Session, at: datetime, some: Collection[int] | None
) -> defaultdict[int, list[Read]]:
    """The attempts at each source's own address: those in the window, and the last one before."""
    own = or_(col(Fetch.document_id).is_(None), col(Source.kind).in_(DECLARED)) & _OURS
    if some is not None:
        own &= col(Fetch.source_id).in_(some)
    last = (
        select(func.max(Fetch.id))
        .join(Source, col(Fetch.source_id) == Source.id)
        .where(own)
        .group_by(col(Fetch.source_id))
    )
    found = session.exec(
        select(Fetch, Snapshot)
        .join(Source, col(Fetch.source_id) == Source.id)
        .join(Snapshot, col(Snapshot.fetch_id) == Fetch.id, isouter=True)
        .where(own, or_(col(Fetch.at) > at - WINDOW, col(Fetch.id).in_(last)))
    )
    reads: defaultdict[int, list[Read]] = defaultdict(list)
    for fetch, snapshot in found:
        reads[fetch.source_id or 0].append(_read(fetch, snapshot))
    return reads


def _read(fetch: Fetch, snapshot: Snapshot | None) -> Read:
    unread = snapshot is not None and snapshot.state is SnapshotState.UNREADABLE
    return Read(
        at=fetch.at,
        outcome=fetch.outcome,
        reason=fetch.reason,
        status=fetch.status,
        detail=fetch.detail,
        url=fetch.url,
        final_url=fetch.final_url,
        quarantine=snapshot.quarantine if snapshot else None,
        unread=snapshot.detail if snapshot and unread else "",
    )
