"""The evidence as WARC files that any web-archive player opens."""

import io
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from sqlmodel import Session, col, or_, select

from tracker.archive import Capture
from tracker.model import Document, Fetch, Institution, Outcome, Snapshot, Source, Version
from tracker.store.payloads import payload_bytes
from tracker.warc import WarcWriter

LARGEST_FILE = 1_000_000_000  # bytes, the size that archives commonly keep to


@dataclass(frozen=True, slots=True)
class Written:
    """One file and how many captures it holds."""

    path: Path
    captures: int


def write_warc(
    session: Session,
    folder: Path,
    *,
    institutions: Collection[str] = (),
    since: datetime | None = None,
    at: datetime,
) -> Iterator[Written]:
    """Write every good read, or those since a time, as WARC 1.1 files by institution; yield each.

    Bytes that a file holds already are a revisit. What is withheld is left out.
    """
    folder.mkdir(parents=True, exist_ok=True)
    query = select(Institution).order_by(Institution.key)
    if institutions:
        query = query.where(col(Institution.key).in_(institutions))
    for institution in session.exec(query).all():
        reads = _reads(session, institution, since)
        yield from _write(session, folder, institution.key, reads, at=at)


def capture_of(session: Session, version_id: int, *, at: datetime) -> bytes:
    """Return the capture that a version was read from, as a WARC file of its own."""
    snapshot = session.get_one(Snapshot, session.get_one(Version, version_id).snapshot_id)
    document = session.get_one(Document, snapshot.document_id)
    key = session.get_one(Institution, document.institution_id).key
    source = session.get_one(Source, document.source_id).key
    read = _Read(snapshot.fetch_id, snapshot.payload_id, f"{key}/{source}")
    file = io.BytesIO()
    writer = WarcWriter(file)
    writer.info(f"{key}-{version_id}.warc.gz", _info(key), at=at)
    writer.capture(
        _capture(session, session.get_one(Fetch, read.fetch_id), read), not_modified=False
    )
    return file.getvalue()


@dataclass(frozen=True, slots=True)
class _Read:
    """A good read and the bytes that it brought or confirmed."""

    fetch_id: int
    payload_id: int
    source: str


def _write(
    session: Session, folder: Path, key: str, reads: Iterator[_Read], *, at: datetime
) -> Iterator[Written]:
    part, read = 1, next(reads, None)
    while read is not None:
        path = folder / f"{Path(key).name}-{part:05}.warc.gz"  # a restored key may be anything
        captures = 0
        unfinished = path.with_suffix(".part")
        with unfinished.open("wb") as file:
            writer = WarcWriter(file)
            writer.info(path.name, _info(key), at=at)
            while read is not None and file.tell() < LARGEST_FILE:
                fetch = session.get_one(Fetch, read.fetch_id)
                unchanged = fetch.outcome is Outcome.NOT_MODIFIED
                writer.capture(_capture(session, fetch, read), not_modified=unchanged)
                session.expunge_all()
                captures, read = captures + 1, next(reads, None)
        unfinished.replace(path)
        yield Written(path, captures)
        part += 1


def _info(key: str) -> dict[str, str]:
    return {
        "software": f"policy-ethics-tracker/{version('policy-ethics-tracker')}",
        "format": "WARC file version 1.1",
        "conformsTo": "https://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/",
        "isPartOf": key,
        "description": "bodies as decoded; of the headers, those that are kept",
    }


def _capture(session: Session, fetch: Fetch, read: _Read) -> Capture:
    return Capture(
        url=fetch.url,
        at=fetch.at,
        status=fetch.status or 200,
        headers=tuple((name, value) for name, value in fetch.headers),
        body=payload_bytes(session, read.payload_id),
        origin="",
        final_url=fetch.final_url,
        source=read.source,
    )


def _reads(session: Session, institution: Institution, since: datetime | None) -> Iterator[_Read]:
    """The institution's good reads by time, a "not modified" with the bytes that it confirmed."""
    last: dict[int | None, int] = {}
    for fetch_id, document_id, at, brought, shown, source in _rows(session, institution):
        payload_id = brought or shown or last.get(document_id)
        if payload_id is None:
            continue
        if document_id is not None:
            last[document_id] = payload_id
        if since is None or at >= since:
            yield _Read(fetch_id, payload_id, f"{institution.key}/{source}")


def _rows(session: Session, institution: Institution) -> Sequence[Any]:
    query = (
        select(Fetch.id, Fetch.document_id, Fetch.at, Fetch.payload_id)
        .add_columns(col(Snapshot.payload_id), col(Source.key))
        .join(Source, col(Fetch.source_id) == Source.id)
        .join(Document, col(Fetch.document_id) == Document.id, isouter=True)
        .join(Snapshot, col(Snapshot.fetch_id) == Fetch.id, isouter=True)
        .where(col(Source.institution_id) == institution.id)
        .where(col(Fetch.outcome).in_((Outcome.FETCHED, Outcome.NOT_MODIFIED)))
        .where(or_(col(Document.id).is_(None), col(Document.withheld).is_(False)))
        .order_by(col(Fetch.at), col(Fetch.id))
    )
    return session.execute(query).all()
