"""What feeds, sitemaps, listings, pages and searches name, and which of it is worth a request."""

import gzip
import json
import time
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from builders import a_source
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler import discovery, focus, links
from tracker.archive import Candidate
from tracker.coding.codebook import load_codebook
from tracker.model import SourceKind
from tracker.promise import WEIGHTS, promised
from tracker.store.subject import Said

BASE = "http://alder.example/"
SPEAKS, SILENT, MUTE = Said(True, "en"), Said(False, "en"), Said(False, "fi")


def urls(found: discovery.Discovered) -> list[str]:
    return [candidate.url.removeprefix(BASE) for candidate in found.candidates]


def feed(*items: str) -> bytes:
    return f"<rss version='2.0'><channel>{''.join(items)}</channel></rss>".encode()


def test_a_feed_item_without_a_link_is_known_by_its_permalink():
    body = feed("<item><guid>http://alder.example/a</guid></item>", "<item><guid>17</guid></item>")

    assert urls(discovery.read_feed(body, url=f"{BASE}feed")) == ["a"]


def test_a_report_enclosed_in_a_feed_is_a_document_and_a_recording_is_none():
    body = feed(
        "<item><link>/a</link><enclosure url='/a.pdf' type='application/pdf'/>",
        "<enclosure url='/a.mp3' type='audio/mpeg'/></item>",
    )

    assert urls(discovery.read_feed(body, url=f"{BASE}feed")) == ["a", "a.pdf"]


def test_a_feed_in_pages_goes_on():
    body = b"""<feed xmlns="http://www.w3.org/2005/Atom"><link rel="next" href="/feed?p=2"/>
    <entry><link href="/a"/><updated>2026-03-01T10:00:00Z</updated></entry></feed>"""

    found = discovery.read_feed(body, url=f"{BASE}feed")

    assert found.further == (f"{BASE}feed?p=2",)
    assert found.candidates[0].date == datetime(2026, 3, 1, 10, tzinfo=UTC)


def test_a_json_feed_is_read_also_where_it_is_careless():
    items = [
        {"id": "http://alder.example/by-id", "date_modified": "2026-03-01T10:00:00"},
        {
            "id": 7,
            "url": "/b",
            "title": None,
            "attachments": [{"url": "/b.pdf"}, {"url": "/b.mp3"}],
        },
        {"id": "x", "external_url": "http://alder.example/c"},
    ]
    body = json.dumps({"version": "https://jsonfeed.org/version/1.1", "items": items}).encode()

    found = discovery.read_feed(b"\xef\xbb\xbf" + body, url=f"{BASE}feed.json")

    assert urls(found) == ["by-id", "b", "b.pdf", "c"]


@pytest.mark.parametrize(
    "body", [b"", b"<html><p>Hello", b"{}", b'{"items": 3}', b"[1]", b"\x00\xff"]
)
def test_what_is_no_feed_is_said_to_be_none(body: bytes):
    with pytest.raises(discovery.NotDiscoverableError):
        discovery.read_feed(body, url=BASE)


def test_a_feed_may_stand_for_a_sitemap_and_a_text_may_too():
    assert urls(discovery.read_sitemap(feed("<item><link>/a</link></item>"), url=BASE)) == ["a"]
    text = b"\xef\xbb\xbfhttp://alder.example/a\nhttp://alder.example/b\n"
    assert urls(discovery.read_sitemap(gzip.compress(text), url=BASE)) == ["a", "b"]


def test_pictures_in_a_sitemap_are_no_documents():
    body = b"""<urlset xmlns:image="http://www.google.com/schemas/sitemap-image/1.1"><url><loc>/a</loc>
    <image:image><image:loc>/a.jpg</image:loc></image:image></url></urlset>"""

    assert urls(discovery.read_sitemap(body, url=BASE)) == ["a"]


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_are_a_discovery_or_say_why_not(body: bytes):
    for reader in (discovery.read_feed, discovery.read_sitemap, discovery.read_search):
        for given_body in (body, b"<urlset>" + body, b"<rss>" + body, b"{" + body, b"[" + body):
            with suppress(discovery.NotDiscoverableError):
                reader(given_body, url=BASE)
    discovery.read_listing(b"<a href='" + body, url=BASE, follow="a")
    links.canonical_in(b"<link rel=canonical href=" + body, url=BASE)
    links.linked(f"<{body!r}>; rel=canonical", "canonical", BASE)


