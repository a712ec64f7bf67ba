"""How passages are coded: what no coder of today has seen yet, and how sure each coding is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_
from sqlmodel import Session, col, delete, select, update

from tracker.model import Coding, Passage, PassageEntity, Stance
from tracker.store.labelling import labels_of
from tracker.store.rows import add_rows, known_id


def uncoded_passages(
    session: Session, coder: str, *, after: int = 0, limit: int
) -> list[tuple[int, str]]:
    """Return (id, text) of passages past an id that this coder has not coded yet, by id."""
    coded = and_(col(Coding.passage_id) == Passage.id, col(Coding.coder) == coder)
    rows = session.exec(
        select(Passage.id, Passage.text)
        .join(Coding, coded, isouter=True)
        .where(col(Coding.id).is_(None), col(Passage.id) > after)
        .order_by(col(Passage.id))
        .limit(limit)
    )
    return [(known_id(passage_id), text) for passage_id, text in rows]


def record_codings(session: Session, coder: str, rows: Sequence[dict[str, Any]]) -> None:
    """Add one coding a passage; each row has `passage_id` and the columns of the coding table."""
    add_rows(session, Coding, [{"coder": coder, **row} for row in rows])


def record_entities(
    session: Session, passage_ids: Sequence[int], rows: Sequence[dict[str, Any]]
) -> None:
    """Replace what these passages were found to name; a row has the columns of passage_entity."""
    session.exec(delete(PassageEntity).where(col(PassageEntity.passage_id).in_(list(passage_ids))))
    add_rows(session, PassageEntity, rows)


@dataclass(frozen=True, slots=True)
class Rated:
    """A coding with what its confidence follows from."""

    id: int
    held: frozenset[str]  # topics and recommendations
    stance: Stance
    cues: dict[str, list[str]]
    words: int  # of the passage
    confidence: float


def rated_codings(session: Session, coder: str, *, after: int, limit: int) -> list[Rated]:
    """Return codings of this coder past an id, by id."""
    rows = session.exec(
        select(Coding, Passage.words)
        .join(Passage, col(Coding.passage_id) == Passage.id)
        .where(Coding.coder == coder, col(Coding.id) > after)
        .order_by(col(Coding.id))
        .limit(limit)
    )
    return [
        Rated(
            known_id(coding.id),
            labels_of(coding) - frozenset(Stance),
            coding.stance,
            coding.cues,
            words,
            coding.confidence,
        )
        for coding, words in rows
    ]


def record_confidence(session: Session, told: Mapping[int, float]) -> None:
    """Let these codings say how sure they are; nothing else of them changes."""
    if told:
        rows = [{"id": coding_id, "confidence": sure} for coding_id, sure in told.items()]
        session.exec(update(Coding), params=rows)
