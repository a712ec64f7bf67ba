"""Changes as rows: what was compared, what happened to documents, what a second read confirmed."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from operator import attrgetter
from typing import Any

from sqlmodel import Session, col, func, select, update

from tracker.model import (
    Change,
    ChangeClass,
    ChangeKind,
    Coding,
    Document,
    DocumentState,
    Fetch,
    Passage,
    Reason,
    Recommendation,
    Snapshot,
    Source,
    Stance,
    Topic,
    Version,
    VersionOrigin,
    VersionPassage,
)
from tracker.store.documents import FAILURE_APART, READABLE
from tracker.store.rows import portions

CONFIRMATIONS = 3  # reads in a row, an hour or more apart, before a document counts as gone
OUT_OF_REACH = timedelta(hours=72)


@dataclass(frozen=True, slots=True)
class Uncompared:
    """A version nobody has compared with the one before it."""

    id: int
    document_id: int
    institution_id: int
    number: int
    before_id: int | None
    text_sha256: str
    earlier: tuple[tuple[str, datetime], ...]  # (text hash, last seen) of older versions
    seen_from: datetime | None
    seen_to: datetime
    origin: VersionOrigin
    news: bool  # found after its source's first complete read
    words: int
    moved_here: bool  # another document's redirect leads here
    imported: bool  # the archive's news, not ours: nobody watched the document before


def uncompared(session: Session) -> list[Uncompared]:
    """Return the versions to compare, by institution and document, oldest first."""
    rows = session.exec(
        select(Version, Document, Source)
        .join(Document, col(Version.document_id) == Document.id)
        .join(Source, col(Document.source_id) == Source.id)
        .where(col(Version.compared).is_(False))
        .order_by(col(Document.institution_id), col(Version.document_id), col(Version.number))
    ).all()
    targets = set(
        session.exec(select(Document.final_url).where(col(Document.final_url).is_not(None)))
    )
    older = _older(session, {version.document_id for version, *_ in rows})
    watched = _watched_since(session, older)
    return [
        _uncompared(
            version,
            document,
            source,
            older[version.document_id],
            seen_from=version.seen_from or _source_read_before(session, document),
            moved_here=document.url in targets or document.moved_to_id is not None,
            watched_since=watched.get(version.document_id),
        )
        for version, document, source in rows
    ]


def _watched_since(session: Session, document_ids: Iterable[int]) -> dict[int, datetime]:
    """The first read of our own of each document."""
    found: dict[int, datetime] = {}
    ids = sorted(document_ids)
    for some in portions(ids):
        found |= dict(
            session.exec(
                select(Snapshot.document_id, func.min(Snapshot.captured_at))
                .where(col(Snapshot.document_id).in_(some))
                .where(col(Snapshot.imported).is_(False), col(Snapshot.state).in_(READABLE))
                .group_by(col(Snapshot.document_id))
            ).all()
        )
    return found


def _source_read_before(session: Session, document: Document) -> datetime | None:
    """The last read of the source that did not name the document yet."""
    query = (
        select(Fetch.at)
        .where(Fetch.source_id == document.source_id, col(Fetch.document_id).is_(None))
        .where(col(Fetch.run_id) < document.found_run_id, col(Fetch.reason).is_(None))
        .order_by(col(Fetch.at).desc())
    )
    return session.exec(query.limit(1)).first()


def _older(session: Session, document_ids: set[int]) -> dict[int, list[Version]]:
    found: dict[int, list[Version]] = {}
    ids = sorted(document_ids)
    for some in portions(ids):
        query = select(Version).where(col(Version.document_id).in_(some))
        for version in session.exec(query.order_by(col(Version.number))):
            found.setdefault(version.document_id, []).append(version)
    return found


def _uncompared(
    version: Version,
    document: Document,
    source: Source,
    versions: list[Version],
    *,
    seen_from: datetime | None,
    moved_here: bool,
    watched_since: datetime | None,
) -> Uncompared:
    older = [other for other in versions if other.number < version.number]
    baseline = source.baseline_run_id
    return Uncompared(
        id=_id(version.id),
        document_id=version.document_id,
        institution_id=document.institution_id,
        number=version.number,
        before_id=older[-1].id if older else None,
        text_sha256=version.text_sha256,
        earlier=tuple((other.text_sha256, other.last_seen_at) for other in older[:-1]),
        seen_from=seen_from,
        seen_to=version.seen_to,
        origin=version.origin,
        news=baseline is not None and document.found_run_id > baseline,
        words=version.words,
        moved_here=moved_here,
        imported=version.origin is VersionOrigin.IMPORTED
        or watched_since is None
        or watched_since >= version.seen_to,
    )


@dataclass(frozen=True, slots=True)
class CodedPassage:
    text: str
    heading_path: str
    labels: frozenset[str]
    elements: frozenset[str]  # "R1 before_start"
    cues: Mapping[str, tuple[str, ...]]  # label → the words that led to it


LABEL_COLUMNS = (*map(str, Topic), *map(str, Recommendation))


def labels_of(coding: Coding | None) -> frozenset[str]:
    """Return the labels of a coding row: topics, recommendations, and the stance if there is one."""
    return frozenset() if coding is None else _labels(_HELD(coding))


_HELD = attrgetter(*LABEL_COLUMNS, "stance")


@cache
def _labels(held: tuple[Any, ...]) -> frozenset[str]:
    """Few codings differ, and there are very many."""
    *labels, stance = held
    named = {label for label, is_held in zip(LABEL_COLUMNS, labels, strict=True) if is_held}
    return frozenset(named | ({str(stance)} - {str(Stance.NONE)}))


def elements_of(coding: Coding | None) -> frozenset[str]:
    """Return the elements of recommendations that a coding row found."""
    found = coding.elements if coding is not None else {}
    return frozenset(f"{code} {element}" for code, names in found.items() for element in names)


def cues_of(coding: Coding | None) -> dict[str, tuple[str, ...]]:
    """Return the words that led to each label of a coding row."""
    if coding is None:
        return {}
    found = {label: tuple(coding.cues[label]) for label in LABEL_COLUMNS if coding.cues.get(label)}
    stance = coding.cues.get("stance") or coding.cues.get(Topic.CHINA) or ()
    return found | ({str(coding.stance): tuple(stance)} if stance else {})


def coded_passages(session: Session, version_id: int, coder: str) -> list[CodedPassage]:
    """Return a version's passages in order, with what the coder said of them."""
    rows = session.exec(
        select(VersionPassage, Passage, Coding)
        .join(Passage, col(VersionPassage.passage_id) == Passage.id)
        .join(
            Coding,
            (col(Coding.passage_id) == Passage.id) & (col(Coding.coder) == coder),
            isouter=True,
        )
        .where(VersionPassage.version_id == version_id)
        .order_by(col(VersionPassage.position))
    )
    return [
        CodedPassage(p.text, place.heading_path, labels_of(c), elements_of(c), cues_of(c))
        for place, p, c in rows
    ]


