"""What waits for a person's verdict, weightiest first, chosen by the database. Knows no screen."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, case, func, or_
from sqlalchemy.orm import defer
from sqlmodel import Session, col, select

from tracker.following import followed_from, latest
from tracker.model import (
    Coding,
    Document,
    Institution,
    Passage,
    Recommendation,
    Review,
    Stance,
    Verdict,
    Version,
    VersionPassage,
    Voice,
)
from tracker.reviews import record_review
from tracker.store.corrections import corrected_findings
from tracker.store.labelling import labels_of
from tracker.store.rows import portions
from tracker.verdicts import together

PEOPLE = 2  # who judge a passage, where they agree
Key = tuple[int, int]  # document, passage
_HEAVIEST = 100.0  # heavier than anything that nobody differs on


@dataclass(frozen=True, slots=True)
class Waiting:
    """A coded passage that a person should judge, with what the machine says of it."""

    passage_id: int
    document_id: int
    institution: str  # key
    institution_name: str
    url: str
    title: str
    heading_path: str
    text: str
    language: str | None
    voice: Voice
    labels: frozenset[str]
    stance: Stance
    cues: dict[str, list[str]]
    confidence: float
    judged_by: int  # people who have judged it; what they said is not told, so a second works blind
    disputed: bool
    outdated: bool  # people judged an earlier wording of it
    corrected: (
        str  # what a public correction says of a finding that it bears on, until it is judged anew
    )
    weight: float  # impact times uncertainty: what a verdict on it may change in a finding

    @property
    def why(self) -> str:
        """Why it waits before others, where there is a reason besides its weight."""
        if self.corrected:
            return f"a finding that it bears on was corrected: {self.corrected}"
        if self.disputed:
            return "people differ on it"
        return "people judged an earlier wording of it" if self.outdated else ""

    @property
    def key(self) -> str:
        """What a person names it by."""
        return f"{self.passage_id}@{self.document_id}"


def waiting(session: Session, *, coder: str, reviewer: str, limit: int = 20) -> list[Waiting]:
    """Return what this person should judge next, weightiest first.

    A passage waits until PEOPLE have judged it, or longer where they differ; nobody is asked
    twice on the same words, but where a finding that rests on them was corrected since; then
    what nobody judged of it comes first, and what they judged themselves has no precedence. What the
    machine found nothing in is asked for only where people judged an earlier wording of it.
    """
    given = _given(session)
    known = [*_of(session, coder, given.asking(reviewer), given, reviewer=reviewer)]
    held = len({*given.people, *given.outdated, *given.corrected})
    fresh = _unjudged(session, coder, limit + held)
    found = [*known, *(item for item in fresh if not given.holds(item))]
    found.sort(key=lambda item: (-item.weight, item.passage_id, item.document_id))
    return found[:limit]


def waiting_number(session: Session, *, coder: str, reviewer: str) -> int:
    """Return how many passages wait for this person in all, as `waiting` lists them; reads no texts of fresh ones."""
    given = _given(session)
    known = _of(session, coder, given.asking(reviewer), given, reviewer=reviewer)
    keys = select(Version.document_id, Coding.passage_id)
    fresh = _coded(keys, coder).where(_LABELLED, ~_judged().exists()).distinct()
    return len(known) + sum(not given.has((row[0], row[1])) for row in session.execute(fresh))


def waiting_item(
    session: Session, key: str, *, coder: str, reviewer: str, again: bool = False
) -> Waiting | None:
    """Return what a person named, if it waits for them, or, `again`, if they judged it already."""
    passage, _, document = key.partition("@")
    if not (passage.isdecimal() and document.isdecimal()):
        return None
    named = int(document), int(passage)
    given = _given(session, [named[0]])
    asked = given.asking(reviewer)
    people = given.people.get(named, {})
    waits = reviewer in people if again else named not in given.people or named in asked
    if not waits:
        return None
    found = _of(session, coder, {named: people}, given, whatever=again)
    return next(iter(found), None)


def judged_by(
    session: Session, *, coder: str, reviewer: str, limit: int = 20
) -> list[tuple[Waiting, Review]]:
    """Return what a person judged, with the verdict that counts, newest first: to mend a slip.

    A verdict is never changed: a later one of the same person takes its place, and both are kept.
    """
    given = _given(session)
    mine = {key: said[reviewer] for key, said in given.people.items() if reviewer in said}
    newest = sorted(mine, key=lambda key: (mine[key].at, mine[key].id or 0), reverse=True)[:limit]
    judged = {key: given.people[key] for key in newest}
    items = {
        (i.document_id, i.passage_id): i for i in _of(session, coder, judged, given, whatever=True)
    }
    return [(items[key], mine[key]) for key in newest if key in items]


@dataclass(frozen=True, slots=True)
class _Given:
    """What people said, by the passage that it is about now; `outdated`: of an earlier wording."""

    people: dict[Key, dict[str, Review]]
    outdated: frozenset[Key]
    corrected: dict[Key, str]

    def asking(self, reviewer: str) -> dict[Key, dict[str, Review]]:
        """The passages that this person is asked for although somebody judged them."""
        asked = {key: said for key, said in self.people.items() if _still_asks(said, reviewer)}
        return asked | {key: self.people.get(key, {}) for key in (*self.outdated, *self.corrected)}

    def holds(self, item: Waiting) -> bool:
        return self.has((item.document_id, item.passage_id))

    def has(self, key: Key) -> bool:
        return key in self.people or key in self.outdated or key in self.corrected


def _given(session: Session, document_ids: Iterable[int] | None = None) -> _Given:
    said = latest(session, document_ids)
    now = followed_from(session, said)
    followed = {place.key: said[was] for was, place in now.items() if not place.outdated}
    outdated = {place.key for place in now.values() if place.outdated}
    people = followed | said
    return _Given(people, frozenset(outdated - set(said)), _corrected(session, people))


def _corrected(session: Session, people: Mapping[Key, Mapping[str, Review]]) -> dict[Key, str]:
    """What bears on corrected findings, and nobody judged since: a correction changes no result by itself."""
    found: dict[Key, str] = {}
    for row, finding in corrected_findings(session):
        for item in finding.evidence if finding.result == row.result else ():
            key = item["document_id"], item["passage_id"]
            if all(review.at <= row.at for review in people.get(key, {}).values()):
                found[key] = row.note
    return found


def _still_asks(people: dict[str, Review], reviewer: str) -> bool:
    if reviewer in people:
        return False
    return len(people) < PEOPLE or together(list(people.values())).disputed


def _unjudged(session: Session, coder: str, limit: int) -> list[Waiting]:
    """The weightiest that nobody has judged; texts are read of these only."""
    weight = _WEIGHT.label("weight")
    places = (
        _coded(select(VersionPassage.version_id, func.min(VersionPassage.position), weight), coder)
        .where(_LABELLED, ~_judged().exists())
        .group_by(col(VersionPassage.version_id), col(Coding.id))
        .order_by(weight.desc(), col(Coding.passage_id), col(VersionPassage.version_id))
        .limit(limit)
    )
    top = places.subquery()
    here = and_(
        col(VersionPassage.version_id) == top.c[0], col(VersionPassage.position) == top.c[1]
    )
    query = _coded(_rows(), coder).join(top, here)
    return [_item(row, {}) for row in session.execute(query)]


def _judged() -> Any:
    """The verdicts on a passage in a document."""
    return (
        select(Review.id)
        .where(Review.passage_id == VersionPassage.passage_id)
        .where(Review.document_id == Version.document_id)
    )


def _of(
    session: Session,
    coder: str,
    judged: Mapping[Key, Mapping[str, Review]],
    given: _Given,
    *,
    reviewer: str = "",
    whatever: bool = False,
) -> list[Waiting]:
    """What waits among these passages; each once, where it stands first."""
    found: dict[Key, Waiting] = {}
    passages = sorted({passage_id for _, passage_id in judged})
    for some in portions(passages):
        query = (
            _coded(_rows(), coder)
            .where(col(Coding.passage_id).in_(some))
            .order_by(col(VersionPassage.position))
        )
        for row in session.execute(query):
            key = row.Version.document_id, row.Passage.id
            asked = whatever or row.labelled or key in given.outdated
            if key in judged and key not in found and asked:
                found[key] = _item(
                    row,
                    judged[key],
                    again=reviewer in judged[key],
                    outdated=key in given.outdated,
                    corrected=given.corrected.get(key, ""),
                )
    return list(found.values())


def _rows() -> Any:
    every = select(Coding, Passage, VersionPassage, Version, Document, Institution, _WEIGHT.label("weight"), _LABELLED.label("labelled"))  # type: ignore[call-overload]  # fmt: skip  # typed for four at most
    return every.options(defer(Version.body))  # type: ignore[arg-type]


def _coded(query: Any, coder: str) -> Any:
    """Let a query be about the coded passages of current versions."""
    return (
        query.select_from(Coding)
        .join(Passage, col(Coding.passage_id) == Passage.id)
        .join(VersionPassage, col(VersionPassage.passage_id) == Passage.id)
        .join(Version, col(VersionPassage.version_id) == Version.id)
        .join(Document, col(Version.document_id) == Document.id)
        .join(Institution, col(Document.institution_id) == Institution.id)
        .where(Coding.coder == coder, col(Version.current))
    )


_STATED = or_(*(col(getattr(Coding, str(code))) for code in Recommendation))
_LABELLED = or_(col(Coding.china), _STATED)
_AGAINST = and_(col(Coding.china), col(Coding.stance).in_([Stance.CONDEMNS, Stance.CRITICAL]))
_RIGHTS = or_(col(Coding.surveillance), col(Coding.human_rights))
_IMPACT = case(
    (and_(_AGAINST, _RIGHTS), 4.0),
    (or_(_AGAINST, col(Coding.stance) == Stance.SUPPORTIVE), 3.0),
    (_STATED, 2.0),
    else_=1.0,
)
_OWN = case((col(Document.voice).in_([Voice.INSTITUTION, Voice.UNIT]), 1.0), else_=0.4)
_WEIGHT = _OWN * _IMPACT * (1.25 - func.abs(2.0 * col(Coding.confidence) - 1.0))


def _item(
    row: Any,
    people: Collection[str],
    *,
    again: bool = False,
    outdated: bool = False,
    corrected: str = "",
) -> Waiting:
    coding, document = row.Coding, row.Document
    disputed = len(people) >= PEOPLE  # else it would not be asked for any more
    return Waiting(
        passage_id=row.Passage.id,
        document_id=document.id,
        institution=row.Institution.key,
        institution_name=row.Institution.name,
        url=document.url,
        title=document.title,
        heading_path=row.VersionPassage.heading_path,
        text=row.Passage.text,
        language=row.Version.language,
        voice=document.voice,
        labels=labels_of(coding) - frozenset(Stance),
        stance=coding.stance,
        cues=coding.cues,
        confidence=coding.confidence,
        judged_by=len(people),
        disputed=disputed,
        outdated=outdated,
        corrected=corrected,
        weight=_heavy(people, again=again, pressing=disputed or outdated, corrected=bool(corrected))
        or row.weight * (0.5 if people else 1.0),
    )


def _heavy(people: Collection[str], *, again: bool, pressing: bool, corrected: bool) -> float:
    """What puts a passage before what only weighs: after a correction, first what nobody judged.

    Who judged it already is not asked first for the same words.
    """
    if corrected and not again:
        return _HEAVIEST * (2 if people else 3)
    return _HEAVIEST if pressing and not again else 0.0


def judge(
    session: Session,
    item: Waiting,
    *,
    reviewer: str,
    verdict: Verdict,
    labels: Iterable[str] = (),
    stance: Stance = Stance.NONE,
    coder: str,
    note: str = "",
    at: datetime,
) -> int:
    """Record a verdict on what waits; labels and stance are the person's own where they amend.

    Confirming takes the machine's coding over, rejecting leaves nothing of it.
    """
    match verdict:
        case Verdict.CONFIRM:
            held, said = item.labels, item.stance
        case Verdict.REJECT:
            held, said = frozenset(), Stance.NONE
        case Verdict.AMEND:
            held, said = frozenset(labels), stance
    return record_review(
        session,
        passage_id=item.passage_id,
        document_id=item.document_id,
        reviewer=reviewer,
        verdict=verdict,
        labels=held,
        stance=said,
        coder=coder,
        quote=item.text,
        note=note,
        at=at,
    )
