"""Sources are looked at before they are trusted: `sources check --live` and `sources add`, on a real server."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from webserver import serving

from tracker.livecheck import Attempt, judge
from tracker.model import SourceKind
from tracker.proposing import CannotInsertError, inserted, leads, sitemaps
from tracker.sources import SourceEntry, parse_sources

HOST = "http://alder.example"
TEXT = "<p>Every partnership is examined for what it may do to people before it begins.</p>" * 8
PAGE = f"<html><head><title>Partnerships</title></head><body><main><h1>Partnerships</h1>{TEXT}</main></body></html>"
FEED = """<?xml version="1.0"?><rss version="2.0"><channel><title>News</title>
<item><title>One</title><link>http://alder.example/news/one</link></item></channel></rss>"""


@pytest.fixture
def site():
    with serving() as site:
        site.put(
            "/robots.txt",
            "User-agent: *\nDisallow: /private\n",
            headers={"Content-Type": "text/plain"},
        )
        yield site


class Tracker:
    def __init__(self, folder: Path, site) -> None:
        self.path = folder / "sources.yaml"
        self.environment = {
            **os.environ,
            "TRACKER_DATA_DIR": str(folder),
            "TRACKER_SOURCES": str(self.path),
            "TRACKER_DOWNLOAD_DELAY": "0",
            "http_proxy": site.address,
        }

    def declare(self, *sources: dict) -> None:
        institution = {
            "key": "alder", "name": "Alder Institute", "kind": "ethics_institute", "country": "GB",
            "homepage": f"{HOST}/", "sources": list(sources),
        }  # fmt: skip
        self.path.write_text(yaml.safe_dump({"institutions": [institution]}, sort_keys=False))

    def run(self, *arguments: str, verb: str = "sources") -> subprocess.CompletedProcess:
        return subprocess.run(
            [sys.executable, "-c", "from tracker.cli import main; main()", verb, *arguments],
            env=self.environment, capture_output=True, text=True, timeout=90, check=False,
        )  # fmt: skip


@pytest.fixture
def tracker(tmp_path: Path, site) -> Tracker:
    return Tracker(tmp_path, site)


def test_live_says_of_each_source_whether_it_delivers(tracker: Tracker, site):
    site.put("/policy", PAGE)
    site.put("/short", "<html><body><main><p>Soon.</p></main></body></html>")
    site.put("/feed", FEED, headers={"Content-Type": "application/rss+xml"})
    site.put("/empty", FEED.replace("<item>", "<!--").replace("</item>", "-->"))
    site.put("/news", '<html><body><main><a href="/news/one">One</a></main></body></html>')
    tracker.declare(
        {"kind": "page", "url": f"{HOST}/policy", "select": "main"},
        {"kind": "page", "url": f"{HOST}/policy?b", "select": "#gone"},
        {"kind": "page", "url": f"{HOST}/short"},
        {"kind": "page", "url": f"{HOST}/gone"},
        {"kind": "page", "url": f"{HOST}/private"},
        {"kind": "feed", "url": f"{HOST}/feed"},
        {"kind": "feed", "url": f"{HOST}/empty"},
        {"kind": "listing", "url": f"{HOST}/news", "follow": "main a"},
    )

    ran = tracker.run("check", "--live", "--json")

    found = {row["source"].removeprefix("alder/"): row for row in json.loads(ran.stdout)}
    wrong = {key: " ".join(row["problems"]) for key, row in found.items() if row["problems"]}
    assert set(wrong) == {"page-policy-b", "page-short", "page-gone", "page-private", "feed-empty"}
    assert "selector" in wrong["page-policy-b"]
    assert "correct `select`" in wrong["page-policy-b"]
    assert "set `valid_until`" in wrong["page-gone"]
    assert "ask the institution for leave" in wrong["page-private"]
    assert "fewer than 50" in wrong["page-short"]
    assert "not found" in wrong["page-gone"]
    assert found["page-private"]["robots"] is False
    assert "names no document" in wrong["feed-empty"]
    assert (found["page-policy"]["same_text"], found["page-policy"]["selector"]) == (True, True)
    assert found["listing-news"]["named"] == 1
    assert ran.returncode == 1


def test_live_says_what_to_do_about_a_text_that_varies(tracker: Tracker, site):
    site.put("/policy", PAGE, once=True)
    site.put(
        "/policy", PAGE.replace("</main>", "<p>We have had 1,204 readers.</p></main>"), behind=True
    )
    tracker.declare({"kind": "page", "url": f"{HOST}/policy"})

    ran = tracker.run("check", "--live")

    assert ran.returncode == 1
    assert "says something else when fetched again; `remove` what varies" in ran.stdout


def test_live_looks_twice_and_only_where_asked(tracker: Tracker, site):
    site.put("/policy", PAGE)
    site.put("/other", PAGE)
    tracker.declare(
        {"kind": "page", "url": f"{HOST}/policy"}, {"kind": "page", "url": f"{HOST}/other"}
    )

    ran = tracker.run("check", "alder/page-policy", "--live")

    assert ran.returncode == 0, ran.stderr
    assert site.urls().count(f"{HOST}/policy") == 2
    assert f"{HOST}/other" not in site.urls()


