"""A Memento/CDX web archive on loopback: what it holds is imported, politely and once."""

import contextlib
import json
import os
import subprocess
import sys
import time
from datetime import UTC, date, datetime
from itertools import pairwise
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import col, select
from webserver import Answer, Site, serving

from crawler.cdx import Archive, CdxError, read_cdx, spread
from tracker.archive import sha256
from tracker.model import Change, Document, Fetch, Run, RunState, Snapshot, Version
from tracker.store import Store
from tracker.store.payloads import payload_bytes

POLICY = "http://alder.example/policy"
DAYS = ("20190301120000", "20190601120000", "20190901120000", "20200301120000")


def page(number: int) -> str:
    said = (
        f"The institute keeps a register of its partners and of gifts. Edition {number} holds. " * 9
    )
    return f"<html lang=en><title>Policy</title><main><h1>Policy</h1><p>{said}</p></main></html>"


def wayback(site: Site, *rows: tuple[str, str, str], robots: str = "") -> str:
    """Script an archive as the Wayback Machine answers; rows are timestamp, body and status."""
    names = ["urlkey", "timestamp", "original", "mimetype", "statuscode", "digest", "length"]
    listed = [
        ["example,alder)/policy", at, POLICY, "text/html", status, sha256(body.encode())[:32], "1"]
        for at, body, status in rows
    ]
    site.put("/cdx/search/cdx", json.dumps([names, *listed]))
    for at, body, _ in rows:
        site.put(
            f"/web/{at}id_/{POLICY}",
            body,
            headers={
                "Content-Type": "text/html",
                "Memento-Datetime": f"{stamp(at):%a, %d %b %Y %H:%M:%S} GMT",
                "X-Archive-Orig-Content-Type": "text/html; charset=utf-8",
                "X-Archive-Orig-ETag": '"original"',
                "X-Archive-Orig-Set-Cookie": "secret=1",
            },
        )
    if robots:
        site.put("/robots.txt", robots, headers={"Content-Type": "text/plain"})
    return f"{site.address}/cdx/search/cdx"


def stamp(at: str) -> datetime:
    return datetime.strptime(at, "%Y%m%d%H%M%S").replace(tzinfo=UTC)


@pytest.fixture
def archive():
    with serving() as site:
        yield site


@pytest.fixture
def folder(tmp_path):
    sources = {
        "institutions": [
            {
                "key": "alder",
                "name": "Alder Institute",
                "kind": "university",
                "country": "GB",
                "homepage": "http://alder.example/",
                "sources": [
                    {"kind": "page", "url": POLICY},
                    {"kind": "listing", "url": "http://alder.example/news", "follow": "a"},
                ],
            }
        ]
    }
    (tmp_path / "sources.yaml").write_text(yaml.safe_dump(sources))
    return tmp_path


