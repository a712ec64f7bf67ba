"""What follows for institutions, with the evidence; and how people and machine divide on it."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from tracker.findings import at_least
from tracker.model import (
    SPOKEN,
    Basis,
    Finding,
    Institution,
    InstitutionKind,
    Reviewed,
    Stance,
    Topic,
)
from tracker.queries.documents import VersionRow, cues_of, versions_by_id
from tracker.queries.evidence import amounts_to, elements_with_words, shown_evidence
from tracker.queries.hearing import WAITS, Hearing, withheld_labels
from tracker.queries.shared import iso, within
from tracker.standing import NEGATIVE, UNHEARD, Gate, Standing, Subject
from tracker.wording import words

ABSENT = frozenset({"none_found", "not_checked", "unreachable", "not_applicable"})
FEW = 200  # institutions that are asked for by name rather than sorted out afterwards


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


def finding_rows(
    session: Session,
    *,
    questions: Collection[str],
    institutions: Collection[str] = (),
    kinds: Collection[str] = (),
    results: Collection[str] = (),
    countries: Collection[str] = (),
    gate: Gate | None = None,
    at: datetime | None = None,
) -> list[FindingRow]:
    """Return the findings on these questions, a row for every listed institution, by name.

    What institutions may answer first is left out as the store's gate says, unless one is given.
    """
    who = select(Institution).where(col(Institution.listed)).order_by(Institution.name)
    for column, wanted in (
        (Institution.key, institutions),
        (Institution.kind, kinds),
        (Institution.country, countries),
    ):
        who = who.where(col(column).in_(wanted)) if wanted else who
    listed = session.exec(who).all()
    which = select(Finding).where(col(Finding.question).in_(list(questions)))
    if len(listed) < FEW:
        which = which.where(col(Finding.institution_id).in_([row.id for row in listed]))
    hearing = Hearing(session, gate=gate, at=at)
    by_row = results and "not_checked" not in results  # which one without a row counts as
    if by_row and not hearing.gate.withhold:
        which = which.where(col(Finding.result).in_(results))
    found = {(row.institution_id, row.question): row for row in session.exec(which)}
    rows = [
        _shown(
            _finding_row(institution, question, found.get((institution.id or 0, question))), hearing
        )
        for institution in listed
        for question in questions
    ]
    hidden = withheld_labels(session, gate=hearing.gate, at=hearing.at)
    rows = [
        _hushed(row, hidden[row.institution]) if row.institution in hidden else row for row in rows
    ]
    return [row for row in rows if within(row.result, results)]


def _hushed(row: FindingRow, hidden: Collection[str]) -> FindingRow:
    """The finding, where a passage that it rests on also carries what is withheld elsewhere."""
    unsaid = {*hidden, *(Stance if Topic.CHINA in hidden else ())}
    evidence = tuple(
        item if item["reviewed"] == Reviewed.NONE
        else {**item, "labels": [label for label in item["labels"] if label not in unsaid]}
        for item in row.evidence
    )  # fmt: skip
    return replace(row, evidence=evidence)


def _shown(row: FindingRow, hearing: Hearing) -> FindingRow:
    """The finding with its standing; what is withheld is left out."""
    subject = Subject(row.question, row.result, row.reviewed, row.acted)
    found = replace(row, standing=hearing.standing(row.institution, subject))
    return _without_withheld(found) if found.standing.withheld else found


def _without_withheld(row: FindingRow) -> FindingRow:
    """The finding as the machine alone leaves it: people's word waits for the institution's."""
    acted = tuple(deed for deed in row.acted if deed["reviewed"] == Reviewed.NONE)
    if row.reviewed == Reviewed.NONE or row.result not in NEGATIVE:
        return replace(row, acted=acted)
    result = _while_withheld(row.result, row.possible)
    return replace(
        row,
        result=result,
        basis=str(Basis.MACHINE),
        reviewed=str(Reviewed.NONE),
        rule=row.rule if result == "none_found" else WAITS,
        evidence=row.awaiting,
        awaiting=(),
        count=len(row.awaiting),
        since=None,
        latest=None,
        undated=0,
        by_report=0,
        after_report=0,
        status=None,
        elements=(),
        acted=acted,
    )


def _while_withheld(result: str, possible: str | None) -> str:
    return result if result == "none_found" else possible or "not_checked"


def _finding_row(institution: Institution, question: str, finding: Finding | None) -> FindingRow:
    row = finding or Finding(
        institution_id=0, question=question, result="not_checked", rule="nothing has been read yet"
    )
    return FindingRow(
        institution=institution.key,
        name=institution.name,
        kind=institution.kind,
        country=institution.country,
        question=question,
        result=row.result,
        basis=str(row.basis),
        reviewed=str(row.reviewed),
        possible=row.possible,
        possible_quotes=row.possible_quotes,
        rule=row.rule,
        since=row.since,
        latest=row.latest,
        undated=row.undated,
        evidence=tuple(item for item in row.evidence if not item.get("awaiting")),
        awaiting=tuple(item for item in row.evidence if item.get("awaiting")),
        search_record=dict(row.search_record),
        count=row.count,
        by_report=row.by_report,
        after_report=row.after_report,
        status=row.status,
        elements=tuple(row.elements),
        acted=tuple(row.acted),
        group=institution.group,
        found_by=institution.found_by,
    )


def units_that_have_spoken(session: Session, key: str) -> list[FindingRow]:
    """Return an institution's units with a statement of their own: it is theirs, never passed up."""
    rows = session.exec(
        select(Institution).where(col(Institution.listed), Institution.parent_key == key)
    )
    keys = [row.key for row in rows]
    found = finding_rows(session, questions=[SPOKEN], institutions=keys) if keys else []
    return [row for row in found if row.evidence]


