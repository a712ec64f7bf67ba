"""WARC files out and in: what goes out comes back the same, what is foreign or torn is said."""

import contextlib
import gzip
import io
import json
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
import yaml
from builders import NOON, a_page, a_source, a_sources_file, an_institution
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import col, select
from warcio.archiveiterator import ArchiveIterator
from warcio.cli import main as warcio
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from tracker.archive import Candidate
from tracker.importing import ImportRefusedError, import_files
from tracker.model import (
    Document,
    Fetch,
    Passage,
    Run,
    Snapshot,
    SourceKind,
    Version,
    VersionPassage,
)
from tracker.settings import Settings
from tracker.store import Store
from tracker.store.crawling import finish_run, start_run, sync_sources
from tracker.store.integrity import damage
from tracker.store.payloads import payload_bytes
from tracker.store.planning import plan
from tracker.store.recorder import Recorder
from tracker.update import update
from tracker.warc import NotWarcError, WarcReader
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


@pytest.fixture
def other(tmp_path):
    opened = Store.open(f"sqlite:///{tmp_path / 'other.db'}")
    yield opened
    opened.close()


def watched(store: Store) -> None:
    """Three days of two institutions: a change, a repeat, a "not modified", a way back."""
    crawl(store, 0, policy=page("One."), rules=page("First."), news=page("News."))
    crawl(store, 1, policy=page("Two."), rules=None, news=page("News."))
    crawl(store, 2, policy=page("One."), rules=page("Second."))


def test_what_goes_out_comes_back_the_same(store: Store, other: Store, tmp_path):
    watched(store)
    derive(store)

    files = exported(store, tmp_path / "out")
    done = brought(other, *files)
    derive(other)

    assert [path.name for path in files] == ["alder-00001.warc.gz", "birch-00001.warc.gz"]
    assert done.counts["skipped"] == {"warcinfo record": 2}
    assert held(other) == held(store)
    with other.transaction() as session:
        assert all(session.exec(select(Snapshot.imported)))
        assert session.exec(select(Run)).one().verb == "import"
        assert list(damage(session)) == []


def test_other_programs_find_nothing_wrong_with_the_files(store: Store, tmp_path, capsys):
    watched(store)

    for path in exported(store, tmp_path):
        with pytest.raises(SystemExit) as ended:
            warcio(["check", "-v", str(path)])
        assert ended.value.code in {0, None}
    assert "fail" not in capsys.readouterr().out


def test_repeated_bytes_go_out_as_a_revisit_of_the_first(store: Store, tmp_path):
    watched(store)

    alder, birch = exported(store, tmp_path)

    records = [
        (
            r.rec_type,
            r.rec_headers.get_header("WARC-Target-URI"),
            r.http_headers and r.http_headers.get_statuscode(),
        )
        for r in read(alder)
    ]
    policy = [row for row in records if row[1] and row[1].endswith("/policy")]
    assert [(kind, status) for kind, _, status in policy] == [
        ("response", "200"),
        ("response", "200"),
        ("revisit", "200"),
    ]
    kinds = [(r.rec_type, r.http_headers and r.http_headers.get_statuscode()) for r in read(birch)]
    assert kinds == [
        ("warcinfo", None),
        ("response", "200"),
        ("revisit", "304"),
        ("response", "200"),
    ]


def read(path: Path) -> list:
    with path.open("rb") as file:
        return [
            record for record in ArchiveIterator(file) if record.content_stream().read() is not None
        ]


def test_an_export_may_begin_at_a_date_and_name_institutions(store: Store, tmp_path):
    watched(store)

    (birch,) = exported(store, tmp_path, institutions=["birch"], since=NOON + timedelta(days=1))

    assert [record.rec_type for record in read(birch)] == ["warcinfo", "response", "response"]


def test_our_own_evidence_brought_back_adds_nothing(store: Store, tmp_path):
    watched(store)
    derive(store)
    before = held(store)

    done = brought(store, *exported(store, tmp_path))
    derive(store)

    assert (done.counts["captures"], done.counts["known"]) == (0, 8)
    assert held(store) == before


# Files that others wrote


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


