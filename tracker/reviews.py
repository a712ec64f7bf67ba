"""The write side for people: verdicts on codings, append-only, and how far people agree. Knows no screen."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlmodel import Session

from tracker.agreement import Agreement, Unit, agreement
from tracker.following import latest
from tracker.model import (
    Document,
    Passage,
    Recommendation,
    Review,
    Stance,
    Topic,
    Verdict,
)
from tracker.verdicts import together

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
