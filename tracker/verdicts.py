"""What several people's verdicts on one passage come to together. Pure."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from tracker.model import Review, Reviewed, Stance, Verdict

_STANCES = frozenset(map(str, Stance))


@dataclass(frozen=True, slots=True)
class Judged:
    """What people together say of a passage's coding in one document."""

    reviewed: Reviewed
    rejected: bool
    labels: frozenset[str]
    stance: Stance
    disputed: bool = False  # people differ, and nobody has adjudicated
    edited: bool = False  # the passage was edited since it was reviewed
    outdated: bool = False  # and binds otherwise now, or reads otherwise: a person must look again
    at: datetime | None = None  # of the last verdict that says so


@dataclass(frozen=True, slots=True)
class Stands:
    """How a passage is coded once people were heard on it."""

    labels: frozenset[str]
    stance: Stance
    reviewed: Reviewed = Reviewed.NONE
    rejected: bool = False
    at: datetime | None = None
    amended: bool = False
    earlier_wording: bool = False  # people judged a wording that has since been edited


def after_review(
    labels: Collection[str], stance: Stance, verdict: Judged | None, *, on_page: bool
) -> Stands:
    """Return the coding that stands: people's word overrides the machine's (codebook).

    What they rejected keeps the machine's labels, marked so.
    """
    earlier = verdict is not None and verdict.outdated and verdict.reviewed is not Reviewed.NONE
    if verdict is not None and verdict.outdated and on_page:
        verdict = None  # it was about other words: those that stand now wait for a person
    if verdict is None:
        return Stands(frozenset(labels), stance, earlier_wording=earlier)
    said = (verdict.labels, verdict.stance)
    held = (frozenset(labels), stance) if verdict.rejected else said
    # A coding lists its stance among its labels, a verdict beside them.
    topics = (verdict.labels - _STANCES, frozenset(labels) - _STANCES)
    return Stands(
        *held,
        reviewed=verdict.reviewed,
        rejected=verdict.rejected,
        at=verdict.at,
        amended=topics[0] != topics[1] or verdict.stance is not stance,
        earlier_wording=earlier,
    )


def together(reviews: Sequence[Review]) -> Judged:
    """Combine the verdicts of several people: what most of them say; a tie is not confirmed."""
    rejecting = [review for review in reviews if review.verdict is Verdict.REJECT]
    agreeing = [review for review in reviews if review.verdict is not Verdict.REJECT]
    if len(rejecting) > len(agreeing):
        return Judged(
            _many(rejecting),
            rejected=True,
            labels=frozenset(),
            stance=Stance.NONE,
            at=_last(rejecting),
        )
    ways: dict[tuple[frozenset[str], Stance], list[Review]] = {}
    for review in agreeing:
        ways.setdefault((frozenset(review.labels), review.stance), []).append(review)
    most = max(len(way) for way in ways.values())
    (labels, stance), same = [item for item in ways.items() if len(item[1]) == most][-1]
    tied = [way for way in [*ways.values(), rejecting] if len(way) == most]
    disputed = len(tied) > 1
    return Judged(
        Reviewed.NONE if disputed else _many(same),
        rejected=False,
        labels=labels,
        stance=stance,
        disputed=disputed,
        at=None if disputed else _last(same),
    )


def _last(reviews: Sequence[Review]) -> datetime:
    return max(review.at for review in reviews)


def _many(reviews: Sequence[Review]) -> Reviewed:
    return Reviewed.TWO if len(reviews) > 1 else Reviewed.ONE