def test_responses_resources_and_revisits_are_captures(sqlite_store: Store, tmp_path):
    first = a_warc(tmp_path / "one.warc.gz", ("response", POLICY, 1, "one"))
    digest = read_digest(first)
    second = a_warc(
        tmp_path / "two.warc.gz",
        ("revisit", POLICY, 3, f"{digest} {POLICY} 1"),
        ("resource", POLICY, 5, "two"),
        ("metadata", POLICY, 5, "fetchTimeMs: 12"),
        ("request", POLICY, 5, "GET / HTTP/1.1\r\n\r\n"),
    )

    done = brought(sqlite_store, first, second)

    assert bodies(sqlite_store) == [(POLICY, 1, b"one"), (POLICY, 3, b"one"), (POLICY, 5, b"two")]
    assert done.counts["skipped"] == {"metadata record": 1, "request record": 1}


def read_digest(path: Path) -> str:
    return next(iter(read(path))).rec_headers.get_header("WARC-Payload-Digest")


def test_a_revisit_finds_what_an_earlier_import_brought(sqlite_store: Store, tmp_path):
    first = a_warc(tmp_path / "one.warc.gz", ("response", POLICY, 1, "one"))
    brought(sqlite_store, first)

    later = a_warc(
        tmp_path / "two.warc.gz",
        ("revisit", POLICY, 3, f"sha1:UNKNOWN {POLICY} 1"),
        ("revisit", POLICY, 4, f"sha1:UNKNOWN {POLICY} 2"),
    )
    done = brought(sqlite_store, later)

    assert bodies(sqlite_store)[-1] == (POLICY, 3, b"one")
    assert done.counts["skipped"] == {"a repeat of bytes that are not there": 1}


def test_what_is_not_ours_is_counted_and_left(sqlite_store: Store, tmp_path):
    path = a_warc(
        tmp_path / "mixed.warc.gz",
        ("response", "https://www.alder.example/policy/", 1, "another spelling of the policy"),
        ("response", "http://alder.example/news/2020/item", 1, "below the feed"),
        ("response", "http://alder.example/reports/one", 1, "as the sitemap includes"),
        ("response", "http://alder.example/reports/draft-2", 1, "as the sitemap excludes"),
        ("response", "http://alder.example/about", 1, "under no source"),
        ("response", "http://alder.example.evil.example/policy", 1, "a clone"),
        ("response", "http://alder.example/news/feed", 1, "the feed itself"),
        ("response", POLICY, 2, "missing", 404),
        (
            "response",
            "http://alder.example/news/logo.png",
            1,
            b"\x89PNG",
            200,
            (("Content-Type", "image/png"),),
        ),
        ("response", POLICY, 500, "from a time to come"),
        ("response", "dns:alder.example", 1, "20260302"),
    )

    done = brought(sqlite_store, path)

    assert [url for url, _, _ in bodies(sqlite_store)] == [
        POLICY,
        "http://alder.example/news/2020/item",
        "http://alder.example/reports/one",
    ]
    assert done.counts["skipped"] == {
        "of no watched source": 3,
        "a feed, sitemap or listing": 1,
        "status 404": 1,
        "not a document": 1,
        "dated in the future": 1,
        "not HTTP": 1,
    }


def test_encoded_bodies_are_kept_as_what_they_say(sqlite_store: Store, tmp_path):
    html = b"<html>plain</html>"
    path = a_warc(
        tmp_path / "encoded.warc.gz",
        (
            "response",
            POLICY,
            1,
            gzip.compress(html),
            200,
            (("Content-Type", "text/html"), ("Content-Encoding", "gzip")),
        ),
        (
            "response",
            POLICY,
            2,
            b"6\r\n<html>\r\n0\r\n\r\n",
            200,
            (("Content-Type", "text/html"), ("Transfer-Encoding", "chunked")),
        ),
        (
            "response",
            POLICY,
            3,
            b"?",
            200,
            (("Content-Type", "text/html"), ("Content-Encoding", "rot13")),
        ),
    )

    done = brought(sqlite_store, path)

    assert [body for _, _, body in bodies(sqlite_store)] == [html, b"<html>"]
    assert done.counts["skipped"] == {"in an encoding that is not read (rot13)": 1}


def test_a_record_that_was_altered_is_left_and_named(sqlite_store: Store, tmp_path):
    path = a_warc(
        tmp_path / "altered.warc",
        ("response", POLICY, 1, "true words"),
        ("response", POLICY, 2, "other"),
        compress=False,
    )
    path.write_bytes(path.read_bytes().replace(b"true words", b"fake words"))

    done = brought(sqlite_store, path)

    assert [body for _, _, body in bodies(sqlite_store)] == [b"other"]
    assert done.counts["skipped"] == {"digest does not match (byte 0)": 1}


