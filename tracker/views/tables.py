"""The rows of a view, by the filters that stand in its address: the screen and its export are the same."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlmodel import Session

from tracker import queries
from tracker.countries import COUNTRIES
from tracker.model import (
    SPOKEN,
    ChangeClass,
    ChangeKind,
    CoverageResult,
    InstitutionKind,
    Recommendation,
    SpokenResult,
    Topic,
)
from tracker.nearness import did_you_mean
from tracker.queries import Cell, FindingRow

Filters = Mapping[str, Sequence[str]]
CODES = tuple(map(str, Recommendation))
STATES = queries.STATES
#: What can be asked for by a code of ours.
CLOSED: Mapping[str, tuple[str, ...]] = {
    "kind": tuple(map(str, InstitutionKind)),
    "recommendation": CODES,
    "state": STATES,
    "class": tuple(map(str, ChangeClass)),
    "change_kind": tuple(map(str, ChangeKind)),
    "label": (*map(str, Topic), *CODES),
}
DATES = ("since", "until")


@dataclass(frozen=True, slots=True)
class Table:
    """A table that can be looked at and taken away."""

    filters: tuple[str, ...]
    results: tuple[str, ...]
    rows: Callable[[Session, Filters], list[dict[str, Any]]]


def problems(table: str, asked: Filters, *, institutions: Collection[str]) -> list[str]:
    """Return everything that is wrong with the filters of an address, one line each."""
    known = TABLES[table]
    vocabulary = {**CLOSED, "result": known.results}
    found = []
    for name, values in asked.items():
        if name not in known.filters:
            found.append(f"{name}: no such filter; there are {', '.join(known.filters)}")
        elif name in vocabulary:
            found += [
                f"{name}: no such value: {value}; one of {', '.join(vocabulary[name])}"
                for value in values
                if value not in vocabulary[name]
            ]
        elif name == "institution":
            found += [
                f'{name}: no institution has the key "{value}"{did_you_mean(value, institutions)}; '
                "/data/spoken.csv lists them"
                for value in values
                if value not in institutions
            ]
        elif name == "country":
            found += [
                f"{name}: not a country: {value}; use ISO 3166-1 codes such as GB, or EU"
                for value in values
                if value not in COUNTRIES
            ]
        elif name in DATES:
            found += [f"{name}: not a day such as 2026-03-01: {v}" for v in values if not _day(v)]
    return found


def said(asked: Filters) -> str:
    """Return the filters as words: they go with every export."""
    return "; ".join(f"{name}: {', '.join(values)}" for name, values in asked.items()) or "none"


def _day(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text).replace(tzinfo=UTC)
    except ValueError:
        return None


def keep(cells: Sequence[Cell], asked: Filters) -> list[Cell]:
    """Return the cells that filters ask for."""
    tests: Mapping[str, Callable[[Cell], str]] = {
        "result": lambda cell: cell.result,
        "kind": lambda cell: str(cell.kind),
        "country": lambda cell: cell.country,
        "institution": lambda cell: cell.institution,
        "recommendation": lambda cell: cell.question,
        "state": lambda cell: cell.state,
    }
    wanted = {name: set(values) for name, values in asked.items() if values and name in tests}
    return [c for c in cells if all(tests[name](c) in values for name, values in wanted.items())]


def finding_rows(session: Session, questions: Sequence[str], asked: Filters) -> list[FindingRow]:
    """Return the findings that filters ask for."""
    rows = queries.finding_rows(
        session,
        questions=questions,
        institutions=asked.get("institution", ()),
        kinds=asked.get("kind", ()),
        results=asked.get("result", ()),
        countries=asked.get("country", ()),
    )
    states = asked.get("state", ())
    return [row for row in rows if not states or row.state in states]


def changes_asked(asked: Filters) -> dict[str, Any]:
    """Return the filters of an address as the questions about changes take them."""
    return {
        "institutions": asked.get("institution", ()),
        "classes": asked.get("class", ()),
        "kinds": asked.get("change_kind", ()),
        "labels": asked.get("label", ()),
        "since": _day(next(iter(asked.get("since", ())), "")),
        "until": _day(next(iter(asked.get("until", ())), "")),
    }


def _spoken(session: Session, asked: Filters) -> list[dict[str, Any]]:
    return [row.to_json() for row in finding_rows(session, [SPOKEN], asked)]


def _coverage(session: Session, asked: Filters) -> list[dict[str, Any]]:
    codes = list(asked.get("recommendation", ())) or CODES
    return [row.to_json() for row in finding_rows(session, codes, asked)]


def _evidence(session: Session, asked: Filters) -> list[dict[str, Any]]:
    questions = list(asked.get("recommendation", ())) or [SPOKEN, *CODES]
    return [quote for row in finding_rows(session, questions, asked) for quote in row.quotes()]


def _changes(session: Session, asked: Filters) -> list[dict[str, Any]]:
    return [row.to_json() for row in queries.change_rows(session, **changes_asked(asked))]


def _sources(session: Session, asked: Filters) -> list[dict[str, Any]]:
    rows = queries.source_rows(session, institutions=asked.get("institution", ()))
    return [row.to_json() for row in rows]


def _documents(session: Session, asked: Filters) -> list[dict[str, Any]]:
    wanted = asked.get("institution", ())
    rows = queries.document_rows(session)
    return [row.to_json() for row in rows if not wanted or row.institution in wanted]


_OF_FINDINGS = ("institution", "kind", "country", "result", "state")
TABLES: Mapping[str, Table] = {
    "spoken": Table(_OF_FINDINGS, tuple(map(str, SpokenResult)), _spoken),
    "coverage": Table(
        (*_OF_FINDINGS, "recommendation"), tuple(map(str, CoverageResult)), _coverage
    ),
    "evidence": Table(
        (*_OF_FINDINGS, "recommendation"),
        (*map(str, SpokenResult), *map(str, CoverageResult)),
        _evidence,
    ),
    "changes": Table(("institution", "class", "change_kind", "label", *DATES), (), _changes),
    "sources": Table(("institution",), (), _sources),
    "documents": Table(("institution",), (), _documents),
}
