"""Findings without their evidence: what matrices and counts are made of; how institutions divide."""

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import case, null
from sqlmodel import Session, col, select

from tracker.crediting import aside
from tracker.model import SPOKEN, Finding, Institution, InstitutionKind, Reviewed
from tracker.queries.answered import Answered
from tracker.queries.findings import while_withheld
from tracker.queries.hearing import Hearing
from tracker.standing import Subject
from tracker.store.assessing import SET_ASIDE


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
    aside: str = ""  # what the machine matched and people set aside, in words


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
    # Of what was found the evidence is heavy; where nothing was, only what was set aside is kept.
    nothing = case((col(Finding.result) == "none_found", col(Finding.evidence)), else_=null())
    query = (
        select(*of_institution, *of_finding, nothing)  # type: ignore[call-overload]  # more columns than the stubs count
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
    result = while_withheld(cell.result, cell.possible)
    return replace(
        shown, result=result, reviewed=str(Reviewed.NONE), since=None, latest=None, aside=""
    )


def _cell(*row: Any) -> Cell:
    key, name, kind, country, group, found_by, question, result, reviewed, *rest, kept = row
    asked, said = question or SPOKEN, str(reviewed or Reviewed.NONE)
    found = Cell(
        key, name, kind, country, group, found_by, asked, result or "not_checked", said, *rest
    )
    set_aside = [item for item in kept or () if item.get(SET_ASIDE)]
    return replace(found, aside=aside(set_aside)) if set_aside else found


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
