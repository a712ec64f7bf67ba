"""Whole crawls of a real server on loopback, in a process of their own."""

import gzip
import json
import signal
import time
import zlib

import pytest
from crawls import PROXIED, a_page

from tracker.model import Document, Fetch, Reason, Run, RunState, Snapshot, Source, SourceState


def test_a_declared_page_is_read_and_not_read_again(crawl, site):
    site.put("/policy", "<p>Policy</p>", headers={"ETag": '"1"', "Content-Type": "text/html"})
    crawl.declare(a_page())

    first, second = crawl(), crawl()

    assert (first["fetched"], first["new_snapshots"]) == (1, 1)
    assert (second["fetched"], second["not_modified"]) == (0, 1)
    assert [run.state for run in crawl.rows(Run)] == [RunState.COMPLETE] * 2


@pytest.mark.parametrize(
    ("kind", "path", "body", "extra"),
    [
        ("feed", "/feed", "<rss version='2.0'><channel><item><link>/a</link></item></channel></rss>", {}),
        ("sitemap", "/sitemap.xml", f"<urlset><url><loc>{PROXIED}/a</loc></url></urlset>", {}),
        ("sitemap", "/map.gz", gzip.compress(f"<urlset><url><loc>{PROXIED}/a</loc></url></urlset>".encode()), {}),
        ("listing", "/news", "<a class=n href='/a'>A</a><a href='/b'>B</a>", {"follow": "a.n"}),
    ],
)  # fmt: skip
def test_what_a_source_names_is_read(crawl, site, kind, path, body, extra):
    site.put(path, body)
    site.put("/a", "<p>A statement</p>")
    crawl.declare({"kind": kind, "url": f"{PROXIED}{path}", **extra})

    crawl()

    assert [document.url for document in crawl.rows(Document)] == [f"{PROXIED}/a"]
    assert crawl.rows(Source)[0].state is SourceState.OK


def test_nested_sitemaps_and_further_pages_are_followed(crawl, site):
    site.put(
        "/index.xml", f"<sitemapindex><sitemap><loc>{PROXIED}/1.xml</loc></sitemap></sitemapindex>"
    )
    site.put("/1.xml", f"<urlset><url><loc>{PROXIED}/a</loc></url></urlset>")
    site.put("/news", "<a class=n href=/b>B</a><a rel=next href=/news2>next</a>")
    site.put("/news2", "<a class=n href=/c>C</a>")
    crawl.declare(
        {"kind": "sitemap", "url": f"{PROXIED}/index.xml"},
        {"kind": "listing", "url": f"{PROXIED}/news", "follow": "a.n", "pages": 2},
    )

    crawl()

    assert {document.url[-2:] for document in crawl.rows(Document)} == {"/a", "/b", "/c"}


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ({"status": 404}, Reason.NOT_FOUND),
        ({"status": 500}, Reason.HTTP_ERROR),
        ({"status": 429}, Reason.RATE_LIMITED),
        ({"status": 401}, Reason.LOGIN),
        ({"hang_up": True}, Reason.CONNECTION),
        ({"delay": 3.0}, Reason.TIMEOUT),
        (
            {"status": 302, "headers": {"Location": "http://elsewhere.example/x"}},
            Reason.FOREIGN_HOST,
        ),
        ({"status": 302, "headers": {"Location": f"{PROXIED}/login?next=x"}}, Reason.LOGIN),
        ({"body": b"x" * 5000}, Reason.TOO_LARGE),
        (
            {"body": gzip.compress(b"x" * 100_000), "headers": {"Content-Encoding": "gzip"}},
            Reason.TOO_LARGE,
        ),
    ],
)
def test_every_failure_is_a_row_with_its_reason(crawl, site, answer, reason):
    site.put("/policy", **answer)
    site.put("/login", "<form>")
    crawl.declare(a_page())
    crawl.environment |= {"TRACKER_TIMEOUT": "1", "TRACKER_MAX_BYTES": "4000"}

    counts = crawl()

    assert counts["failed"] == {reason: 1}
    assert [fetch.reason for fetch in crawl.rows(Fetch)] == [reason]
    assert crawl.rows(Source)[0].state is SourceState.FAILED