def test_dates_that_a_sitemap_stamps_on_every_address_alike_are_not_believed():
    day = datetime(2026, 3, 1, tzinfo=UTC)
    alike = [Candidate(f"{BASE}{n}", date=day) for n in range(9)]
    telling = [Candidate(f"{BASE}{n}", date=day.replace(day=n + 1)) for n in range(9)]

    assert discovery.renewed(alike) == []
    assert discovery.renewed(telling) == telling


@pytest.mark.parametrize(
    "pager",
    [
        "<link rel=next href=/news?p=2>",
        "<ul class=pagination><li><a href=/news>1</a><li><a href=/news?p=2>Next ›</a></ul>",
        "<nav class=pager><a href=/news?p=2 aria-label='Next page'>»</a></nav>",
        "<a class='nav-next' href=/news?p=2>Older posts</a>",
        "<div class=pagination><a href=/news?p=2>Weiter</a></div>",
    ],
)
def test_a_listing_goes_on_by_its_pager(pager: str):
    body = f"<a class=n href=/a>A</a>{pager}".encode()

    found = discovery.read_listing(body, url=f"{BASE}news", follow="a.n")

    assert found.further == (f"{BASE}news?p=2",)


@pytest.mark.parametrize(
    "pager",
    [
        "<ul class=pagination><li><a href=/news?p=3>3</a></ul>",
        "<a class=next-steps href=/what-next>What comes next for AI</a>",
        "<ul class=pagination><li><a href=/news>Next</a></ul>",
    ],
)
def test_what_is_no_next_page_is_not_taken_for_one(pager: str):
    assert discovery.read_listing(pager.encode(), url=f"{BASE}news", follow="a.n").further == ()


def test_links_start_from_the_base_that_a_page_states():
    body = b"<base href='/en/'><a href='a'>A</a>"

    assert urls(discovery.read_listing(body, url=f"{BASE}x/y", follow="a")) == ["en/a"]


def test_files_that_a_page_links_to_are_found_by_their_endings():
    body = b"<a href='/due-diligence.pdf?v=2'>Due diligence</a><a href=/a.docx>A</a><a href=/b.html>B</a>"

    found = links.read_files(body, url=BASE)

    assert [(c.url, c.title) for c in found] == [
        (f"{BASE}due-diligence.pdf?v=2", "Due diligence"),
        (f"{BASE}a.docx", "A"),
    ]


@pytest.mark.parametrize("quote", ['"', ""])
def test_where_wordpress_can_be_asked_is_read_from_headers_and_pages(quote: str):
    header = f"<{BASE}wp-json/>; rel={quote}https://api.w.org/{quote}, <{BASE}p>; rel=shortlink"
    page = f"<link rel={quote}https://api.w.org/{quote} href=/wp-json/ />".encode()

    assert links.linked(header, links.WORDPRESS, BASE) == f"{BASE}wp-json/"
    assert links.linked(header, "canonical", BASE) is None
    assert links.wordpress_in(page, url=BASE) == f"{BASE}wp-json/"


@pytest.mark.parametrize(
    "tag",
    [
        "<link rel='canonical' href='/policy'>", "<LINK HREF=/policy REL=canonical>",
        '<link data-x="1" rel="shortlink canonical" href="http://alder.example/policy#a" />',
        '<link rel=canonical href="/policy?utm_source=x">',
    ],
)  # fmt: skip
def test_a_canonical_link_is_read_in_every_spelling(tag: str):
    assert links.canonical_in(f"<head>{tag}".encode(), url=f"{BASE}x") == f"{BASE}policy"


def test_a_wordpress_search_is_asked_and_read():
    asked = discovery.searches(f"{BASE}wp-json/", ["human rights"])
    answer = json.dumps(
        [{"id": 3, "title": "Rights &amp; labs", "url": f"{BASE}a", "type": "post"}]
    )

    assert asked == [f"{BASE}wp-json/wp/v2/search?per_page=20&search=human%20rights"]
    assert discovery.read_search(answer.encode(), url=asked[0]).candidates == (
        Candidate(f"{BASE}a", "Rights & labs"),
    )
    with pytest.raises(discovery.NotDiscoverableError):
        discovery.read_search(b'{"code": "rest_forbidden"}', url=asked[0])


def test_every_concept_that_the_focus_weighs_is_in_the_codebook():
    assert {*WEIGHTS} <= set(load_codebook().lexicon.bits)


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        ("facial-recognition-in-xinjiang", "campus-news"),
        ("research-partnerships-policy", "parking-policy"),
        ("surveillance-by-the-chinese-government", "disease-surveillance-report"),
        ("human-rights-due-diligence.pdf", "annual-report.pdf"),
    ],
)
def test_addresses_on_the_subject_score_above_others(better: str, worse: str):
    assert promised(BASE + better) > promised(BASE + worse)


