"""The write side for people: verdicts on codings, append-only. Knows no screen."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from tracker.model import Recommendation, Review, Reviewed, Stance, Topic, Verdict

LABELS = frozenset({*map(str, Topic), *map(str, Recommendation)})


@dataclass(frozen=True, slots=True)
class Judged:
    """What people together say of a passage's coding in one document."""

    reviewed: Reviewed
    rejected: bool
    labels: frozenset[str]
    stance: Stance


def record_review(
    session: Session,
    *,
    passage_id: int,
    document_id: int,
    reviewer: str,
    verdict: Verdict,
    labels: Iterable[str],
    stance: Stance,
    coder: str,
    quote: str = "",
    note: str = "",
    at: datetime,
) -> int:
    """Add one person's verdict and return its id; raises ValueError on an unknown label."""
    given = sorted(set(labels))
    if unknown := set(given) - LABELS:
        raise ValueError(f"not labels of the codebook: {', '.join(sorted(unknown))}")
    review = Review(
        passage_id=passage_id,
        document_id=document_id,
        reviewer=reviewer,
        at=at,
        verdict=verdict,
        labels=given,
        stance=stance,
        coder=coder,
        quote=quote,
        note=note,
    )
    session.add(review)
    session.flush()
    assert review.id is not None
    return review.id


def judged(session: Session, document_ids: Iterable[int]) -> dict[tuple[int, int], Judged]:
    """Return what people say, by (document, passage); each person's latest verdict counts."""
    rows = session.exec(
        select(Review)
        .where(col(Review.document_id).in_(list(document_ids)))
        .order_by(col(Review.id))
    )
    latest: dict[tuple[int, int], dict[str, Review]] = {}
    for row in rows:
        latest.setdefault((row.document_id, row.passage_id), {})[row.reviewer] = row
    return {place: together(list(people.values())) for place, people in latest.items()}


def together(reviews: list[Review]) -> Judged:
    """Combine the verdicts of several people: what most of them say; a tie is not confirmed."""
    rejecting = [review for review in reviews if review.verdict is Verdict.REJECT]
    agreeing = [review for review in reviews if review.verdict is not Verdict.REJECT]
    if len(rejecting) > len(agreeing):
        return Judged(_many(rejecting), rejected=True, labels=frozenset(), stance=Stance.NONE)
    last = agreeing[-1]
    same = [r for r in agreeing if (r.labels, r.stance) == (last.labels, last.stance)]
    disputed = bool(rejecting) and len(rejecting) == len(agreeing)
    return Judged(
        Reviewed.NONE if disputed else _many(same),
        rejected=False,
        labels=frozenset(last.labels),
        stance=last.stance,
    )


def _many(reviews: list[Review]) -> Reviewed:
    return Reviewed.TWO if len(reviews) > 1 else Reviewed.ONE
