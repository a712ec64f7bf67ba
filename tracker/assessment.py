"""Assesses institutions: brings evidence and search record to the rules, and keeps the findings."""

import re
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

from rapidfuzz import fuzz
from sqlmodel import Session

from tracker.checkup import check_up
from tracker.coding.codebook import Codebook
from tracker.findings import (
    Deeds,
    Evidence,
    Result,
    Rule,
    SearchRecord,
    Wording,
    acted,
    coverage,
    spoken,
)
from tracker.model import SPOKEN, Finding, Recommendation, Reviewed, Stance, Voice
from tracker.reviews import judged
from tracker.store import Store, assessing, searching
from tracker.store.labelling import labels_of
from tracker.verdicts import Judged

MOST_EVIDENCE = 20  # passages kept with a finding; the rest is counted
MOST_ACTED = 20
STANCES = frozenset(map(str, Stance))
SAME_WORDING = 80  # per cent: above it, a passage that changed says what it said before
MORE_AROUND = 1.26  # times as long: where a part is 95 per cent alike and the whole may not be 80
WHOLE = 95  # per cent of likeness to a part of a passage: its words stand in it


@dataclass(frozen=True, slots=True)
class Assessed:
    """Everything that an institution's findings follow from."""

    subject: assessing.Subject
    evidence: tuple[Evidence, ...]
    record: SearchRecord
    deeds: tuple[dict[str, Any], ...]
    results: Mapping[str, Result]


def assess(
    store: Store,
    codebook: Codebook,
    told: Callable[[str, int], None] = lambda _stage, _done: None,
    *,
    force: bool = False,
) -> None:
    """Derive the findings of every institution whose evidence or search changed."""
    with store.transaction() as session:
        everyone = assessing.subjects(session)
        unread = _unread(session)
    for number, subject in enumerate(everyone):
        told("assessing", number)
        with store.transaction() as session:
            _assess_institution(session, subject, codebook, unread[subject.key], force=force)


def rules(codebook: Codebook) -> dict[Recommendation, Rule]:
    """Return the codebook's rule of each recommendation, as findings read it."""
    wording = Wording(
        force=codebook.results["force"],
        reach=codebook.results["reach"],
        status=codebook.results["status"],
        elements=codebook.elements,
    )
    return {
        code: Rule(
            code=code,
            applies_to=frozenset(entry.applies_to),
            required=entry.required,
            optional=entry.optional,
            only_with_partners=frozenset(entry.only_with_partners),
            should_is_partial=entry.should_is_partial,
            carries_status=entry.carries_status,
            elsewhere=entry.elsewhere,
            is_cited=codebook.lexicon.names_public_rule,
            wording=wording,
        )
        for code, entry in codebook.recommendations.items()
    }


def deeds(codebook: Codebook) -> Deeds:
    """Return the codebook's words for what is done with partners."""
    also = codebook.results["partners"]["also"]
    partners = re.compile(f"{codebook.partners.pattern}|{also.pattern}", re.IGNORECASE)
    return Deeds(codebook.results["deeds"], partners, codebook.results["reasons"]["stated"])


def assessed(session: Session, subject: assessing.Subject, codebook: Codebook) -> Assessed:
    """Return what follows for an institution, with everything that it follows from."""
    unread = _unread(session, [subject.key])[subject.key]
    return _assessed(session, subject, codebook, _record(session, subject, codebook, unread))


def _assessed(
    session: Session, subject: assessing.Subject, codebook: Codebook, record: SearchRecord
) -> Assessed:
    evidence = _evidence(session, subject, codebook)
    results = {SPOKEN: spoken(evidence, record)} | {
        str(code): coverage(rule, subject.kind, evidence, record)
        for code, rule in rules(codebook).items()
    }
    named = assessing.naming(session, {item.passage_id for item in evidence})
    naming = [item for item in evidence if item.passage_id in named]
    done = acted(naming, deeds(codebook), most=MOST_ACTED)
    return Assessed(subject, tuple(evidence), record, tuple(done), results)


def _assess_institution(
    session: Session,
    subject: assessing.Subject,
    codebook: Codebook,
    unread: searching.Unread,
    *,
    force: bool,
) -> None:
    stamp = assessing.stamp(session, subject, codebook.coder_name)
    kept = assessing.findings_of(session, subject.id)
    record = _record(session, subject, codebook, unread)
    said = {**record.to_json(), assessing.STAMP: stamp}
    if SPOKEN in kept and not force and all(_same(finding, said) for finding in kept.values()):
        for finding in kept.values():
            finding.search_record = said  # no rule asks when a document was read last
        return
    found = _assessed(session, subject, codebook, record)
    for question, result in found.results.items():
        row = {**_finding_row(result), "search_record": said}
        row["acted"] = list(found.deeds) if question == SPOKEN else []
        assessing.record_finding(session, subject.id, question, row)


def _same(kept: Finding, said: Mapping[str, Any]) -> bool:
    """Whether a finding follows from the same evidence and the same search, its last read apart."""
    return {**kept.search_record, "last_read": said["last_read"]} == said


