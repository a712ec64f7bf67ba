"""Coded passages as findings see them, and whose word they are. Pure."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

from tracker.findings.search import NOT_CHECKED
from tracker.model import SPOKEN, Basis, DateBasis, Genre, Reviewed, Stance, Voice

#: The report appeared on this day; statements are told apart by it.
REPORT_PUBLISHED = datetime(2025, 12, 8, tzinfo=UTC)
OWN_VOICES = frozenset({Voice.INSTITUTION, Voice.UNIT})
#: How the codebook names what stands on an official host without being the institution's word.
HOSTED = {
    Genre.EVENT: "hosted",
    Genre.TRANSCRIPT: "hosted",
    Genre.PODCAST_NOTES: "hosted",
    Genre.REPOST: "relayed",
    Genre.PRESS_COVERAGE: "relayed",
}
STANDINGS = {
    Voice.NAMED_STAFF: "published: author's view",
    Voice.GUEST: "published: author's view",
    Voice.THIRD_PARTY: "relayed",
    Voice.UNKNOWN: "voice unknown: awaits review",
}
_TIMES = ("stated_date", "gone_from", "gone_to", "first_seen_from", "first_seen_to", "reviewed_at")
_SENTENCE_END = re.compile(r"(?<=[.!?;:])\s+|\n+")


@dataclass(frozen=True, slots=True)
class Evidence:
    """A coded passage of a document, and what people made of it."""

    passage_id: int
    document_id: int
    version_id: int
    version: int
    quote: str
    heading_path: str
    url: str
    title: str
    stated_date: datetime | None
    stated_basis: DateBasis
    voice: Voice
    genre: Genre
    labels: frozenset[str]
    stance: Stance
    in_passing: bool
    elements: Mapping[str, Sequence[str]]
    reviewed: Reviewed = Reviewed.NONE
    rejected: bool = False
    on_page: bool = True
    language: str | None = None
    cues: Mapping[str, Sequence[str]] = field(default_factory=dict)
    attributed: str = ""  # "jointly with …" or "hosted by …", where the address is another's
    gone_from: datetime | None = None  # it left its address between these two reads
    gone_to: datetime | None = None
    voice_because: str = ""
    earlier_wording: bool = False  # people judged a wording that has since been edited
    unsure: bool = False  # the coding is too improbable for a verdict of the machine
    in_first_version: bool = True  # it, or a wording that says the same, stood there from the start
    first_version: int = 1  # the first with these words
    first_seen_from: datetime | None = None  # they came between these two captures
    first_seen_to: datetime | None = None
    text_sha256: str = ""  # of the version
    coder: str = ""  # codebook and coder version
    reviewed_at: datetime | None = None
    taken: frozenset[str] = frozenset()  # questions that the machine matched and people took away

    @property
    def standing(self) -> str:
        """Whose word the passage is, in the codebook's words; empty where it is the institution's."""
        if self.attributed:
            return ""
        return HOSTED.get(self.genre) or STANDINGS.get(self.voice, "")

    @property
    def dated(self) -> datetime | None:
        """The date that the document itself states; one inferred from elsewhere is none.

        Nor is it the date of what the document took in later.
        """
        stands = self.in_first_version and self.stated_basis is DateBasis.STATED
        return self.stated_date if stands else None

    def to_json(self) -> dict[str, Any]:
        """Return the evidence as a finding keeps it."""
        row = asdict(self)
        row["labels"] = sorted({*self.labels, str(self.stance)} - {"none"})
        row["taken"] = sorted(self.taken)
        for name in _TIMES:
            row[name] = row[name].isoformat() if row[name] else None
        return row


def speaks_for_it(voice: Voice, genre: Genre) -> bool:
    """Tell whether a document is its institution's own word (codebook, "Who is speaking")."""
    return voice in OWN_VOICES and genre not in HOSTED


def own_words(evidence: Sequence[Evidence]) -> list[Evidence]:
    """Return what counts: the institution's own word, and not rejected by people."""
    return [item for item in evidence if not item.rejected and not item.standing]


