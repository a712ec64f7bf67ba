"""Damaged evidence brought back from a backup: bytes and texts whose hash is the recorded one, nothing else."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import zstandard
from sqlmodel import Session, col, select, update

from tracker.archive import pack, sha256, unpack, unpack_text
from tracker.model import Payload, Version
from tracker.store.backup import rows_of
from tracker.store.integrity import damaged_payloads, damaged_texts


def mend(session: Session, backup: Path) -> tuple[int, int]:
    """Restore what is damaged from a backup; return how much that was, and how much is damaged still.

    Raises BackupError for a file that is no backup or is damaged.
    """
    payloads = [found.id for found in damaged_payloads(session)]
    texts = [found.id for found in damaged_texts(session)]
    _mend_payloads(session, backup, payloads)
    _mend_texts(session, backup, texts)
    session.expire_all()
    # What rested on a payload that came back is whole again, whether the backup holds it or not.
    left = len(list(damaged_payloads(session))) + len(list(damaged_texts(session)))
    return len(payloads) + len(texts) - left, left


def _mend_payloads(session: Session, backup: Path, damaged: list[int]) -> None:
    if not damaged:
        return
    wanted = dict(
        session.exec(select(Payload.sha256, Payload.id).where(col(Payload.id).in_(damaged))).all()
    )
    bases = {row["id"]: row["base_id"] for row in rows_of(backup, Payload)}
    needed = {row["id"] for row in rows_of(backup, Payload) if row["sha256"] in wanted}
    for number in list(needed):
        needed |= set(_below(bases, number))
    kept = {row["id"]: row for row in rows_of(backup, Payload) if row["id"] in needed}
    for row in kept.values():
        body = _unpacked(kept, row)
        if row["sha256"] in wanted and body is not None and sha256(body) == row["sha256"]:
            # Alone, so that it rests on nothing that may be damaged too.
            fields = {"body": pack(body).body, "size": len(body), "base_id": None}
            change = update(Payload).where(col(Payload.id) == wanted[row["sha256"]])
            session.exec(change.values(**fields))


def _below(bases: dict[int, int | None], number: int) -> Iterator[int]:
    base = bases.get(number)
    while base is not None:
        yield base
        base = bases.get(base)


def _unpacked(kept: dict[int, dict[str, Any]], row: dict[str, Any]) -> bytes | None:
    base = None
    if row["base_id"] is not None:
        base = _unpacked(kept, kept[row["base_id"]])
    try:
        return unpack(row["body"], row["size"], base)
    except zstandard.ZstdError:
        return None  # it was damaged when the backup was made


def _mend_texts(session: Session, backup: Path, damaged: list[int]) -> None:
    if not damaged:
        return
    query = select(Version.id, Version.text_sha256).where(col(Version.id).in_(damaged))
    wanted = dict(session.exec(query).all())
    texts = {
        row["text_sha256"]: row["body"]
        for row in rows_of(backup, Version)
        if row["text_sha256"] in wanted.values()
    }
    for version_id, digest in wanted.items():
        if digest in texts and _is(texts[digest], digest):
            change = update(Version).where(col(Version.id) == version_id)
            session.exec(change.values(body=texts[digest]))


def _is(body: bytes, digest: str) -> bool:
    try:
        return sha256(unpack_text(body).encode()) == digest
    except (zstandard.ZstdError, UnicodeDecodeError):
        return False
