"""What was looked at for an institution: the search record's facts. Knows no rule."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, func, select

from tracker.model import (
    Coding,
    DateBasis,
    Document,
    DocumentState,
    QuarantineReason,
    Snapshot,
    Source,
    SourceKind,
    Version,
    VersionPassage,
)
from tracker.store.assessing import Subject

Unread = Mapping[str, Mapping[str, str]]  # key of a source → its "state", "cause" and "reason"
#: What names a site's past. A feed holds only recent items, so it is none.
ARCHIVES = (SourceKind.SITEMAP, SourceKind.LISTING)
ARCHIVED = "archived history"
LOST = (DocumentState.GONE, DocumentState.WALLED, DocumentState.UNREACHABLE)
_MEDIA = {
    "audio": (".mp3", ".m4a", ".ogg", ".wav"),
    "video": (".mp4", ".mov", ".webm", ".avi", ".m4v"),
}


def search_record(
    session: Session,
    subject: Subject,
    *,
    codebook: str,
    covered: frozenset[str],
    coder: str,
    unread: Unread,
) -> dict[str, Any]:
    """Return what was looked at for an institution, as SearchRecord's fields.

    `unread` names the sources whose last read brought nothing that can be read, by key.
    """
    sources = _sources(session, subject)
    documents = session.exec(
        select(Document).where(
            Document.institution_id == subject.id,
            col(Document.moved_to_id).is_(None),
            col(Document.url).not_in([*subject.attributed, *subject.unconfirmed]),
        )
    ).all()
    current = _current_versions(session, subject)
    versions = [current[d.id or 0] for d in documents if d.id in current]
    gone = [d for d in documents if d.id not in current and d.state is DocumentState.GONE]
    missing = [d for d in documents if d.id not in current and d not in gone]
    languages = Counter(version.language or "unknown" for version in versions)
    other = {name: number for name, number in languages.items() if name not in covered}
    set_aside = _quarantines(session, subject) if missing else {}
    why = Counter(_unread_as(document, set_aside.get(document.id or 0)) for document in missing)
    why.update({f"language {name}": number for name, number in other.items()})
    beyond = _beyond_budget(session, sources)
    if beyond:
        why["named, not chosen to be read"] = beyond
    return {
        **_sources_part(sources, documents, unread, archived=_archived(session, subject)),
        **_period(versions, _archived(session, subject)),
        "documents_known": len(documents) - len(gone) + beyond,
        "documents_read": len(versions) - sum(other.values()),
        "documents_lost": sum(d.id in current and d.state in LOST for d in documents),
        "documents_gone": len(gone),
        "unread": dict(why),
        "languages": dict(languages),
        "uncovered_languages": sorted(set(other) - {"unknown"}),
        "partnership_passages": _partnerships(session, subject, coder),
        "codebook": codebook,
        "last_read": _latest([document.last_good_at for document in documents]),
    }


def _sources(session: Session, subject: Subject) -> list[Source]:
    """The declared starting points; one that is valid no longer keeps its past, but is none."""
    rows = session.exec(
        select(Source).where(Source.institution_id == subject.id, col(Source.listed))
    ).all()
    elsewhere = {*subject.attributed, *subject.unconfirmed}
    latest = max((row.last_tried_at for row in rows if row.last_tried_at), default=None)
    return [
        row
        for row in rows
        if row.url not in elsewhere
        and not (row.valid_until and latest and row.valid_until <= latest)
    ]


def _current_versions(session: Session, subject: Subject) -> dict[int, Version]:
    rows = session.exec(
        select(Version)
        .join(Document, col(Version.document_id) == Document.id)
        .where(Document.institution_id == subject.id, col(Version.current))
    )
    return {version.document_id: version for version in rows}


def _unread_as(document: Document, quarantine: QuarantineReason | None) -> str:
    """Why a known document counts as unread: sound, moving pictures and scans are not read."""
    path = document.url.partition("?")[0].lower()
    for name, endings in _MEDIA.items():
        if document.media_type.startswith(f"{name}/") or path.endswith(endings):
            return name
    if quarantine is QuarantineReason.SCANNED:
        return "scan without a text layer"
    return str(quarantine or document.last_reason or "not yet read").replace("_", " ")


def _quarantines(session: Session, subject: Subject) -> dict[int, QuarantineReason | None]:
    """Why the latest capture of each document was set aside, if it was."""
    rows = session.exec(
        select(Snapshot.document_id, Snapshot.quarantine)
        .join(Document, col(Snapshot.document_id) == Document.id)
        .where(Document.institution_id == subject.id)
        .order_by(col(Snapshot.id))
    )
    found: dict[int, Any] = dict(rows.all())
    return found


def _archived(session: Session, subject: Subject) -> tuple[datetime, datetime] | None:
    """The window of an institution's captures that came from an archive."""
    first, last = session.exec(
        select(func.min(Snapshot.captured_at), func.max(Snapshot.captured_at))
        .join(Document, col(Snapshot.document_id) == Document.id)
        .where(Document.institution_id == subject.id, col(Snapshot.imported))
    ).one()
    return None if first is None or last is None else (first, last)


