"""Versions that an older extractor made, and the technical ones that replace them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlmodel import Session, col, select

from tracker.archive import sha256
from tracker.extraction.text import Extracted, PassageText
from tracker.model import (
    Document,
    Fetch,
    Passage,
    Snapshot,
    Source,
    Version,
    VersionOrigin,
    VersionPassage,
)
from tracker.store.passages import record_passages
from tracker.store.reading import PendingSnapshot, describe, pending_of, version_of
from tracker.store.rows import known_id


@dataclass(frozen=True, slots=True)
class Outdated:
    """A current version with the snapshot it was read from."""

    version_id: int
    snapshot: PendingSnapshot


def outdated(
    session: Session,
    stamps: Collection[str],
    *,
    document_id: int | None = None,
    after: int = 0,
    limit: int = 1,
) -> list[Outdated]:
    """Return current versions that none of these extractors made, by id."""
    query = (
        select(Version, Snapshot, Document, Fetch)
        .join(Snapshot, col(Version.snapshot_id) == Snapshot.id)
        .join(Document, col(Version.document_id) == Document.id)
        .join(Fetch, col(Snapshot.fetch_id) == Fetch.id)
        .where(col(Version.current), col(Version.id) > after)
        # What helped an extractor stands behind its own stamp.
        .where(*(~col(Version.extractor).startswith(stamp, autoescape=True) for stamp in stamps))
        .order_by(col(Version.id))
        .limit(limit)
    )
    if document_id is not None:
        query = query.where(Version.document_id == document_id)
    return [_outdated(session, *row) for row in session.exec(query)]


def _outdated(
    session: Session, version: Version, snapshot: Snapshot, document: Document, fetch: Fetch
) -> Outdated:
    source = session.get_one(Source, document.source_id)
    pending = pending_of(snapshot, document, fetch, source, current=version, read_to=None)
    return Outdated(known_id(version.id), pending)


def record_rederived(
    session: Session, old: Outdated, found: Extracted, passages: Sequence[PassageText]
) -> bool:
    """Stamp a version anew; where it reads otherwise, add a technical one. Return whether it does.

    The new one stands for the same capture and the same time: nothing happened on the page.
    """
    before = session.get_one(Version, old.version_id)
    describe(session.get_one(Document, before.document_id), found)
    text_sha256 = sha256(found.text.encode())
    if before.text_sha256 == text_sha256 and _cut_alike(session, old.version_id, passages):
        before.extractor = found.extractor
        return False
    row = version_of(old.snapshot, found, text_sha256, before)
    row.origin = VersionOrigin.TECHNICAL
    row.seen_from, row.seen_to = before.seen_from, before.seen_to
    row.last_seen_at, before.current = before.last_seen_at, False
    session.add(row)
    session.flush()
    record_passages(session, known_id(row.id), found.language, passages)
    return True


def _cut_alike(session: Session, version_id: int, passages: Sequence[PassageText]) -> bool:
    kept = session.exec(
        select(Passage.text, VersionPassage.start)
        .join(VersionPassage, col(VersionPassage.passage_id) == Passage.id)
        .where(VersionPassage.version_id == version_id)
        .order_by(col(VersionPassage.position))
    ).all()
    return [tuple(row) for row in kept] == [(p.text, p.start) for p in passages]