def record_change(session: Session, **fields: Any) -> int | None:
    """Add a change and return its id; None where it is already there."""
    same = select(Change.id).where(
        Change.document_id == fields["document_id"],
        Change.kind == fields["kind"],
        Change.to_version_id == fields.get("to_version_id"),
        Change.seen_to == fields["seen_to"],
    )
    if session.exec(same).first() is not None:
        return None
    change = Change(**fields)
    session.add(change)
    session.flush()
    return change.id


def mark_compared(session: Session, version_ids: Sequence[int]) -> None:
    """Write down that these versions were compared."""
    rows = [{"id": version_id, "compared": True} for version_id in version_ids]
    if rows:
        session.exec(update(Version), params=rows)


def document_events(session: Session, *, at: datetime) -> list[tuple[int, int]]:
    """Record what happened to documents as such; return (change id, institution id) of what is new.

    Gone and walled need three reads in a row that say so, unreachable three failures over 72 h.
    """
    found: list[tuple[int, int]] = []
    failing = session.exec(select(Document).where(col(Document.failures) >= CONFIRMATIONS)).all()
    for document in failing:
        if event := _event(document, at, gone=_is_gone(session, document)):
            document.state = _STATES[event[1]]
            found += _record_event(session, document, *event, at=at)
    found += _returns(session, at=at)
    return found


