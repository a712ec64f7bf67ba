"""Changes as alerts speak of them. Reads the store; knows no rule and no message."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlmodel import Session, and_, col, select

from tracker.alerts.subscriptions import ChangeFacts
from tracker.model import Change, Document, Institution

CHUNK = 500  # well below what either database takes as parameters of one query


def facts_of(session: Session, change_ids: Sequence[int]) -> tuple[ChangeFacts, ...]:
    """Return the facts of these changes, in the order they were recorded."""
    ids = sorted(set(change_ids))
    chunks = [ids[start : start + CHUNK] for start in range(0, len(ids), CHUNK)]
    return tuple(fact for chunk in chunks for fact in _facts(session, col(Change.id).in_(chunk)))


def facts_between(session: Session, since: datetime, until: datetime) -> tuple[ChangeFacts, ...]:
    """Return the facts of every standing, unfolded change first seen from `since` up to before `until`."""
    seen = col(Change.seen_to)
    stands = and_(col(Change.folded_into_id).is_(None), col(Change.superseded_at).is_(None))
    return tuple(_facts(session, seen >= since, seen < until, stands))


def _facts(session: Session, *which: Any) -> Iterator[ChangeFacts]:
    rows = session.exec(
        select(Change, Document, Institution)
        .join(Document, col(Change.document_id) == Document.id)
        .join(Institution, col(Document.institution_id) == Institution.id)
        .where(*which)
        .order_by(col(Change.seen_to), col(Change.id))
    )
    for change, document, institution in rows:
        yield _fact(change, document, institution)


def _fact(change: Change, document: Document, institution: Institution) -> ChangeFacts:
    assert change.id is not None
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
        summary=change.summary if shown else "The document's text is withheld.",
        confirmed=change.confirmed,
        imported=change.imported,
    )
