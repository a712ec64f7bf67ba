"""Versions that wait to be compared, and the changes that come of it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, func, select, update

from tracker.model import Change, Document, Fetch, Snapshot, Source, Version, VersionOrigin
from tracker.store.documents import READABLE
from tracker.store.rows import known_id, portions


@dataclass(frozen=True, slots=True)
class Uncompared:
    """A version nobody has compared with the one before it."""

    id: int
    document_id: int
    institution_id: int
    number: int
    before_id: int | None
    text_sha256: str
    earlier: tuple[tuple[str, datetime], ...]  # (text hash, last seen) of older versions
    seen_from: datetime | None
    seen_to: datetime
    origin: VersionOrigin
    news: bool  # found after its source's first complete read
    words: int
    moved_here: bool  # another document's redirect leads here
    imported: bool  # the archive's news, not ours: nobody watched the document before


def uncompared(session: Session) -> list[Uncompared]:
    """Return the versions to compare, by institution and document, oldest first."""
    rows = session.exec(
        select(Version, Document, Source)
        .join(Document, col(Version.document_id) == Document.id)
        .join(Source, col(Document.source_id) == Source.id)
        .where(col(Version.compared).is_(False))
        .order_by(col(Document.institution_id), col(Version.document_id), col(Version.number))
    ).all()
    targets = set(
        session.exec(select(Document.final_url).where(col(Document.final_url).is_not(None)))
    )
    older = _older(session, {version.document_id for version, *_ in rows})
    watched = watched_since(session, older)
    return [
        _uncompared(
            version,
            document,
            source,
            older[version.document_id],
            seen_from=version.seen_from or _source_read_before(session, document),
            moved_here=document.url in targets or document.moved_to_id is not None,
            watched_since=watched.get(version.document_id),
        )
        for version, document, source in rows
    ]


def watched_since(session: Session, document_ids: Iterable[int]) -> dict[int, datetime]:
    """Return the first read of our own of each document."""
    found: dict[int, datetime] = {}
    ids = sorted(document_ids)
    for some in portions(ids):
        found |= dict(
            session.exec(
                select(Snapshot.document_id, func.min(Snapshot.captured_at))
                .where(col(Snapshot.document_id).in_(some))
                .where(col(Snapshot.imported).is_(False), col(Snapshot.state).in_(READABLE))
                .group_by(col(Snapshot.document_id))
            ).all()
        )
    return found


def _source_read_before(session: Session, document: Document) -> datetime | None:
    """The last read of the source that did not name the document yet."""
    query = (
        select(Fetch.at)
        .where(Fetch.source_id == document.source_id, col(Fetch.document_id).is_(None))
        .where(col(Fetch.run_id) < document.found_run_id, col(Fetch.reason).is_(None))
        .order_by(col(Fetch.at).desc())
    )
    return session.exec(query.limit(1)).first()


def _older(session: Session, document_ids: set[int]) -> dict[int, list[Version]]:
    found: dict[int, list[Version]] = {}
    ids = sorted(document_ids)
    for some in portions(ids):
        query = select(Version).where(col(Version.document_id).in_(some))
        for version in session.exec(query.order_by(col(Version.number))):
            found.setdefault(version.document_id, []).append(version)
    return found


def _uncompared(
    version: Version,
    document: Document,
    source: Source,
    versions: list[Version],
    *,
    seen_from: datetime | None,
    moved_here: bool,
    watched_since: datetime | None,
) -> Uncompared:
    older = [other for other in versions if other.number < version.number]
    baseline = source.baseline_run_id
    return Uncompared(
        id=known_id(version.id),
        document_id=version.document_id,
        institution_id=document.institution_id,
        number=version.number,
        before_id=older[-1].id if older else None,
        text_sha256=version.text_sha256,
        earlier=tuple((other.text_sha256, other.last_seen_at) for other in older[:-1]),
        seen_from=seen_from,
        seen_to=version.seen_to,
        origin=version.origin,
        news=baseline is not None and document.found_run_id > baseline,
        words=version.words,
        moved_here=moved_here,
        imported=version.origin is VersionOrigin.IMPORTED
        or watched_since is None
        or watched_since >= version.seen_to,
    )


def record_change(session: Session, **fields: Any) -> int | None:
    """Add a change and return its id; None where it is already there."""
    same = select(Change.id).where(
        Change.document_id == fields["document_id"],
        Change.kind == fields["kind"],
        Change.to_version_id == fields.get("to_version_id"),
        Change.seen_to == fields["seen_to"],
    )
    if session.exec(same).first() is not None:
        return None
    change = Change(**fields)
    session.add(change)
    session.flush()
    return change.id


def mark_compared(session: Session, version_ids: Sequence[int]) -> None:
    """Write down that these versions were compared."""
    rows = [{"id": version_id, "compared": True} for version_id in version_ids]
    if rows:
        session.exec(update(Version), params=rows)
