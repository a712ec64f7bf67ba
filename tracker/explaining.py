"""The rule path from passages to a result, in words: what was looked at, what counted, what was missing.

Pure. Source: codebook, "What follows for an institution".
"""

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tracker.crediting import PEOPLE, aside, coded_by
from tracker.dating import dated, day, statement_date
from tracker.findings import (
    ElementState,
    Evidence,
    Result,
    SearchRecord,
    at_least,
    own_words,
    protocol,
    spoken_grade,
)
from tracker.flat import by_words, element_said
from tracker.model import SPOKEN, Basis, Reviewed, SpokenResult, Stance, Topic
from tracker.queries import (
    ABSENT,
    element_words,
    elements_with_words,
    result_said,
    shown_cues,
)
from tracker.standing import OVERLAYS, UNHEARD, Standing
from tracker.wording import words

DECIDED_BY_SEARCH = ("none_found", "not_checked", "unreachable")


@dataclass(frozen=True, slots=True)
class Explanation:
    """Everything that a result on one question follows from."""

    institution: str
    name: str
    question: str
    result: Result
    record: SearchRecord
    passages: tuple[dict[str, Any], ...]
    unconfirmed: tuple[str, ...] = ()
    deeds: tuple[Mapping[str, Any], ...] = ()
    standing: Standing = UNHEARD

    def to_json(self) -> dict[str, Any]:
        """Return the explanation as `explain --json` prints it."""
        found = self.result
        return {
            "institution": self.institution,
            "question": self.question,
            "result": str(found.result),
            "basis": str(found.basis),
            "reviewed": str(found.reviewed),
            "rule": found.rule,
            "set_aside": _aside(found) or None,
            "status": found.status,
            "possible": found.possible,
            "passages": list(self.passages),
            "elements": elements_with_words(found.elements),
            "acted": list(self.deeds),
            "protocol": [
                {"asked": check.asked, "held": check.held, "said": check.said}
                for check in protocol(self.record)
            ],
            "search_record": self.record.to_json(),
            "awaiting_confirmation": list(self.unconfirmed),
            "missing": list(missing(self)),
            **self.standing.to_json(),
        }


def explain(
    *,
    institution: str,
    name: str,
    question: str,
    evidence: Sequence[Evidence],
    record: SearchRecord,
    result: Result,
    unconfirmed: Sequence[str] = (),
    deeds: Sequence[Mapping[str, Any]] = (),
    standing: Standing = UNHEARD,
) -> Explanation:
    """Return the path from passages to the result on "spoken" or a recommendation."""
    concerned = [item for item in evidence if _concerns(item, question)]
    confirmed = any(
        item.reviewed is not Reviewed.NONE and question not in item.taken
        for item in own_words(concerned)
    )
    return Explanation(
        institution=institution,
        name=name,
        question=question,
        result=result,
        record=record,
        passages=tuple(_passage(item, question, confirmed=confirmed) for item in concerned),
        unconfirmed=tuple(unconfirmed),
        deeds=tuple(deeds) if question == SPOKEN else (),
        standing=standing,
    )


def _concerns(item: Evidence, question: str) -> bool:
    held = (Topic.CHINA if question == SPOKEN else question) in item.labels
    return held or question in item.taken


def _passage(item: Evidence, question: str, *, confirmed: bool) -> dict[str, Any]:
    against = _against(item, question, confirmed=confirmed)
    amounts = spoken_grade(item) if question == SPOKEN else question
    return {
        "quote": item.quote,
        "url": item.url,
        "title": item.title,
        "version": item.version,
        "text_sha256": item.text_sha256,
        **_time(item),
        "genre": str(item.genre),
        "voice": str(item.voice),
        "voice_because": item.attributed or item.voice_because,
        "labels": sorted(item.labels),
        "stance": str(item.stance),
        "cues": shown_cues(item.to_json(), item.cues),
        "elements": list(item.elements.get(question, ())),
        "element_cues": element_words(item.to_json()),
        "reviewed": str(item.reviewed),
        "coder": item.coder,
        "reviewed_at": item.reviewed_at.isoformat() if item.reviewed_at else None,
        "coded_by": coded_by(item.to_json()),
        "on_page": item.on_page,
        "amounts_to": str(amounts) if amounts else None,
        "counts": not against,
        "because": against or "the institution's own word",
    }