def _unread(
    session: Session, institutions: Collection[str] = ()
) -> defaultdict[str, dict[str, Mapping[str, str]]]:
    """The sources whose last read brought nothing, by institution: one judgement for all who ask."""
    found: defaultdict[str, dict[str, Mapping[str, str]]] = defaultdict(dict)
    for one in check_up(session, institutions=institutions):
        if not one.answers:
            said = {"state": str(one.state), "cause": one.cause, "reason": one.said}
            found[one.source.institution][one.source.key] = said
    return found


def _record(
    session: Session, subject: assessing.Subject, codebook: Codebook, unread: searching.Unread
) -> SearchRecord:
    fields = searching.search_record(
        session,
        subject,
        codebook=codebook.version,
        covered=codebook.languages,
        coder=codebook.coder_name,
        unread=unread,
    )
    return SearchRecord(**fields)


def _evidence(session: Session, subject: assessing.Subject, codebook: Codebook) -> list[Evidence]:
    rows = assessing.coded_rows(session, subject, codebook.coder_name)
    people = judged(session, {row.version.document_id for row in rows})
    found = []
    for row in rows:
        piece = _piece(row, people.get((row.version.document_id, row.passage_id)), subject)
        unsure = row.coding.confidence < codebook.verdict_from
        found.append(replace(piece, unsure=True) if unsure else piece)
    standing, gone = defaultdict[int, list[Evidence]](list), defaultdict[int, list[Evidence]](list)
    for item in found:
        (standing if item.on_page else gone)[item.document_id].append(item)
    kept = [i for i in found if i.on_page or not _reworded(i, standing[i.document_id])]
    return [_since_before(item, gone[item.document_id]) for item in kept]


def _since_before(item: Evidence, gone: list[Evidence]) -> Evidence:
    """The passage with the date of the wording before it, where that said the same from the start."""
    if item.in_first_version or not item.on_page:
        return item
    before = next((g for g in gone if g.in_first_version and _reworded(g, [item])), None)
    if before is None:
        return item
    return replace(
        item,
        in_first_version=True,
        stated_date=before.stated_date,
        stated_basis=before.stated_basis,
    )


def _reworded(gone: Evidence, standing: list[Evidence]) -> bool:
    """Whether the document still says it, in slightly other words: an edit takes nothing back."""
    return any(
        item.stance is gone.stance and item.labels >= gone.labels and _alike(gone.quote, item.quote)
        for item in standing
    )


def _alike(was: str, now: str) -> bool:
    """Whether a passage is another in slightly other words, or with more around it."""
    if fuzz.ratio(was, now, score_cutoff=SAME_WORDING):
        return True
    # With less around it, the whole would have been alike already; this costs far more than that.
    return len(was) * MORE_AROUND < len(now) and bool(
        fuzz.partial_ratio(was, now, score_cutoff=WHOLE)
    )


def _piece(row: assessing.CodedRow, verdict: Judged | None, subject: assessing.Subject) -> Evidence:
    labels, stance = labels_of(row.coding), row.coding.stance
    earlier = verdict is not None and verdict.outdated and verdict.reviewed is not Reviewed.NONE
    if verdict is not None and verdict.outdated and row.on_page:
        verdict = None  # it was about other words: those that stand now wait for a person
    amended = verdict is not None and (verdict.labels, verdict.stance) != (labels, stance)
    if verdict is not None and not verdict.rejected:
        labels, stance = verdict.labels, verdict.stance
    attributed = subject.attributed.get(row.document.url, "")
    first = row.first
    assert first is not None
    return Evidence(
        passage_id=row.passage_id,
        document_id=row.version.document_id,
        version_id=row.version_id,
        version=row.version.number,
        quote=row.quote,
        heading_path=row.heading_path,
        url=row.document.url,
        title=row.document.title,
        stated_date=first.stated_date,
        stated_basis=first.stated_basis,
        voice=Voice.INSTITUTION if attributed else row.document.voice,
        genre=row.document.genre,
        labels=frozenset(labels - STANCES),
        stance=stance,
        in_passing=row.coding.in_passing and not amended,
        elements=row.coding.elements,
        reviewed=verdict.reviewed if verdict else Reviewed.NONE,
        rejected=verdict is not None and verdict.rejected,
        on_page=row.on_page,
        language=row.version.language,
        cues=row.coding.cues,
        attributed=attributed,
        gone_from=row.gone_from,
        gone_to=row.gone_to,
        voice_because=row.document.voice_because,
        earlier_wording=earlier,
        in_first_version=first.in_first_version,
        first_version=first.version,
        first_seen_from=first.seen_from,
        first_seen_to=first.seen_to,
        text_sha256=row.version.text_sha256,
        coder=row.coding.coder,
        reviewed_at=verdict.at if verdict else None,
    )


def _finding_row(result: Result) -> dict[str, Any]:
    return {
        "result": str(result.result),
        "basis": result.basis,
        "reviewed": result.reviewed,
        "possible": result.possible,
        "possible_quotes": result.possible_quotes,
        "rule": result.rule,
        "since": result.since,
        "latest": result.latest,
        "count": result.count,
        "by_report": result.by_report,
        "after_report": result.after_report,
        "undated": result.undated,
        "status": result.status,
        "elements": list(result.elements),
        "evidence": [
            *(item.to_json() for item in result.evidence[:MOST_EVIDENCE]),
            *({**item.to_json(), "awaiting": True} for item in result.awaiting[:MOST_EVIDENCE]),
        ],
    }
