"""Whether the evidence is still what was fetched: the chain of manifests, payloads and texts."""

import hashlib
from collections.abc import Iterator

import zstandard
from sqlmodel import Session, col, select

from tracker.archive import sha256, unpack_text
from tracker.model import Fetch, Payload, Run, RunState, Version
from tracker.store.payloads import payload_bytes


def manifest(session: Session, run_id: int, previous: str | None) -> str:
    """Return the hash over a run's fetches, chained to the run before (design, decision 1)."""
    digest = hashlib.sha256((previous or "").encode())
    rows = session.exec(
        select(Fetch, Payload.sha256)
        .join(Payload, col(Fetch.payload_id) == Payload.id, isouter=True)
        .where(Fetch.run_id == run_id)
        .order_by(col(Fetch.id))
    )
    for fetch, payload in rows:
        line = (fetch.url, fetch.at.isoformat(), fetch.outcome, fetch.status, payload)
        digest.update(("\n" + "\t".join(map(str, line))).encode())
    return digest.hexdigest()


def damage(session: Session) -> Iterator[str]:
    """Yield one line for everything that is not what it was when it was recorded."""
    yield from _damaged_payloads(session)
    yield from _damaged_texts(session)
    yield from _broken_chain(session)


def _damaged_payloads(session: Session) -> Iterator[str]:
    for payload_id, expected in session.exec(select(Payload.id, Payload.sha256)).all():
        assert payload_id is not None
        try:
            found = sha256(payload_bytes(session, payload_id))
        except zstandard.ZstdError as error:
            yield f"payload {payload_id}: cannot be unpacked ({error}); restore it from a backup"
            continue
        if found != expected:
            yield f"payload {payload_id}: bytes hash to {found[:12]}…, recorded was {expected[:12]}…"
        session.expunge_all()


def _damaged_texts(session: Session) -> Iterator[str]:
    rows = session.exec(select(Version.id, Version.text_sha256, Version.body))
    for version_id, expected, body in rows.all():
        try:
            found = sha256(unpack_text(body).encode())
        except (zstandard.ZstdError, UnicodeDecodeError) as error:
            yield f"version {version_id}: its text cannot be unpacked ({error})"
            continue
        if found != expected:
            yield f"version {version_id}: its text is not the one that was recorded"


def _broken_chain(session: Session) -> Iterator[str]:
    """Each run follows the one that ended before it, which need not have begun before it."""
    query = select(Run).where(Run.state != RunState.RUNNING).order_by(col(Run.id))
    runs = session.exec(query).all()
    known = {None, *(run.manifest_sha256 for run in runs)}
    followed: set[str | None] = set()
    for run in runs:
        assert run.id is not None
        if run.previous_sha256 not in known or run.previous_sha256 in followed:
            yield f"run {run.id}: does not follow the run before it; a run was removed or altered"
        if run.manifest_sha256 != manifest(session, run.id, run.previous_sha256):
            yield f"run {run.id}: its fetch rows are not the ones it closed with"
        followed.add(run.previous_sha256)
