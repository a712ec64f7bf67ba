"""What a crawl finds, when it comes back, and that a kill costs nothing. Real crawls of a loopback server."""

import json
import sys
import time
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from crawls import PROXIED, a_page
from sqlmodel import select

from tracker.model import Document, Fetch, Outcome, Run, RunState, Source, SourceState
from tracker.store.planning import plan

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


def day(number: float) -> tuple[str, str]:
    return "--at", (NOW + timedelta(days=number)).isoformat()


def sitemap(*paths: str) -> str:
    urls = "".join(f"<url><loc>{PROXIED}{path}</loc></url>" for path in paths)
    return f"<urlset>{urls}</urlset>"


def documents(crawl) -> list[str]:
    return [document.url.removeprefix(PROXIED) for document in crawl.rows(Document)]


def test_files_on_the_subject_that_a_watched_page_links_to_are_watched_too(crawl, site):
    site.put(
        "/policy",
        "<p>Policy</p><a href=/human-rights-due-diligence.pdf>x</a><a href=/menu.pdf>Lunch</a>",
    )
    site.put("/human-rights-due-diligence.pdf", "%PDF-1.4")
    crawl.declare(a_page())

    crawl()

    assert documents(crawl) == ["/policy", "/human-rights-due-diligence.pdf"]
    assert crawl.rows(Source)[0].state is SourceState.OK


def test_a_wordpress_site_is_asked_for_what_its_feed_no_longer_holds(crawl, site):
    header = {"Content-Type": "text/xml", "Link": f'<{PROXIED}/wp-json/>; rel="https://api.w.org/"'}
    site.put("/feed", "<rss version='2.0'><channel></channel></rss>", headers=header)
    found = [
        {"url": f"{PROXIED}/2019/uyghur-surveillance", "title": "Surveillance of Uyghurs"},
        {"url": f"{PROXIED}/2019/lunch", "title": "Lunch"},
    ]
    search = f"{PROXIED}/wp-json/wp/v2/search?per_page=20&search=surveillance"
    site.put(search, json.dumps(found), headers={"Content-Type": "application/json"})
    site.put("/2019/uyghur-surveillance", "<p>Text</p>")
    crawl.declare({"kind": "feed", "url": f"{PROXIED}/feed"})

    crawl()

    assert documents(crawl) == ["/2019/uyghur-surveillance"]
    assert crawl.rows(Source)[0].state is SourceState.OK  # searches that fail are not the feed's
    assert crawl.rows(Source)[0].detail == "names no documents"


def test_a_search_that_robots_txt_refuses_is_not_asked(crawl, site):
    site.put("/robots.txt", "User-agent: *\nDisallow: /wp-json/")
    site.put("/policy", f'<link rel="https://api.w.org/" href="{PROXIED}/wp-json/"><p>Policy</p>')
    crawl.declare(a_page())

    crawl()

    assert not any("wp-json" in url for url in site.urls())


def test_a_sitemap_that_did_not_change_is_not_sent_again_and_its_documents_are_kept(crawl, site):
    xml = {"Content-Type": "text/xml", "ETag": '"1"'}
    site.put("/sitemap.xml", sitemap("/a", "/b"), headers=xml)
    site.put("/a", "<p>a</p>")
    site.put("/b", "<p>b</p>")
    crawl.declare({"kind": "sitemap", "url": f"{PROXIED}/sitemap.xml"})

    crawl()
    assert crawl()["fetched"] == 2

    asked = [fetch for fetch in crawl.rows(Fetch) if fetch.document_id is None]
    assert [fetch.outcome for fetch in asked] == [Outcome.FETCHED, Outcome.NOT_MODIFIED]
    assert crawl.rows(Source)[0].known == 2


def test_a_failing_part_of_a_sitemap_is_not_the_source_failing(crawl, site):
    index = "".join(f"<sitemap><loc>{PROXIED}/{n}.xml</loc></sitemap>" for n in (1, 2))
    site.put("/index.xml", f"<sitemapindex>{index}</sitemapindex>")
    site.put("/1.xml", sitemap("/a"))
    site.put("/a", "<p>a</p>")
    crawl.declare({"kind": "sitemap", "url": f"{PROXIED}/index.xml"})

    crawl()

    assert documents(crawl) == ["/a"]
    assert crawl.rows(Source)[0].state is SourceState.OK


def test_of_a_long_sitemap_the_best_are_read_and_later_what_is_new(crawl, site):
    plain = [f"/{n}" for n in range(8)]
    for path in [*plain, "/xinjiang-cameras", "/brand-new"]:
        site.put(path, "<p>text</p>")
    site.put("/sitemap.xml", sitemap(*plain, "/xinjiang-cameras"))
    crawl.declare({"kind": "sitemap", "url": f"{PROXIED}/sitemap.xml", "max_documents": 3})
    crawl()
    assert set(documents(crawl)) == {"/xinjiang-cameras", "/0", "/1"}

    site.put("/sitemap.xml", sitemap(*plain, "/xinjiang-cameras", "/brand-new"))
    crawl()

    assert set(documents(crawl)) == {"/xinjiang-cameras", "/0", "/1", "/brand-new"}
    assert crawl.rows(Source)[0].known == 10


