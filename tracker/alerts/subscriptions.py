"""Which changes a subscriber asked for. Pure; knows no database and no channel."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from tracker.changes import SentenceChange
from tracker.model import (
    ChangeClass,
    ChangeKind,
    InstitutionKind,
    MeaningState,
    Recommendation,
    Topic,
)
from tracker.nearness import nearest as nearest_of
from tracker.sources.entries import Country


@dataclass(frozen=True, slots=True)
class ChangeFacts:
    """A change with what a rule or a message needs to know of its surroundings."""

    id: int
    change_class: ChangeClass
    kind: ChangeKind
    institution: str  # key
    institution_name: str
    institution_kind: InstitutionKind
    country: str
    url: str
    title: str
    seen_from: datetime | None
    seen_to: datetime
    recorded_at: datetime
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    labels: frozenset[str] = frozenset()
    summary: str = ""
    confirmed: bool = False
    imported: bool = False
    difference: tuple[SentenceChange, ...] = ()
    changed_words: int = 0  # 0: not about words
    folded: int = 0  # changes that are part of this one
    meaning: str = ""
    meaning_state: MeaningState = MeaningState.NOT_ASSESSED
    entities: frozenset[str] = frozenset()  # bodies that the text names, before or after
    updated_at: datetime | None = None  # when our record of it last changed, if it did
    dealing: str = "institution not yet asked"  # what was last heard of it
    heard: bool = False  # a record of a reply or a correction, not of a document's change
    concerns: tuple[str, ...] = ()  # what that is about, in words

    @property
    def updated(self) -> datetime:
        """When our record of the change was made or last changed."""
        return max(self.recorded_at, self.updated_at or self.recorded_at)


class Rule(BaseModel):
    """What to be told of: within a field any value will do, all fields given must hold."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    institutions: tuple[str, ...] = ()
    kinds: tuple[InstitutionKind, ...] = ()
    countries: tuple[Country, ...] = ()
    topics: tuple[Topic, ...] = ()
    recommendations: tuple[Recommendation, ...] = ()
    classes: tuple[ChangeClass, ...] = (ChangeClass.MATERIAL, ChangeClass.RECORD)
    change_kinds: tuple[ChangeKind, ...] = ()
    entities: tuple[str, ...] = ()  # keys of bodies that the text names
    documents: tuple[str, ...] = ()  # canonical URLs
    muted_documents: tuple[str, ...] = ()  # canonical URLs that are not told of
    at_least_words: Annotated[int, Field(ge=0)] = (
        0  # words an edit must change; events always count
    )
    at_most: Annotated[int, Field(ge=1)] | None = None  # messages a day; the rest comes as one

    def __str__(self) -> str:
        """Say in words what the rule asks for."""
        asked = self.model_dump(exclude={"classes"}, exclude_defaults=True)
        narrowed = [f"{field.replace('_', ' ')}: {_value(asked[field])}" for field in asked]
        classes = ", ".join(class_in_words(c) for c in self.classes)
        return "; ".join([f"classes: {classes}", *narrowed])


#: Class → what it is, where its code alone does not tell.
_CLASSES = {
    ChangeClass.RECORD: "our own record: a reply, a correction, a confirmed meaning",
    ChangeClass.AVAILABILITY: "what could be read",
    ChangeClass.MINOR: "wording, links, order",
}


def class_in_words(change_class: ChangeClass) -> str:
    """Return a class by its code, and what it is where the code alone does not tell."""
    said = _CLASSES.get(change_class)
    return f"{change_class} ({said})" if said else str(change_class)


class RuleError(Exception):
    """A rule cannot be used; `problems` lists everything wrong, one line each."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        super().__init__("\n".join(["the rule cannot be used:", *(f"  {p}" for p in problems)]))


def matches(rule: Rule, change: ChangeFacts) -> bool:
    """Return whether the rule asks for the change."""
    return (
        change.change_class in rule.classes
        and _any(rule.change_kinds, {change.kind})
        and _any(rule.institutions, {change.institution})
        and _any(rule.kinds, {change.institution_kind})
        and _any(rule.countries, {change.country})
        and _any(rule.topics, change.labels)
        and _any(rule.recommendations, change.labels)
        and _any(rule.entities, change.entities)
        and _any(rule.documents, {change.url})
        and change.url not in rule.muted_documents
        and (not change.changed_words or change.changed_words >= rule.at_least_words)
    )


def sendable(change: ChangeFacts) -> bool:
    """Return whether a change may be sent at all by now, whatever a rule asks for."""
    if change.imported or change.change_class is ChangeClass.TECHNICAL:
        return False
    return change.confirmed or change.change_class is not ChangeClass.MATERIAL


def parse_rule(
    given: Mapping[str, Any], *, institutions: Collection[str], entities: Collection[str] = ()
) -> Rule:
    """Check a rule written by a person; raises RuleError with every problem at once."""
    problems: list[str] = []
    rule = Rule()
    try:
        rule = Rule.model_validate(given)
    except ValidationError as error:
        problems += [_explained(problem) for problem in error.errors()]
    problems += _unknown("institutions", given.get("institutions"), institutions)
    problems += _unknown("entities", given.get("entities"), entities)
    if ChangeClass.TECHNICAL in rule.classes:
        problems.append("classes: technical changes are our own re-readings and never sent")
    if problems:
        raise RuleError(problems)
    return rule


def nearest(value: object, known: Collection[str]) -> str:
    """Return the end of a sentence that names the known word nearest to a wrong one."""
    found = nearest_of(str(value).lower(), sorted(known))
    return f', did you mean "{found}"?' if found else ""


def _any(wanted: Collection[str], found: Collection[str]) -> bool:
    return not wanted or not set(wanted).isdisjoint(found)


def _value(value: Any) -> str:
    return str(value) if isinstance(value, int) else _listed(value)


def _listed(values: Collection[str]) -> str:
    return ", ".join(map(str, values))


_CLOSED: Mapping[str, type[StrEnum]] = {
    "kinds": InstitutionKind,
    "topics": Topic,
    "recommendations": Recommendation,
    "classes": ChangeClass,
    "change_kinds": ChangeKind,
}


def _explained(problem: Mapping[str, Any]) -> str:
    field, value = str(problem["loc"][0]), problem["input"]
    if problem["type"] == "extra_forbidden":
        hint = nearest(field, Rule.model_fields) or f"; there are {_listed(Rule.model_fields)}"
        return f"{field}: no such field{hint}"
    if problem["type"] == "enum":
        known = [str(member) for member in _CLOSED[field]]
        hint = nearest(value, known) or f"; one of {_listed(known)}"
        return f'{field}: "{value}" is not known{hint}'
    if problem["type"] == "tuple_type":
        return f'{field}: "{value}" is no list; write ["{value}"]'
    if field == "countries":
        return f'countries: "{value}" is not an ISO 3166-1 code of two capital letters, or EU'
    return f"{field}: {problem['msg'].lower()}"


def _unknown(field: str, given: object, known: Collection[str]) -> Iterator[str]:
    if not isinstance(given, list | tuple):
        return  # absent, or already reported as no list
    for key in given:
        if key not in known:
            yield f'{field}: "{key}" is not known{nearest(key, known)}'
