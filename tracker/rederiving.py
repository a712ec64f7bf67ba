"""Kept bytes read again with today's extractors. What comes of it is technical and tells nobody.

An extractor that reads better is no news from the institution: a version that an older one made is
read anew before anything is compared with it.
"""

from collections.abc import Callable

from sqlmodel import Session

from tracker.extraction import docx, html, odt, pdf, plain
from tracker.extraction.passages import split
from tracker.extraction.reader import read
from tracker.extraction.text import Extracted, Unreadable
from tracker.store import Store
from tracker.store.payloads import payload_bytes
from tracker.store.reading import PendingSnapshot
from tracker.store.rederiving import Outdated, outdated, record_rederived

BATCH = 50

Told = Callable[[str, int], None]
STAMPS = frozenset(kind.EXTRACTOR for kind in (html, pdf, docx, odt, plain))


def read_snapshot(
    session: Session, pending: PendingSnapshot, *, ocr: bool
) -> tuple[bytes, Extracted | Unreadable]:
    """Return the bytes of a snapshot and what they say, read as its source asks for."""
    body = payload_bytes(session, pending.payload_id)
    return body, read_bytes(body, pending, ocr=ocr)


def read_bytes(body: bytes, pending: PendingSnapshot, *, ocr: bool) -> Extracted | Unreadable:
    """Return what the bytes of a snapshot say, read as its source asks for."""
    return read(
        body,
        media_type=pending.media_type,
        charset=pending.charset,
        url=pending.url,
        select=pending.select,
        remove=pending.remove,
        choice=pending.choice,
        ocr=ocr,
    )


def freshen(session: Session, pending: PendingSnapshot, *, ocr: bool) -> None:
    """Read the version that stood before a snapshot anew if an older extractor made it."""
    if pending.previous_extractor is None or pending.previous_extractor.startswith(tuple(STAMPS)):
        return  # so nearly always, and the question to the database costs as much as the rest
    for old in outdated(session, STAMPS, document_id=pending.document_id):
        _rederive(session, old, ocr=ocr)


def reextract(store: Store, told: Told, *, ocr: bool) -> int:
    """Read every current version anew that an older extractor made; return how many read otherwise."""
    last = done = changed = 0
    while True:
        with store.transaction() as session:
            batch = outdated(session, STAMPS, after=last, limit=BATCH)
            changed += sum(_rederive(session, old, ocr=ocr) for old in batch)
        if not batch:
            return changed
        last, done = batch[-1].version_id, done + len(batch)
        told("reading anew", done)


def _rederive(session: Session, old: Outdated, *, ocr: bool) -> bool:
    _, found = read_snapshot(session, old.snapshot, ocr=ocr)
    if isinstance(found, Unreadable):
        return False  # what could be read once stays as it was read
    return record_rederived(session, old, found, split(found))
