"""Rows that tests need, with plausible defaults. Institutions are invented, hosts are .example."""

from datetime import UTC, datetime
from typing import Any

from tracker.archive import Fetched, NotFetched
from tracker.model import Reason, SourceKind
from tracker.sources import InstitutionEntry, SourceEntry, SourcesFile

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