def tracker(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {
        **{name: value for name, value in os.environ.items() if "proxy" not in name.lower()},
        "TRACKER_DATA_DIR": str(folder),
        "TRACKER_SOURCES": str(folder / "sources.yaml"),
        "TRACKER_DOWNLOAD_DELAY": "0",
        "TRACKER_ALLOW_HOSTS": "127.0.0.1",
    }
    program = Path(sys.executable).parent / "tracker"
    return subprocess.run(
        [program, *arguments], env=environment, capture_output=True, text=True, check=False
    )


def imported(folder: Path, base: str, *urls: str, options: tuple[str, ...] = ()):
    return tracker(folder, "import", "--wayback", *(urls or (POLICY,)), "--from", base, *options)


@pytest.fixture
def opened(folder):
    store = Store.open(f"sqlite:///{folder / 'tracker.db'}")
    yield store
    store.close()


def test_captures_come_in_with_their_dates_headers_and_archive(archive, folder, opened):
    base = wayback(archive, *((at, page(n), "200") for n, at in enumerate(DAYS)))

    done = imported(folder, base, options=("--json",))

    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["captures"] == 4
    with opened.transaction() as session:
        fetches = session.exec(select(Fetch).order_by(col(Fetch.at))).all()
        assert [fetch.at for fetch in fetches] == [stamp(at) for at in DAYS]
        assert [payload_bytes(session, f.payload_id).decode() for f in fetches] == [
            page(n) for n in range(4)
        ]
        assert {name.lower(): value for name, value in fetches[0].headers} == {
            "content-type": "text/html; charset=utf-8",
            "etag": '"original"',
        }
        assert fetches[0].detail == f"{archive.address}/web/{DAYS[0]}id_/{POLICY}"
        assert all(session.exec(select(Snapshot.imported)))
        assert session.exec(select(Run)).one().state is RunState.COMPLETE
    assert "4 captures of 1 documents" in done.stderr


def test_the_history_is_told_as_imported_and_owed_to_nobody(archive, folder, opened):
    base = wayback(archive, *((at, page(n), "200") for n, at in enumerate(DAYS)))
    tracker(folder, "alerts", "add", "desk", "--channel", "outbox")
    imported(folder, base)

    done = tracker(folder, "update", "--json")

    assert json.loads(done.stdout)["new_versions"] == 4
    assert json.loads(done.stdout)["owed"] == 0
    with opened.transaction() as session:
        found = session.exec(select(Change).order_by(col(Change.seen_to))).all()
        assert [(c.seen_from, c.seen_to) for c in found] == [
            (stamp(before), stamp(after)) for before, after in pairwise(DAYS)
        ]
        assert all(change.imported for change in found)
    assert "clean" in tracker(folder, "verify").stdout


def test_captures_that_are_alike_are_read_once_and_seen_to_the_last(archive, folder, opened):
    base = wayback(
        archive,
        (DAYS[0], page(1), "200"),
        (DAYS[1], page(1), "200"),
        (DAYS[2], page(1), "200"),
        (DAYS[3], page(2), "200"),
    )

    imported(folder, base)
    tracker(folder, "update")

    replayed = [url for url in archive.urls() if "/web/" in url]
    assert len(replayed) == 2
    with opened.transaction() as session:
        first, second = session.exec(select(Version).order_by(col(Version.number))).all()
        assert (first.seen_to, first.last_seen_at) == (stamp(DAYS[0]), stamp(DAYS[2]))
        assert (second.seen_from, second.seen_to) == (stamp(DAYS[2]), stamp(DAYS[3]))


def test_the_archive_is_asked_for_the_time_that_was_asked_for(archive, folder):
    base = wayback(archive)

    imported(folder, base, options=("--since", "2019-04-01", "--until", "2019-12-31"))

    asked = parse_qs(urlsplit(next(u for u in archive.urls() if "cdx" in u)).query)
    assert {name: asked[name] for name in ("url", "from", "to", "collapse")} == {
        "url": [POLICY],
        "from": ["20190401"],
        "to": ["20191231"],
        "collapse": ["digest"],
    }


def test_what_is_there_is_not_asked_for_again(archive, folder):
    base = wayback(archive, *((at, page(n), "200") for n, at in enumerate(DAYS)))
    imported(folder, base)
    archive.asked.clear()

    done = imported(folder, base)

    assert not [url for url in archive.urls() if "/web/" in url]
    assert "0 captures of 0 documents imported, 4 were there already" in done.stderr


def test_a_pause_that_the_archive_asks_for_is_kept(archive, folder):
    base = wayback(archive, (DAYS[0], page(1), "200"), (DAYS[1], page(2), "200"))
    address = f"{archive.address}/web/{DAYS[0]}id_/{POLICY}"
    then = archive.answers[f"/web/{DAYS[0]}id_/{POLICY}"]
    not_now = Answer("", status=429, headers={"Retry-After": "1"}, once=True)
    archive.answers[address] = [not_now, not_now, *then]

    began = time.monotonic()
    done = imported(folder, base)

    assert time.monotonic() - began >= 2
    assert "2 captures of 1 documents imported" in done.stderr
    assert archive.urls().count(address) == 3


def test_an_archive_whose_robots_refuse_is_not_read(archive, folder, opened):
    base = wayback(archive, (DAYS[0], page(1), "200"), robots="User-agent: *\nDisallow: /web/")

    done = imported(folder, base)

    assert done.returncode == 1
    assert "not read: 1 robots" in done.stderr
    assert not [url for url in archive.urls() if "/web/" in url]


def test_only_good_captures_within_the_number_that_was_asked_for_are_read(archive, folder):
    base = wayback(
        archive,
        (DAYS[0], page(0), "200"),
        (DAYS[1], "moved", "301"),
        (DAYS[2], page(2), "200"),
        (DAYS[3], page(3), "200"),
    )

    done = imported(folder, base, options=("--max-captures", "2"))

    read = [url.split("/web/")[1][:14] for url in archive.urls() if "/web/" in url]
    assert sorted(read) == [DAYS[0], DAYS[3]]
    assert "1 left out by --max-captures" in done.stderr


def test_everything_below_an_address_is_taken_where_a_source_covers_it(archive, folder, opened):
    rows = [
        {"urlkey": "-", "timestamp": DAYS[0], "url": url, "status": "200", "digest": url}
        for url in ("http://alder.example/news/one", "http://alder.example/staff/two")
    ]
    archive.put("/coll/cdx", "\n".join(map(json.dumps, rows)))
    archive.put(f"/coll/{DAYS[0]}id_/http://alder.example/news/one", page(1))

    done = imported(folder, f"{archive.address}/coll", "http://alder.example/*")

    assert done.returncode == 0, done.stderr
    with opened.transaction() as session:
        assert session.exec(select(Document.url)).all() == ["http://alder.example/news/one"]
    assert "1 of no watched source" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--wayback", "http://foreign.example/page"), "no source in sources.yaml covers it"),
        (("--wayback", "policy"), "not a web address"),
        (("--wayback", POLICY, "--from", "archive"), "--from: not a web address"),
        (("--wayback", POLICY, "--since", "2019"), "is not a date such as"),
        (("file.warc", "--since", "2019-01-01"), "go with --wayback"),
    ],
)
def test_wrong_input_is_one_message(folder, arguments, said):
    done = tracker(folder, "import", *arguments)

    assert done.returncode == 2
    assert said in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("base", "index", "replay"),
    [
        ("https://web.archive.org/cdx/search/cdx", "/cdx/search/cdx", "/web/"),
        ("http://127.0.0.1:8080/coll/cdx", "/coll/cdx", "/coll/"),
        ("http://127.0.0.1:8080/coll/", "/coll/cdx", "/coll/"),
        ("http://127.0.0.1:8080/coll-cdx", "/coll-cdx", "/coll/"),
    ],
)
def test_both_addresses_of_an_archive_follow_from_either(base, index, replay):
    found = Archive.at(base)

    assert (urlsplit(found.index).path, urlsplit(found.replay).path) == (index, replay)


