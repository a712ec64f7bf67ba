"""Who has spoken: what passages in an institution's own voice amount to. Pure.

Source: codebook, "Who has spoken".
"""

from collections.abc import Sequence

from tracker.findings.evidence import (
    Evidence,
    Result,
    awaiting,
    beside,
    confirmed_and_waiting,
    on_earlier_wording,
    own_words,
    resting_on,
    set_aside,
)
from tracker.findings.search import SearchRecord, absence
from tracker.model import SPOKEN, Recommendation, SpokenResult, Stance, Topic

SPOKEN_RULES = {
    SpokenResult.CONDEMNED: "a passage whose subject is the abuse condemns it in the institution's own voice",
    SpokenResult.CRITICISED: "a passage on surveillance or human rights criticises in the institution's own voice",
    SpokenResult.MENTIONED_CRITICALLY: "an abuse is named in passing, in the institution's own voice",
    SpokenResult.SECURITY_CONCERN: "a passage is critical, but not about surveillance or human rights",
    SpokenResult.DEFENDS_ENGAGEMENT: "a passage defends engagement or rejects criticism",
    SpokenResult.DISCUSSED: "the subject is described or reported without judgement",
}

_RANK = {result: at for at, result in enumerate(SpokenResult)}


def spoken(evidence: Sequence[Evidence], record: SearchRecord) -> Result:
    """Return who has spoken: the strongest result that people confirmed, else the machine's."""
    grades = {id(item): grade for item in own_words(evidence) if (grade := spoken_grade(item))}
    graded = [item for item in evidence if id(item) in grades]
    graded.sort(key=lambda item: _RANK[grades[id(item)]])
    confirmed, waiting, unsure = confirmed_and_waiting(graded)
    chosen = confirmed or waiting
    if not chosen:
        if unsure:
            return awaiting(unsure)
        return Result(*absence(record), set_aside=set_aside(evidence, SPOKEN))
    result = grades[id(chosen[0])]
    carrying = [item for item in chosen if grades[id(item)] is result]
    return resting_on(
        str(result),
        f"{SPOKEN_RULES[result]}{_gone(carrying)}{on_earlier_wording(graded)}",
        carrying,
        chosen[len(carrying) :],
        possible=str(grades[id(waiting[0])]) if waiting else None,
        awaiting=beside(waiting, unsure, confirmed=bool(confirmed)),
    )


def spoken_grade(item: Evidence) -> SpokenResult | None:
    """Return what one passage in the institution's own voice amounts to."""
    return graded(item.labels, item.stance, in_passing=item.in_passing)


def answered(labels: frozenset[str], stance: Stance, *, in_passing: bool) -> frozenset[str]:
    """Return the questions that a passage so coded says something on."""
    own = frozenset(map(str, Recommendation)) & labels
    return own | ({SPOKEN} if graded(labels, stance, in_passing=in_passing) else frozenset())


def graded(labels: frozenset[str], stance: Stance, *, in_passing: bool) -> SpokenResult | None:
    """Return what labels and stance amount to (the decision table)."""
    if Topic.CHINA not in labels:
        return None
    on_rights = bool(labels & {Topic.SURVEILLANCE, Topic.HUMAN_RIGHTS})
    match stance:
        case Stance.CONDEMNS | Stance.CRITICAL if on_rights and in_passing:
            return SpokenResult.MENTIONED_CRITICALLY
        case Stance.CONDEMNS if on_rights:
            return SpokenResult.CONDEMNED
        case Stance.CRITICAL if on_rights:
            return SpokenResult.CRITICISED
        case Stance.CRITICAL | Stance.CONDEMNS:
            return SpokenResult.SECURITY_CONCERN
        case Stance.SUPPORTIVE:
            return SpokenResult.DEFENDS_ENGAGEMENT
        case Stance.NEUTRAL | Stance.REPORTED if on_rights or Topic.PARTNERSHIP in labels:
            return SpokenResult.DISCUSSED
        case _:
            return None


def _gone(carrying: Sequence[Evidence]) -> str:
    """A statement that vanished keeps its result; that it did is said, never why."""
    if any(item.on_page for item in carrying):
        return ""
    latest = max(carrying, key=lambda item: item.gone_to.isoformat() if item.gone_to else "")
    if latest.gone_from is None or latest.gone_to is None:
        return "; not at its address any more; reason unknown"
    between = f"{latest.gone_from:%Y-%m-%d} and {latest.gone_to:%Y-%m-%d}"
    return f"; not at its address since between {between}; reason unknown"
