"""Which changes are one item: flip-flops, one edit on many pages, one cause for many documents."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta

from sqlmodel import Session, col, select, update

from tracker.model import Change, ChangeKind, Document

SITE_WIDE = 5  # pages from which one edit is the site's, not a document's
SAME_TIME = timedelta(days=7)  # within which the reads of one site lie
#: What befalls a whole site at once: one item from so many documents on.
SITE_EVENTS = (
    ChangeKind.WALLED,
    ChangeKind.UNREACHABLE,
    ChangeKind.REACHABLE_AGAIN,
    ChangeKind.MOVED,
)
BACK = "the earlier text is back"
MOVED_TO = "the document moved to "  # how the summary of a move begins; its new address follows


def moved_to(kind: str, summary: str) -> str:
    """Return the address that a document moved to, by what its change says; empty for other kinds."""
    told = kind == ChangeKind.MOVED and summary.startswith(MOVED_TO)
    return summary.removeprefix(MOVED_TO).partition(" ")[0].rstrip(";") if told else ""


def fold(session: Session, change_ids: Sequence[int], into: int) -> None:
    """Make changes part of another: they are listed there, not sent by themselves."""
    rows = [{"id": change_id, "folded_into_id": into} for change_id in change_ids]
    if rows:
        session.exec(update(Change), params=rows)


def fold_flip(session: Session, version_id: int, before_id: int) -> None:
    """Make the change back to an earlier text part of the change away from it (A→B→A)."""
    back, left = (_led_to(session, version) for version in (version_id, before_id))
    while left is not None and left.folded_into_id is not None:
        left = session.get_one(Change, left.folded_into_id)
    if back is None or left is None or left is back:
        return
    back.folded_into_id = left.id
    if BACK not in left.summary:
        left.summary = f"{left.summary}; {BACK}"


def _led_to(session: Session, version_id: int) -> Change | None:
    standing = col(Change.superseded_at).is_(None)
    query = select(Change).where(Change.to_version_id == version_id, standing)
    return session.exec(query.order_by(col(Change.id))).first()


def fold_same_edits(session: Session, institution_id: int, change_ids: Sequence[int]) -> None:
    """Fold these changes' edits into the first of each where enough pages of the site have it."""
    new = select(Change.edit_key).where(col(Change.id).in_(list(change_ids)))
    for key in sorted(set(session.exec(new).all()) - {""}):
        rows = session.exec(
            select(Change)
            .join(Document, col(Change.document_id) == Document.id)
            .where(Document.institution_id == institution_id, Change.edit_key == key)
            .where(col(Change.superseded_at).is_(None))
            .order_by(col(Change.seen_to), col(Change.id))
        ).all()
        last = rows[-1].seen_to
        recent = [row for row in rows if last - row.seen_to <= SAME_TIME]
        if len({row.document_id for row in recent}) >= SITE_WIDE:
            _fold_into_first(session, recent)


def fold_events(session: Session, change_ids: Sequence[int]) -> None:
    """Fold what befell many documents of an institution at once into one item."""
    rows = session.exec(
        select(Change, Document.institution_id)
        .join(Document, col(Change.document_id) == Document.id)
        .where(col(Change.id).in_(list(change_ids)), col(Change.kind).in_(SITE_EVENTS))
        .order_by(col(Change.id))
    )
    together: defaultdict[tuple[int, ChangeKind], list[Change]] = defaultdict(list)
    for change, institution_id in rows:
        together[institution_id, change.kind].append(change)
    for changes in together.values():
        if len(changes) >= SITE_WIDE:
            _fold_into_first(session, changes)


def _fold_into_first(session: Session, changes: Sequence[Change]) -> None:
    free = [change.id for change in changes if change.folded_into_id is None and change.id]
    if len(free) > 1:
        fold(session, free[1:], free[0])