@dataclass(frozen=True, slots=True)
class Context:
    """What stands around pieces of evidence: the words that led there, the versions they stand in."""

    cues: Mapping[int, Mapping[str, Sequence[str]]]
    versions: Mapping[int, VersionRow]


def context(session: Session, rows: Iterable[FindingRow], *, most: int) -> Context:
    """Return what stands around the first pieces of evidence of each finding."""
    items = [item for row in rows for part in (row.evidence, row.awaiting) for item in part[:most]]
    return Context(
        cues=cues_of(session, [item["passage_id"] for item in items]),
        versions=versions_by_id(session, {item["version_id"] for item in items}),
    )


@dataclass(frozen=True, slots=True)
class Cell(Answered):
    """A finding without its evidence: what matrices and counts are made of."""

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
    since: datetime | None
    latest: datetime | None
    overlays: tuple[str, ...] = ()


def cells(session: Session, *, questions: Collection[str] = ()) -> list[Cell]:
    """Return every listed institution's findings without evidence, by name."""
    of_institution = [
        col(getattr(Institution, name))
        for name in ("key", "name", "kind", "country", "group", "found_by")
    ]
    of_finding = [
        col(getattr(Finding, name))
        for name in ("question", "result", "reviewed", "possible", "since", "latest")
    ]
    query = (
        select(*of_institution, *of_finding)
        .join(Finding, col(Finding.institution_id) == Institution.id, isouter=True)
        .where(col(Institution.listed))
        .order_by(Institution.name)
    )
    if questions:
        query = query.where(col(Finding.question).in_(questions))
    hearing = Hearing(session)
    return [_cell_shown(_cell(*row), hearing) for row in session.exec(query)]


def _cell_shown(cell: Cell, hearing: Hearing) -> Cell:
    found = hearing.standing(cell.institution, Subject(cell.question, cell.result, cell.reviewed))
    shown = replace(cell, overlays=found.overlays) if found.overlays else cell
    if not found.withheld:
        return shown
    result = _while_withheld(cell.result, cell.possible)
    return replace(shown, result=result, reviewed=str(Reviewed.NONE), since=None, latest=None)


def _cell(*row: Any) -> Cell:
    key, name, kind, country, group, found_by, question, result, reviewed, *rest = row
    asked, said = question or SPOKEN, str(reviewed or Reviewed.NONE)
    return Cell(
        key, name, kind, country, group, found_by, asked, result or "not_checked", said, *rest
    )


SPEAKING = ("condemned", "criticised")
UNREAD = ("not_checked", "unreachable")


@dataclass(frozen=True, slots=True)
class Tally:
    """How a set of institutions divides on who has spoken; the parts add up, confirmed and possible never."""

    institutions: int
    confirmed: int
    possible: int
    other: int
    none_found: int
    unread: int


def tally(spoken: Iterable[Cell]) -> Tally:
    """Count institutions once each: confirmed first, then possible, then the rest."""
    given = [cell for cell in spoken if cell.question == SPOKEN]
    parts = Counter(map(part, given))
    return Tally(institutions=len(given), **{name: parts[name] for name in _PARTS})


_PARTS = ("confirmed", "possible", "other", "none_found", "unread")


def part(cell: Answered) -> str:
    """Return the part of a tally that an institution's answer to who has spoken is counted in."""
    if cell.result in SPEAKING and cell.confirmed:
        return "confirmed"
    if cell.result in SPEAKING or cell.possible in SPEAKING:
        return "possible"
    if cell.result in UNREAD:
        return "unread"
    return "none_found" if cell.result == "none_found" else "other"
