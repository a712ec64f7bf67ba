"""What follows for an institution from codings, reviews and coverage. Pure.

The rules are the codebook's, "What follows for an institution".
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

from tracker.model import (
    Basis,
    CoverageResult,
    DateBasis,
    Genre,
    InstitutionKind,
    Recommendation,
    Reviewed,
    SpokenResult,
    Stance,
    Topic,
    Voice,
)

#: The report appeared on this day; statements are told apart by it.
REPORT_PUBLISHED = datetime(2025, 12, 8, tzinfo=UTC)
OWN_VOICES = frozenset({Voice.INSTITUTION, Voice.UNIT})
ENOUGH_READ = 0.8
MOST_FAILED = 0.2


@dataclass(frozen=True, slots=True)
class Evidence:
    """A coded passage of a document, and what people made of it."""

    passage_id: int
    document_id: int
    version_id: int
    version: int
    quote: str
    heading_path: str
    url: str
    title: str
    stated_date: datetime | None
    stated_basis: DateBasis
    voice: Voice
    genre: Genre
    labels: frozenset[str]
    stance: Stance
    in_passing: bool
    elements: Mapping[str, Sequence[str]]
    reviewed: Reviewed = Reviewed.NONE
    rejected: bool = False
    on_page: bool = True
    language: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the evidence as a finding keeps it."""
        row = asdict(self)
        row["labels"] = sorted({*self.labels, str(self.stance)} - {"none"})
        row["stated_date"] = self.stated_date.isoformat() if self.stated_date else None
        return row


@dataclass(frozen=True, slots=True)
class SearchRecord:
    """What was looked at: it stands beside every finding, and carries every absence."""

    documents_known: int = 0
    documents_read: int = 0
    unread: Mapping[str, int] = field(default_factory=dict)  # reason → documents
    sources_declared: int = 0
    sources_failed: int = 0
    sources_tried: int = 0
    failures: Sequence[Mapping[str, str]] = ()
    archive_read: bool = False
    period_from: str | None = None  # stated dates of what was read
    period_to: str | None = None
    languages: Mapping[str, int] = field(default_factory=dict)
    uncovered_languages: Sequence[str] = ()
    codebook: str = ""
    last_read: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the record as plain values."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Rule:
    """What a text must hold to state a recommendation, and whom the recommendation addresses."""

    code: Recommendation
    applies_to: frozenset[InstitutionKind]
    required: tuple[str, ...]
    optional: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Result:
    """A finding: the result, the rule that decided it, and the passages it rests on."""

    result: str
    rule: str
    basis: Basis = Basis.MACHINE
    reviewed: Reviewed = Reviewed.NONE
    possible: str | None = None
    possible_quotes: int = 0
    since: datetime | None = None
    latest: datetime | None = None
    undated: int = 0
    evidence: tuple[Evidence, ...] = ()


def spoken(evidence: Sequence[Evidence], record: SearchRecord) -> Result:
    """Return who has spoken: the strongest result that people confirmed, else the machine's."""
    speaking = [item for item in evidence if not item.rejected and item.voice in OWN_VOICES]
    graded = [(grade, item) for item in speaking if (grade := spoken_grade(item))]
    order = list(SpokenResult)
    graded.sort(key=lambda pair: order.index(pair[0]))
    confirmed = [pair for pair in graded if pair[1].reviewed is not Reviewed.NONE]
    waiting = [pair for pair in graded if pair[1].reviewed is Reviewed.NONE]
    chosen = confirmed or waiting
    possible = str(waiting[0][0]) if waiting else None
    if not chosen:
        result, rule = absence(record)
        return Result(result, rule)
    result = chosen[0][0]
    carrying = tuple(item for grade, item in chosen if grade is result)
    rest = tuple(item for grade, item in chosen if grade is not result)
    return _result(
        str(result), SPOKEN_RULES[result], carrying, rest, possible=possible, waiting=len(waiting)
    )


SPOKEN_RULES = {
    SpokenResult.CONDEMNED: "a passage whose subject is the abuse condemns it in the institution's own voice",
    SpokenResult.CRITICISED: "a passage on surveillance or human rights criticises in the institution's own voice",
    SpokenResult.MENTIONED_CRITICALLY: "an abuse is named in passing, in the institution's own voice",
    SpokenResult.SECURITY_CONCERN: "a passage is critical, but not about surveillance or human rights",
    SpokenResult.DEFENDS_ENGAGEMENT: "a passage defends engagement or rejects criticism",
    SpokenResult.DISCUSSED: "the subject is described or reported without judgement",
}


