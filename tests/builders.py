"""Rows that tests need, with plausible defaults. Institutions are invented, hosts are .example."""

from datetime import UTC, datetime
from typing import Any

from tracker.archive import Candidate, Fetched, NotFetched
from tracker.model import Reason, SourceKind
from tracker.settings import Settings
from tracker.sources import InstitutionEntry, SourceEntry, SourcesFile
from tracker.store import Store
from tracker.store.crawling import finish_run, start_run, sync_sources
from tracker.store.planning import plan
from tracker.store.recorder import Recorder
from tracker.update import update

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def a_source(**fields: Any) -> SourceEntry:
    given = {"key": "policy", "kind": SourceKind.PAGE, "url": "http://alder.example/policy"}
    return SourceEntry(**(given | fields))


def an_institution(*sources: SourceEntry, **fields: Any) -> InstitutionEntry:
    given: dict[str, Any] = {
        "key": "alder",
        "name": "Alder Institute",
        "kind": "ethics_institute",
        "country": "GB",
        "homepage": "http://alder.example/",
        "hosts": ("alder.example",),
    }
    return InstitutionEntry(**(given | fields), sources=sources or (a_source(),))


def a_sources_file(*institutions: InstitutionEntry) -> SourcesFile:
    return SourcesFile(institutions=institutions or (an_institution(),))


def a_page(body: str | bytes | None, *, at: datetime = NOON, **fields: Any) -> Fetched:
    given: dict[str, Any] = {
        "url": "http://alder.example/policy",
        "final_url": fields.get("url", "http://alder.example/policy"),
        "at": at,
        "status": 304 if body is None else 200,
        "headers": (("ETag", '"1"'),),
        "body": body.encode() if isinstance(body, str) else body,
        "media_type": "text/html",
    }
    return Fetched(**(given | fields))


def a_failure(reason: Reason = Reason.TIMEOUT, *, at: datetime = NOON, **fields: Any) -> NotFetched:
    return NotFetched(
        **({"url": "http://alder.example/policy", "at": at, "reason": reason} | fields)
    )


def read_page(
    store: Store, body: str, *, at: datetime = NOON, file: SourcesFile | None = None
) -> None:
    """One whole run: the first declared page reads so, and all that follows from it is derived."""
    with store.transaction() as session:
        sync_sources(session, file or a_sources_file())
        run_id = start_run(session, verb="crawl", scope={}, tool="tracker 0", at=at)
        task = plan(session, at=at)[0]
    recorder = Recorder(store, run_id)
    fresh = recorder.candidates(task.id, [Candidate(task.url)], at=at)
    recorder.document((*fresh, *task.documents)[0], a_page(body, at=at))
    recorder.flush()
    with store.transaction() as session:
        finish_run(session, run_id, at=at, counts={})
    update(store, Settings(), at=at)
