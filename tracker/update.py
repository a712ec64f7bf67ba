"""The one place that strings the stages together. Derives what is missing, so any kill is only a pause."""

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlmodel import Session

from tracker.alerts.owing import owe_matching
from tracker.assessment import assess
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
    still_shown,
    summary,
)
from tracker.coding.calibration import load_calibration
from tracker.coding.codebook import Codebook, load_codebook
from tracker.coding.coded import Coded
from tracker.coding.coder import code, confidence
from tracker.extraction.passages import split
from tracker.extraction.quality import is_cut, quarantine
from tracker.extraction.text import Extracted, Unreadable
from tracker.model import (
    ChangeClass,
    ChangeKind,
    QuarantineReason,
    Recommendation,
    Topic,
    VersionOrigin,
)
from tracker.rederiving import freshen, read_bytes, read_snapshot, reextract
from tracker.settings import Settings
from tracker.store import (
    Store,
    codings,
    comparing,
    confirming,
    deliveries,
    folding,
    moving,
    reading,
    reopening,
)
from tracker.store.crawling import living_runs
from tracker.store.passages import HEADINGS_JOINED
from tracker.store.payloads import payload_bytes
from tracker.store.subject import ask_seldom
from tracker.store.telling import retell_speakers
from tracker.store.word_index import index_coded

BATCH = 50
CHANGED_SENTENCES = 50  # kept of each side of a change
SHOWN_SENTENCES = 20  # kept word by word, those on coded text first, each in so many characters
SHOWN_LENGTH = 600

Told = Callable[[str, int], None]


@dataclass(frozen=True, slots=True)
class Updated:
    """What an update derived."""

    new_versions: int = 0
    quarantined: int = 0
    coded: int = 0
    changes: int = 0
    owed: int = 0


def update(
    store: Store,
    settings: Settings,
    *,
    at: datetime,
    recode: bool = False,
    anew: bool = False,
    told: Told = lambda _stage, _done: None,
) -> Updated:
    """Derive versions, passages, codings, changes, findings and deliveries that are missing.

    With `anew`, kept bytes that an older extractor read are read again first; that tells nobody.
    `told` hears the name of each stage and how far it is, between two steps; what it raises ends
    the update there.
    """
    codebook = _calibrated(settings)
    if anew:
        reextract(store, told, ocr=settings.ocr)
    versions, set_aside = _read_snapshots(store, told, ocr=settings.ocr, at=at)
    if recode:
        _rate_anew(store, codebook)
    coded = _code_passages(store, codebook, told)
    with store.transaction() as session:
        index_coded(session)
        ask_seldom(session)
    moves, owed_moves = _settle(store, at=at)
    changes, owed = _compare_versions(store, codebook, told, at=at)
    events, owed_events = _note_events(store, at=at)
    _confirm(store, settings, at=at)
    if recode:
        with store.transaction() as session:
            retell_speakers(session)
    assess(store, codebook, told, force=recode)
    return Updated(
        versions, set_aside, coded, moves + changes + events, owed_moves + owed + owed_events
    )


def _calibrated(settings: Settings) -> Codebook:
    codebook = load_codebook()
    if settings.calibration is None:
        return codebook
    return replace(
        codebook, calibration=load_calibration(settings.calibration, codebook.coder_name)
    )


def _read_snapshots(store: Store, told: Told, *, ocr: bool, at: datetime) -> tuple[int, int]:
    made: Counter[bool | None] = Counter()
    while True:
        with store.transaction() as session:
            batch = reading.pending_snapshots(session, limit=BATCH, leave=living_runs(session))
        # A slow file, read inside a transaction, would keep every other writer waiting.
        readings = []
        for number, pending in enumerate(batch):
            told("reading", made[True] + made[False] + number)
            if not pending.reopens:
                readings.append((pending, _read(store, pending, ocr=ocr)))
        held = [pending for pending, _ in readings]
        with store.transaction() as session, reading.held(session, held):
            made.update(_record(session, p, found, ocr=ocr) for p, found in readings)
        for pending in batch:
            if pending.reopens:
                made[True] += _read_anew(store, pending.document_id, ocr=ocr, at=at)
        if not batch:
            return made[True], made[False]


def _read_anew(store: Store, document_id: int, *, ocr: bool, at: datetime) -> int:
    """Read every capture of a document again, in order; return how many versions are new."""
    with store.transaction() as session:
        before = reading.version_ids(session, document_id)
        reopening.reopen(session, document_id)
        while batch := reading.pending_snapshots(session, limit=1, document_id=document_id):
            pending = replace(batch[0], reopens=True)
            body, found = read_snapshot(session, pending, ocr=ocr)
            lasts = partial(_was_cut, session, pending)
            _record(session, pending, _judged(pending, body, found, lasts))
        reopening.settle(session, document_id, at=at)
        return len(reading.version_ids(session, document_id) - before)


def _read(store: Store, pending: reading.PendingSnapshot, *, ocr: bool) -> Extracted | Unreadable:
    with store.transaction() as session:
        body = payload_bytes(session, pending.payload_id)

    def lasts(found: Extracted) -> bool:
        with store.transaction() as session:
            return _was_cut(session, pending, found)

    return _judged(pending, body, read_bytes(body, pending, ocr=ocr), lasts)


