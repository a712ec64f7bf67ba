"""Snapshots become versions, or are set aside and why."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from functools import partial

from sqlmodel import Session

from tracker.extraction.passages import split
from tracker.extraction.quality import is_cut, quarantine
from tracker.extraction.text import Extracted, Unreadable
from tracker.model import QuarantineReason
from tracker.rederiving import BATCH, Told, freshen, read_bytes, read_snapshot
from tracker.store import Store, reading, reopening
from tracker.store.crawling import living_runs
from tracker.store.payloads import payload_bytes


def read_snapshots(store: Store, told: Told, *, ocr: bool, at: datetime) -> tuple[int, int]:
    """Read every snapshot that waits; count new versions and what is set aside."""
    made: Counter[bool | None] = Counter()
    while True:
        with store.transaction() as session:
            batch = reading.pending_snapshots(session, limit=BATCH, leave=living_runs(session))
        # A slow file, read inside a transaction, would keep every other writer waiting.
        readings = []
        for number, pending in enumerate(batch):
            told("reading", made[True] + made[False] + number)
            if not pending.reopens:
                readings.append((pending, _read(store, pending, ocr=ocr)))
        held = [pending for pending, _ in readings]
        with store.transaction() as session, reading.held(session, held):
            made.update(_record(session, p, found, ocr=ocr) for p, found in readings)
        for pending in batch:
            if pending.reopens:
                made[True] += _read_anew(store, pending.document_id, ocr=ocr, at=at)
        if not batch:
            return made[True], made[False]


def _read_anew(store: Store, document_id: int, *, ocr: bool, at: datetime) -> int:
    """Read every capture of a document again, in order; return how many versions are new."""
    with store.transaction() as session:
        before = reading.version_ids(session, document_id)
        reopening.reopen(session, document_id)
        while batch := reading.pending_snapshots(session, limit=1, document_id=document_id):
            pending = replace(batch[0], reopens=True)
            body, found = read_snapshot(session, pending, ocr=ocr)
            lasts = partial(_was_cut, session, pending)
            _record(session, pending, _judged(pending, body, found, lasts))
        reopening.settle(session, document_id, at=at)
        return len(reading.version_ids(session, document_id) - before)


def _read(store: Store, pending: reading.PendingSnapshot, *, ocr: bool) -> Extracted | Unreadable:
    with store.transaction() as session:
        body = payload_bytes(session, pending.payload_id)

    def lasts(found: Extracted) -> bool:
        with store.transaction() as session:
            return _was_cut(session, pending, found)

    return _judged(pending, body, read_bytes(body, pending, ocr=ocr), lasts)


def _judged(
    pending: reading.PendingSnapshot,
    body: bytes,
    found: Extracted | Unreadable,
    was_cut: Callable[[Extracted], bool],
) -> Extracted | Unreadable:
    """Return what a snapshot says, or that it is to be set aside and why."""
    if isinstance(found, Unreadable):
        return found
    why = quarantine(
        found,
        body,
        previous_words=pending.previous_words,
        previous_language=pending.previous_language,
        at_least_words=pending.at_least_words,
        url=pending.url,
        final_url=pending.final_url,
    )
    if why is QuarantineReason.COLLAPSE and was_cut(found):
        return found
    return Unreadable(f"looks like {why.replace('_', ' ')}", why) if why else found


def _was_cut(session: Session, pending: reading.PendingSnapshot, found: Extracted) -> bool:
    """Whether a collapse is what the page now is: it lasts, and what is left stood there before."""
    before = reading.lasting_collapse(session, pending)
    return before is not None and is_cut(found.text, before)


def _record(
    session: Session,
    pending: reading.PendingSnapshot,
    found: Extracted | Unreadable,
    *,
    ocr: bool = False,
) -> bool | None:
    """Record a reading: True for a new version, False where it was set aside, None for the same."""
    if isinstance(found, Unreadable):
        reading.record_unread(session, pending, detail=found.reason, quarantine=found.quarantine)
        return False
    if not pending.reopens:
        freshen(session, pending, ocr=ocr)
    made = reading.record_text(session, pending, found, split(found))
    return True if made is not None else None
