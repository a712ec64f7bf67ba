"""One institution: its findings, its quotes, its documents, what was read. For screen and print."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session

from tracker import queries
from tracker.coding.codebook import question_title
from tracker.dating import dated, statement_date
from tracker.health import IN_ORDER
from tracker.model import SPOKEN
from tracker.queries import (
    ChangeRow,
    Context,
    DocumentRow,
    FindingRow,
    InstitutionRow,
    SourceRow,
    amounts_to,
)
from tracker.standing import QUESTIONS
from tracker.views import findings, hearing
from tracker.views.addresses import APP, Places
from tracker.views.documented import STATES
from tracker.views.evidence import evidence_card, search_record
from tracker.views.html import (
    ABSENT,
    actions,
    badge_of,
    bare,
    brief,
    card,
    country,
    day,
    escape,
    go,
    link,
    listing,
    number,
    pairs,
    rule,
    sentence,
    source_state,
    table,
    when,
    words,
)
from tracker.wording import MEANINGS

CARDS = 6


@dataclass(frozen=True, slots=True)
class Profile:
    """An institution with everything said and read of it."""

    row: InstitutionRow
    units: tuple[InstitutionRow, ...]
    speaking: frozenset[str]  # units with a statement of their own
    findings: tuple[FindingRow, ...]
    around: Context
    documents: tuple[DocumentRow, ...]
    changes: tuple[ChangeRow, ...]
    sources: tuple[SourceRow, ...]

    @property
    def spoken(self) -> FindingRow:
        return self.findings[0]


def load(session: Session, key: str) -> Profile | None:
    """Return the institution with that key, or None where none is listed."""
    listed = queries.institution_rows(session)
    row = next((row for row in listed if row.key == key), None)
    if row is None:
        return None
    found = queries.finding_rows(session, questions=QUESTIONS, institutions=[key])
    return Profile(
        row,
        tuple(other for other in listed if other.parent == key),
        frozenset(unit.institution for unit in queries.units_that_have_spoken(session, key)),
        tuple(found),
        queries.context(session, found, most=CARDS),
        tuple(queries.document_rows(session, institution=key)),
        tuple(queries.change_rows(session, institutions=[key], limit=20)),
        tuple(queries.source_rows(session, institutions=[key])),
    )


def head(profile: Profile, places: Places = APP) -> str:
    """Return who it is and why it is watched."""
    row = profile.row
    belongs = go(places.institution(row.parent), row.parent) if row.parent else ""
    units = ", ".join(_unit(profile, unit, places) for unit in profile.units)
    return pairs(
        [
            ("Kind", f"{escape(words(row.kind))}, {escape(country(row.country))}, {escape(row.group)} group"),
            ("Home", link(row.homepage, row.homepage)),
            ("In scope because", escape(row.why_in_scope)),
            ("Belongs to", belongs),
            ("Units watched apart", units and f"{units} (statements never pass up or down)"),
        ]
    )  # fmt: skip


def _unit(profile: Profile, unit: InstitutionRow, places: Places) -> str:
    spoken = " (has spoken, for itself)" if unit.key in profile.speaking else ""
    return go(places.institution(unit.key), unit.name) + spoken


def answer(profile: Profile) -> str:
    """Return in one sentence what an officer asks first: what it said, and how its policies stand."""
    spoken = profile.spoken
    said = words(spoken.result) + (
        " (possible, not yet reviewed)"
        if spoken.result not in ABSENT and not spoken.confirmed
        else ""
    )
    parts = Counter(
        part for row in profile.findings if row.question != SPOKEN and (part := _part(row))
    )
    told = ", ".join(f"{parts[part]} {part}" for part in PARTS if parts[part])
    asked = number(parts.total(), "recommendation")
    policies = f" Of {asked} addressed to it: {told}." if parts else ""
    return f'<p class="t-lead">{escape(f"Who has spoken: {said}.{policies}")}</p>'


PARTS = ("confirmed", "possible", "none found", "not checked", "unreachable")


def _part(row: FindingRow) -> str:
    if row.result == "not_applicable":
        return ""
    if row.result in ABSENT:
        return words(row.result)
    return "confirmed" if row.confirmed else "possible"


def summary(profile: Profile) -> str:
    """Return all findings in one table: the answer above the fold."""
    rows = [
        [
            escape(question_title(row.question)),
            badge_of(row),
            rule(f"{row.rule}{findings.possible(row)}")
            + hearing.line(row)
            + findings.elements(row)
            + findings.deeds(row),
        ]
        for row in profile.findings
    ]
    return table(["Question", "Result", "Rule that decided"], rows, caption="Findings", stack=True)


def statements(profile: Profile) -> str:
    """Return dated statements in the order of their dates, undated ones last."""
    items = sorted(profile.spoken.evidence, key=lambda item: statement_date(item) or "9999")
    steps = "".join(_step(item) for item in items)
    return f'<ol class="t-steps">{steps}</ol>' if steps else ""


def _step(item: dict[str, Any]) -> str:
    grade = words(amounts_to(item, SPOKEN) or "")
    said = f"“{item['quote'][:160]}{'…' if len(item['quote']) > 160 else ''}”"
    return (
        f"<li><b>{_when(item)}</b> {escape(' · '.join(filter(None, (grade, item['title']))))}<br>"
        f'<span class="t-meta">{escape(said)}</span></li>'
    )


def _when(item: dict[str, Any]) -> str:
    own = statement_date(item)
    return escape(day(own) if own else sentence(dated(item)))


def quotes(profile: Profile, places: Places = APP) -> str:
    """Return each quoted passage once, with all the findings that rest on it."""
    resting: _Carried = {}
    awaiting: _Carried = {}
    for row in profile.findings:
        if row.result != "not_applicable":
            _carry(resting, row, row.evidence)
            _carry(awaiting, row, row.awaiting)
    shown = _cards(profile, resting, "What rests on it", places)
    later = _cards(profile, awaiting, "What it may add to", places)
    return shown + (later and f"<h3>{findings.AWAITING}</h3>{later}")


_Carried = dict[tuple[int, int], tuple[dict[str, Any], list[FindingRow]]]


def _carry(carried: _Carried, row: FindingRow, items: Sequence[dict[str, Any]]) -> None:
    for item in items[:CARDS]:
        place = (item["document_id"], item["passage_id"])
        carried.setdefault(place, (item, []))[1].append(row)


def quoted(profile: Profile) -> list[dict[str, Any]]:
    """Return the passages that are quoted, in the order in which they stand."""
    rows = [row for row in profile.findings if row.result != "not_applicable"]
    return [item for row in rows for item in (*row.evidence[:CARDS], *row.awaiting[:CARDS])]


def _cards(profile: Profile, carried: _Carried, said: str, places: Places) -> str:
    return "".join(_quote(profile, item, rows, said, places) for item, rows in carried.values())


def _quote(
    profile: Profile,
    item: dict[str, Any],
    rows: Sequence[FindingRow],
    said: str,
    places: Places,
) -> str:
    lines = "".join(
        f"<br><b>{escape(question_title(row.question))}</b> {findings.weaker(row, item)} {badge_of(row)}"
        for row in rows
    )
    around = profile.around
    cues, version = around.cues.get(item["passage_id"], {}), around.versions.get(item["version_id"])
    carries = f'<div class="t-head">{said}:{lines}</div>'
    beside = around.beside.get((item["version_id"], item["passage_id"]), ("", ""))
    return evidence_card(item, cues, version, places, carries=carries, beside=beside)


def no_quote(profile: Profile) -> str:
    """Return why there is no quote: none was found, or what was found waits."""
    if any("withheld" in row.overlays for row in profile.findings):
        return card(
            "What a person found waits for the institution’s reply.",
            "It is shown with its quotes once the institution could answer; see the dates above.",
        )
    return card(
        "No quote was found in what was read.", "See “What was read” for what that rests on."
    )


def documents(profile: Profile, places: Places = APP) -> str:
    """Return the documents that are watched."""
    rows = [
        [go(places.document(d.id), d.title), escape(STATES.get(d.state, d.state)), str(d.versions), f"{d.words:,}",
         day(d.stated_date), day(d.last_good_at)]
        for d in profile.documents
    ]  # fmt: skip
    columns = ["Document", "State", "Versions", "Words", "Own date", "Last read"]
    return table(columns, rows, caption="Documents", stack=True)


def changes(profile: Profile, places: Places = APP) -> str:
    """Return the latest changes."""
    items = (
        f"{go(places.change(c.id), brief(c.summary))} <br><span class='t-meta'>{escape(c.title)} · "
        f"{escape(words(c.change_class))} · {when(c)}</span>"
        for c in profile.changes
    )
    return listing(items, empty="No change so far; the first read of a source is its baseline.")


def sources(profile: Profile) -> str:
    """Return where we look and how the last look ended."""
    rows = [
        [link(s.url, bare(s.url)), escape(words(s.kind)), source_state(s.state), escape(sentence(s.cause)), day(s.last_good_at)]
        for s in profile.sources
    ]  # fmt: skip
    columns = ["Source", "Kind", "State", "Cause", "Last good read"]
    return table(columns, rows, caption="Sources", stack=True)


def coverage_line(profile: Profile) -> str:
    """Return how well the institution is read, in one line."""
    wrong = sum(source.state not in IN_ORDER for source in profile.sources)
    record = profile.spoken.search_record
    known = number(record.get("documents_known", 0), "known document")
    return (
        f"{record.get('documents_read', 0)} of {known} read, {number(len(profile.sources), 'source')}"
        f"{f', {wrong} in need of a look' if wrong else ''}, {number(len(profile.changes), 'change')} listed"
    )


def meanings(profile: Profile) -> str:
    """Return what the named elements of the recommendations ask of a text, for who has only the paper."""
    named = {str(row["name"]) for finding in profile.findings for row in finding.elements}
    shown = pairs((words(name), escape(said)) for name, said in MEANINGS.items() if name in named)
    how = (
        "In brackets: how the sentence binds (must, should, may), and the words in the quote that hold the element. "
        "The elements are the tracker’s own definitions, after the report’s recommendations."
    )
    return f'<h2>What the elements mean</h2>{shown}<p class="t-small">{how}</p>' if named else ""


def sheet(profile: Profile, places: Places) -> str:
    """Return the whole institution as one printable column: the file for a case folder."""
    return (
        answer(profile)
        + head(profile, places)
        + f'<p class="t-meta">{coverage_line(profile)}</p>'
        + "<h2>Findings</h2>"
        + summary(profile)
        + hearing.of_institution(profile.findings)
        + "<h2>What they rest on</h2>"
        + (quotes(profile, places) or no_quote(profile))
        + search_record(profile.spoken.search_record, "What was read")
        + meanings(profile)
        + "<h2>Changes</h2>"
        + changes(profile, places)
        + "<h2>Documents</h2>"
        + documents(profile, places)
        + "<h2>Sources</h2>"
        + sources(profile)
        + actions(go(APP.institution(profile.row.key), "Open in the app"))
    )