_STATES = {
    ChangeKind.DOCUMENT_REMOVED: DocumentState.GONE,
    ChangeKind.WALLED: DocumentState.WALLED,
    ChangeKind.UNREACHABLE: DocumentState.UNREACHABLE,
}


def _is_gone(session: Session, document: Document) -> bool:
    """Tell whether the last reads, an hour or more apart, all said that nothing is there.

    A time-out, a wall or a soft 404 among them says nothing of the kind, so the count starts anew.
    """
    reads = session.exec(
        select(Fetch.reason, Fetch.at)
        .where(Fetch.document_id == document.id)
        .order_by(col(Fetch.at).desc(), col(Fetch.id).desc())
    )
    said = 0
    earlier: datetime | None = None
    for reason, at in reads:
        if reason is not Reason.NOT_FOUND or said >= CONFIRMATIONS:
            break
        if earlier is None or earlier - at >= FAILURE_APART:
            said, earlier = said + 1, at
    return said >= CONFIRMATIONS


def _event(
    document: Document, at: datetime, *, gone: bool
) -> tuple[ChangeClass, ChangeKind] | None:
    if document.last_good_at is None or document.failing_since is None:
        return None  # never read: the source's health says so
    if document.last_good_at > document.failing_since:
        return None  # captures read late: the failure has long been over
    match document.last_reason:
        case Reason.NOT_FOUND if gone:
            return ChangeClass.MATERIAL, ChangeKind.DOCUMENT_REMOVED
        case Reason.LOGIN:
            return ChangeClass.MATERIAL, ChangeKind.WALLED
        case _ if at - document.failing_since >= OUT_OF_REACH:
            return ChangeClass.AVAILABILITY, ChangeKind.UNREACHABLE
        case _:
            return None


_EVENT_SAID = {
    ChangeKind.DOCUMENT_REMOVED: "the document is no longer at its address",
    ChangeKind.WALLED: "the document is now behind a login",
    ChangeKind.UNREACHABLE: "reads of the document began to fail, and failed for three days or more",
    ChangeKind.REACHABLE_AGAIN: "the document can be read again",
}


def _record_event(
    session: Session,
    document: Document,
    change_class: ChangeClass,
    kind: ChangeKind,
    *,
    at: datetime,
) -> list[tuple[int, int]]:
    last = session.exec(
        select(Version).where(Version.document_id == document.id, col(Version.current))
    ).first()
    change_id = record_change(
        session,
        document_id=_id(document.id),
        from_version_id=last.id if last else None,
        change_class=change_class,
        kind=kind,
        seen_from=document.last_good_at,
        seen_to=document.failing_since,
        recorded_at=at,
        confirmed=True,
        imported=_watched_since(session, [_id(document.id)]) == {},
        summary=_EVENT_SAID[kind],
    )
    return [(change_id, document.institution_id)] if change_id else []


def _returns(session: Session, *, at: datetime) -> list[tuple[int, int]]:
    """Documents that were gone or out of reach and were read again."""
    lost = (ChangeKind.UNREACHABLE, ChangeKind.DOCUMENT_REMOVED, ChangeKind.WALLED)
    rows = session.exec(
        select(Change, Document)
        .join(Document, col(Change.document_id) == Document.id)
        .where(col(Change.kind).in_(lost), Document.state == DocumentState.LIVE)
        .where(col(Change.superseded_at).is_(None))
        .where(col(Document.last_good_at) > col(Change.seen_to))
    ).all()
    found: list[tuple[int, int]] = []
    for change, document in rows:
        known = select(Change.id).where(
            Change.document_id == document.id,
            Change.kind == ChangeKind.REACHABLE_AGAIN,
            col(Change.seen_to) > change.seen_to,
        )
        if session.exec(known).first() is not None:
            continue
        change_id = record_change(
            session,
            document_id=_id(document.id),
            change_class=ChangeClass.AVAILABILITY,
            kind=ChangeKind.REACHABLE_AGAIN,
            seen_from=change.seen_to,
            seen_to=document.last_good_at,
            recorded_at=at,
            confirmed=True,
            summary=_EVENT_SAID[ChangeKind.REACHABLE_AGAIN],
        )
        if change_id:
            found.append((change_id, document.institution_id))
    return found


def _id(value: int | None) -> int:
    assert value is not None
    return value