def _time(item: Evidence) -> dict[str, Any]:
    kept = item.to_json()
    names = ("stated_date", "stated_basis", "first_version", "first_seen_from", "first_seen_to")
    times = {name: kept[name] for name in names}
    return {**times, "statement_date": statement_date(kept), "dated": dated(kept)}


def _against(item: Evidence, question: str, *, confirmed: bool) -> str:
    """Why a passage does not count, or nothing."""
    if item.rejected:
        return "rejected in review"
    if question in item.taken:
        what = "coded otherwise" if question == SPOKEN else f"{question} taken away"
        return f"matched by machine, {what} in review"
    if item.standing:
        return item.standing
    if question == SPOKEN and spoken_grade(item) is None:
        return "names China, but neither judges nor speaks of surveillance, rights or partnership"
    if question != SPOKEN and not item.on_page:
        return "these words are no longer on the page"
    if confirmed and item.reviewed is Reviewed.NONE:
        return "not yet reviewed, and confirmed passages come first"
    return ""


def missing(found: Explanation) -> Iterator[str]:
    """Say what would have to be there for another result."""
    if str(found.result.result) in DECIDED_BY_SEARCH:
        yield from (f"not: {c.asked} ({c.said})" for c in protocol(found.record) if not c.held)
    for element in found.result.elements:
        if element["required"] and element["state"] == ElementState.LACKS:
            yield f"no passage that counts shows: {str(element['name']).replace('_', ' ')}"
    waiting = found.result.possible_quotes
    if waiting:
        number = f"{waiting} passage{'s' * (waiting > 1)} await{'s' * (waiting == 1)}"
        yield f"{number} review (possible: {found.result.possible})"
    for url in found.unconfirmed:
        yield f"a person's confirmation that {url} is its statement"


def in_words(found: Explanation, *, width: int | None = None) -> str:
    """Return the explanation as text for a terminal of this width; without one, each line is whole.

    Nothing is cut: long lines go on below, under their beginning.
    """
    return "\n".join(part for line in _lines(found) for part in _wrapped(line, width))


