"""The one place that strings the stages together. Derives what is missing, so any kill is only a pause.

`reading` makes versions of snapshots, `coding` codes passages, `comparing` makes changes of versions,
`settling` notes what befell documents and what a second read confirmed.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from tracker.assessment import assess
from tracker.coding.calibration import load_calibration
from tracker.coding.codebook import Codebook, load_codebook
from tracker.rederiving import Told, reextract
from tracker.settings import Settings
from tracker.store import Store
from tracker.store.subject import ask_seldom
from tracker.store.telling import retell_speakers
from tracker.store.word_index import index_coded
from tracker.update.coding import code_passages, rate_anew
from tracker.update.comparing import compare_versions
from tracker.update.reading import read_snapshots
from tracker.update.settling import confirm, note_events, settle


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
    versions, set_aside = read_snapshots(store, told, ocr=settings.ocr, at=at)
    if recode:
        rate_anew(store, codebook)
    coded = code_passages(store, codebook, told)
    with store.transaction() as session:
        index_coded(session)
        ask_seldom(session)
    moves, owed_moves = settle(store, at=at)
    changes, owed = compare_versions(store, codebook, told, at=at)
    events, owed_events = note_events(store, at=at)
    confirm(store, settings, at=at)
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