def _judged(
    pending: reading.PendingSnapshot,
    body: bytes,
    found: Extracted | Unreadable,
    was_cut: Callable[[Extracted], bool],
) -> Extracted | Unreadable:
    """Return what a snapshot says, or that it is to be set aside and why."""
    if isinstance(found, Unreadable):
        return found
    why = quarantine(
        found,
        body,
        previous_words=pending.previous_words,
        previous_language=pending.previous_language,
        at_least_words=pending.at_least_words,
        url=pending.url,
        final_url=pending.final_url,
    )
    if why is QuarantineReason.COLLAPSE and was_cut(found):
        return found
    return Unreadable(f"looks like {why.replace('_', ' ')}", why) if why else found


def _was_cut(session: Session, pending: reading.PendingSnapshot, found: Extracted) -> bool:
    """Whether a collapse is what the page now is: it lasts, and what is left stood there before."""
    before = reading.lasting_collapse(session, pending)
    return before is not None and is_cut(found.text, before)


def _record(
    session: Session,
    pending: reading.PendingSnapshot,
    found: Extracted | Unreadable,
    *,
    ocr: bool = False,
) -> bool | None:
    """Record a reading: True for a new version, False where it was set aside, None for the same."""
    if isinstance(found, Unreadable):
        reading.record_unread(session, pending, detail=found.reason, quarantine=found.quarantine)
        return False
    if not pending.reopens:
        freshen(session, pending, ocr=ocr)
    made = reading.record_text(session, pending, found, split(found))
    return True if made is not None else None


def _code_passages(store: Store, codebook: Codebook, told: Told) -> int:
    """Code what this coder has not coded yet; what is coded stays so, whenever a run ends."""
    coded = last = 0
    while True:
        with store.transaction() as session:
            batch = codings.uncoded_passages(
                session, codebook.coder_name, after=last, limit=10 * BATCH
            )
            found = [(passage_id, code(text, codebook)) for passage_id, text in batch]
            codings.record_codings(session, codebook.coder_name, [coding_row(*f) for f in found])
            named = [row for passage_id, coded in found for row in entity_rows(passage_id, coded)]
            codings.record_entities(session, [passage_id for passage_id, _ in batch], named)
        if not batch:
            return coded
        coded, last = coded + len(batch), batch[-1][0]
        told("coding", coded)


def _rate_anew(store: Store, codebook: Codebook) -> None:
    """Let every coding say how sure it is by today's calibration; the coding itself stays."""
    last = 0
    while True:
        with store.transaction() as session:
            batch = codings.rated_codings(
                session, codebook.coder_name, after=last, limit=100 * BATCH
            )
            told = {
                row.id: confidence(row.held, row.stance, row.cues, row.words, codebook)
                for row in batch
            }
            changed = {row.id: told[row.id] for row in batch if told[row.id] != row.confidence}
            codings.record_confidence(session, changed)
        if not batch:
            return
        last = batch[-1].id


def entity_rows(passage_id: int, coded: Coded) -> list[dict[str, Any]]:
    """Return one row for each body that a passage names, with its first mention."""
    times = Counter(mention.entity for mention in coded.mentions)
    first = {mention.entity: mention for mention in reversed(coded.mentions)}
    return [
        {
            "passage_id": passage_id,
            "entity": entity,
            "words": mention.words,
            "start": mention.start,
            "end": mention.end,
            "times": times[entity],
        }
        for entity, mention in sorted(first.items())
    ]


def coding_row(passage_id: int, coded: Coded) -> dict[str, Any]:
    """Return the columns of a passage's coding."""
    return {
        "passage_id": passage_id,
        **{str(topic): topic in coded.topics for topic in Topic},
        "stance": coded.stance,
        **{str(r): r in coded.recommendations for r in Recommendation},
        "in_passing": coded.in_passing,
        "elements": {name: list(found) for name, found in coded.elements.items()},
        "cues": {label: list(words) for label, words in coded.cues.items()},
        "confidence": coded.confidence,
    }


def _compare_versions(
    store: Store, codebook: Codebook, told: Told, *, at: datetime
) -> tuple[int, int]:
    with store.transaction() as session:
        waiting = comparing.uncompared(session)
    by_institution: defaultdict[int, list[comparing.Uncompared]] = defaultdict(list)
    for version in waiting:
        by_institution[version.institution_id].append(version)
    made = owed = 0
    for number, versions in enumerate(by_institution.values()):
        told("comparing", number)
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
        "summary": f"a document of {version.words} {'word' if version.words == 1 else 'words'} was added",
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
    rows = comparing.coded_passages(session, version_id, codebook.coder_name)
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


def _settle(store: Store, *, at: datetime) -> tuple[int, int]:
    """Bring together what is one document, so that a move is a move and no new document."""
    with store.transaction() as session:
        reading.note_seen(session)
        return _told_of(session, moving.settle(session, at=at), at=at)


def _note_events(store: Store, *, at: datetime) -> tuple[int, int]:
    with store.transaction() as session:
        return _told_of(session, comparing.document_events(session, at=at), at=at)


def _told_of(
    session: Session, found: Sequence[tuple[int, int]], *, at: datetime
) -> tuple[int, int]:
    """Fold what befell a whole site, owe word of the rest; count both."""
    made = [change_id for change_id, _ in found]
    folding.fold_events(session, made)
    return len(made), owe_matching(session, made, at=at)


def _confirm(store: Store, settings: Settings, *, at: datetime) -> None:
    with store.transaction() as session:
        apart = timedelta(hours=settings.confirm_after_hours)
        confirming.confirm_changes(session, apart=apart)
        lasting = [
            change.id
            for change in confirming.overtaken(session, apart=apart)
            if still_shown(change.added, change.removed, change.next_text)
        ]
        confirming.confirm(session, lasting)
        deliveries.release_confirmed(session, at=at)