def _sources_part(
    sources: Sequence[Source],
    documents: Sequence[Document],
    unread: Unread,
    *,
    archived: tuple[datetime, datetime] | None,
) -> dict[str, Any]:
    gone_pages = {d.source_id for d in documents if d.state is DocumentState.GONE}
    failed = [source for source in sources if source.key in unread]
    gone = [s for s in failed if s.kind not in ARCHIVES and s.id in gone_pages]
    archives = [s for s in sources if s.kind in ARCHIVES and s.last_good_at is not None]
    return {
        "sources_declared": len(sources),
        "sources_tried": sum(source.last_tried_at is not None for source in sources),
        "sources_failed": len(failed) - len(gone),
        "sources_gone": len(gone),
        "failures": [
            {"source": source.key, "url": source.url, **unread[source.key]}
            for source in failed
            if source not in gone
        ],
        "archive_read": bool(archives or archived),
        "archives": [source.key for source in archives] + ([ARCHIVED] if archived else []),
    }


def _period(
    versions: Sequence[Version], archived: tuple[datetime, datetime] | None
) -> dict[str, Any]:
    """The period that was searched: by stated dates, else the window of archived captures."""
    stated = sorted(
        version.stated_date
        for version in versions
        if version.stated_date and version.stated_basis is DateBasis.STATED
    )
    if stated:
        window = _window(stated[0], stated[-1], "stated dates")
        return {**window, "documents_dated": len(stated)}
    if archived:
        return _window(*archived, "archived captures")
    return {"period_from": None, "period_to": None, "period_basis": ""}


def _window(first: datetime, last: datetime, basis: str) -> dict[str, Any]:
    return {
        "period_from": first.date().isoformat(),
        "period_to": last.date().isoformat(),
        "period_basis": basis,
    }


def _beyond_budget(session: Session, sources: Sequence[Source]) -> int:
    """Documents that sources named and that were not chosen, or had no room: known, but not read."""
    ids = [source.id for source in sources]
    held = dict(
        session.exec(
            select(Document.source_id, func.count())
            .where(col(Document.source_id).in_(ids))
            .group_by(col(Document.source_id))
        ).all()
    )
    return sum(max(0, source.known - held.get(source.id or 0, 0)) for source in sources)


def _partnerships(session: Session, subject: Subject, coder: str) -> int:
    """Passages that name a research partner or an exchange."""
    return session.exec(
        select(func.count())
        .select_from(VersionPassage)
        .join(Coding, col(Coding.passage_id) == VersionPassage.passage_id)
        .join(Version, col(VersionPassage.version_id) == Version.id)
        .join(Document, col(Version.document_id) == Document.id)
        .where(Document.institution_id == subject.id, col(Version.current))
        .where(Coding.coder == coder, col(Coding.partnership))
    ).one()


def _latest(times: Sequence[datetime | None]) -> str | None:
    known = [time for time in times if time is not None]
    return max(known).isoformat() if known else None
