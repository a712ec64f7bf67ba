"""Institution × recommendation: applicability, elements with force and reach, status. Pure.

Source: codebook, "Recommendations" and the table of elements.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from tracker.findings.evidence import (
    Evidence,
    Result,
    awaiting,
    beside,
    confirmed_and_waiting,
    on_earlier_wording,
    own_words,
    resting_on,
    sentences,
)
from tracker.findings.search import NONE_FOUND, SearchRecord, absence
from tracker.model import CoverageResult, InstitutionKind, Recommendation, Reviewed

Patterns = Mapping[str, re.Pattern[str]]
PROPOSED, IN_FORCE = "proposed", "in force"
#: Strongest first; what is stated without a modal word holds as stated.
STRENGTH = ("must", "", "should", "may")
COMPARED = 50  # passages whose sentences are weighed against each other for an element
WEAK = frozenset({"should", "may"})


class ElementState(StrEnum):
    """How what a finding rests on, and what awaits review beside it, stand to an element."""

    HELD = "held"
    POSSIBLE = "possible"  # only in passages that await review
    LACKS = "lacks"


@dataclass(frozen=True, slots=True)
class Wording:
    """The words by which texts say how strongly, for whom, and in which state they bind."""

    force: Patterns = field(default_factory=dict)
    reach: Patterns = field(default_factory=dict)
    status: Patterns = field(default_factory=dict)
    elements: Patterns = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Rule:
    """What a text must hold to state a recommendation, and whom the recommendation addresses."""

    code: Recommendation
    applies_to: frozenset[InstitutionKind]
    required: tuple[str, ...]
    optional: tuple[str, ...] = ()
    only_with_partners: frozenset[InstitutionKind] = frozenset()
    should_is_partial: bool = False
    carries_status: bool = False
    elsewhere: str = ""  # what is said where it does not apply, but the text is there
    is_cited: Callable[[str], bool] = bool  # whether a cue names what `elsewhere` says is cited
    wording: Wording = Wording()


def coverage(
    rule: Rule, kind: InstitutionKind, evidence: Sequence[Evidence], record: SearchRecord
) -> Result:
    """Return how an institution stands to one recommendation."""
    stated = [item for item in own_words(evidence) if rule.code in item.labels]
    relevant = [item for item in stated if item.on_page]
    earlier = on_earlier_wording(stated)
    if kind not in rule.applies_to:
        return _not_applicable(rule, relevant)
    confirmed, waiting, unsure = confirmed_and_waiting(relevant)
    chosen = confirmed or waiting
    if not chosen:
        if unsure:
            return awaiting(unsure)
        nothing = _nothing(rule, kind, record)
        return replace(nothing, rule=nothing.rule + earlier)
    unread = beside(waiting, unsure, confirmed=bool(confirmed))
    found = elements(rule, chosen, unread)
    result, why, status = _judged(rule, chosen, found)
    possible = result
    if confirmed and waiting:
        both = [*confirmed, *waiting]
        possible = _judged(rule, both, elements(rule, both))[0]
        if possible is not result and not _named(found, ElementState.POSSIBLE):
            why += "; what awaits review may say more"
    return resting_on(
        str(result),
        why + earlier,
        chosen,
        possible=str(possible) if waiting else None,
        awaiting=unread,
        status=status,
        elements=found,
    )


def _not_applicable(rule: Rule, relevant: Sequence[Evidence]) -> Result:
    said = f"{rule.code} does not address this kind of institution"
    if "{words}" in rule.elsewhere:
        # "Cites rule" needs a rule by name; without one only a person's word keeps the passage here.
        relevant = [
            item for item in relevant if _cited(rule, item) or item.reviewed != Reviewed.NONE
        ]
    if relevant and rule.elsewhere:
        cited = dict.fromkeys(word for item in relevant for word in _cited(rule, item))
        said += f" · {rule.elsewhere.replace('{words}', ', '.join(list(cited)[:3]) or rule.code)}"
    return Result(CoverageResult.NOT_APPLICABLE, said, evidence=tuple(relevant))


def _cited(rule: Rule, item: Evidence) -> list[str]:
    return [word for word in item.cues.get(rule.code, ()) if rule.is_cited(word)]


def _nothing(rule: Rule, kind: InstitutionKind, record: SearchRecord) -> Result:
    result, why = absence(record)
    if result == NONE_FOUND and kind in rule.only_with_partners and not record.partnership_passages:
        said = f"no research partner is named in what was read ({why})"
        return Result(CoverageResult.NOT_APPLICABLE, said)
    return Result(result, why)


def _judged(
    rule: Rule, items: Sequence[Evidence], found: Sequence[Mapping[str, Any]]
) -> tuple[CoverageResult, str, str | None]:
    status = status_of(rule, items) if rule.carries_status else None
    holds = f"holds every required element{_together(rule, items)}"
    if not all(row["held"] for row in found if row["required"]):
        reviewed = any(item.reviewed is not Reviewed.NONE for item in items)
        return CoverageResult.PARTIAL, _short_of(found, reviewed=reviewed), status
    if status == PROPOSED:
        return CoverageResult.PARTIAL, f"a proposal: {holds}, not in force", status
    forces = {row["force"] for row in found if row["required"]}
    if rule.should_is_partial and forces <= WEAK:
        return CoverageResult.PARTIAL, f"{holds}, but only as advice", status
    return CoverageResult.STATED, holds, status


def _short_of(found: Sequence[Mapping[str, Any]], *, reviewed: bool) -> str:
    """Say which required elements are there, which may be, and which are not."""
    lacks = f"lacks: {gone}" if (gone := _named(found, ElementState.LACKS)) else ""
    if possible := _named(found, ElementState.POSSIBLE):
        held = _named(found, ElementState.HELD) or "no required element"
        so_far = f"{'confirmed' if reviewed else 'found'} so far: {held}"
        return "; ".join(filter(None, (so_far, f"awaiting review: {possible}", lacks)))
    if any(row["held"] for row in found):
        return lacks
    return f"the recommendation is there, but no element of it was told apart; {lacks}"


def _named(found: Sequence[Mapping[str, Any]], state: ElementState) -> str:
    names = [row["name"] for row in found if row["required"] and row["state"] is state]
    return ", ".join(names).replace("_", " ")


def _together(rule: Rule, items: Sequence[Evidence]) -> str:
    """Say it where no document alone holds what is required: they may not be one policy."""
    alone: defaultdict[int, set[str]] = defaultdict(set)
    for item in items:
        alone[item.document_id].update(item.elements.get(rule.code, ()))
    held = [names & {*rule.required} for names in alone.values()]
    if any(len(names) == len(rule.required) for names in held):
        return ""
    return f", across {sum(map(bool, held))} documents taken together"


def elements(
    rule: Rule, items: Sequence[Evidence], unread: Sequence[Evidence] = ()
) -> list[dict[str, Any]]:
    """Return every element of a recommendation: held or not, how strongly, for whom, in which words.

    One that only `unread` passages hold, which await review beside the items, is possible.
    """
    return [
        {"name": name, "required": name in rule.required}
        | _state(rule, name, items, unread)
        | _element(rule, name, items)
        for name in (*rule.required, *rule.optional)
    ]


def _state(
    rule: Rule, name: str, items: Sequence[Evidence], unread: Sequence[Evidence]
) -> dict[str, Any]:
    held = any(name in item.elements.get(rule.code, ()) for item in items)
    awaiting = sum(name in item.elements.get(rule.code, ()) for item in unread)
    return {
        "held": held,
        "state": element_state(held=held, awaiting=awaiting),
        "awaiting": awaiting,
    }


def element_state(*, held: bool, awaiting: int = 0) -> ElementState:
    """Return how a text stands to an element: nothing is lacking that may be there."""
    if held:
        return ElementState.HELD
    return ElementState.POSSIBLE if awaiting else ElementState.LACKS


def at_least(result: str, reviewed: str, possible: str | None) -> bool:
    """Whether people confirmed a part only, and the rest may stand in passages that await review."""
    partial = reviewed != Reviewed.NONE and result == CoverageResult.PARTIAL
    return partial and possible == CoverageResult.STATED


def _element(rule: Rule, name: str, items: Sequence[Evidence]) -> dict[str, Any]:
    holding = [item for item in items if name in item.elements.get(rule.code, ())]
    best: tuple[tuple[int, int, int], dict[str, Any]] | None = None
    for number, item in enumerate(holding):
        if number >= COMPARED and best and best[0][:2] == (0, 0):
            break  # of so many, one that binds most is told; to weigh thousands took half a minute
        for rank, found in _bound(rule, name, item):
            if best is None or rank < best[0]:
                best = rank, found
    return best[1] if best else {"force": "", "reach": "", "words": "", "url": ""}


def _bound(
    rule: Rule, name: str, item: Evidence
) -> Iterator[tuple[tuple[int, int, int], dict[str, Any]]]:
    """The sentences in which an element stands, else its passage: force and reach, and how well each tells it.

    A question tells least; then the most binding does, and of those the one that tells most of the rule.
    """
    wording = rule.wording
    patterns = [wording.elements.get(each) for each in (*rule.required, *rule.optional)]
    pattern = wording.elements.get(name)
    parts = [part for part in sentences(item.quote) if pattern and pattern.search(part)]
    forced = [part for part in parts if _first(wording.force, part)]
    for words in forced or parts or [item.quote]:
        force = _first(wording.force, words)
        tells = sum(bool(each and each.search(words)) for each in patterns)
        yield (
            (int(words.rstrip().endswith("?")), STRENGTH.index(force), -tells),
            {
                "force": force,
                "reach": _first(wording.reach, words) or _first(wording.reach, item.quote),
                "words": words[:300],
                "url": item.url,
            },
        )


def status_of(rule: Rule, items: Sequence[Evidence]) -> str | None:
    """Return the state of a public rule: in force where any text of it is, else what they all say."""
    found = set()
    for item in items:
        found.add(_first(rule.wording.status, f"{item.title}\n{item.heading_path}\n{item.quote}"))
        if IN_FORCE in found:
            return IN_FORCE
    return None if "" in found else next((s for s in rule.wording.status if s in found), None)


def _first(patterns: Patterns, text: str) -> str:
    """The first name, in the codebook's order, whose words stand in a text."""
    return next((name for name, pattern in patterns.items() if pattern.search(text)), "")
