"""What follows for institutions, with the evidence; what institutions may answer first is left out."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlmodel import Session, col, select

from tracker.model import SPOKEN, Basis, Finding, Institution, Reviewed, Stance, Topic
from tracker.queries.answered import FindingRow
from tracker.queries.beside import Beside, Place, beside
from tracker.queries.documents import VersionRow, cues_of, versions_by_id
from tracker.queries.hearing import WAITS, Hearing, withheld_labels
from tracker.queries.shared import within
from tracker.standing import NEGATIVE, Gate, Subject
from tracker.store.assessing import SET_ASIDE

FEW = 200  # institutions that are asked for by name rather than sorted out afterwards


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
        return replace(row, acted=acted, set_aside=())
    result = while_withheld(row.result, row.possible)
    return replace(
        row,
        result=result,
        basis=str(Basis.MACHINE),
        reviewed=str(Reviewed.NONE),
        rule=row.rule if result == "none_found" else WAITS,
        evidence=row.awaiting,
        awaiting=(),
        set_aside=(),
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


def while_withheld(result: str, possible: str | None) -> str:
    """Return what stands for a result that a person confirmed while the institution may answer."""
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
        evidence=tuple(i for i in row.evidence if not (i.get("awaiting") or i.get(SET_ASIDE))),
        awaiting=tuple(item for item in row.evidence if item.get("awaiting")),
        set_aside=tuple(item for item in row.evidence if item.get(SET_ASIDE)),
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
    """What stands around pieces of evidence: the words that led there, versions, the sentences beside them."""

    cues: Mapping[int, Mapping[str, Sequence[str]]]
    versions: Mapping[int, VersionRow]
    beside: Mapping[Place, Beside]


def context(session: Session, rows: Iterable[FindingRow], *, most: int) -> Context:
    """Return what stands around the first pieces of evidence of each finding."""
    items = [item for row in rows for part in (row.evidence, row.awaiting) for item in part[:most]]
    return Context(
        cues=cues_of(session, [item["passage_id"] for item in items]),
        versions=versions_by_id(session, {item["version_id"] for item in items}),
        beside=beside(session, items),
    )
