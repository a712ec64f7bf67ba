"""Writes what a run fetched, a batch per transaction: fetch rows and payloads together or not at all."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.exc import DBAPIError
from sqlmodel import Session, col, insert, select, update

from tracker.addresses import identity
from tracker.archive import Candidate, Fetched, NotFetched
from tracker.model import (
    Document,
    DocumentState,
    Fetch,
    Genre,
    Outcome,
    Snapshot,
    SnapshotState,
    Source,
    Voice,
)
from tracker.store import Store
from tracker.store.crawling import note_source, still_ours
from tracker.store.documents import SHORTEST, good, hours_of, in_turn, next_visit, note_failure
from tracker.store.locks import Turn
from tracker.store.naming import known_as, name, note_addresses
from tracker.store.owning import Ownership
from tracker.store.payloads import payload_bytes, record_payload
from tracker.store.planning import DECLARED, DocumentTask, Kept, document_task
from tracker.store.rows import add_row, add_rows

BATCH = 64
Result = Fetched | NotFetched


class Recorder:
    """Records one run's results; `counts` says what came of them so far."""

    def __init__(self, store: Store, run_id: int, turn: Turn | None = None) -> None:
        self.store = store
        self.run_id = run_id
        self.turn = turn or Turn()
        self.counts: Counter[str] = Counter()
        self.failed: Counter[str] = Counter()
        self._waiting: list[tuple[DocumentTask, Result]] = []
        self._intervals: dict[int, int | None] = {}
        self._ownership: Ownership | None = None

    def source(
        self, source_id: int, result: Result, *, kept: Kept | None = None, detail: str = ""
    ) -> None:
        """Record an attempt to read an address of a feed, sitemap, listing or search.

        The source's own address speaks for the source; the parts beside it do not.
        """
        with self.store.transaction() as session:
            self._ours(session)
            row = session.get_one(Source, source_id)
            if result.url == row.url:
                reason = result.reason if isinstance(result, NotFetched) else None
                note_source(row, at=result.at, reason=reason, detail=detail)
            payload_id = None
            if isinstance(result, Fetched) and result.body is not None:
                payload_id = record_payload(
                    session,
                    result.body,
                    url=result.url,
                    first_payload_id=kept.first_payload_id if kept else None,
                    key_frame=False,
                )
            fetch = self._fetch_row(result, source_id, None, payload_id)
            add_row(session, Fetch, fetch)

    def kept_body(self, kept: Kept) -> bytes:
        """Return the untouched bytes of an answer that we hold."""
        with self.store.transaction() as session:
            return payload_bytes(session, kept.payload_id)

    def unknown(self, candidates: Sequence[Candidate]) -> list[Candidate]:
        """Return the candidates that are no document's address yet, each document once."""
        first = {identity(candidate.url): candidate for candidate in reversed(candidates)}
        with self.store.transaction() as session:
            known = known_as(session, first)
        return [c for key, c in reversed(first.items()) if key not in known]

    def renewed(self, candidates: Sequence[Candidate]) -> list[DocumentTask]:
        """Return the known documents that the candidates' dates say to be newer than what we read."""
        dates = {identity(c.url): c.date for c in candidates if c.date is not None}
        with self.store.transaction() as session:
            ids = {number: dates[key] for key, number in known_as(session, dates).items()}
            rows = [session.get_one(Document, number) for number in ids]
            return [
                document_task(row)
                for row in rows
                if row.last_good_at is not None
                and row.last_good_at < ids[row.id or 0]
                and row.moved_to_id is None
            ]

    def candidates(
        self, source_id: int, candidates: Sequence[Candidate], *, at: datetime
    ) -> list[DocumentTask]:
        """Make documents of all that a source names and nobody knew, and return these."""
        ours = self.ours(source_id, candidates)
        return self.adopt(source_id, self.unknown(ours), named=len(ours), at=at)

    def adopt(
        self, source_id: int, candidates: Sequence[Candidate], *, named: int, at: datetime
    ) -> list[DocumentTask]:
        """Make documents of candidates that nobody knew; `named` is how many the source names."""
        with self.store.transaction() as session:
            source = session.get_one(Source, source_id)
            source.known = named
            if not candidates:
                return []
            owners = self._owners(session, source, candidates)
            rows = [self._document(source, c, at, owners[c.url]) for c in candidates]
            made = session.exec(
                insert(Document).returning(col(Document.id), sort_by_parameter_order=True),
                params=rows,
            )
            ids = [row[0] for row in made]
            name(session, {identity(c.url): n for c, n in zip(candidates, ids, strict=True)})
        return [
            DocumentTask(number, source_id, candidate.url)
            for number, candidate in zip(ids, candidates, strict=True)
        ]

    def ours(self, source_id: int, candidates: Sequence[Candidate]) -> list[Candidate]:
        """Return the candidates that are a listed institution's own, which what is apart is not."""
        with self.store.transaction() as session:
            owners = self._owners(session, session.get_one(Source, source_id), candidates)
        return [candidate for candidate in candidates if candidate.url in owners]

    def _owners(
        self, session: Session, source: Source, candidates: Sequence[Candidate]
    ) -> dict[str, int]:
        """Whose each candidate is; what is apart is left out, unless it is declared itself."""
        self._ownership = self._ownership or Ownership(session)
        found = {c.url: self._ownership.of(c.url, source.institution_id) for c in candidates}
        if source.kind in DECLARED:
            return {url: owner or source.institution_id for url, owner in found.items()}
        return {url: owner for url, owner in found.items() if owner is not None}

    def _document(
        self, source: Source, candidate: Candidate, at: datetime, institution_id: int
    ) -> dict[str, Any]:
        return {
            "institution_id": institution_id,
            "source_id": source.id,
            "url": candidate.url,
            "found_run_id": self.run_id,
            "found_at": at,
            "hint_title": candidate.title,
            "hint_date": candidate.date,
            **_UNREAD,
        }

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
        counted = self.counts.copy(), self.failed.copy()
        try:
            with self.store.transaction() as session:
                self._record(session, waiting)
        except DBAPIError:
            self.counts, self.failed = counted  # nothing of it was written
            raise

    def _record(self, session: Session, waiting: list[tuple[DocumentTask, Result]]) -> None:
        self._ours(session)
        in_turn(session, [task.id for task, _ in waiting])
        unchanged = [(t, r) for t, r in waiting if isinstance(r, Fetched) and r.not_modified]
        self._record_unchanged(session, unchanged)
        others = [(t, r) for t, r in waiting if isinstance(r, NotFetched) or not r.not_modified]
        documents = _documents(session, [task.id for task, _ in others])
        for task, result in others:
            if isinstance(result, NotFetched):
                self._record_failure(session, task, result, documents[task.id])
            else:
                self._record_body(session, task, result, documents[task.id])

    def _ours(self, session: Session) -> None:
        if session.get_bind().dialect.name != "sqlite":  # there nobody else is at work
            self.turn.hold()
            still_ours(session, self.run_id)

    def _record_unchanged(
        self, session: Session, results: list[tuple[DocumentTask, Fetched]]
    ) -> None:
        if not results:
            return
        self.counts["not_modified"] += len(results)
        rows = [self._fetch_row(result, task.source_id, task.id, None) for task, result in results]
        add_rows(session, Fetch, rows)
        self._learn_intervals(session, [task.source_id for task, _ in results])
        known = [
            {"id": task.id, **good(result.at), **self._next_visit(task, result.at)}
            for task, result in results
        ]
        session.exec(update(Document), params=known)

    def _learn_intervals(self, session: Session, source_ids: Sequence[int]) -> None:
        for source_id in set(source_ids) - self._intervals.keys():
            options = session.get_one(Source, source_id).options
            self._intervals[source_id] = hours_of(options.get("interval"))

    def _next_visit(self, task: DocumentTask, at: datetime) -> dict[str, Any]:
        interval = self._intervals[task.source_id]
        hours, due_at = next_visit(
            task.revisit_hours, interval=interval, good_at=task.good_at, at=at, who=task.id
        )
        return {"revisit_hours": hours, "due_at": due_at}

    def _record_failure(
        self, session: Session, task: DocumentTask, result: NotFetched, document: Document
    ) -> None:
        self.failed[str(result.reason)] += 1
        row = self._fetch_row(result, task.source_id, task.id, None)
        add_row(session, Fetch, row)
        note_failure(document, result.reason, at=result.at)

    def _record_body(
        self, session: Session, task: DocumentTask, result: Fetched, document: Document
    ) -> None:
        assert result.body is not None
        self.counts["fetched"] += 1
        payload_id = record_payload(
            session, result.body, url=result.url, first_payload_id=document.first_payload_id
        )
        row = self._fetch_row(result, task.source_id, task.id, payload_id)
        fetch_id = add_row(session, Fetch, row)
        if payload_id != document.last_payload_id or _unread_yet(session, task.id):
            self.counts["new_snapshots"] += 1
            add_row(session, Snapshot, _snapshot(task, result, fetch_id, payload_id))
        document.first_payload_id = document.first_payload_id or payload_id
        document.last_payload_id = payload_id
        document.media_type = result.media_type
        headers = {name.lower(): value for name, value in result.headers}
        document.etag, document.last_modified = headers.get("etag"), headers.get("last-modified")
        note_addresses(session, document, result)
        self._learn_intervals(session, [task.source_id])
        for column, value in (good(result.at) | self._next_visit(task, result.at)).items():
            setattr(document, column, value)

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
            "signals": list(result.signals) if isinstance(result, Fetched) else [],
        }


_UNREAD = {
    "state": DocumentState.NEVER_READ,
    "title": "",
    "media_type": "",
    "failures": 0,
    "revisit_hours": SHORTEST,
    "genre": Genre.UNKNOWN,
    "voice": Voice.UNKNOWN,
    "voice_because": "",
    "withheld": False,
}


def _documents(session: Session, ids: Sequence[int]) -> dict[int, Document]:
    rows = session.exec(select(Document).where(col(Document.id).in_(ids)))
    return {row.id: row for row in rows if row.id is not None}


def _unread_yet(session: Session, document_id: int) -> bool:
    """Whether the last capture waits to be read: it may prove a wall, and the same bytes again too."""
    last = (
        select(Snapshot.state)
        .where(Snapshot.document_id == document_id)
        .order_by(col(Snapshot.captured_at).desc(), col(Snapshot.id).desc())
    )
    return session.exec(last.limit(1)).first() is SnapshotState.PENDING


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
