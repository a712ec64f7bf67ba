"""The write side for people: verdicts on codings, append-only, and what waits for one. Knows no screen."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import or_
from sqlalchemy.orm import defer
from sqlmodel import Session, col, select

from tracker.agreement import Agreement, Unit, agreement
from tracker.following import followed_from
from tracker.model import (
    Coding,
    Document,
    Institution,
    Passage,
    Recommendation,
    Review,
    Stance,
    Topic,
    Verdict,
    Version,
    VersionPassage,
    Voice,
)
from tracker.store.comparing import labels_of
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
    latest = _latest(session, document_ids)
    found = {}
    for place, now in followed_from(session, latest).items():
        verdict = together(list(latest[place].values()))
        found[place] = replace(verdict, outdated=now.outdated)
        if now.key != place and now.key not in latest:
            found[now.key] = replace(verdict, edited=True, outdated=now.outdated)
    return found


def _latest(
    session: Session, document_ids: Iterable[int] | None = None
) -> dict[tuple[int, int], dict[str, Review]]:
    query = select(Review).order_by(col(Review.id))
    if document_ids is not None:
        query = query.where(col(Review.document_id).in_(list(document_ids)))
    latest: dict[tuple[int, int], dict[str, Review]] = {}
    for row in session.exec(query):
        latest.setdefault((row.document_id, row.passage_id), {})[row.reviewer] = row
    return latest


@dataclass(frozen=True, slots=True)
class Waiting:
    """A coded passage that a person should judge, with what the machine says of it."""

    passage_id: int
    document_id: int
    institution: str  # key
    institution_name: str
    url: str
    title: str
    heading_path: str
    text: str
    language: str | None
    voice: Voice
    labels: frozenset[str]
    stance: Stance
    cues: dict[str, list[str]]
    confidence: float
    judged_by: int  # people who have judged it; what they said is not told, so a second works blind
    disputed: bool = False
    outdated: bool = False  # people judged an earlier wording of it

    @property
    def key(self) -> str:
        """What a person names it by."""
        return f"{self.passage_id}@{self.document_id}"

    @property
    def weight(self) -> float:
        """Impact times uncertainty: what a verdict on it may change in a finding."""
        if self.disputed or self.outdated:
            return 100.0
        own = 1.0 if self.voice in {Voice.INSTITUTION, Voice.UNIT} else 0.4
        unsure = 1.0 - abs(2.0 * self.confidence - 1.0)
        return own * self._impact * (0.25 + unsure) * (0.5 if self.judged_by else 1.0)

    @property
    def _impact(self) -> float:
        rights = bool(self.labels & {Topic.SURVEILLANCE, Topic.HUMAN_RIGHTS})
        if Topic.CHINA in self.labels and self.stance in {Stance.CONDEMNS, Stance.CRITICAL}:
            return 4.0 if rights else 3.0
        if self.stance is Stance.SUPPORTIVE:
            return 3.0
        return 2.0 if self.labels & set(Recommendation) else 1.0


def judge(
    session: Session,
    item: Waiting,
    *,
    reviewer: str,
    verdict: Verdict,
    labels: Iterable[str] = (),
    stance: Stance = Stance.NONE,
    coder: str,
    note: str = "",
    at: datetime,
) -> int:
    """Record a verdict on what waits; labels and stance are the person's own where they amend.

    Confirming takes the machine's coding over, rejecting leaves nothing of it.
    """
    match verdict:
        case Verdict.CONFIRM:
            held, said = item.labels, item.stance
        case Verdict.REJECT:
            held, said = frozenset(), Stance.NONE
        case Verdict.AMEND:
            held, said = frozenset(labels), stance
    return record_review(
        session,
        passage_id=item.passage_id,
        document_id=item.document_id,
        reviewer=reviewer,
        verdict=verdict,
        labels=held,
        stance=said,
        coder=coder,
        quote=item.text,
        note=note,
        at=at,
    )


def waiting(
    session: Session, *, coder: str, reviewer: str, people: int = 2, limit: int = 20
) -> list[Waiting]:
    """Return what this person should judge next, weightiest first.

    A passage waits until `people` have judged it, or longer where they differ; nobody is asked
    twice on the same words, and what the machine found nothing in is asked for only where people
    judged an earlier wording of it.
    """
    latest = _latest(session)
    earlier = followed_from(session, latest)
    followed = {now.key: latest[place] for place, now in earlier.items() if not now.outdated}
    outdated = {now.key for now in earlier.values() if now.outdated} - set(latest)
    found = []
    for row in _coded(session, coder, [passage_id for _, passage_id in outdated]):
        coding, passage, place, version, document, institution = row
        key = version.document_id, place.passage_id
        if not _says_something(coding) and key not in outdated:
            continue
        given = latest.get(key) or followed.get(key, {})
        verdict = together(list(given.values())) if given else None
        disputed = verdict is not None and verdict.disputed
        if reviewer in given or (len(given) >= people and not disputed):
            continue
        found.append(
            Waiting(
                passage_id=place.passage_id,
                document_id=version.document_id,
                institution=institution.key,
                institution_name=institution.name,
                url=document.url,
                title=document.title,
                heading_path=place.heading_path,
                text=passage.text,
                language=version.language,
                voice=document.voice,
                labels=labels_of(coding) - frozenset(Stance),
                stance=coding.stance,
                cues=coding.cues,
                confidence=coding.confidence,
                judged_by=len(given),
                disputed=disputed,
                outdated=key in outdated,
            )
        )
    found.sort(key=lambda item: (-item.weight, item.passage_id))
    return found[:limit]


def _says_something(coding: Coding) -> bool:
    return coding.china or any(getattr(coding, str(code)) for code in Recommendation)


def _coded(session: Session, coder: str, others: Collection[int]) -> Iterable[Any]:
    """The passages that say something on the subject, and these others."""
    labelled = or_(
        col(Coding.china),
        *(col(getattr(Coding, str(c))) for c in Recommendation),
        col(Coding.passage_id).in_(others),
    )
    return session.exec(
        select(Coding, Passage, VersionPassage, Version, Document, Institution)  # type: ignore[call-overload]  # typed for four at most
        .join(Passage, col(Coding.passage_id) == Passage.id)
        .join(VersionPassage, col(VersionPassage.passage_id) == Passage.id)
        .join(Version, col(VersionPassage.version_id) == Version.id)
        .join(Document, col(Version.document_id) == Document.id)
        .join(Institution, col(Document.institution_id) == Institution.id)
        .where(Coding.coder == coder, labelled, col(Version.current))
        .options(defer(Version.body))  # type: ignore[arg-type]
    )


def agreements(session: Session) -> dict[str, Agreement]:
    """Return how far people agree on each label and on the stance, over what several judged."""
    people = sorted(
        {review.reviewer for row in _latest(session).values() for review in row.values()}
    )
    units: dict[str, list[Unit]] = {label: [] for label in [*sorted(LABELS), "stance"]}
    for given in _latest(session).values():
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