def spoken_grade(item: Evidence) -> SpokenResult | None:
    """Return what one passage in the institution's own voice amounts to (the decision table)."""
    if Topic.CHINA not in item.labels:
        return None
    on_rights = bool(item.labels & {Topic.SURVEILLANCE, Topic.HUMAN_RIGHTS})
    match item.stance:
        case Stance.CONDEMNS if on_rights:
            return SpokenResult.MENTIONED_CRITICALLY if item.in_passing else SpokenResult.CONDEMNED
        case Stance.CRITICAL if on_rights:
            return SpokenResult.CRITICISED
        case Stance.CRITICAL | Stance.CONDEMNS:
            return SpokenResult.SECURITY_CONCERN
        case Stance.SUPPORTIVE:
            return SpokenResult.DEFENDS_ENGAGEMENT
        case Stance.NEUTRAL | Stance.REPORTED if on_rights or Topic.PARTNERSHIP in item.labels:
            return SpokenResult.DISCUSSED
        case _:
            return None


def coverage(
    rule: Rule, kind: InstitutionKind, evidence: Sequence[Evidence], record: SearchRecord
) -> Result:
    """Return how an institution stands to one recommendation."""
    relevant = [
        item
        for item in evidence
        if not item.rejected and item.voice in OWN_VOICES and rule.code in item.labels
    ]
    if kind not in rule.applies_to:
        cited = f" · cites rule {rule.code}" if relevant else ""
        said = f"{rule.code} does not address this kind of institution{cited}"
        return Result(CoverageResult.NOT_APPLICABLE, said, evidence=tuple(relevant))
    confirmed = [item for item in relevant if item.reviewed is not Reviewed.NONE]
    waiting = [item for item in relevant if item.reviewed is Reviewed.NONE]
    possible = str(_stated(rule, waiting)) if waiting else None
    chosen = confirmed or waiting
    if not chosen:
        result, why = absence(record)
        return Result(result, why)
    result = _stated(rule, chosen)
    missing = [name for name in rule.required if name not in _elements(rule, chosen)]
    named = ", ".join(missing).replace("_", " ")
    why = f"lacks: {named}" if missing else "holds every required element"
    return _result(str(result), why, tuple(chosen), (), possible=possible, waiting=len(waiting))


def _stated(rule: Rule, items: Sequence[Evidence]) -> CoverageResult:
    return (
        CoverageResult.STATED
        if set(rule.required) <= _elements(rule, items)
        else CoverageResult.PARTIAL
    )


def _elements(rule: Rule, items: Sequence[Evidence]) -> set[str]:
    return {name for item in items for name in item.elements.get(rule.code, ())}


def _result(
    result: str,
    rule: str,
    carrying: tuple[Evidence, ...],
    rest: tuple[Evidence, ...],
    *,
    possible: str | None,
    waiting: int,
) -> Result:
    dates = sorted(item.stated_date for item in carrying if item.stated_date)
    reviewed = max((item.reviewed for item in carrying), key=list(Reviewed).index)
    return Result(
        result=result,
        rule=rule,
        basis=Basis.MACHINE if reviewed is Reviewed.NONE else Basis.REVIEWED,
        reviewed=reviewed,
        possible=possible,
        possible_quotes=waiting,
        since=dates[0] if dates else None,
        latest=dates[-1] if dates else None,
        undated=sum(item.stated_date is None for item in carrying),
        evidence=carrying + rest,
    )


def absence(record: SearchRecord) -> tuple[str, str]:
    """Return what it means that nothing was found, and why; never "no" by itself."""
    if record.sources_tried == 0 or (record.documents_read == 0 and record.sources_failed == 0):
        return "not_checked", "nothing has been read yet"
    if record.documents_read == 0 or record.sources_failed > MOST_FAILED * record.sources_declared:
        failed = f"{record.sources_failed} of {record.sources_declared} starting points failed"
        return "unreachable", failed
    if not record.archive_read:
        return "not_checked", "no archive listing, sitemap or site search was read"
    if record.documents_read < ENOUGH_READ * record.documents_known:
        return "not_checked", f"{record.documents_read} of {record.documents_known} documents read"
    if record.uncovered_languages:
        return "not_checked", f"not covered: {', '.join(record.uncovered_languages)}"
    if record.period_from is None:
        return "not_checked", "no document states its date, so no period can be named"
    return "none_found", (
        f"none found among {record.documents_read} documents dated "
        f"{record.period_from} to {record.period_to}"
    )
