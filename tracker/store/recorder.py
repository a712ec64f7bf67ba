"""Writes what a run fetched, a batch per transaction: fetch rows and payloads together or not at all."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, func, insert, select, update

from tracker.archive import Candidate, Fetched, NotFetched
from tracker.model import (
    Document,
    Fetch,
    Outcome,
    Snapshot,
    SnapshotState,
    Source,
)
from tracker.store import Store
from tracker.store.crawling import DECLARED, DocumentTask, document_task, note_source
from tracker.store.documents import good, note_failure
from tracker.store.owning import Ownership
from tracker.store.payloads import record_payload

BATCH = 64
Result = Fetched | NotFetched


class Recorder:
    """Records one run's results; `counts` says what came of them so far."""

    def __init__(self, store: Store, run_id: int) -> None:
        self.store = store
        self.run_id = run_id
        self.counts: Counter[str] = Counter()
        self.failed: Counter[str] = Counter()
        self._waiting: list[tuple[DocumentTask, Result]] = []
        self._ownership: Ownership | None = None

    def source(self, source_id: int, result: Result, *, detail: str = "") -> None:
        """Record an attempt to read a feed, sitemap or listing."""
        with self.store.transaction() as session:
            row = session.get_one(Source, source_id)
            reason = result.reason if isinstance(result, NotFetched) else None
            note_source(row, at=result.at, reason=reason, detail=detail)
            payload_id = None
            if isinstance(result, Fetched) and result.body is not None:
                payload_id = record_payload(
                    session, result.body, url=result.url, first_payload_id=None, key_frame=False
                )
            fetch = self._fetch_row(result, source_id, None, payload_id)
            session.exec(insert(Fetch).values(**fetch))

    def candidates(
        self, source_id: int, candidates: Sequence[Candidate], *, at: datetime
    ) -> list[DocumentTask]:
        """Make documents of what a source names and nobody knew, up to its `max_documents`.

        Returns the new ones; the known ones are in the plan.
        """
        with self.store.transaction() as session:
            source = session.get_one(Source, source_id)
            owners = self._owners(session, source, candidates)
            candidates = [candidate for candidate in candidates if candidate.url in owners]
            source.known = len(owners)
            known = _documents_at(session, [candidate.url for candidate in candidates])
            room = self._room(session, source)
            fresh = {c.url: c for c in candidates if c.url not in known}
            taken = list(fresh.values())[: max(0, room)]
            rows = [self._document(source, c, at, owners[c.url]) for c in taken]
            session.add_all(rows)
            session.flush()
            return [document_task(row) for row in rows]

    def _owners(
        self, session: Session, source: Source, candidates: Sequence[Candidate]
    ) -> dict[str, int]:
        """Whose each candidate is; what is apart is left out, unless it is declared itself."""
        self._ownership = self._ownership or Ownership(session)
        found = {c.url: self._ownership.of(c.url, source.institution_id) for c in candidates}
        if source.kind in DECLARED:
            return {url: owner or source.institution_id for url, owner in found.items()}
        return {url: owner for url, owner in found.items() if owner is not None}

    @staticmethod
    def _room(session: Session, source: Source) -> int:
        held = session.exec(
            select(func.count()).select_from(Document).where(Document.source_id == source.id)
        ).one()
        limit: int = source.options.get("max_documents", 200)
        return limit - held

    def _document(
        self, source: Source, candidate: Candidate, at: datetime, institution_id: int
    ) -> Document:
        return Document(
            institution_id=institution_id,
            source_id=source.id or 0,
            url=candidate.url,
            found_run_id=self.run_id,
            found_at=at,
            hint_title=candidate.title,
            hint_date=candidate.date,
        )

    def document(self, task: DocumentTask, result: Result) -> None:
        """Record an attempt to read a document; written at the latest by the next `flush`."""
        self._waiting.append((task, result))
        if len(self._waiting) >= BATCH:
            self.flush()

    def flush(self) -> None:
        """Write everything recorded so far, in one transaction."""
        if not self._waiting:
            return
        waiting, self._waiting = self._waiting, []
        with self.store.transaction() as session:
            unchanged = [(t, r) for t, r in waiting if isinstance(r, Fetched) and r.not_modified]
            self._record_unchanged(session, unchanged)
            for task, result in waiting:
                if isinstance(result, NotFetched):
                    self._record_failure(session, task, result)
                elif result.body is not None:
                    self._record_body(session, task, result, result.body)

    def _record_unchanged(
        self, session: Session, results: list[tuple[DocumentTask, Fetched]]
    ) -> None:
        if not results:
            return
        self.counts["not_modified"] += len(results)
        rows = [self._fetch_row(result, task.source_id, task.id, None) for task, result in results]
        session.exec(insert(Fetch), params=rows)
        known = [{"id": task.id, **good(result.at)} for task, result in results]
        session.exec(update(Document), params=known)

    def _record_failure(self, session: Session, task: DocumentTask, result: NotFetched) -> None:
        self.failed[str(result.reason)] += 1
        row = self._fetch_row(result, task.source_id, task.id, None)
        session.exec(insert(Fetch).values(**row))
        note_failure(session.get_one(Document, task.id), result.reason, at=result.at)

    def _record_body(
        self, session: Session, task: DocumentTask, result: Fetched, body: bytes
    ) -> None:
        self.counts["fetched"] += 1
        document = session.get_one(Document, task.id)
        payload_id = record_payload(
            session, body, url=result.url, first_payload_id=document.first_payload_id
        )
        row = self._fetch_row(result, task.source_id, task.id, payload_id)
        fetch_id = session.exec(insert(Fetch).values(**row).returning(col(Fetch.id))).one()[0]
        if payload_id != document.last_payload_id:
            self.counts["new_snapshots"] += 1
            session.exec(insert(Snapshot).values(**_snapshot(task, result, fetch_id, payload_id)))
        document.first_payload_id = document.first_payload_id or payload_id
        document.last_payload_id = payload_id
        document.media_type = result.media_type
        headers = {name.lower(): value for name, value in result.headers}
        document.etag, document.last_modified = headers.get("etag"), headers.get("last-modified")
        for name, value in good(result.at).items():
            setattr(document, name, value)

    def _fetch_row(
        self, result: Result, source_id: int, document_id: int | None, payload_id: int | None
    ) -> dict[str, Any]:
        return {
            "run_id": self.run_id,
            "source_id": source_id,
            "document_id": document_id,
            "payload_id": payload_id,
            "url": result.url,
            "final_url": result.final_url if result.final_url != result.url else None,
            "at": result.at,
            "outcome": _outcome(result),
            "reason": result.reason if isinstance(result, NotFetched) else None,
            "status": result.status,
            "detail": result.detail if isinstance(result, NotFetched) else "",
            "headers": [list(pair) for pair in result.headers],
        }


def _outcome(result: Result) -> Outcome:
    if isinstance(result, NotFetched):
        return Outcome.FAILED
    return Outcome.NOT_MODIFIED if result.not_modified else Outcome.FETCHED


def _snapshot(
    task: DocumentTask, result: Fetched, fetch_id: int, payload_id: int
) -> dict[str, Any]:
    return {
        "document_id": task.id,
        "fetch_id": fetch_id,
        "payload_id": payload_id,
        "media_type": result.media_type,
        "charset": result.charset,
        "captured_at": result.at,
        "imported": False,
        "state": SnapshotState.PENDING,
        "detail": "",
    }


def _documents_at(session: Session, urls: Sequence[str]) -> dict[str, Document]:
    found: dict[str, Document] = {}
    for start in range(0, len(urls), 500):
        chunk = urls[start : start + 500]
        found |= {
            row.url: row
            for row in session.exec(select(Document).where(col(Document.url).in_(chunk)))
        }
    return found
