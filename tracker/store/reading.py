"""What snapshots turned out to say: versions, their passages, and how these are coded."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import defer
from sqlmodel import Session, col, delete, func, select, update

from tracker.archive import pack_text, sha256, unpack_text
from tracker.extraction.text import Extracted, PassageText
from tracker.model import (
    Document,
    Fetch,
    Payload,
    QuarantineReason,
    Snapshot,
    SnapshotState,
    Source,
    Version,
    VersionOrigin,
    VersionPassage,
)
from tracker.store.documents import (
    hours_of,
    in_turn,
    last_good_read,
    latest,
    note_change,
    recount_failures,
)
from tracker.store.passages import record_passages, together
from tracker.store.rows import add_row, known_id

#: Reads that showed a collapse, and since when, before the next may show what the page now is.
COLLAPSES = 2
COLLAPSED_FOR = timedelta(hours=72)
_CURRENT = "current versions"  # of the documents that a session holds


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
    previous_language: str | None
    previous_extractor: str | None
    imported: bool
    reopens: bool  # captured before what was read already: its document is read anew, in order


def pending_snapshots(
    session: Session, *, limit: int, document_id: int | None = None, leave: Sequence[int] = ()
) -> list[PendingSnapshot]:
    """Return snapshots nobody has read yet, first captured first, at most one a document.

    What the runs to `leave` fetched waits for their end, so that a site is judged as a whole.
    """
    waiting = select(Snapshot.document_id, func.min(Snapshot.captured_at).label("first")).where(
        Snapshot.state == SnapshotState.PENDING
    )
    if document_id is not None:
        waiting = waiting.where(Snapshot.document_id == document_id)
    if leave:
        ended = select(Fetch.id).where(col(Fetch.run_id).not_in(leave))
        waiting = waiting.where(col(Snapshot.fetch_id).in_(ended))
    first = waiting.group_by(col(Snapshot.document_id)).limit(limit).subquery()
    rows = session.exec(
        select(Snapshot, Document, Fetch, Source)
        .join(first, (first.c.document_id == Snapshot.document_id))
        .join(Document, col(Snapshot.document_id) == Document.id)
        .join(Fetch, col(Snapshot.fetch_id) == Fetch.id)
        .join(Source, col(Document.source_id) == Source.id)
        .join(Payload, col(Snapshot.payload_id) == Payload.id)
        .where(Snapshot.captured_at == first.c.first, Snapshot.state == SnapshotState.PENDING)
        # Of captures of the same second the bytes decide, not who came first.
        .order_by(col(Snapshot.document_id), col(Payload.sha256).desc())
    ).all()
    found = {row[0].document_id: row for row in rows}.values()
    current = _current_versions(session, [row[0].document_id for row in found])
    read_to = _read_up_to(session, [row[0].document_id for row in found])
    return [
        pending_of(
            *row,
            current=current.get(row[0].document_id),
            read_to=read_to.get(row[0].document_id),
        )
        for row in sorted(found, key=lambda row: known_id(row[0].id))
    ]


def pending_of(
    snapshot: Snapshot,
    document: Document,
    fetch: Fetch,
    source: Source,
    *,
    current: Version | None,
    read_to: datetime | None,
) -> PendingSnapshot:
    """Return a snapshot with what is needed to read it."""
    read_to = latest(read_to, current.last_seen_at if current else None)
    return PendingSnapshot(
        id=known_id(snapshot.id),
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
        previous_words=current.words if current else None,
        previous_language=current.language if current else None,
        previous_extractor=current.extractor if current else None,
        imported=snapshot.imported,
        reopens=read_to is not None and snapshot.captured_at <= read_to,
    )


@contextmanager
def held(session: Session, batch: Sequence[PendingSnapshot]) -> Iterator[None]:
    """Hold what a batch is recorded into: alone, and with one question rather than one each."""
    in_turn(session, [pending.document_id for pending in batch])
    rows = session.exec(
        select(Snapshot, Document, Source)
        .join(Document, col(Snapshot.document_id) == Document.id)
        .join(Source, col(Document.source_id) == Source.id)
        .where(col(Snapshot.id).in_([pending.id for pending in batch]))
    )
    session.info["held"] = rows.all()  # until its end, or it would ask for each of them again
    session.info[_CURRENT] = _current_versions(session, [p.document_id for p in batch])
    with together(session):
        yield


def version_ids(session: Session, document_id: int) -> set[int | None]:
    """Return the ids of a document's versions."""
    return set(session.exec(select(Version.id).where(Version.document_id == document_id)))


def _current_versions(session: Session, document_ids: Iterable[int]) -> dict[int, Version]:
    rows = session.exec(
        select(Version)
        .where(col(Version.document_id).in_(list(document_ids)), Version.current)
        .options(defer(Version.body))  # type: ignore[arg-type]
    )
    return {row.document_id: row for row in rows}