def test_health_is_told_of_the_sources_asked_for_in_the_words_of_the_list(tracker: Tracker, site):
    site.put("/policy", PAGE)
    tracker.declare(
        {"kind": "page", "url": f"{HOST}/policy"}, {"kind": "page", "url": f"{HOST}/private"}
    )
    tracker.run(verb="crawl")

    good, bad, unknown, listed = (
        tracker.run(*arguments)
        for arguments in (
            ("health", "alder/page-policy", "--json"),
            ("health", "alder/page-private"),
            ("health", "alder/page-polcy"),
            ("list", "--json"),
        )
    )

    assert [(row["key"], row["state"]) for row in json.loads(good.stdout)] == [
        ("page-policy", "ok")
    ]
    assert (bad.returncode, bad.stdout.split()[:2]) == (1, ["blocked", "alder/page-private"])
    assert 'did you mean "alder/page-policy"?' in unknown.stderr
    states = {row["key"]: row["state"] for row in json.loads(listed.stdout)}
    assert states == {"page-policy": "ok", "page-private": "blocked"}


def test_a_key_that_is_mistyped_names_the_nearest(tracker: Tracker, site):
    tracker.declare({"kind": "page", "url": f"{HOST}/policy"})

    ran = tracker.run("check", "--live", "aldr")

    assert (ran.returncode, 'did you mean "alder"?' in ran.stderr) == (2, True)


def test_a_text_that_varies_is_named():
    pages = [PAGE.replace("Every", word) for word in ("Each", "All")]
    looks = [Attempt("u", "u", 200, media_type="text/html", body=page.encode()) for page in pages]

    found = judge("alder/p", SourceEntry(kind=SourceKind.PAGE, url=f"{HOST}/p"), looks)

    assert found.same_text is False
    assert "`remove` what varies" in " ".join(found.problems)


def test_add_proposes_the_page_its_feed_and_its_sitemap(tracker: Tracker, site):
    announced = '<link rel="alternate" type="application/rss+xml" href="/feed">'
    site.put("/policy", PAGE.replace("</title>", f"</title>{announced}"))
    site.put("/feed", FEED, headers={"Content-Type": "application/rss+xml"})
    site.put(
        "/sitemap.xml",
        f"<urlset><url><loc>{HOST}/a</loc></url></urlset>",
        headers={"Content-Type": "text/xml"},
    )
    tracker.declare({"kind": "page", "url": f"{HOST}/other"})
    before = tracker.path.read_text()

    proposed = tracker.run("add", f"{HOST}/policy")

    assert proposed.returncode == 0, proposed.stderr
    assert yaml.safe_load(proposed.stdout) == [
        {"kind": "page", "url": f"{HOST}/policy", "title": "Partnerships"},
        {"kind": "feed", "url": f"{HOST}/feed"},
        {"kind": "sitemap", "url": f"{HOST}/sitemap.xml"},
    ]
    assert tracker.path.read_text() == before


def test_add_writes_what_was_proposed_and_the_file_stays_right(tracker: Tracker, site):
    site.put("/policy", PAGE)
    tracker.declare({"kind": "page", "url": f"{HOST}/other"})

    ran = tracker.run("add", f"{HOST}/policy", "--write")

    assert ran.returncode == 0, ran.stderr
    file = parse_sources(tracker.path.read_text(), tracker.path)
    assert [s.url for s in file.institutions[0].sources] == [f"{HOST}/other", f"{HOST}/policy"]
    assert "declared already" in tracker.run("add", f"{HOST}/policy").stderr


def test_a_new_institution_is_written_only_with_what_a_person_must_say(tracker: Tracker, site):
    site.put("http://birch.example/policy", PAGE)
    tracker.declare({"kind": "page", "url": f"{HOST}/other"})

    refused = tracker.run("add", "http://birch.example/policy", "--write")
    written = tracker.run(
        "add", "http://birch.example/policy", "--write",
        "--kind", "university", "--country", "DE", "--name", "Birch University",
    )  # fmt: skip

    assert (refused.returncode, "--kind and --country" in refused.stderr) == (2, True)
    assert written.returncode == 0, written.stderr
    added = parse_sources(tracker.path.read_text(), tracker.path).institutions[1]
    assert (added.key, added.kind, added.country, added.hosts) == (
        "birch-university", "university", "DE", ("birch.example",),
    )  # fmt: skip