def test_link_texts_count_as_much_as_addresses():
    assert promised(f"{BASE}node/17", "Uyghur forced labour") > 0
    assert promised(f"{BASE}node/17") == 0


def sitemap(**fields):
    return a_source(kind=SourceKind.SITEMAP, url=f"{BASE}sitemap.xml", **fields)


def site(count: int) -> list[Candidate]:
    plain = [Candidate(f"{BASE}news/{n}") for n in range(count)]
    return [*plain, Candidate(f"{BASE}xinjiang"), Candidate(f"{BASE}tag/x")]


def test_of_a_long_list_the_best_is_read_within_the_budget():
    chosen = focus.choose(site(20), sitemap(max_documents=3), fresh=(), held=0)

    assert [each.candidate.url.removeprefix(BASE) for each in chosen] == [
        "xinjiang", "news/0", "news/1",
    ]  # fmt: skip


def test_what_fits_a_stated_budget_is_read_whatever_its_address():
    assert len(focus.choose(site(20), sitemap(max_documents=50), fresh=(), held=0)) == 22


def test_of_a_whole_site_a_few_of_each_section_are_read_that_promise_nothing():
    other = [Candidate(f"{BASE}about/{n}") for n in range(40)]

    chosen = focus.choose([*site(300), *other], sitemap(), fresh=(), held=0)

    assert [each.candidate.url.removeprefix(BASE) for each in chosen] == [
        "xinjiang", "news/0", "about/0", "news/1", "about/1", "news/2", "about/2",
    ]  # fmt: skip


def test_a_small_site_is_read_whole():
    chosen = focus.choose(site(9), sitemap(), fresh=(), held=0)

    assert len(chosen) == 10
    assert not any("/tag/" in each.candidate.url for each in chosen)


def test_what_a_section_held_decides_whether_more_of_it_is_read():
    spoke = {f"{BASE}news/{n}": SPEAKS for n in range(3)}
    silent = {f"{BASE}news/{n}": SILENT for n in range(3)}

    more = focus.choose(site(300), sitemap(), fresh=(), held=3, seen=spoke)
    none = focus.choose(site(300), sitemap(), fresh=(), held=3, seen=silent)

    assert len(more) > 100
    assert [each.candidate.url.removeprefix(BASE) for each in none] == ["xinjiang"]


def whole(named: list[Candidate], seen: dict[str, Said]) -> set[str]:
    chosen = focus.choose(named, sitemap(), fresh=(), held=3, seen=seen)
    return {each.candidate.url.removeprefix(BASE) for each in chosen}


def test_folders_that_only_say_when_are_no_sections():
    dated = [Candidate(f"{BASE}news/{y}/{m:02}-may/{y}") for y in range(1990, 2020) for m in (4, 5)]
    silent = {f"{BASE}news/2021/0{n}/x": SILENT for n in range(3)}

    assert len(whole(dated, {})) == 3
    assert whole(dated, silent) == set()


def test_a_folder_of_any_digits_is_told_at_once():
    begun = time.perf_counter()
    focus.sections(f"{BASE}{'1' * 1500}x/{'1-' * 200}/a")

    assert time.perf_counter() - begun < 0.1


def test_a_page_promises_what_its_twin_in_another_language_said():
    named = [Candidate(f"{BASE}de/a/{name}") for name in ("spoke", "silent", "unread", "mute")]
    seen = {f"{BASE}a/spoke": SPEAKS, f"{BASE}fr/a/silent": SILENT, f"{BASE}fi/a/mute": MUTE}

    scores = {c.candidate.url.rpartition("/")[2]: c.score for c in focus.ranked(named, seen)}

    assert scores["spoke"] > scores["unread"] > scores["silent"]
    assert scores["mute"] == scores["unread"]  # in a language that the codebook does not read


def test_a_robots_txt_that_a_site_names_is_no_document():
    assert focus.is_media(f"{BASE}a/robots.txt")
    assert not focus.is_media(f"{BASE}a/about-robots.txt")


def test_what_a_full_source_names_for_the_first_time_is_still_read():
    options = a_source(kind=SourceKind.FEED, max_documents=2)
    named = [Candidate(f"{BASE}new"), Candidate(f"{BASE}old")]

    chosen = focus.choose(named, options, fresh={f"{BASE}new"}, held=2)

    assert [each.candidate.url for each in chosen] == [f"{BASE}new"]
