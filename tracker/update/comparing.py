"""Versions are compared with those before them; what differs becomes a change."""

from collections import defaultdict
from datetime import datetime
from typing import Any

from sqlmodel import Session

from tracker.alerts.owing import owe_matching
from tracker.changes import (
    Comparison,
    Piece,
    classify,
    compare,
    is_flip,
    meaning,
    most_telling,
    same_edit_key,
    sentence_json,
    shifts,
    shortened,
    summary,
)
from tracker.coding.codebook import Codebook
from tracker.model import ChangeClass, ChangeKind, VersionOrigin
from tracker.rederiving import Told
from tracker.store import Store, comparing, folding, reopening
from tracker.store.labelling import coded_passages
from tracker.store.passages import HEADINGS_JOINED
from tracker.wording import number

CHANGED_SENTENCES = 50  # kept of each side of a change
SHOWN_SENTENCES = 20  # kept word by word, those on coded text first, each in so many characters
SHOWN_LENGTH = 600


def compare_versions(
    store: Store, codebook: Codebook, told: Told, *, at: datetime
) -> tuple[int, int]:
    """Record what changed in versions nobody has compared yet; count changes and what is owed for them."""
    with store.transaction() as session:
        waiting = comparing.uncompared(session)
    by_institution: defaultdict[int, list[comparing.Uncompared]] = defaultdict(list)
    for version in waiting:
        by_institution[version.institution_id].append(version)
    made = owed = 0
    for done, versions in enumerate(by_institution.values()):
        told("comparing", done)
        # One transaction an institution: a change and what is owed for it are there together.
        with store.transaction() as session:
            found = _compare_institution(session, versions, codebook, at=at)
            owed += owe_matching(session, found, at=at)
            made += len(found)
    return made, owed


def _compare_institution(
    session: Session, versions: list[comparing.Uncompared], codebook: Codebook, *, at: datetime
) -> list[int]:
    known = reopening.recorded(session, {version.document_id for version in versions}, at=at)
    made: list[int] = []
    for version in versions:
        standing = known.standing.get((version.before_id, version.id))
        fields = _version_change(session, version, codebook, at=at)
        if fields is None:
            reopening.supersede(session, [standing] if standing else [], at=at)
            continue
        if standing is not None:
            reopening.revise(session, standing, **fields)
        elif change_id := comparing.record_change(session, **fields):
            made.append(change_id)
            reopening.succeed(session, known.retired.get(version.id, ()), change_id)
        _fold_flip(session, version)
    folding.fold_same_edits(session, versions[0].institution_id, made)
    comparing.mark_compared(session, [version.id for version in versions])
    return made


def _version_change(
    session: Session, version: comparing.Uncompared, codebook: Codebook, *, at: datetime
) -> dict[str, Any] | None:
    """Return the change that led to a version, if any."""
    if version.before_id is None:
        fields = _first_version(session, version, codebook)
    else:
        before = _pieces(session, version.before_id, codebook)
        found = compare(before, _pieces(session, version.id, codebook))
        fields = _next_version(version, found, codebook)
    if fields is None:
        return None
    return {
        **fields,
        "document_id": version.document_id,
        "from_version_id": version.before_id,
        "to_version_id": version.id,
        "seen_from": version.seen_from,
        "seen_to": version.seen_to,
        "recorded_at": at,
    }


def _fold_flip(session: Session, version: comparing.Uncompared) -> None:
    """Make a change back to an earlier text part of the change away from it (A→B→A)."""
    if version.before_id and is_flip(version.earlier, version.text_sha256, version.seen_to):
        folding.fold_flip(session, version.id, version.before_id)


def _first_version(
    session: Session, version: comparing.Uncompared, codebook: Codebook
) -> dict[str, Any] | None:
    if not version.news or version.moved_here or version.origin is not VersionOrigin.OBSERVED:
        return None
    pieces = _pieces(session, version.id, codebook)
    labels = sorted({label for piece in pieces for label in piece.labels})
    return {
        "change_class": ChangeClass.MATERIAL,
        "kind": ChangeKind.DOCUMENT_ADDED,
        "added": [piece.text for piece in pieces if piece.labels][:CHANGED_SENTENCES],
        "labels_gained": labels,
        "labels": labels,
        "changed_words": version.words,
        "summary": f"a document of {number(version.words, 'word')} was added",
    }


def _next_version(
    version: comparing.Uncompared, found: Comparison, codebook: Codebook
) -> dict[str, Any] | None:
    typed = classify(found)
    if typed is None:
        return None
    if version.origin is VersionOrigin.TECHNICAL:
        typed = ChangeClass.TECHNICAL, ChangeKind.REDERIVED
    change_class, kind = typed
    return {
        "change_class": change_class,
        "kind": kind,
        "imported": version.imported,
        **_described(found, codebook),
    }


def _described(found: Comparison, codebook: Codebook) -> dict[str, Any]:
    shifted = shifts(found)
    titles = {str(code): entry.title for code, entry in codebook.recommendations.items()}
    return {
        "added": list(found.added[:CHANGED_SENTENCES]),
        "removed": list(found.removed[:CHANGED_SENTENCES]),
        "labels_gained": sorted(found.labels_gained),
        "labels_lost": sorted(found.labels_lost),
        "labels": sorted(found.labels_touched),
        "summary": summary(found),
        "difference": [
            sentence_json(shortened(sentence, SHOWN_LENGTH))
            for sentence in most_telling(found.sentences, SHOWN_SENTENCES)
        ],
        "changed_words": found.changed_words,
        "edit_key": same_edit_key(found),
        "elements_gained": sorted(found.elements_gained),
        "elements_lost": sorted(found.elements_lost),
        "shifts": [shift.to_json() for shift in shifted],
        "meaning": meaning(found, shifted, titles),
    }


def _pieces(session: Session, version_id: int, codebook: Codebook) -> list[Piece]:
    rows = coded_passages(session, version_id, codebook.coder_name)
    joined = HEADINGS_JOINED
    return [
        Piece(
            row.text,
            tuple(filter(None, row.heading_path.split(joined))),
            row.labels,
            row.elements,
            row.cues,
        )
        for row in rows
    ]
