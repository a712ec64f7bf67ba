"""The sentence before and the sentence after a quoted passage: how much of a capture the public sees."""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import tuple_
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from tracker.extraction.sentences import sentences
from tracker.model import Document, Passage, Version, VersionPassage

Place = tuple[int, int]  # version and passage
Beside = tuple[str, str]
LONGEST = 300  # characters of a sentence; a longer one, such as a table's row, is left out


def beside(session: Session, items: Iterable[Mapping[str, Any]]) -> dict[Place, Beside]:
    """Return what stands right before and right after each quote under the same headings; "" where nothing does."""
    places = {(item["version_id"], item["passage_id"]) for item in items}
    if not places:
        return {}
    here, there = aliased(VersionPassage), aliased(VersionPassage)
    step = col(there.position) - col(here.position)
    rows = session.exec(
        select(here.version_id, here.passage_id, step, Passage.text)
        .join(there, col(here.version_id) == there.version_id)
        .join(Passage, col(there.passage_id) == Passage.id)
        .join(Version, col(here.version_id) == Version.id)
        .join(Document, col(Version.document_id) == Document.id)
        .where(tuple_(here.version_id, here.passage_id).in_(places))
        .where(step.in_([-1, 1]))
        .where(there.heading_path == here.heading_path)
        .where(col(Document.withheld).is_(False))
        .order_by(col(here.position).desc())
    )
    found: dict[Place, Beside] = {}
    for version_id, passage_id, side, text in rows:
        before, after = found.get((version_id, passage_id), ("", ""))
        said = _edge(text, last=side < 0)
        found[version_id, passage_id] = (said, after) if side < 0 else (before, said)
    return found


def _edge(text: str, *, last: bool) -> str:
    spans = sentences(text)
    if not spans:
        return ""
    start, end = spans[-1 if last else 0]
    return text[start:end].strip() if end - start <= LONGEST else ""