def test_robots_txt_is_obeyed_and_said(crawl, site):
    site.put("/robots.txt", "User-agent: *\nDisallow: /policy")
    site.put("/policy", "secret")
    crawl.declare(a_page())

    assert crawl()["failed"] == {Reason.ROBOTS: 1}
    assert f"{PROXIED}/policy" not in site.urls()


def test_robots_txt_is_obeyed_by_requests_that_wait_for_it_together(crawl, site):
    site.put("/robots.txt", "User-agent: *\nDisallow: /private", delay=0.3)
    for number in range(6):
        site.put(f"/policy/{number}", "<p>Policy</p>")
    crawl.declare(
        *(a_page(f"/policy/{n}") for n in range(6)), *(a_page(f"/private/{n}") for n in range(6))
    )

    ran = crawl()

    assert (ran["fetched"], ran["failed"]) == (6, {"robots": 6})
    assert not [url for url in site.urls() if "/private" in url]


@pytest.mark.parametrize(
    ("robots", "read"),
    [
        ({"status": 404}, True),
        ({"status": 503}, False),
        ({"body": "<html>User-agent: *\nDisallow: /</html>"}, True),
    ],
)
def test_a_robots_txt_that_cannot_be_read_is_taken_as_rfc_9309_says(crawl, site, robots, read):
    site.put("/robots.txt", **robots)
    site.put("/policy", "<p>Policy</p>")
    crawl.declare(a_page())

    assert (crawl()["fetched"] == 1) is read


def test_crawl_delay_is_kept(crawl, site):
    site.put("/robots.txt", "User-agent: *\nCrawl-delay: 0.7")
    for path in ("/a", "/b", "/c"):
        site.put(path, "<p>text</p>")
    crawl.declare(a_page("/a"), a_page("/b"), a_page("/c"))

    began = time.monotonic()
    crawl()

    assert time.monotonic() - began > 1.4


def test_loopback_is_refused_unless_allowed(crawl, site):
    del crawl.environment["http_proxy"]
    site.put("/policy", "<p>Policy</p>")
    host = site.address.removeprefix("http://")
    crawl.declare(
        {"kind": "page", "url": f"{site.address}/policy"},
        {"kind": "page", "key": "by-name", "url": f"http://localhost:{site.server_port}/policy"},
        hosts=[host, f"localhost:{site.server_port}"],
    )

    assert crawl()["failed"] == {Reason.PRIVATE_ADDRESS: 2}
    assert site.asked == []

    crawl.environment["TRACKER_ALLOW_HOSTS"] = "127.0.0.1,localhost"
    assert crawl()["fetched"] == 2


def test_known_documents_are_re_read_when_their_source_fails(crawl, site):
    site.put("/feed", "<rss version='2.0'><channel><item><link>/a</link></item></channel></rss>")
    site.put("/a", "<p>one</p>")
    crawl.declare({"kind": "feed", "url": f"{PROXIED}/feed"})
    crawl()
    site.put("/feed", "not a feed at all")
    site.put("/a", "<p>two</p>")

    assert crawl()["new_snapshots"] == 1
    assert crawl.rows(Source)[0].reason is Reason.UNREADABLE


def test_max_pages_bounds_a_source(crawl, site):
    urls = "".join(f"<url><loc>{PROXIED}/{n}</loc></url>" for n in range(9))
    site.put("/sitemap.xml", f"<urlset>{urls}</urlset>")
    crawl.declare({"kind": "sitemap", "url": f"{PROXIED}/sitemap.xml"})

    assert crawl("--max-pages", "4")["documents"] == 4


def test_a_terminated_crawl_ends_clean_and_is_resumed(crawl, site):
    for number in range(60):
        site.put(f"/{number}", "<p>text</p>")
    crawl.declare(*[a_page(f"/{number}") for number in range(60)])
    crawl.environment["TRACKER_DOWNLOAD_DELAY"] = "0.05"

    process = crawl.start("--json")
    while len(site.asked) < 4:
        time.sleep(0.05)
    process.send_signal(signal.SIGTERM)
    out, _ = process.communicate(timeout=30)

    assert process.returncode == 130
    assert crawl.rows(Run)[0].state is RunState.INTERRUPTED
    read = json.loads(out)["documents"]
    assert 0 < read < 60
    assert crawl()["documents"] == 60 - read


