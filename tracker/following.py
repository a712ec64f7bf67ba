"""Where the words that people judged stand in a document's latest version. Reads only."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from rapidfuzz import fuzz
from sqlmodel import Session, col, select

from tracker.anchors import ALIKE, MOST, Quote, find_passage
from tracker.changes import binds_otherwise
from tracker.model import Passage, Version, VersionPassage
from tracker.store.rows import portions

RECOGNISED = 70.0  # per cent of likeness from which a passage is another, edited


@dataclass(frozen=True, slots=True)
class Now:
    """Where judged words stand in the latest version; where they are gone, where they stood."""

    key: tuple[int, int]
    outdated: bool = False


def followed_from(
    session: Session, places: Iterable[tuple[int, int]]
) -> dict[tuple[int, int], Now]:
    """Return what became of judged passages."""
    found = {place: Now(place) for place in places}
    standing = _standing(session, {document_id for document_id, _ in found})
    texts: dict[int, dict[int, str]] = {}
    for place in found.keys() - standing:
        document_id = place[0]
        if document_id not in texts:
            texts[document_id] = _current(session, document_id)
        found[place] = _edited(session, place, texts[document_id])
    return found


def _standing(session: Session, document_ids: Collection[int]) -> set[tuple[int, int]]:
    """The passages of these documents' latest versions, as (document, passage)."""
    ids, found = sorted(document_ids), set[tuple[int, int]]()
    for some in portions(ids):
        rows = session.exec(
            select(Version.document_id, VersionPassage.passage_id)
            .join(VersionPassage, col(VersionPassage.version_id) == Version.id)
            .where(col(Version.document_id).in_(some), col(Version.current))
        )
        found.update(rows.all())
    return found


def _current(session: Session, document_id: int) -> dict[int, str]:
    """The passages of a document's latest version, in order."""
    rows = session.exec(
        select(Passage.id, Passage.text)
        .join(VersionPassage, col(VersionPassage.passage_id) == Passage.id)
        .join(Version, col(VersionPassage.version_id) == Version.id)
        .where(Version.document_id == document_id, col(Version.current))
        .order_by(col(VersionPassage.position))
    )
    return {number: text for number, text in rows if number is not None}


def _edited(session: Session, place: tuple[int, int], current: Mapping[int, str]) -> Now:
    document_id, passage_id = place
    was, texts = session.get_one(Passage, passage_id).text, list(current.values())
    at = find_passage(Quote(was), texts, alike=RECOGNISED)
    if at is None:
        return Now(place)
    likeness = fuzz.ratio(was[:MOST], texts[at][:MOST])
    outdated = likeness < ALIKE or binds_otherwise(was, texts[at])
    return Now((document_id, list(current)[at]), outdated)