def _wrapped(line: str, width: int | None) -> list[str]:
    if width is None or len(line) <= width:
        return [line]
    begin = len(line) - len(line.lstrip())
    under = " " * min(begin + 3, width // 3)
    return textwrap.wrap(
        line, width, subsequent_indent=under, break_long_words=False, break_on_hyphens=False
    )


def _lines(found: Explanation) -> Iterator[str]:
    asked = "who has spoken" if found.question == SPOKEN else found.question
    result = found.result
    status = f" · {result.status}" if result.status else ""
    unsure = result.result not in ABSENT and result.reviewed is Reviewed.NONE
    said = result_said(
        result.result,
        state="possible" if unsure else None,
        least=at_least(result.result, result.reviewed, result.possible),
    )
    yield f"{found.name} ({found.institution}): {asked}"
    by = f"{'by machine, ' if result.basis is Basis.MACHINE else ''}{PEOPLE[result.reviewed]}"
    yield f"Result: {said}{status} ({_aside(result) or by})"
    yield f"Rule:   {result.rule}"
    yield from _heard(found.standing)
    yield from ("", "1. What was looked at")
    yield from (f"   {line}" for line in _looked_at(found.record))
    yield from ("", f"2. Passages that concern the question: {len(found.passages)}")
    yield from _shown_passages(found.passages, str(result.result))
    yield from ("", "3. What decided")
    yield from (f"   {line}" for line in _decided(found))
    yield from ("", "4. What was missing")
    yield from (f"   - {line}" for line in list(missing(found)) or ["nothing"])
    yield from ("", "Published text only; not a risk rating, sanctions check or clearance.")


def _aside(result: Result) -> str:
    return aside([item.to_json() for item in result.set_aside])


def _heard(standing: Standing) -> Iterator[str]:
    if standing.overlays:
        yield f"Beside: {'; '.join(OVERLAYS[name] for name in standing.overlays)}"
    for reply in standing.replies:
        yield f"  reply {reply.id} of {day(reply.received_at)}, from {reply.host}: {_line(reply.text)}"
    for reply in standing.elsewhere:
        yield f"  reply {reply.id} of {day(reply.received_at)}, from {reply.host}, stands with the institution"
    for fixed in standing.corrections:
        then = fixed.result.replace("_", " ")
        yield f"  correction {fixed.id} of {day(fixed.at)}, of “{then}”: {_line(fixed.note)}"


def _line(text: str) -> str:
    return " ".join(text.split())


def _looked_at(record: SearchRecord) -> Iterator[str]:
    lost = record.documents_lost
    by_now = f", {lost} of them out of reach by now" if lost else ""
    yield f"documents: {record.documents_read} read of {record.documents_known} known{by_now}"
    if record.languages:
        named = ", ".join(f"{name} {number}" for name, number in record.languages.items())
        yield f"languages: {named}"
    if record.unread:
        yield f"unread: {', '.join(f'{why} {number}' for why, number in record.unread.items())}"
    period = f"{record.period_from} to {record.period_to}" if record.period_from else "none stated"
    yield f"period: {period}{f' (by {record.period_basis})' if record.period_basis else ''}"
    yield (
        f"starting points: {record.sources_tried} tried of {record.sources_declared} declared, "
        f"{record.sources_failed} failed, {record.sources_gone} confirmed gone"
    )
    for failure in record.failures:
        yield f"  not read: {failure['source']} ({failure['reason']}) {failure['url']}"


def _shown_passages(passages: Sequence[Mapping[str, Any]], result: str) -> Iterator[str]:
    for number, row in enumerate(passages, start=1):
        stance = [] if row["stance"] == Stance.NONE else [row["stance"]]
        cues = _by_words(row["cues"])
        yield f"   {number}. “{' '.join(row['quote'].split())}”"
        yield f"      {row['title']}, {row['dated']}, {row['url']}"
        yield f"      version {row['version']}, sha256 {row['text_sha256']}"
        yield f"      coded {', '.join([*row['labels'], *stance])}{f' by the words {cues}' if cues else ''}"
        if row["element_cues"]:
            yield f"      holds {words(_by_words(row['element_cues']))}"
        yield f"      {row['coded_by']}"
        yield f"      voice: {row['voice']} ({row['voice_because']}); genre: {row['genre']}"
        yield f"      {_counted(row, result)}"


def _by_words(cues: Mapping[str, Sequence[str]]) -> str:
    return "; ".join(f"{label}: {', '.join(found)}" for label, found in cues.items())


def _counted(row: Mapping[str, Any], result: str) -> str:
    if not row["counts"]:
        return f"does not count: {row['because']}"
    graded = row["amounts_to"] in set(SpokenResult)
    beside = ", beside the result" if graded and row["amounts_to"] != result else ""
    return f"counts as {words(row['amounts_to'])}{beside}"


def _decided(found: Explanation) -> Iterator[str]:
    if str(found.result.result) in DECIDED_BY_SEARCH:
        yield "no passage counts, so the search decides:"
        for check in protocol(found.record):
            yield f"  {'yes' if check.held else 'NO '}  {check.asked}: {check.said}"
        return
    yield found.result.rule
    for row in elements_with_words(found.result.elements):
        mark = "*" if row["required"] else " "
        yield f"  {mark} {str(row['name']).replace('_', ' ')}: {element_said(row)}{by_words(row)}"
    for deed in found.deeds:
        reason = f" {deed['reason']}" if deed["reason"] else " (no reason stated)"
        yield f"acted: {deed['what']} with {deed['partner']},{reason}"
