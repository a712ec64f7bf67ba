"""Writes captures that others made, as if fetched then: the same payloads, marked imported."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlmodel import Session, col, func, or_, select

from tracker.addresses import canonical_url, identity
from tracker.archive import Capture, Repeat, charset
from tracker.belonging import DOCUMENT_TYPES, Belonging, Listing, Place
from tracker.extraction.media import media_type
from tracker.model import (
    Address,
    Document,
    Fetch,
    Institution,
    Outcome,
    Payload,
    Snapshot,
    SnapshotState,
    Source,
)
from tracker.sources import SourcesFile
from tracker.store import Store
from tracker.store.documents import latest
from tracker.store.naming import known_as, name
from tracker.store.owning import Ownership
from tracker.store.payloads import payload_bytes, record_payload
from tracker.store.rows import add_row, known_id

BATCH = 64
BATCH_BYTES = 32_000_000
GOOD = (Outcome.FETCHED, Outcome.NOT_MODIFIED)


class Importer:
    """Records one import's captures; `counts` and `skipped` say what came of them so far."""

    def __init__(self, store: Store, run_id: int, file: SourcesFile, *, at: datetime) -> None:
        self.store, self.run_id, self.at = store, run_id, at
        self.belonging = Belonging(file)
        self.counts: Counter[str] = Counter()
        self.skipped: Counter[str] = Counter()
        self.documents: set[int] = set()
        self._waiting: list[tuple[Place, Capture]] = []
        self._bytes = 0
        self._ownership: Ownership | None = None
        with store.transaction() as session:
            named = select(Address.key, Document.url).join(
                Document, col(Address.document_id) == Document.id
            )
            self._known: dict[str, str] = dict(session.exec(named).all())

    def add(self, capture: Capture) -> None:
        """Take a capture if a source covers it; written at the latest by the next `flush`."""
        place, why = self._place(capture)
        if place is None:
            self.skipped[why] += 1
            return
        self._waiting.append((place, capture))
        self._bytes += len(capture.body or b"")
        if len(self._waiting) >= BATCH or self._bytes >= BATCH_BYTES:
            self.flush()

    def report(self) -> dict[str, Any]:
        """Return what came of the captures so far, for the run's row and for people."""
        return {
            "captures": self.counts["captures"],
            "documents": len(self.documents),
            "known": self.counts["known"],
            "skipped": dict(self.skipped.most_common()),
        }

    def _place(self, capture: Capture) -> tuple[Place | None, str]:
        if capture.at > self.at:
            return None, "dated in the future"
        try:
            place = self.place_of(capture.url, source=capture.source)
        except ValueError:
            return None, "not a web address"
        if place is None:
            return None, "of no watched source"
        if isinstance(place, Listing):
            return None, "a feed, sitemap or listing"
        if not 200 <= capture.status < 300:
            return None, f"status {capture.status}"
        found = media_type(capture.body or b"", declared=capture.content_type, name=capture.url)
        if capture.body is not None and not place.declared and found not in DOCUMENT_TYPES:
            return None, "not a document"
        return place, ""

    def place_of(self, url: str, *, source: str = "") -> Place | Listing | None:
        """Return where an address belongs; a document that is known stays where it is.

        Raises ValueError where it is no web address.
        """
        place = self.belonging.of(url, source=source)
        known = self._known.get(identity(canonical_url(url)))
        if known is not None and not isinstance(place, Listing):
            return Place("", "", known, declared=True)
        return place

    def knows(self, url: str, *times: datetime) -> bool:
        """Tell whether captures of all these seconds are recorded already."""
        with self.store.transaction() as session:
            good = (
                select(Fetch.id)
                .join(Document, col(Fetch.document_id) == Document.id)
                .join(Address, col(Address.document_id) == Document.id)
                .where(Address.key == identity(canonical_url(url)))
                .where(col(Fetch.outcome).in_(GOOD))
            )
            return all(session.exec(_within(good, at)).first() is not None for at in times)

    def flush(self) -> None:
        """Write everything taken so far, in one transaction."""
        if not self._waiting:
            return
        waiting, self._waiting, self._bytes = self._waiting, [], 0
        with self.store.transaction() as session:
            for place, capture in waiting:
                self._record(session, place, capture)

    def _record(self, session: Session, place: Place, capture: Capture) -> None:
        body = capture.body if capture.repeats is None else _repeated(session, capture.repeats)
        if body is None:
            self.skipped["a repeat of bytes that are not there"] += 1
            return
        document = self._document(session, place)
        if document is None:
            self.skipped["beyond max_documents, or apart"] += 1
            return
        payload_id = record_payload(
            session, body, url=document.url, first_payload_id=document.first_payload_id
        )
        if _recorded(session, document, capture.at, payload_id):
            self.counts["known"] += 1
            return
        self.counts["captures"] += 1
        self.documents.add(known_id(document.id))
        _settle_next(session, document, capture.at)
        self._insert(session, document, capture, payload_id, body)

    def _document(self, session: Session, place: Place) -> Document | None:
        key = identity(place.url)
        if (known := known_as(session, [key]).get(key)) is not None:
            return session.get_one(Document, known)
        source = session.exec(
            select(Source)
            .join(Institution, col(Source.institution_id) == Institution.id)
            .where(Institution.key == place.institution, Source.key == place.source)
        ).one()
        held = session.exec(
            select(func.count()).select_from(Document).where(Document.source_id == source.id)
        ).one()
        if held >= source.options.get("max_documents", 200):
            return None
        self._ownership = self._ownership or Ownership(session)
        owner = self._ownership.of(place.url, source.institution_id)
        if owner is None and not place.declared:
            return None
        row = Document(
            institution_id=owner or source.institution_id,
            source_id=known_id(source.id),
            url=place.url,
            found_run_id=self.run_id,
            found_at=self.at,
        )
        session.add(row)
        session.flush()
        name(session, {key: known_id(row.id)})
        return row

    def _insert(
        self, session: Session, document: Document, capture: Capture, payload_id: int, body: bytes
    ) -> None:
        fetch = {
            "run_id": self.run_id,
            "source_id": document.source_id,
            "document_id": document.id,
            "url": document.url,
            "final_url": capture.final_url,
            "at": capture.at,
            "outcome": Outcome.FETCHED,
            "status": capture.status,
            "detail": capture.origin,
            "headers": [list(pair) for pair in capture.headers],
            "payload_id": payload_id,
        }
        fetch_id = add_row(session, Fetch, fetch)
        declared = capture.content_type
        snapshot = _snapshot(known_id(document.id), fetch_id, payload_id, capture.at)
        found = media_type(body, declared=declared, name=capture.url)
        snapshot |= {"media_type": found, "charset": charset(declared)}
        add_row(session, Snapshot, {**snapshot, "imported": True})
        _note(document, capture.at, payload_id, found)