def test_a_larger_body_than_the_settings_allow_is_left(sqlite_store: Store, tmp_path):
    path = a_warc(tmp_path / "large.warc.gz", ("response", POLICY, 1, b"a" * (LARGEST + 1)))

    assert brought(sqlite_store, path).counts["skipped"] == {"larger than MAX_BYTES": 1}


RECORDS = tuple(
    ("response", POLICY, day, f"<html>version {day}</html>" * 20) for day in range(1, 6)
)


@given(compress=st.booleans(), share=st.floats(0.02, 1, exclude_max=True))
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_everything_before_a_tear_is_taken_and_the_tear_is_named(tmp_path, compress, share):
    whole = a_warc(tmp_path / "whole.warc.gz", *RECORDS, compress=compress)
    starts = offsets(whole)
    torn = tmp_path / "torn.warc.gz"
    cut = max(int(whole.stat().st_size * share), starts[1])
    torn.write_bytes(whole.read_bytes()[:cut])
    reader = WarcReader(torn, originals={}, largest=LARGEST)

    taken = list(reader.captures())

    before = sum(end <= cut for end in starts[1:])
    assert len(taken) - before in {0, 1}  # a record may be whole although its closing bytes are not
    if cut not in starts and (compress or len(taken) == before):
        assert reader.tear is not None
        assert reader.tear.startswith(f"{torn}: torn at byte ")
        assert int(reader.tear.split("byte ")[1].split(":")[0]) <= cut


def offsets(path: Path) -> list[int]:
    with path.open("rb") as file:
        records = ArchiveIterator(file)
        starts = [records.get_record_offset() for _ in records]
    return [*starts, path.stat().st_size]


@given(junk=st.binary(max_size=400), at=st.floats(0, 1))
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_no_file_is_more_than_torn(tmp_path, junk, at):
    whole = a_warc(tmp_path / "whole.warc.gz", *RECORDS).read_bytes()
    place = int(len(whole) * at)
    path = tmp_path / "damaged.warc.gz"
    path.write_bytes(whole[:place] + junk + whole[place + len(junk) :])
    reader = WarcReader(path, originals={}, largest=LARGEST)

    with contextlib.suppress(NotWarcError):
        assert len(list(reader.captures())) <= len(RECORDS)


def test_a_file_that_is_no_warc_is_refused_before_anything_is_written(
    sqlite_store: Store, tmp_path
):
    good = a_warc(tmp_path / "good.warc.gz", *RECORDS)
    (tmp_path / "notes.txt").write_text("no archive at all")
    (tmp_path / "empty.warc.gz").write_bytes(b"")

    with pytest.raises(ImportRefusedError) as refused:
        brought(
            sqlite_store,
            good,
            tmp_path / "notes.txt",
            tmp_path / "empty.warc.gz",
            tmp_path / "none.warc",
        )

    assert [line.split(": ")[0].split("/")[-1] for line in str(refused.value).splitlines()] == [
        "notes.txt",
        "empty.warc.gz",
        "none.warc",
    ]
    assert bodies(sqlite_store) == []


def test_the_command_imports_and_exports(tmp_path):
    a_warc(tmp_path / "whole.warc.gz", *RECORDS)
    torn = tmp_path / "torn.warc.gz"
    torn.write_bytes((tmp_path / "whole.warc.gz").read_bytes()[:-40])
    sources = {
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
    (tmp_path / "sources.yaml").write_text(yaml.safe_dump(sources))

    done = tracker(tmp_path, "import", str(torn), "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["captures"] == 4
    assert "torn.warc.gz: torn at byte" in done.stderr
    assert "the 4 captures before it were read" in done.stderr
    assert tracker(tmp_path, "update").returncode == 0
    assert "clean" in tracker(tmp_path, "verify").stdout
    out = tracker(tmp_path, "export", str(tmp_path / "out"), "--warc", "--institution", "alder")
    assert out.stdout.endswith("alder-00001.warc.gz: 4 captures\n"), out.stderr
    wrong = tracker(tmp_path, "import", "none.warc")
    assert (wrong.returncode, wrong.stderr.count("\n")) == (2, 1)


def tracker(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {
        "TRACKER_DATA_DIR": str(folder),
        "TRACKER_SOURCES": str(folder / "sources.yaml"),
        "PATH": "/usr/bin:/bin",
    }
    program = Path(sys.executable).parent / "tracker"
    return subprocess.run(
        [program, *arguments],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
    )
