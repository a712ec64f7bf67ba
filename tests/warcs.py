"""WARC files that tests write, and a store that they go out of and into."""

import io
from datetime import timedelta
from pathlib import Path

from builders import NOON, a_page, a_source, a_sources_file, an_institution
from sqlmodel import col, select
from warcio.archiveiterator import ArchiveIterator
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from tracker.archive import Candidate
from tracker.importing import import_files
from tracker.model import (
    Document,
    Fetch,
    Passage,
    SourceKind,
    Version,
    VersionPassage,
)
from tracker.settings import Settings
from tracker.store import Store
from tracker.store.crawling import finish_run, start_run, sync_sources
from tracker.store.payloads import payload_bytes
from tracker.store.planning import plan
from tracker.store.recorder import Recorder
from tracker.update import update
from tracker.warc_export import write_warc

LATER = NOON + timedelta(days=400)


LARGEST = 1_000_000


FILE = a_sources_file(
    an_institution(
        a_source(),
        a_source(key="news", kind=SourceKind.FEED, url="http://alder.example/news/feed"),
        a_source(
            key="map",
            kind=SourceKind.SITEMAP,
            url="http://alder.example/sitemap.xml",
            include=("/reports/",),
            exclude=("/reports/draft",),
        ),
    ),
    an_institution(
        a_source(key="rules", url="https://birch.example/rules"),
        key="birch",
        name="Birch University",
        kind="university",
        homepage="https://birch.example/",
        hosts=("birch.example",),
    ),
)


def page(text: str) -> str:
    body = f"The institute keeps a register of partners, gifts and appointments. {text} " * 8
    return f"<html lang=en><title>Policy</title><main><h1>Policy</h1><p>{body}</p></main></html>"


def crawl(store: Store, day: int, **bodies: str | None) -> None:
    """One run that reads the declared pages, and documents that a feed names elsewhere."""
    at = NOON + timedelta(days=day, microseconds=123456)
    with store.transaction() as session:
        sync_sources(session, FILE)
        run_id = start_run(session, verb="crawl", scope={}, tool="test 0", at=at)
        tasks = {task.key: task for task in plan(session, at=at)}
    recorder = Recorder(store, run_id)
    urls = {
        "policy": "http://alder.example/policy",
        "rules": "https://birch.example/rules",
        "news": "http://alder.example/elsewhere/item",
    }
    for key, body in bodies.items():
        task = tasks[key]
        fresh = recorder.candidates(task.id, [Candidate(urls[key])], at=at)
        known = next(iter([*fresh, *task.documents]))
        recorder.document(
            known,
            a_page(
                body,
                at=at,
                url=urls[key],
                headers=(("Content-Type", "text/html; charset=utf-8"), ("ETag", '"1"')),
            ),
        )
    recorder.flush()
    with store.transaction() as session:
        finish_run(session, run_id, at=at, counts={})


def derive(store: Store) -> None:
    update(store, Settings(), at=LATER)


def held(store: Store) -> dict:
    """Documents, versions and passages, ids apart."""
    with store.transaction() as session:
        versions = session.exec(
            select(Version, Document)
            .join(Document, col(Version.document_id) == Document.id)
            .order_by(Document.url, col(Version.number))
        ).all()
        hidden = {"id", "document_id", "snapshot_id", "origin", "compared"}
        places = session.exec(
            select(Document.url, Version.number, VersionPassage, Passage)
            .join(Version, col(Version.document_id) == Document.id)
            .join(VersionPassage, col(VersionPassage.version_id) == Version.id)
            .join(Passage, col(VersionPassage.passage_id) == Passage.id)
            .order_by(Document.url, col(Version.number), col(VersionPassage.position))
        ).all()
        return {
            "documents": sorted(session.exec(select(Document.url))),
            "versions": [(d.url, v.model_dump(exclude=hidden)) for v, d in versions],
            "passages": [
                (url, number, place.heading_path, place.start, passage.text)
                for url, number, place, passage in places
            ],
        }


def exported(store: Store, folder: Path, **asked) -> list[Path]:
    with store.transaction() as session:
        return [written.path for written in write_warc(session, folder, at=LATER, **asked)]


def brought(store: Store, *paths: Path):
    return import_files(store, FILE, paths, at=LATER, largest=LARGEST)


def a_warc(path: Path, *records, compress: bool = True) -> Path:
    """Write records: (type, url, days after noon, body, status or fields)."""
    with path.open("wb") as file:
        writer = WARCWriter(file, gzip=compress)
        for record in records:
            writer.write_record(a_record(writer, *record))
    return path


def a_record(
    writer, kind, url, day, body=b"", status=200, headers=(("Content-Type", "text/html"),), **fields
):
    at = (NOON + timedelta(days=day)).strftime("%Y-%m-%dT%H:%M:%SZ")
    named = {"WARC-Date": at, **{name.replace("_", "-"): value for name, value in fields.items()}}
    body = body.encode() if isinstance(body, str) else body
    if kind == "revisit":
        digest, first_url, first_day = body.decode().split()
        first = (NOON + timedelta(days=int(first_day))).strftime("%Y-%m-%dT%H:%M:%SZ")
        return writer.create_revisit_record(url, digest, first_url, first, warc_headers_dict=named)
    http = (
        StatusAndHeaders(f"{status} OK", list(headers), protocol="HTTP/1.1")
        if kind == "response"
        else None
    )
    return writer.create_warc_record(
        url,
        kind,
        payload=io.BytesIO(body),
        length=len(body),
        http_headers=http,
        warc_headers_dict=named,
        warc_content_type="text/html" if kind == "resource" else "",
    )


POLICY = "http://alder.example/policy"
#: What sources.yaml says where these files are imported.
WATCHED = {
    "institutions": [
        {
            "key": "alder",
            "name": "Alder",
            "kind": "university",
            "country": "GB",
            "homepage": "http://alder.example/",
            "sources": [{"kind": "page", "url": POLICY}],
        }
    ]
}


def bodies(store: Store) -> list[tuple[str, int, bytes]]:
    with store.transaction() as session:
        rows = session.exec(
            select(Document.url, Fetch)
            .join(Document, col(Fetch.document_id) == Document.id)
            .order_by(col(Fetch.at), col(Fetch.id))
        ).all()
        return [
            (url, (fetch.at - NOON).days, payload_bytes(session, fetch.payload_id))
            for url, fetch in rows
        ]


def read(path: Path) -> list:
    with path.open("rb") as file:
        return [
            record for record in ArchiveIterator(file) if record.content_stream().read() is not None
        ]


def read_digest(path: Path) -> str:
    return next(iter(read(path))).rec_headers.get_header("WARC-Payload-Digest")


RECORDS = tuple(
    ("response", POLICY, day, f"<html>version {day}</html>" * 20) for day in range(1, 6)
)