def test_the_end_that_wayback_reports_of_collapsed_captures_is_kept():
    names = ["timestamp", "original", "statuscode", "digest", "endtimestamp", "skipcount"]
    rows = [[DAYS[0], POLICY, "200", "A", DAYS[2], "7"], [DAYS[3], POLICY, "-", "A", "", "0"]]

    (run,) = read_cdx(json.dumps([names, *rows]).encode())

    assert (run.first, run.last) == (stamp(DAYS[0]), stamp(DAYS[3]))


@given(st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
def test_any_answer_is_read_or_refused(body):
    with contextlib.suppress(CdxError):
        assert isinstance(read_cdx(body), list)


@given(st.integers(1, 12), st.integers(0, 40))
def test_a_choice_of_captures_keeps_its_bounds(most, number):
    runs = list(range(number))
    chosen = spread(runs, most)

    assert len(chosen) == min(most, number)
    assert chosen == sorted(set(chosen))
    if most > 1 and number:
        assert (chosen[0], chosen[-1]) == (runs[0], runs[-1])


def test_a_query_names_what_lies_below():
    query = Archive.at("http://a.example/coll/cdx").query(
        "http://alder.example/news/*", since=date(2019, 1, 2), until=None
    )

    asked = parse_qs(urlsplit(query).query)
    assert (asked["url"], asked["matchType"], asked["from"]) == (
        ["http://alder.example/news/"],
        ["prefix"],
        ["20190102"],
    )
