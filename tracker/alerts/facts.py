"""Changes as alerts speak of them. Reads the store; knows no message."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlmodel import Session, and_, col, func, select

from tracker.alerts.subscriptions import ChangeFacts, Rule
from tracker.changes import from_json
from tracker.coding.codebook import question_title
from tracker.model import (
    Change,
    Document,
    Fetch,
    Institution,
    Outcome,
    PassageEntity,
    Source,
    VersionPassage,
)
from tracker.queries import shown_meaning, shown_summary, withheld_labels
from tracker.store.heard import NOT_ASKED, dealings
from tracker.store.records import Act, acts
from tracker.store.rows import portions

CHUNK = 500  # well below what either database takes as parameters of one query


_STANDS = and_(col(Change.folded_into_id).is_(None), col(Change.superseded_at).is_(None))


def facts_of(session: Session, change_ids: Sequence[int]) -> tuple[ChangeFacts, ...]:
    """Return the facts of these changes, in the order they were recorded."""
    ids = sorted(set(change_ids))
    return tuple(f for some in portions(ids) for f in _facts(session, col(Change.id).in_(some)))


def facts_between(session: Session, since: datetime, until: datetime) -> tuple[ChangeFacts, ...]:
    """Return the facts of every standing, unfolded change first seen from `since` up to before `until`."""
    seen = col(Change.seen_to)
    return tuple(_facts(session, seen >= since, seen < until, _STANDS))


def newest_facts(session: Session) -> Iterator[ChangeFacts]:
    """Give the facts of every standing, unfolded change one by one, newest first."""
    query = _query(_STANDS)
    query = query.order_by(col(Change.seen_to).desc(), col(Change.id).desc())
    yield from _told(session, query.execution_options(yield_per=CHUNK))


@dataclass(frozen=True, slots=True)
class Checks:
    """How often pages were read in a time, and how often in vain."""

    done: int
    failed: int


def checks_between(session: Session, rule: Rule, since: datetime, until: datetime) -> Checks:
    """Return how often what a rule watches was read from `since` up to before `until`."""
    query = (
        select(func.count(), func.count().filter(col(Fetch.outcome) == Outcome.FAILED))
        .select_from(Fetch)
        .join(Source, col(Fetch.source_id) == Source.id)
        .join(Institution, col(Source.institution_id) == Institution.id)
        .where(Fetch.at >= since, Fetch.at < until)
    )
    for column, wanted in (
        (col(Institution.key), rule.institutions),
        (col(Institution.kind), rule.kinds),
        (col(Institution.country), rule.countries),
    ):
        if wanted:
            query = query.where(column.in_(wanted))
    done, failed = session.exec(query).one()
    return Checks(done, failed)


@dataclass(frozen=True, slots=True)
class _About:
    """What other changes say of a change: how many are part of it, and the newest word."""

    folded: int = 0
    newest: datetime | None = None


def _about(session: Session) -> Mapping[int, _About]:
    found: defaultdict[int, _About] = defaultdict(_About)
    for column, folded in ((Change.folded_into_id, True), (Change.about_id, False)):
        rows = session.exec(
            select(column, func.count(), func.max(Change.recorded_at))
            .where(col(column).is_not(None))
            .group_by(col(column))
        )
        for change_id, number, newest in rows:
            assert change_id is not None
            known = found[change_id]
            latest = max(newest, known.newest or newest)
            found[change_id] = _About(known.folded + (number if folded else 0), latest)
    return found


def _query(*which: Any) -> Any:
    return (
        select(Change, Document, Institution)
        .join(Document, col(Change.document_id) == Document.id)
        .join(Institution, col(Document.institution_id) == Institution.id)
        .where(*which)
    )


def _facts(session: Session, *which: Any) -> Iterator[ChangeFacts]:
    yield from _told(session, _query(*which).order_by(col(Change.seen_to), col(Change.id)))


def _told(session: Session, query: Any) -> Iterator[ChangeFacts]:
    about, heard, hidden = _about(session), dealings(session), withheld_labels(session)
    records = acts(session)
    for rows in session.exec(query).partitions(CHUNK):
        named = _named(session, [change for change, *_ in rows])
        for change, document, institution in rows:
            entities = named[change.from_version_id] | named[change.to_version_id]
            waits = hidden.get(institution.key, frozenset())
            fact = _fact(change, document, institution, about=about, entities=entities, waits=waits)
            act = records.get(fact.id, Act())
            yield replace(
                fact,
                dealing=heard.get(institution.key, NOT_ASKED),
                heard=act.heard,
                concerns=tuple(map(question_title, act.questions)),
            )


def _named(session: Session, changes: Iterable[Change]) -> Mapping[int | None, frozenset[str]]:
    """The bodies that documents name in the versions that changes lie between."""
    versions = {v for c in changes for v in (c.from_version_id, c.to_version_id) if v is not None}
    query = (
        select(VersionPassage.version_id, PassageEntity.entity)
        .join(PassageEntity, col(PassageEntity.passage_id) == VersionPassage.passage_id)
        .where(col(VersionPassage.version_id).in_(versions))
    )
    found: defaultdict[int | None, frozenset[str]] = defaultdict(frozenset)
    for version_id, entity in session.exec(query.distinct()):
        found[version_id] |= {entity}
    return found


def _fact(
    change: Change,
    document: Document,
    institution: Institution,
    *,
    about: Mapping[int, _About],
    entities: frozenset[str],
    waits: frozenset[str],
) -> ChangeFacts:
    assert change.id is not None
    others = about.get(change.id, _About())
    meaning_state, judged_at = shown_meaning(change, waits)
    shown = not document.withheld
    return ChangeFacts(
        id=change.id,
        change_class=change.change_class,
        kind=change.kind,
        institution=institution.key,
        institution_name=institution.name,
        institution_kind=institution.kind,
        country=institution.country,
        url=document.url,
        title=document.title or document.hint_title or document.url,
        seen_from=change.seen_from,
        seen_to=change.seen_to,
        recorded_at=change.recorded_at,
        added=tuple(change.added) if shown else (),
        removed=tuple(change.removed) if shown else (),
        labels=frozenset(change.labels),
        summary=shown_summary(change, document, waits),
        confirmed=change.confirmed,
        imported=change.imported,
        difference=tuple(map(from_json, change.difference)) if shown else (),
        changed_words=change.changed_words,
        folded=others.folded,
        meaning=change.meaning if shown else "",
        meaning_state=meaning_state,
        entities=entities,
        updated_at=max(filter(None, (judged_at, others.newest)), default=None),
    )
