"""The evidence as WARC files that any web-archive player opens."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

from sqlmodel import Session, col, or_, select

from tracker.archive import Capture
from tracker.model import Document, Fetch, Institution, Outcome, Snapshot, Source
from tracker.store.payloads import payload_bytes
from tracker.warc import WarcWriter

LARGEST_FILE = 1_000_000_000  # bytes, the size that archives commonly keep to
ROWS = 500


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


@dataclass(frozen=True, slots=True)
class _Read:
    fetch: Fetch
    payload_id: int
    source: str


def _write(
    session: Session, folder: Path, key: str, reads: Iterator[_Read], *, at: datetime
) -> Iterator[Written]:
    part, read = 1, next(reads, None)
    while read is not None:
        path = folder / f"{key}-{part:05}.warc.gz"
        captures = 0
        unfinished = path.with_suffix(".part")
        with unfinished.open("wb") as file:
            writer = WarcWriter(file)
            writer.info(path.name, _info(key), at=at)
            while read is not None and file.tell() < LARGEST_FILE:
                unchanged = read.fetch.outcome is Outcome.NOT_MODIFIED
                writer.capture(_capture(session, read), not_modified=unchanged)
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


def _capture(session: Session, read: _Read) -> Capture:
    fetch = read.fetch
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
    for fetch, source, shown in _rows(session, institution):
        payload_id = fetch.payload_id or shown or last.get(fetch.document_id)
        if payload_id is None:
            continue
        if fetch.document_id is not None:
            last[fetch.document_id] = payload_id
        if since is None or fetch.at >= since:
            yield _Read(fetch, payload_id, f"{institution.key}/{source}")


def _rows(session: Session, institution: Institution) -> Iterable[tuple[Fetch, str, int | None]]:
    query = (
        select(Fetch, Source.key, Snapshot.payload_id)
        .join(Source, col(Fetch.source_id) == Source.id)
        .join(Document, col(Fetch.document_id) == Document.id, isouter=True)
        .join(Snapshot, col(Snapshot.fetch_id) == Fetch.id, isouter=True)
        .where(Source.institution_id == institution.id)
        .where(col(Fetch.outcome).in_((Outcome.FETCHED, Outcome.NOT_MODIFIED)))
        .where(or_(col(Document.id).is_(None), col(Document.withheld).is_(False)))
        .order_by(col(Fetch.at), col(Fetch.id))
    )
    return session.exec(query.execution_options(yield_per=ROWS))
