"""What people judged, and where those words stand in a document's latest version. Reads only."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace

from rapidfuzz import fuzz
from sqlmodel import Session, col, select

from tracker.anchors import ALIKE, MOST, Quote, find_passage
from tracker.changes import binds_otherwise
from tracker.model import Passage, Review, Version, VersionPassage
from tracker.store.rows import portions
from tracker.verdicts import Judged, together

RECOGNISED = 70.0  # per cent of likeness from which a passage is another, edited


@dataclass(frozen=True, slots=True)
class Now:
    """Where judged words stand in the latest version; where they are gone, where they stood."""

    key: tuple[int, int]
    outdated: bool = False


def judged(session: Session, document_ids: Iterable[int]) -> dict[tuple[int, int], Judged]:
    """Return what people say, by (document, passage); each person's latest verdict counts.

    A verdict follows its passage through edits of the document (see `anchors`), marked `outdated`
    where they touch what was judged; it also stays with the words that were judged.
    """
    given = latest(session, document_ids)
    found = {}
    for place, now in followed_from(session, given).items():
        verdict = together(list(given[place].values()))
        found[place] = replace(verdict, outdated=now.outdated)
        if now.key != place and now.key not in given:
            found[now.key] = replace(verdict, edited=True, outdated=now.outdated)
    return found


def latest(
    session: Session, document_ids: Iterable[int] | None = None
) -> dict[tuple[int, int], dict[str, Review]]:
    """Return each person's latest verdict, by (document, passage)."""
    every = select(Review).order_by(col(Review.id))
    queries = [every]
    if document_ids is not None:
        some = portions(sorted(document_ids))
        queries = [every.where(col(Review.document_id).in_(ids)) for ids in some]
    found: dict[tuple[int, int], dict[str, Review]] = {}
    for row in (row for query in queries for row in session.exec(query)):
        found.setdefault((row.document_id, row.passage_id), {})[row.reviewer] = row
    return found


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
