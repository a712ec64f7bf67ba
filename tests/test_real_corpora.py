"""Real and malformed feeds, robots.txt files and sitemaps, read as their reference parsers read them; only where they are at hand."""

import gzip
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree as ET

import feedparser
import pytest
from protego import Protego
from scrapy.utils.test import get_crawler

from crawler import discovery
from crawler.middlewares.politeness import LONGEST, Robots
from crawler.settings import NAME
from tracker.addresses import canonical_url, identity
from tracker.store.robots import KeptRobots

PACKED = Path(__file__).parent.parent.parent / "shared" / "real" / "dev.tar.zst"
HERE = "http://alder.example/"
WHERE = [f"{HERE}{path}" for path in ("", "news", "wp-admin/x", "search?q=a", "a/b.pdf", "tag/x/")]
pytestmark = pytest.mark.skipif(
    not PACKED.exists(), reason="the saved real pages are not on this machine"
)


@pytest.fixture(scope="module")
def corpora(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("corpora")
    wanted = ["hostile/feeds", "hostile/robots", "hostile/html/trafilatura-resources"]
    subprocess.run(["tar", "--zstd", "-xf", PACKED, "-C", folder, *wanted], check=True)
    return folder / "hostile"


def linked(body: bytes) -> Iterator[str]:
    """The addresses of a feed's entries, as feedparser has them."""
    for entry in feedparser.parse(body).entries:
        if entry.get("link", "").startswith(("http://", "https://")):
            try:
                yield identity(canonical_url(entry["link"]))
            except ValueError:
                continue


def read_as(reader, body: bytes) -> set[str]:
    try:
        return {identity(candidate.url) for candidate in reader(body, url=HERE).candidates}
    except discovery.NotDiscoverableError:
        return set()


def test_every_feed_names_what_feedparser_finds_in_it(corpora):
    files = [path for path in corpora.glob("feeds/**/*.xml") if path.is_file()]
    missed = {}
    for path in files:
        body = path.read_bytes()
        if lost := {*linked(body)} - read_as(discovery.read_feed, body):
            missed[str(path.relative_to(corpora))] = lost

    assert len(files) > 2000
    assert missed == {}


def test_every_robots_txt_refuses_what_protego_refuses(corpora):
    robots = Robots(get_crawler(settings_dict={"ROBOTSTXT_OBEY": True}))
    files = [path for path in corpora.glob("robots/protego/*") if "." in path.name]
    other = {}
    for path in files:
        body = path.read_bytes()[:LONGEST]
        if body.lstrip()[:1] == b"<":
            continue  # a page in place of a robots.txt says nothing
        ours = robots._parser(KeptRobots(HERE, datetime.now(UTC), 200, body), "alder.example")
        theirs = Protego.parse(body.decode("utf-8-sig", errors="ignore"))
        if [ours.allowed(u, NAME) for u in WHERE] != [theirs.can_fetch(u, NAME) for u in WHERE]:
            other[path.name] = len(body)

    assert len(files) > 4000
    assert other == {}


@pytest.mark.parametrize(
    "name", ["sitemap.xml", "sitemap.xml.gz", "sitemap2.xml", "sitemap-hreflang.xml"]
)
def test_every_sitemap_names_what_an_xml_parser_finds_in_it(corpora, name):
    body = (corpora / "html" / "trafilatura-resources" / name).read_bytes()
    root = ET.fromstring(gzip.decompress(body) if name.endswith(".gz") else body)
    named = {text.text.strip() for text in root.iterfind("{*}url/{*}loc") if text.text}

    found = discovery.read_sitemap(body, url=HERE)

    expected = {identity(canonical_url(url)) for url in named}
    assert {identity(candidate.url) for candidate in found.candidates} == expected
    assert expected or found.further
