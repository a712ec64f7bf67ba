"""What a finding answers, as screens, commands and releases show it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tracker.crediting import aside
from tracker.findings import at_least
from tracker.model import SPOKEN, InstitutionKind, Reviewed
from tracker.queries.evidence import amounts_to, elements_with_words, shown_evidence
from tracker.queries.shared import iso
from tracker.standing import UNHEARD, Standing
from tracker.wording import words

STATES = ("confirmed", "possible")
ABSENT = frozenset({"none_found", "not_checked", "unreachable", "not_applicable"})


class Answered:
    """What a finding answers, with its evidence or without."""

    __slots__ = ()
    institution: str
    name: str
    kind: InstitutionKind
    country: str
    group: str
    found_by: str
    question: str
    result: str
    reviewed: str
    possible: str | None

    @property
    def confirmed(self) -> bool:
        """Whether a person stands behind the result."""
        return self.reviewed != Reviewed.NONE

    @property
    def at_least(self) -> bool:
        """Whether what awaits review may make it more."""
        return at_least(self.result, self.reviewed, self.possible)

    @property
    def state(self) -> str:
        """Whether the result is confirmed or possible; empty where nothing was found."""
        if self.result in ABSENT:
            return ""
        return "confirmed" if self.confirmed else "possible"


def result_said(result: str, *, state: str | None, least: bool) -> str:
    """Return a result as people read it: what no person confirmed is possible, what may be more at least."""
    return f"{'possible: ' * (state == 'possible')}{'at least ' * least}{words(result)}"


@dataclass(frozen=True, slots=True)
class FindingRow(Answered):
    """A finding with its institution."""

    institution: str
    name: str
    kind: InstitutionKind
    country: str
    question: str
    result: str
    basis: str
    reviewed: str
    possible: str | None
    possible_quotes: int
    rule: str
    since: datetime | None
    latest: datetime | None
    undated: int
    evidence: tuple[dict[str, Any], ...]
    search_record: dict[str, Any]
    count: int = 0
    by_report: int = 0
    after_report: int = 0
    status: str | None = None
    elements: tuple[dict[str, Any], ...] = ()
    acted: tuple[dict[str, Any], ...] = ()
    group: str = "core"
    found_by: str = "census"
    standing: Standing = UNHEARD
    awaiting: tuple[dict[str, Any], ...] = ()  # quotes a person has yet to judge, never added to it
    set_aside: tuple[dict[str, Any], ...] = ()  # what people said is no match

    @property
    def aside(self) -> str:
        """What the machine matched and people set aside, in words."""
        return aside(self.set_aside)

    @property
    def overlays(self) -> tuple[str, ...]:
        """What must be said beside the result."""
        return self.standing.overlays

    def quotes(self) -> list[dict[str, Any]]:
        """Return a row for each piece of evidence, with the finding that rests on it."""
        about = {
            "institution": self.institution,
            "name": self.name,
            "country": self.country,
            "question": self.question,
            "result": self.result,
            "state": self.state or None,
        }
        return [
            {
                **about,
                "number": number,
                "amounts_to": amounts_to(item, self.question),
                **shown_evidence(item),
            }
            for number, item in enumerate(self.evidence, 1)
        ]

    def to_json(self) -> dict[str, Any]:
        """Return the row as `spoken --json` or `coverage --json` print it."""
        shared = {
            "institution": self.institution,
            "name": self.name,
            "country": self.country,
            "kind": str(self.kind),
            "result": self.result,
            "state": self.state or None,
            "at_least": self.at_least,
            "basis": self.basis,
            "reviewed": self.reviewed,
            "possible": self.possible,
            "possible_quotes": self.possible_quotes,
            "rule": self.rule,
            "set_aside": self.aside or None,
            "evidence": [
                {**shown_evidence(item), "amounts_to": amounts_to(item, self.question)}
                for item in self.evidence
            ],
            "search_record": {k: v for k, v in self.search_record.items() if k != "derived_from"},
            **self.standing.to_json(),
        }
        if self.question != SPOKEN:
            return {
                **shared,
                "recommendation": self.question,
                "status": self.status,
                "elements": elements_with_words(self.elements),
            }
        return {
            **shared,
            "since": iso(self.since),
            "latest": iso(self.latest),
            "undated": self.undated,
            "count": self.count,
            "by_report": self.by_report,
            "after_report": self.after_report,
            "acted": list(self.acted),
            "group": self.group,
            "found_by": self.found_by,
            "documents_read": self.search_record.get("documents_read", 0),
            "documents_known": self.search_record.get("documents_known", 0),
            "failures": self.search_record.get("failures", []),
        }