def confirmed_and_waiting(
    items: Iterable[Evidence],
) -> tuple[list[Evidence], list[Evidence], list[Evidence]]:
    """Return what people confirmed, what waits for them, and what waits without a verdict till then."""
    confirmed, waiting, unsure = list[Evidence](), list[Evidence](), list[Evidence]()
    for item in items:
        if item.reviewed is not Reviewed.NONE:
            confirmed.append(item)
        else:
            (unsure if item.unsure else waiting).append(item)
    return confirmed, waiting, unsure


def beside(
    waiting: Sequence[Evidence], unsure: Sequence[Evidence], *, confirmed: bool
) -> list[Evidence]:
    """Return what awaits review beside the passages that a finding rests on."""
    return [*(waiting if confirmed else ()), *unsure]


def on_earlier_wording(items: Iterable[Evidence]) -> str:
    """Return what a finding's rule adds where people confirmed words that have since been edited."""
    said = "; a person confirmed an earlier wording, the present one awaits review"
    return said if any(item.earlier_wording for item in items) else ""


def sentences(text: str) -> list[str]:
    """Return a passage's sentences and clauses, as what is demanded is looked for in each."""
    return [part for part in _SENTENCE_END.split(text) if part.strip()]


@dataclass(frozen=True, slots=True)
class Result:
    """A finding: the result, the rule that decided it, and the passages it rests on."""

    result: str
    rule: str
    basis: Basis = Basis.MACHINE
    reviewed: Reviewed = Reviewed.NONE
    possible: str | None = None
    possible_quotes: int = 0
    since: datetime | None = None
    latest: datetime | None = None
    count: int = 0
    by_report: int = 0
    after_report: int = 0
    undated: int = 0
    status: str | None = None
    elements: tuple[dict[str, Any], ...] = ()
    evidence: tuple[Evidence, ...] = ()
    awaiting: tuple[Evidence, ...] = ()  # what a person has yet to judge, beside what it rests on
    set_aside: tuple[Evidence, ...] = ()  # where nothing else is: what people said is no match


def set_aside(evidence: Sequence[Evidence], question: str) -> tuple[Evidence, ...]:
    """Return what the machine matched to a question in the institution's own word, and people set aside."""
    return tuple(
        item
        for item in evidence
        if question in item.taken and not item.standing and (question == SPOKEN or item.on_page)
    )


def awaiting(unsure: Sequence[Evidence]) -> Result:
    """Return the finding where all that was found is too unsure: nobody has checked it yet."""
    number = f"{len(unsure)} passage{'s' if len(unsure) > 1 else ''}"
    said = f"{number} may say so, too unsure for a verdict: review is awaited"
    return Result(NOT_CHECKED, said, possible_quotes=len(unsure), evidence=tuple(unsure))


def resting_on(
    result: str,
    rule: str,
    carrying: Sequence[Evidence],
    rest: Sequence[Evidence] = (),
    *,
    possible: str | None,
    awaiting: Sequence[Evidence] = (),
    status: str | None = None,
    elements: Sequence[dict[str, Any]] = (),
) -> Result:
    """Return a finding with its dates and counts: documents, by stated date only."""
    documents = {item.document_id for item in carrying}
    dated = {item.document_id: item.dated for item in carrying if item.dated}
    dates = sorted(dated.values())
    reviewed = max((item.reviewed for item in carrying), key=list(Reviewed).index)
    by_report = sum(date.date() <= REPORT_PUBLISHED.date() for date in dates)
    return Result(
        result=result,
        rule=rule,
        basis=Basis.MACHINE if reviewed is Reviewed.NONE else Basis.REVIEWED,
        reviewed=reviewed,
        possible=possible,
        possible_quotes=len(awaiting) + (len(carrying) + len(rest)) * (reviewed is Reviewed.NONE),
        since=dates[0] if dates else None,
        latest=dates[-1] if dates else None,
        count=len(documents),
        by_report=by_report,
        after_report=len(dates) - by_report,
        undated=len(documents) - len(dates),
        status=status,
        elements=tuple(elements),
        evidence=(*carrying, *rest),
        awaiting=tuple(awaiting),
    )
