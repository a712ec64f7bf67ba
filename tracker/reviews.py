"""The write side for people: verdicts on codings, append-only, and how far people agree. Knows no screen."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from tracker.agreement import Agreement, Unit, agreement
from tracker.following import followed_from
from tracker.model import (
    Document,
    Passage,
    Recommendation,
    Review,
    Stance,
    Topic,
    Verdict,
)
from tracker.verdicts import Judged, together

LABELS = frozenset({*map(str, Topic), *map(str, Recommendation)})


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
    query = select(Review).order_by(col(Review.id))
    if document_ids is not None:
        query = query.where(col(Review.document_id).in_(list(document_ids)))
    found: dict[tuple[int, int], dict[str, Review]] = {}
    for row in session.exec(query):
        found.setdefault((row.document_id, row.passage_id), {})[row.reviewer] = row
    return found


def judged_passages(session: Session) -> list[dict[str, Any]]:
    """Return passages as people settled them, one row each as in a gold file, with its address."""
    found = []
    for (document_id, passage_id), people in latest(session).items():
        verdict = together(list(people.values()))
        if verdict.disputed:
            continue
        held = frozenset[str]() if verdict.rejected else verdict.labels
        found.append(
            {
                "id": f"{passage_id}@{document_id}",
                "text": session.get_one(Passage, passage_id).text,
                "url": session.get_one(Document, document_id).url,
                "stance": str(Stance.NONE if verdict.rejected else verdict.stance),
                **{label: int(label in held) for label in sorted(LABELS)},
            }
        )
    return found


def agreements(session: Session) -> dict[str, Agreement]:
    """Return how far people agree on each label and on the stance, over what several judged."""
    people = sorted(
        {review.reviewer for row in latest(session).values() for review in row.values()}
    )
    units: dict[str, list[Unit]] = {label: [] for label in [*sorted(LABELS), "stance"]}
    for given in latest(session).values():
        if len(given) < 2:
            continue
        for label, rows in units.items():
            rows.append([_said(given.get(person), label) for person in people])
    return {label: agreement(rows) for label, rows in units.items()}


def _said(review: Review | None, label: str) -> str | None:
    """What a person says of a label; rejecting a coding says no to all of it."""
    if review is None:
        return None
    rejected = review.verdict is Verdict.REJECT
    if label == "stance":
        return str(Stance.NONE if rejected else review.stance)
    return "yes" if label in review.labels and not rejected else "no"