def test_a_killed_crawl_leaves_whole_rows_and_is_resumed(crawl, site):
    for number in range(8):
        site.put(f"/{number}", "<p>text</p>", delay=0.3)
    crawl.declare(*[a_page(f"/{number}") for number in range(8)])
    crawl.environment["TRACKER_DOWNLOAD_DELAY"] = "0.3"
    process = crawl.start("--json")
    while len(site.asked) < 6:
        time.sleep(0.05)
    process.kill()
    process.communicate()

    crawl()

    assert [run.state for run in crawl.rows(Run)] == [RunState.INTERRUPTED, RunState.COMPLETE]
    assert {document.last_good_at is None for document in crawl.rows(Document)} == {False}


def test_a_second_run_at_once_is_refused_and_disturbs_nothing(crawl, site):
    site.put("/policy", "<p>Policy</p>", delay=4)
    crawl.declare(a_page())
    first = crawl.start("--json")
    while not site.asked:
        time.sleep(0.05)

    crawl(code=75)
    out, _ = first.communicate(timeout=30)

    assert "another crawl of this store is under way" in crawl.said
    assert json.loads(out)["fetched"] == 1
    assert [run.state for run in crawl.rows(Run)] == [RunState.COMPLETE]


def test_an_unknown_key_names_the_nearest(crawl):
    crawl.declare(a_page())

    crawl("alfer", code=2)

    assert 'did you mean "alder' in crawl.said


def test_a_broken_sources_file_is_one_message(crawl):
    crawl.declare(a_page(), country="UK", kind="institute")

    crawl(code=2)

    assert "country" in crawl.said
    assert "kind" in crawl.said
    assert "Traceback" not in crawl.said


def test_a_dry_run_fetches_and_records_nothing(crawl, site):
    crawl.declare(a_page())
    process = crawl.start("--dry-run")
    out, _ = process.communicate(timeout=60)

    assert f"{PROXIED}/policy" in out
    assert site.asked == []
    assert crawl.rows(Run) == []


@pytest.mark.parametrize(
    ("declared", "body", "kept"),
    [
        ("application/pdf", b"%PDF-1.4 x", "application/pdf"),
        ("application/octet-stream", b"%PDF-1.4 x", "application/pdf"),
        ("text/plain; charset=utf-8", b"# Scope\n", "text/plain"),
        ("text/markdown", b"# Scope\n", "text/markdown"),
        ("application/pdf", b"<!DOCTYPE html><p>Moved", "text/html"),
    ],
)
def test_a_file_is_kept_as_what_its_bytes_are(crawl, site, declared, body, kept):
    site.put("/policy", body, headers={"Content-Type": declared})
    crawl.declare(a_page(kind="document"))

    assert crawl()["fetched"] == 1
    assert [row.media_type for row in crawl.rows(Snapshot)] == [kept]


@pytest.mark.parametrize(
    ("declared", "body", "named"),
    [
        ("image/png", b"\x89PNG\r\n\x1a\n", "image/png"),
        ("text/html", b"PK\x03\x04 xl/workbook.xml", "application/zip"),
        ("application/msword", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/msword"),
        ("video/mp4", b"\x00\x00\x00\x18ftypmp42", "video/mp4"),
    ],
)
def test_a_file_that_has_no_reader_is_an_outcome(crawl, site, declared, body, named):
    site.put("/policy", body, headers={"Content-Type": declared})
    crawl.declare(a_page(kind="document"))

    assert crawl()["failed"] == {"unsupported_type": 1}
    assert named in crawl.rows(Fetch)[-1].detail


@pytest.mark.parametrize("squeeze", ["gzip", "deflate"])
def test_a_compressed_bomb_is_an_outcome(crawl, site, squeeze):
    press = zlib.compressobj(9, wbits=31 if squeeze == "gzip" else 15)
    bomb = b"".join(press.compress(bytes(1_000_000)) for _ in range(200)) + press.flush()
    site.put("/policy", bomb, headers={"Content-Type": "text/html", "Content-Encoding": squeeze})
    crawl.declare(a_page())

    assert crawl()["failed"] == {"too_large": 1}
