"""Whether the evidence is still what was fetched: the chain of manifests, payloads and texts."""

import hashlib
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import zstandard
from sqlmodel import Session, col, select

from tracker.archive import sha256, unpack_text
from tracker.model import Document, Fetch, Payload, Run, RunState, Snapshot, Version
from tracker.store.payloads import unpacked


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


@dataclass(frozen=True, slots=True)
class Capture:
    """A capture whose evidence is damaged, and the versions that were read from it."""

    url: str
    at: datetime
    versions: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Damage:
    """Something that is not what it was when it was recorded, what rests on it, and what to do."""

    table: str
    id: int
    problem: str
    remedy: str
    captures: tuple[Capture, ...] = ()

    def __str__(self) -> str:
        shown = [
            f"  {one.url}, captured {one.at:%Y-%m-%d %H:%M:%S} UTC"
            + (f"; of it: version {', '.join(map(str, one.versions))}" if one.versions else "")
            for one in self.captures[:SHOWN]
        ]
        if more := len(self.captures) - SHOWN:
            shown += [f"  and {more} more: --json names all"] if more > 0 else []
        lines = [f"{self.table} {self.id}: {self.problem}", *shown, f"  to do: {self.remedy}"]
        return "\n".join("".join(c if c.isprintable() else " " for c in line) for line in lines)

    def to_json(self) -> dict[str, Any]:
        """Return the damage as plain values."""
        captures = [{**asdict(one), "at": one.at.isoformat()} for one in self.captures]
        return {**asdict(self), "captures": captures}


SHOWN = 5  # captures named on a screen
RESTORE = (
    "with a backup that holds it, `tracker restore FILE --damaged` brings back what is damaged and "
    "touches nothing else; without one it is lost, and only what the address serves from now on is kept"
)
ALTERED = (
    "what a run recorded was altered by something else than this program: compare with a backup "
    "(`tracker restore FILE` into a new folder), and find out what wrote to the database"
)


def damage(session: Session) -> Iterator[Damage]:
    """Yield everything that is not what it was when it was recorded."""
    yield from damaged_payloads(session)
    yield from damaged_texts(session)
    yield from _broken_chain(session)


def damaged_payloads(session: Session) -> Iterator[Damage]:
    """Yield the payloads whose bytes are not the ones that were fetched."""
    broken: set[int | None] = set()
    columns = select(Payload.id, Payload.sha256, Payload.base_id).order_by(col(Payload.id))
    for payload_id, expected, base_id in session.exec(columns).all():
        assert payload_id is not None
        if problem := _payload_problem(session, payload_id, expected):
            if base_id in broken:
                problem = f"rests on payload {base_id}, which is damaged; it comes back with that"
            broken.add(payload_id)
            yield Damage("payload", payload_id, problem, RESTORE, _captures(session, payload_id))
        session.expunge_all()


def _payload_problem(session: Session, payload_id: int, expected: str) -> str:
    try:
        found = sha256(unpacked(session, payload_id))
    except zstandard.ZstdError as error:
        return f"cannot be unpacked ({error})"
    return (
        "" if found == expected else f"bytes hash to {found[:12]}…, recorded was {expected[:12]}…"
    )


def _captures(session: Session, payload_id: int) -> tuple[Capture, ...]:
    read = (
        select(Snapshot.fetch_id, Version.number)
        .join(Version, col(Version.snapshot_id) == Snapshot.id)
        .where(Snapshot.payload_id == payload_id)
    )
    versions: defaultdict[int, list[int]] = defaultdict(list)
    for fetch_id, number in session.exec(read):
        versions[fetch_id].append(number)
    fetches = select(Fetch.id, Fetch.url, Fetch.at).where(Fetch.payload_id == payload_id)
    return tuple(
        Capture(url, at, tuple(sorted(versions.get(fetch_id or 0, ()))))
        for fetch_id, url, at in session.exec(fetches.order_by(col(Fetch.id)))
    )


def damaged_texts(session: Session) -> Iterator[Damage]:
    """Yield the versions whose text is not the one that was read."""
    rows = session.exec(
        select(Version, Document.url).join(Document, col(Version.document_id) == Document.id)
    )
    for version, url in rows.all():
        assert version.id is not None
        if problem := _text_problem(version):
            capture = Capture(url, version.seen_to, (version.number,))
            yield Damage("version", version.id, problem, RESTORE, (capture,))
        session.expunge(version)


def _text_problem(version: Version) -> str:
    try:
        found = sha256(unpack_text(version.body).encode())
    except (zstandard.ZstdError, UnicodeDecodeError) as error:
        return f"its text cannot be unpacked ({error})"
    return "" if found == version.text_sha256 else "its text is not the one that was recorded"


def _broken_chain(session: Session) -> Iterator[Damage]:
    """Each run follows the one that ended before it, which need not have begun before it."""
    query = select(Run).where(Run.state != RunState.RUNNING).order_by(col(Run.id))
    runs = session.exec(query).all()
    known = {None, *(run.manifest_sha256 for run in runs)}
    followed: set[str | None] = set()
    for run in runs:
        assert run.id is not None
        if run.previous_sha256 not in known or run.previous_sha256 in followed:
            problem = "does not follow the run before it; a run was removed or altered"
            yield Damage("run", run.id, problem, ALTERED)
        if run.manifest_sha256 != manifest(session, run.id, run.previous_sha256):
            yield Damage("run", run.id, "its fetch rows are not the ones it closed with", ALTERED)
        followed.add(run.previous_sha256)
