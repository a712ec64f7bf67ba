"""What snapshots turned out to say: versions, their passages, and how these are coded."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, or_
from sqlmodel import Session, col, func, insert, select, update

from tracker.archive import pack_text, sha256
from tracker.extraction.text import Extracted, PassageText
from tracker.model import (
    Coding,
    Document,
    Fetch,
    Outcome,
    Passage,
    QuarantineReason,
    Reason,
    Snapshot,
    SnapshotState,
    Source,
    Version,
    VersionOrigin,
    VersionPassage,
)
from tracker.store.documents import note_failure

READABLE = (SnapshotState.NEW_VERSION, SnapshotState.SAME_TEXT)
HEADINGS_JOINED = " › "


@dataclass(frozen=True, slots=True)
class PendingSnapshot:
    """A snapshot to read, with what its source says about how to read it."""

    id: int
    document_id: int
    payload_id: int
    url: str
    final_url: str
    status: int
    media_type: str
    charset: str | None
    captured_at: datetime
    choice: str | None
    select: str | None
    remove: tuple[str, ...]
    at_least_words: int
    previous_words: int | None


def pending_snapshots(session: Session, *, limit: int) -> list[PendingSnapshot]:
    """Return snapshots nobody has read yet, oldest first, at most one a document."""
    first = (
        select(func.min(Snapshot.id))
        .where(Snapshot.state == SnapshotState.PENDING)
        .group_by(col(Snapshot.document_id))
        .limit(limit)
    )
    found = session.exec(
        select(Snapshot, Document, Fetch, Source)
        .join(Document, col(Snapshot.document_id) == Document.id)
        .join(Fetch, col(Snapshot.fetch_id) == Fetch.id)
        .join(Source, col(Document.source_id) == Source.id)
        .where(col(Snapshot.id).in_(first))
        .order_by(col(Snapshot.id))
    ).all()
    words = _current_words(session, [snapshot.document_id for snapshot, *_ in found])
    return [_pending(*row, previous_words=words.get(row[0].document_id)) for row in found]


def _pending(
    snapshot: Snapshot,
    document: Document,
    fetch: Fetch,
    source: Source,
    *,
    previous_words: int | None,
) -> PendingSnapshot:
    return PendingSnapshot(
        id=_id(snapshot.id),
        document_id=snapshot.document_id,
        payload_id=snapshot.payload_id,
        url=document.url,
        final_url=fetch.final_url or fetch.url,
        status=fetch.status or 200,
        media_type=snapshot.media_type,
        charset=snapshot.charset,
        captured_at=snapshot.captured_at,
        choice=document.extraction_choice,
        select=source.options.get("select"),
        remove=tuple(source.options.get("remove", ())),
        at_least_words=source.options.get("at_least_words", 0),
        previous_words=previous_words,
    )


def _current_words(session: Session, document_ids: Iterable[int]) -> dict[int, int]:
    rows = session.exec(
        select(Version.document_id, Version.words).where(
            col(Version.document_id).in_(list(document_ids)), col(Version.current)
        )
    )
    return dict(rows.all())


def record_unread(
    session: Session,
    pending: PendingSnapshot,
    *,
    detail: str,
    quarantine: QuarantineReason | None = None,
) -> None:
    """Set a snapshot aside: it is kept, but it is no version, and its read counts as failed."""
    snapshot = session.get_one(Snapshot, pending.id)
    snapshot.state = SnapshotState.QUARANTINED if quarantine else SnapshotState.UNREADABLE
    snapshot.quarantine, snapshot.detail = quarantine, detail
    document = session.get_one(Document, pending.document_id)
    login = quarantine is QuarantineReason.LOGIN_WALL
    note_failure(document, Reason.LOGIN if login else Reason.UNREADABLE, at=pending.captured_at)
    # The next read must bring bytes again: "not modified" since a wall would say nothing.
    document.etag = document.last_modified = document.last_payload_id = None
    document.last_good_at = _last_good_read(session, pending.document_id, pending.captured_at)


def _last_good_read(session: Session, document_id: int, before: datetime) -> datetime | None:
    last: datetime | None = session.exec(
        select(func.max(Fetch.at))
        .join(Snapshot, col(Snapshot.fetch_id) == Fetch.id, isouter=True)
        .where(
            Fetch.document_id == document_id,
            Fetch.at < before,
            col(Fetch.outcome).in_([Outcome.FETCHED, Outcome.NOT_MODIFIED]),
            or_(col(Snapshot.id).is_(None), col(Snapshot.state).in_(READABLE)),
        )
    ).one()
    return last


def record_text(
    session: Session,
    pending: PendingSnapshot,
    extracted: Extracted,
    passages: Sequence[PassageText],
    *,
    origin: VersionOrigin = VersionOrigin.OBSERVED,
) -> int | None:
    """Make a version of what a snapshot says; return its id, or None where the text is the same."""
    snapshot = session.get_one(Snapshot, pending.id)
    document = session.get_one(Document, pending.document_id)
    _describe(document, extracted)
    before = _current(session, pending.document_id)
    text_sha256 = sha256(extracted.text.encode())
    if before is not None and before.text_sha256 == text_sha256:
        snapshot.state = SnapshotState.SAME_TEXT
        return None
    snapshot.state = SnapshotState.NEW_VERSION
    row = _version(pending, extracted, text_sha256, before, origin)
    if before is not None:
        before.current = False
        before.last_seen_at = row.seen_from = (
            _last_good_read(session, pending.document_id, pending.captured_at)
            or before.last_seen_at
        )
    session.add(row)
    session.flush()
    _record_passages(session, _id(row.id), extracted.language, passages)
    return row.id


def _current(session: Session, document_id: int) -> Version | None:
    return session.exec(
        select(Version).where(Version.document_id == document_id, col(Version.current))
    ).first()


def _describe(document: Document, extracted: Extracted) -> None:
    document.extraction_choice = document.extraction_choice or extracted.choice
    document.title = extracted.title or document.title or document.hint_title
    document.genre, document.voice = extracted.genre, extracted.voice
    document.genre_because = extracted.genre_because
    document.voice_because = extracted.voice_because
    document.byline, document.series = extracted.byline, extracted.series
    document.disclaimer = extracted.disclaimer


def _version(
    pending: PendingSnapshot,
    extracted: Extracted,
    text_sha256: str,
    before: Version | None,
    origin: VersionOrigin,
) -> Version:
    return Version(
        document_id=pending.document_id,
        number=1 if before is None else before.number + 1,
        snapshot_id=pending.id,
        text_sha256=text_sha256,
        body=pack_text(extracted.text),
        words=len(extracted.text.split()),
        title=extracted.title,
        language=extracted.language,
        stated_date=extracted.stated_date,
        stated_basis=extracted.stated_basis,
        extractor=extracted.extractor,
        origin=origin,
        seen_to=pending.captured_at,
        last_seen_at=pending.captured_at,
    )


def _record_passages(
    session: Session, version_id: int, language: str | None, passages: Sequence[PassageText]
) -> None:
    if not passages:
        return
    hashes = [sha256(passage.text.encode()) for passage in passages]
    known = _passage_ids(session, hashes)
    fresh = {
        digest: {
            "sha256": digest,
            "text": passage.text,
            "words": len(passage.text.split()),
            "language": language,
        }
        for digest, passage in zip(hashes, passages, strict=True)
        if digest not in known
    }
    if fresh:
        session.exec(insert(Passage), params=list(fresh.values()))
        known |= _passage_ids(session, list(fresh))
    rows = [
        {
            "version_id": version_id,
            "position": position,
            "passage_id": known[digest],
            "heading_path": HEADINGS_JOINED.join(passage.heading_path),
            "start": passage.start,
            "end": passage.end,
        }
        for position, (digest, passage) in enumerate(zip(hashes, passages, strict=True))
    ]
    session.exec(insert(VersionPassage), params=rows)


def _passage_ids(session: Session, hashes: Sequence[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for start in range(0, len(hashes), 500):
        chunk = hashes[start : start + 500]
        rows = session.exec(select(Passage).where(col(Passage.sha256).in_(chunk)))
        found |= {row.sha256: _id(row.id) for row in rows}
    return found


def note_seen(session: Session) -> None:
    """Let every current version say when it was last seen on its page."""
    last_good = (
        select(Document.last_good_at).where(Document.id == Version.document_id).scalar_subquery()
    )
    session.exec(
        update(Version)
        .where(col(Version.current), last_good > Version.last_seen_at)
        .values(last_seen_at=last_good)
    )


def uncoded_passages(session: Session, coder: str, *, limit: int) -> list[tuple[int, str]]:
    """Return (id, text) of passages that this coder has not coded yet."""
    coded = and_(col(Coding.passage_id) == Passage.id, col(Coding.coder) == coder)
    rows = session.exec(
        select(Passage.id, Passage.text)
        .join(Coding, coded, isouter=True)
        .where(col(Coding.id).is_(None))
        .order_by(col(Passage.id))
        .limit(limit)
    )
    return [(_id(passage_id), text) for passage_id, text in rows]


def record_codings(session: Session, coder: str, rows: Sequence[dict[str, Any]]) -> None:
    """Add one coding a passage; each row has `passage_id` and the columns of the coding table."""
    if rows:
        session.exec(insert(Coding), params=[{"coder": coder, **row} for row in rows])


def _id(value: int | None) -> int:
    assert value is not None
    return value