def test_a_sitemap_whose_dates_tell_something_brings_a_document_forward(crawl, site):
    def stamped(number: int, at: datetime) -> str:
        return f"<url><loc>{PROXIED}/{number}</loc><lastmod>{at.isoformat()}</lastmod></url>"

    for number in range(3):
        site.put(f"/{number}", "<p>text</p>", headers={"ETag": '"1"', "Content-Type": "text/html"})
    old = [stamped(n, NOW - timedelta(days=30 + n)) for n in range(3)]
    site.put("/sitemap.xml", f"<urlset>{''.join(old)}</urlset>")
    crawl.declare({"kind": "sitemap", "url": f"{PROXIED}/sitemap.xml"})
    crawl(*day(0))
    crawl(*day(1))
    site.put(
        "/sitemap.xml",
        f"<urlset>{stamped(0, NOW + timedelta(days=1.5))}{''.join(old[1:])}</urlset>",
    )

    assert crawl("--due", *day(2))["documents"] == 1
    assert site.urls()[-1] == f"{PROXIED}/0"


def test_a_dry_run_shows_scores_and_writes_nothing(crawl, site):
    site.put("/sitemap.xml", sitemap("/a", "/b", "/xinjiang-cameras"))
    for path in ("/a", "/xinjiang-cameras", "/b"):
        site.put(path, "<p>text</p>")
    crawl.declare({"kind": "sitemap", "url": f"{PROXIED}/sitemap.xml", "max_documents": 2})
    crawl()
    crawl.declare({"kind": "sitemap", "url": f"{PROXIED}/sitemap.xml", "max_documents": 3})
    before, asked = crawl.dump(), len(site.asked)

    out, _ = crawl.start("--dry-run").communicate(timeout=60)

    rows = [line.split("\t")[1:] for line in out.splitlines()]
    assert [row[0] for row in rows] == ["sitemap", "new", "check again", "check again"]
    scores = {row[2].removeprefix(PROXIED): float(row[1]) for row in rows[1:]}
    assert scores["/xinjiang-cameras"] > scores["/b"] == 0
    assert (len(site.asked), crawl.dump()) == (asked, before)


def test_a_dry_run_needs_no_database(crawl, site):
    crawl.declare(a_page())
    crawl.environment["TRACKER_DATA_DIR"] = str(crawl.folder / "elsewhere")

    out, _ = crawl.start("--dry-run").communicate(timeout=60)

    assert f"new\t1\t{PROXIED}/policy" in out
    assert not (crawl.folder / "elsewhere").exists()


def test_killed_three_times_a_crawl_asks_again_only_for_what_was_not_yet_written(crawl, site):
    pages = [f"/{number}" for number in range(24)]
    slow = ("/4", "/10", "/16")  # to be killed over, before the answer
    for path in pages:
        site.put(path, "<p>text</p>", delay=20 * (path in slow), once=path in slow)
        site.put(path, "<p>text</p>", behind=True)
    site.put("/sitemap.xml", sitemap(*pages))
    crawl.declare({"kind": "sitemap", "url": f"{PROXIED}/sitemap.xml", "max_documents": 100})

    expected = Counter(f"{PROXIED}{path}" for path in (*pages, "/sitemap.xml", "/robots.txt"))
    for path in slow:
        begun = len(site.asked)
        process = crawl.start("--json")
        while f"{PROXIED}{path}" not in site.urls()[begun:]:  # an earlier run may have got so far
            time.sleep(0.01)
        process.kill()
        process.communicate()
        written = {fetch.url for fetch in crawl.rows(Fetch)} | {f"{PROXIED}/robots.txt"}
        expected.update(set(site.urls()[begun:]) - written)
    crawl()

    assert Counter(site.urls()) == expected
    assert {document.last_good_at is None for document in crawl.rows(Document)} == {False}
    assert len(crawl.rows(Document)) == len(pages)
    assert [run.state for run in crawl.rows(Run)] == [
        *[RunState.INTERRUPTED] * 3,
        RunState.COMPLETE,
    ]


# Not ru_maxrss: a new process inherits the peak of the one that started it.
MEASURED = "import re, sys; from crawler.__main__ import main; code = main(sys.argv[1:]); print(int(re.search(r'VmHWM:\\s+(\\d+)', open('/proc/self/status').read())[1]) // 1024); sys.exit(code)"


@pytest.mark.skipif(sys.platform != "linux", reason="memory is measured as Linux counts it")
def test_a_sitemap_of_ten_thousand_addresses_fits_in_250_megabytes(crawl, site):
    site.put("/sitemap.xml", sitemap(*(f"/reports/{n}" for n in range(10_000))))
    crawl.declare({"kind": "sitemap", "url": f"{PROXIED}/sitemap.xml", "max_documents": 10_000})
    crawl.environment["TRACKER_MAX_BYTES"] = "5000000"

    process = crawl.start("--quiet", program=["-c", MEASURED])
    out, said = process.communicate(timeout=170)

    assert process.returncode == 0, said
    assert len(crawl.rows(Document)) == 10_000
    assert int(out) <= 250, out


def test_a_page_that_two_sources_declare_in_two_spellings_is_one_document(crawl, site):
    site.put("/policy", "<p>Policy</p>")
    site.put("/policy/", "<p>Policy</p>")
    crawl.declare(a_page(), a_page("/policy/", key="again"))

    assert crawl()["documents"] == 1
    assert {source.state for source in crawl.rows(Source)} == {SourceState.OK}
    with crawl.store.transaction() as session:
        tasks = plan(session, keys=["alder/again"], at=NOW)
        assert len(tasks[0].documents) == 1
        assert len(session.exec(select(Document)).all()) == 1