def _note(document: Document, at: datetime, payload_id: int, found: str) -> None:
    document.first_payload_id = document.first_payload_id or payload_id
    if document.last_good_at is None or document.last_good_at <= at:
        document.media_type = found
        # Our own next read must bring bytes: "not modified" would be said of other bytes than these.
        document.etag = document.last_modified = document.last_payload_id = None
    document.last_good_at = latest(document.last_good_at, at)


def _repeated(session: Session, repeat: Repeat) -> bytes | None:
    """The bytes that a repeat names, if they are here."""
    query = select(Payload.id)
    if repeat.sha256 is not None:
        query = query.where(Payload.sha256 == repeat.sha256)
    elif repeat.url is not None and repeat.at is not None:
        query = (
            query.join(Fetch, col(Fetch.payload_id) == Payload.id)
            .join(Document, col(Fetch.document_id) == Document.id)
            .join(Address, col(Address.document_id) == Document.id)
            .where(or_(Fetch.url == repeat.url, Address.key == identity(repeat.url)))
        )
        query = _within(query, repeat.at)
    else:
        return None
    payload_id = session.exec(query).first()
    return None if payload_id is None else payload_bytes(session, payload_id)


def _recorded(session: Session, document: Document, at: datetime, payload_id: int) -> bool:
    """Tell whether a read of that second, with these bytes, is there already."""
    query = (
        select(Fetch.id)
        .where(Fetch.document_id == document.id, col(Fetch.outcome).in_(GOOD))
        .where(or_(Fetch.payload_id == payload_id, col(Fetch.payload_id).is_(None)))
    )
    return session.exec(_within(query, at)).first() is not None


def _within(query: Any, at: datetime) -> Any:
    """Only fetches of that second: archives keep whole seconds, we keep fractions."""
    second = at.replace(microsecond=0)
    return query.where(Fetch.at >= second, Fetch.at < second + timedelta(seconds=1))


def _settle_next(session: Session, document: Document, at: datetime) -> None:
    """Give the next good read a snapshot of its own, if it had none.

    It had none because it only confirmed the one before, which is no longer the one before.
    """
    following = session.exec(
        select(Fetch, Snapshot.id)
        .join(Snapshot, col(Snapshot.fetch_id) == Fetch.id, isouter=True)
        .where(Fetch.document_id == document.id, col(Fetch.outcome).in_(GOOD), Fetch.at > at)
        .order_by(col(Fetch.at), col(Fetch.id))
    ).first()
    if following is None or following[1] is not None:
        return
    fetch = following[0]
    confirmed = session.exec(
        select(Snapshot)
        .where(Snapshot.document_id == document.id, Snapshot.captured_at < fetch.at)
        .order_by(col(Snapshot.captured_at).desc(), col(Snapshot.id).desc())
    ).first()
    if confirmed is None:
        return
    payload_id = fetch.payload_id or confirmed.payload_id
    row = _snapshot(known_id(document.id), known_id(fetch.id), payload_id, fetch.at)
    row |= {"media_type": confirmed.media_type, "charset": confirmed.charset}
    add_row(session, Snapshot, {**row, "imported": False})


def _snapshot(
    document_id: int, fetch_id: int, payload_id: int, captured_at: datetime
) -> dict[str, Any]:
    return {
        "document_id": document_id,
        "fetch_id": fetch_id,
        "payload_id": payload_id,
        "captured_at": captured_at.astimezone(UTC),
        "state": SnapshotState.PENDING,
        "detail": "",
    }


def in_words(run: int, counts: dict[str, Any]) -> str:
    """Return what an import came to, as one line."""
    skipped = ", ".join(f"{number} {why}" for why, number in counts["skipped"].items())
    failed = ", ".join(f"{number} {why}" for why, number in counts.get("failed", {}).items())
    left_out = counts.get("left_out", 0)
    return (
        f"run {run}: {counts['captures']} captures of {counts['documents']} documents imported, "
        f"{counts['known']} were there already"
        f"{f', {left_out} left out by --max-captures' if left_out else ''}"
        f"{f'; skipped: {skipped}' if skipped else ''}"
        f"{f'; not read: {failed}' if failed else ''}"
    )
