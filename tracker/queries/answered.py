"""What a finding answers, as screens, commands and releases show it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tracker.crediting import coded_by
from tracker.dating import dated, statement_date
from tracker.findings import at_least
from tracker.model import SPOKEN, InstitutionKind, Reviewed
from tracker.queries.shared import iso
from tracker.standing import UNHEARD, Standing

LONGEST_QUOTE = 600


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
        }
        return [
            {**about, "number": number, **shown_evidence(item)}
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
            "basis": self.basis,
            "reviewed": self.reviewed,
            "possible": self.possible,
            "possible_quotes": self.possible_quotes,
            "rule": self.rule,
            "evidence": [shown_evidence(item) for item in self.evidence],
            "search_record": {k: v for k, v in self.search_record.items() if k != "derived_from"},
            **self.standing.to_json(),
        }
        if self.question != SPOKEN:
            return {
                **shared,
                "recommendation": self.question,
                "status": self.status,
                "elements": list(self.elements),
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


def shown_evidence(item: dict[str, Any]) -> dict[str, Any]:
    """Return what of a piece of evidence the public may see."""
    quote = item["quote"]
    shown = quote if len(quote) <= LONGEST_QUOTE else f"{quote[:LONGEST_QUOTE].rsplit(' ', 1)[0]} …"
    return {
        "quote": shown,
        **{name: item[name] for name in _SHOWN},
        "statement_date": statement_date(item),
        "dated": dated(item),
        **{name: item.get(name) for name in _KEPT_SINCE},
        "coded_by": coded_by(item),
        "cues": shown_cues(item, item.get("cues") or {}),
    }


_SHOWN = ("url", "title", "stated_date", "version", "labels", "heading_path", "reviewed", "on_page")
#: What findings from before it was kept do not have.
_KEPT_SINCE = ("coder", "reviewed_at", "stated_basis", "first_version", "first_seen_from", "first_seen_to", "attributed", "gone_from", "gone_to", "earlier_wording", "language", "text_sha256")  # fmt: skip


def shown_cues(
    item: Mapping[str, Any], cues: Mapping[str, Sequence[str]]
) -> dict[str, Sequence[str]]:
    """Return the words that led to a coding: of labels that people took away none are left."""
    held = {*item["labels"], "stance", "words"}
    return {label: words for label, words in cues.items() if label in held}