def _read_up_to(session: Session, document_ids: Iterable[int]) -> dict[int, datetime]:
    rows = session.exec(
        select(Snapshot.document_id, func.max(Snapshot.captured_at))
        .where(col(Snapshot.document_id).in_(list(document_ids)))
        .where(Snapshot.state != SnapshotState.PENDING)
        .group_by(col(Snapshot.document_id))
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
    recount_failures(session, document)
    if document.last_good_at is None or document.last_good_at < pending.captured_at:
        # The next read must bring bytes again: "not modified" since a wall would say nothing.
        document.etag = document.last_modified = document.last_payload_id = None


def lasting_collapse(session: Session, pending: PendingSnapshot) -> str | None:
    """Return the text before a collapse that several reads over three days have shown, else None."""
    before = _current(session, pending.document_id)
    if before is None:
        return None
    reads = session.exec(
        select(Snapshot.captured_at)
        .where(Snapshot.document_id == pending.document_id)
        .where(Snapshot.quarantine == QuarantineReason.COLLAPSE)
        .where(Snapshot.captured_at > before.last_seen_at)
        .where(Snapshot.captured_at < pending.captured_at)
        .order_by(col(Snapshot.captured_at))
    ).all()
    lasting = len(reads) >= COLLAPSES and pending.captured_at - reads[0] >= COLLAPSED_FOR
    return unpack_text(before.body) if lasting else None


def record_text(
    session: Session,
    pending: PendingSnapshot,
    extracted: Extracted,
    passages: Sequence[PassageText],
) -> int | None:
    """Make a version of what a snapshot says; return its id, or None where the text is the same."""
    snapshot = session.get_one(Snapshot, pending.id)
    document = session.get_one(Document, pending.document_id)
    snapshot.quarantine, snapshot.detail = None, ""
    describe(document, extracted)
    before = _current(session, pending.document_id) if pending.previous_words is not None else None
    text_sha256 = sha256(extracted.text.encode())
    if before is not None and before.text_sha256 == text_sha256:
        snapshot.state = SnapshotState.SAME_TEXT
        _note_good(session, pending, document)
        return None
    snapshot.state = SnapshotState.NEW_VERSION
    _note_good(session, pending, document)
    row = version_of(pending, extracted, text_sha256, before)
    if before is not None:
        seen = last_good_read(session, pending.document_id, pending.captured_at)
        before.current = False
        before.last_seen_at = row.seen_from = max(seen or before.seen_to, before.seen_to)
        if not pending.imported and not pending.reopens:
            source = session.get_one(Source, document.source_id)
            interval = hours_of(source.options.get("interval"))
            note_change(document, interval=interval, at=pending.captured_at)
    return _keep(session, pending, row, extracted.language, passages)


def _note_good(session: Session, pending: PendingSnapshot, document: Document) -> None:
    """Let a document whose reads had failed, or were not ours, know of a good one."""
    # A count made while this capture was still unread knew only of the reads before it.
    behind = document.last_good_at is None or document.last_good_at < pending.captured_at
    if pending.imported or pending.reopens or document.failures or behind:
        recount_failures(session, document)


def _keep(
    session: Session,
    pending: PendingSnapshot,
    row: Version,
    language: str | None,
    passages: Sequence[PassageText],
) -> int:
    """Add a version, in the place of the same text's parked row if there is one."""
    if pending.reopens and (parked := _parked(session, row)):
        row.id = parked.id
        session.exec(delete(VersionPassage).where(col(VersionPassage.version_id) == parked.id))
        session.merge(row)
        session.flush()
        version_id = known_id(row.id)
    else:
        version_id = add_row(session, Version, row.model_dump(exclude={"id"}))
    record_passages(session, version_id, language, passages)
    return version_id


def _parked(session: Session, row: Version) -> Version | None:
    """The row that said the same before the document was reopened: from the same capture, else any."""
    rows = session.exec(
        select(Version)
        .where(Version.document_id == row.document_id, Version.text_sha256 == row.text_sha256)
        .where(Version.number < 0)
        .order_by(col(Version.number).desc())
    ).all()
    same = [parked for parked in rows if parked.snapshot_id == row.snapshot_id]
    return next(iter([*same, *rows]), None)


def _current(session: Session, document_id: int) -> Version | None:
    held: Version | None = session.info.get(_CURRENT, {}).get(document_id)
    if held is not None and held.current:
        return held
    return session.exec(
        select(Version).where(Version.document_id == document_id, col(Version.current))
    ).first()


def describe(document: Document, extracted: Extracted) -> None:
    """Write down what a text says of its document."""
    document.extraction_choice = document.extraction_choice or extracted.choice
    document.title = extracted.title or document.title or document.hint_title
    document.genre, document.voice = extracted.genre, extracted.voice
    document.genre_because = extracted.genre_because
    document.voice_because = extracted.voice_because
    document.byline, document.series = extracted.byline, extracted.series
    document.disclaimer = extracted.disclaimer


def version_of(
    pending: PendingSnapshot,
    extracted: Extracted,
    text_sha256: str,
    before: Version | None,
) -> Version:
    """Return the row of a version that follows another, not added yet."""
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
        origin=VersionOrigin.IMPORTED if pending.imported else VersionOrigin.OBSERVED,
        seen_to=pending.captured_at,
        last_seen_at=pending.captured_at,
    )


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