def test_a_new_institution_bears_its_sites_name_not_its_pages(tracker: Tracker, site):
    head = "<title>Gifts – Große Ulme — Haus für Ethik</title>"
    site.put("http://ulme.example/gifts", f"{head}<h1>Gifts&shy;and grants #</h1>{PAGE}")
    tracker.path.write_text("institutions: []\n")

    proposed = tracker.run("add", "http://ulme.example/gifts")
    refused = tracker.run("add", "http://ulme.example/gifts", "--write")
    before = tracker.path.read_text()
    written = tracker.run(
        "add", "http://ulme.example/gifts", "--write", "--kind", "association", "--country", "AT"
    )

    [shown] = yaml.safe_load(proposed.stdout)
    assert (shown["key"], shown["name"]) == ("haus-fur-ethik", "Haus für Ethik")
    assert shown["sources"][0]["title"] == "Giftsand grants"
    assert "nothing tells its kind and country" in proposed.stdout
    assert (refused.returncode, "nothing is written" in refused.stderr) == (2, True)
    assert "haus-fur-ethik" in refused.stdout
    assert before == "institutions: []\n"
    assert written.returncode == 0, written.stderr
    [added] = parse_sources(tracker.path.read_text(), tracker.path).institutions
    assert (added.key, added.country) == ("haus-fur-ethik", "AT")


def test_what_a_live_check_would_say_of_a_page_is_said_with_the_proposal(tracker: Tracker, site):
    site.put("/thin", "<h1>Policies</h1><p>Soon.</p>")
    tracker.declare({"kind": "page", "url": f"{HOST}/other"})

    ran = tracker.run("add", f"{HOST}/thin")

    assert ran.returncode == 0
    assert "fewer than 50" in ran.stdout
    assert yaml.safe_load(ran.stdout)[0]["url"] == f"{HOST}/thin"


def test_an_index_of_sitemaps_names_lists_not_documents(tracker: Tracker, site):
    xml = {"Content-Type": "text/xml"}
    listed = f"<sitemapindex><sitemap><loc>{HOST}/a.xml</loc></sitemap></sitemapindex>"
    site.put("/sitemap.xml", listed, headers=xml)
    tracker.declare({"kind": "sitemap", "url": f"{HOST}/sitemap.xml"})

    ran = tracker.run("check", "--live")

    assert ran.returncode == 0
    assert "1 further list named, not looked at" in ran.stdout
    assert "0 documents" not in ran.stdout


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("institutions: []\n", None),
        ("# a\ninstitutions: []  # none yet\nother: 1\n", None),
        ("institutions:\n  - key: alder\n    sources: []\n    name: A\n", "alder"),
    ],
)
def test_an_empty_list_takes_a_first_entry(text: str, key: str | None):
    row = {"kind": "page", "url": f"{HOST}/p"}

    read = yaml.safe_load(inserted(text, key, [row]))

    institutions = read["institutions"]
    assert (institutions[0]["sources"] if key else institutions) == [row]
    assert set(read) == set(yaml.safe_load(text))


def test_what_cannot_be_read_is_not_proposed(tracker: Tracker, site):
    tracker.declare({"kind": "page", "url": f"{HOST}/other"})

    ran = tracker.run("add", f"{HOST}/private/x")

    assert (ran.returncode, "robots" in ran.stderr, ran.stdout) == (2, True, "")


COMMENTED = """\
# Who is watched.
institutions:
  - key: alder     # the first
    name: Alder
    kind: ethics_institute
    country: GB
    homepage: https://alder.example/
    sources:
      - {kind: page, url: "https://alder.example/a"}

      # a remark
  - key: birch
    name: Birch
    kind: university
    country: DE
    homepage: https://birch.example/
"""


def test_comments_and_layout_stay_where_they_are():
    text = inserted(COMMENTED, "alder", [{"kind": "page", "url": "https://alder.example/b"}])

    assert (
        text.replace("      - kind: page\n        url: https://alder.example/b\n", "") == COMMENTED
    )
    assert len(parse_sources(text, Path("s")).institutions[0].sources) == 2


def test_where_no_list_stands_a_person_must_write():
    with pytest.raises(CannotInsertError, match="`sources` is missing"):
        inserted(COMMENTED, "birch", [{"kind": "page", "url": "https://birch.example/b"}])


@pytest.mark.parametrize(
    ("body", "media_type", "kind"),
    [
        (PAGE.encode(), "text/html", "page"),
        (FEED.encode(), "text/xml", "feed"),
        (b'{"version": "https://jsonfeed.org/version/1.1"}', "application/json", "feed"),
        (b"<?xml version='1.0'?><sitemapindex/>", "text/xml", "sitemap"),
        (b"%PDF-1.7", "text/html", "document"),
        (
            b"PK",
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            "document",
        ),
    ],
)
def test_the_kind_is_told_by_what_came(body: bytes, media_type: str, kind: str):
    assert leads(body, url=HOST, media_type=media_type).kind == kind


def test_sitemaps_are_where_robots_says_else_where_they_usually_are():
    assert sitemaps(b"Sitemap: /a.xml\nsitemap:http://alder.example/b.xml", url=f"{HOST}/x") == (
        f"{HOST}/a.xml", f"{HOST}/b.xml",
    )  # fmt: skip
    assert sitemaps(None, url=f"{HOST}/x") == (f"{HOST}/sitemap.xml",)
