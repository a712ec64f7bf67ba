"""Payload rows: content-addressed, compressed against a key frame. Knows no fetches.

A document's first capture is stored against its host's key frame (the host's first page), later
ones against the document's first capture, whenever that is smaller: a chain of at most two.
"""

from typing import Any
from urllib.parse import urlsplit

import zstandard
from sqlalchemy import bindparam
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col, select

from tracker.archive import pack, sha256, unpack
from tracker.model import KeyFrame, Payload

# Made once: each is asked for every page.
_KNOWN = select(Payload.id).where(col(Payload.sha256) == bindparam("sha256"))
_FRAME = select(KeyFrame.payload_id).where(col(KeyFrame.host) == bindparam("host"))
_PACKED = select(Payload.body, Payload.size, Payload.base_id).where(
    col(Payload.id) == bindparam("id")
)


class DamagedPayloadError(Exception):
    """Kept bytes cannot be read; the message says what to do."""


def record_payload(
    session: Session,
    data: bytes,
    *,
    url: str,
    first_payload_id: int | None,
    key_frame: bool = True,
) -> int:
    """Keep bytes once and return their row's id.

    `key_frame` says whether they may become what a host's other pages are stored against.
    """
    known = session.connection().scalar(_KNOWN, {"sha256": sha256(data)})
    if known is not None:
        return int(known)
    host = urlsplit(url).netloc
    base_id = first_payload_id or _key_frame(session, host)
    packed = pack(data, _base(session, base_id))
    row = {
        "sha256": packed.sha256,
        "size": packed.size,
        "body": packed.body,
        "base_id": base_id if packed.on_base else None,
    }
    payload_id = _keep(session, row)
    if base_id is None and key_frame:
        frame = {"host": host, "payload_id": payload_id}
        connection = session.connection()
        connection.execute(_unless_there(connection.dialect.name, KeyFrame), frame)
    return payload_id


def _keep(session: Session, row: dict[str, Any]) -> int:
    """Add a payload's row and return its id; another run may have kept the same bytes just now."""
    connection = session.connection()
    added = _unless_there(connection.dialect.name, Payload).returning(col(Payload.id))
    new = connection.scalar(added, row)
    return int(connection.execute(_KNOWN, row).scalar_one() if new is None else new)


def _unless_there(database: str, table: type) -> Any:
    """Return an insert that does nothing where the row is there; each database has its own."""
    of = sqlite if database == "sqlite" else postgresql
    return of.insert(table).on_conflict_do_nothing()


def _base(session: Session, base_id: int | None) -> bytes | None:
    """What to keep bytes against; a damaged base is none, so that what is new does not share its fate."""
    if base_id is None:
        return None
    try:
        return unpacked(session, base_id)
    except zstandard.ZstdError:
        return None


def payload_bytes(session: Session, payload_id: int) -> bytes:
    """Return the untouched bytes; raises DamagedPayloadError where they are so no longer."""
    try:
        return unpacked(session, payload_id)
    except zstandard.ZstdError as error:
        raise DamagedPayloadError(
            f"payload {payload_id} of the store is damaged ({error}): `tracker verify` says what rests "
            "on it, `tracker restore FILE --damaged` brings it back from a backup"
        ) from None


def unpacked(session: Session, payload_id: int) -> bytes:
    """Return the untouched bytes; raises zstandard.ZstdError where they are damaged."""
    body, size, base_id = session.connection().execute(_PACKED, {"id": payload_id}).one()
    base = None if base_id is None else unpacked(session, base_id)
    return unpack(body, size, base)


def _key_frame(session: Session, host: str) -> int | None:
    frame: int | None = session.connection().scalar(_FRAME, {"host": host})
    return frame
