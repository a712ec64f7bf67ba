"""Passages, each distinct text once, and where they stand in a version."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session, col, select

from tracker.archive import sha256
from tracker.extraction.text import PassageText
from tracker.model import Passage, VersionPassage
from tracker.store.rows import add_rows, portions

HEADINGS_JOINED = " › "
_WAITING = "passages to add"


@dataclass(frozen=True, slots=True)
class _Cut:
    """A version and the passages that it was cut into."""

    version_id: int
    language: str | None
    passages: Sequence[PassageText]


@contextmanager
def together(session: Session) -> Iterator[None]:
    """Add the passages of all versions recorded meanwhile at once: a question each costs more."""
    waiting = session.info[_WAITING] = list[_Cut]()
    try:
        yield
    finally:
        del session.info[_WAITING]
    _add_passages(session, waiting)


def record_passages(
    session: Session, version_id: int, language: str | None, passages: Sequence[PassageText]
) -> None:
    """Add the passages of a version, each distinct text once; at once or with those of a batch."""
    cut = _Cut(version_id, language, passages)
    waiting: list[_Cut] | None = session.info.get(_WAITING)
    if waiting is None:
        _add_passages(session, [cut])
    else:
        waiting.append(cut)


def _add_passages(session: Session, versions: Sequence[_Cut]) -> None:
    placed = [
        (sha256(passage.text.encode()), cut, position, passage)
        for cut in versions
        for position, passage in enumerate(cut.passages)
    ]
    known = _passage_ids(session, list(dict.fromkeys(digest for digest, *_ in placed)))
    fresh: dict[str, dict[str, Any]] = {}
    for digest, cut, _, passage in placed:
        if digest not in known and digest not in fresh:
            fresh[digest] = _passage_row(digest, passage.text, cut.language)
    add_rows(session, Passage, list(fresh.values()))
    known |= _passage_ids(session, list(fresh))
    rows = [
        {
            "version_id": cut.version_id,
            "position": position,
            "passage_id": known[digest],
            "heading_path": HEADINGS_JOINED.join(passage.heading_path),
            "start": passage.start,
            "end": passage.end,
        }
        for digest, cut, position, passage in placed
    ]
    add_rows(session, VersionPassage, rows)


def _passage_row(digest: str, text: str, language: str | None) -> dict[str, Any]:
    return {"sha256": digest, "text": text, "words": len(text.split()), "language": language}


def _passage_ids(session: Session, hashes: Sequence[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for some in portions(hashes):
        query = select(Passage.sha256, Passage.id).where(col(Passage.sha256).in_(some))
        # On the connection: all rows are added there, and nothing that waits need be written first.
        rows = session.connection().execute(query)
        found |= {digest: passage_id for digest, passage_id in rows if passage_id}
    return found
