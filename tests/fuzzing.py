"""What must hold of each reader for any bytes: a value or its own error, in bounded time, and the same again.

`bench/fuzz.py` looks for bytes for which it does not; what was found once is kept under `corpus/`
and asked again by `test_fuzz_corpus.py`.
"""

import io
import json
import time
import zipfile
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from unicodedata import category

from hypothesis import strategies as st
from pdfs import At, a_pdf
from scrapy.robotstxt import ProtegoRobotParser

from crawler.discovery import (
    Discovered,
    NotDiscoverableError,
    read_feed,
    read_listing,
    read_sitemap,
)
from crawler.middlewares.politeness import preferences
from tracker.anchors import find, quote_of
from tracker.changes import Piece, SentenceKind, as_ansi, as_html, compare
from tracker.extraction.docx import extract_docx
from tracker.extraction.html import extract_html
from tracker.extraction.odt import extract_odt
from tracker.extraction.passages import split
from tracker.extraction.pdf import extract_pdf
from tracker.extraction.plain import extract_markdown
from tracker.extraction.text import Extracted, Unreadable
from tracker.proposing import sitemaps
from tracker.sources.reading import SourcesError, parse_sources

CORPUS = Path(__file__).parent / "corpus"
LONGEST = 3.0  # seconds of one input of a few kilobytes
BASE = "http://alder.example/"


@dataclass(frozen=True)
class Target:
    """A reader under test: what it is asked, and of which words its inputs are made."""

    ask: Callable[[bytes], None]
    words: tuple[str, ...]
    seeds: tuple[bytes, ...] = ()

    def check(self, given: bytes) -> None:
        """Ask; raises whatever the reader raised, AssertionError where a promise is broken."""
        before = time.process_time()
        self.ask(given)
        assert time.process_time() - before < LONGEST, "takes too long"

    @property
    def inputs(self) -> st.SearchStrategy[bytes]:
        """Words of its format in any order, seeds with bytes changed, and any bytes."""
        pieces = st.sampled_from(self.words).map(str.encode) | st.binary(max_size=6)
        made = st.lists(pieces, max_size=60).map(b"".join)
        if not self.seeds:
            return made
        return made | st.builds(_edited, st.sampled_from(self.seeds), EDITS)


EDITS = st.lists(st.tuples(st.integers(0, 1 << 20), st.integers(0, 8), st.binary(max_size=8)), max_size=8)  # fmt: skip


def _edited(seed: bytes, edits: list[tuple[int, int, bytes]]) -> bytes:
    body = bytearray(seed)
    for place, gone, new in edits:
        at = place % (len(body) + 1)
        body[at : at + gone] = new
    return bytes(body)


def _extracted(read: Callable[[bytes], Extracted | Unreadable], given: bytes) -> None:
    found = read(given)
    assert read(given) == found, "reads differently the second time"
    if isinstance(found, Unreadable):
        assert found.reason
        return
    assert found.text.strip()
    assert "\x00" not in found.text
    kept = "".join(found.text[block.start : block.end] for block in found.blocks)
    assert "".join(kept.split()) == "".join(found.text.split()), "a block is missing"
    for passage in split(found):
        assert passage.text


def _discovered(read: Callable[[bytes], Discovered], given: bytes) -> None:
    with suppress(NotDiscoverableError):
        for candidate in read(given).candidates:
            assert candidate.url.startswith(("http://", "https://"))
            assert all(category(letter) != "Cc" for letter in candidate.title)


def _docx(given: bytes) -> None:
    _extracted(extract_docx, given)
    head = f'<w:document xmlns:w="{WORD}"><w:body>'.encode()
    _extracted(extract_docx, _zipped("word/document.xml", head, given, b"</w:body></w:document>"))


def _odt(given: bytes) -> None:
    _extracted(extract_odt, given)
    head = f"<office:document-content {OPEN}><office:body><office:text>".encode()
    tail = b"</office:text></office:body></office:document-content>"
    _extracted(extract_odt, _zipped("content.xml", head, given, tail))


WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
OPEN = " ".join(
    f'xmlns:{short}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
    for short, name in {"office": "office", "text": "text", "draw": "drawing", "table": "table"}.items()
)  # fmt: skip


def _zipped(name: str, *parts: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        file.writestr(zipfile.ZipInfo(name), b"".join(parts))
    return out.getvalue()


def _sources(given: bytes) -> None:
    with suppress(SourcesError):
        parse_sources(given.decode(errors="replace"), Path("sources.yaml"))


def _two(given: bytes) -> tuple[list[str], list[str]]:
    before, _, after = given.decode(errors="replace").partition("\x1e")
    return [t for t in before.split("\x1f") if t.strip()], [t for t in after.split("\x1f") if t.strip()]  # fmt: skip


def _compared(given: bytes) -> None:
    before, after = ([Piece(text) for text in texts] for texts in _two(given))
    found = compare(before, after)
    kept = [s for s in found.sentences if s.kind is not SentenceKind.MOVED]
    # By words: sentences that only end elsewhere than before are told as one.
    gone, come = _words(s.before for s in kept), _words(s.after for s in kept)
    old, new = (_words(s.after for s in compare([], each).sentences) for each in (before, after))
    assert gone <= old, "words are said to be gone that were not there"
    assert old - gone + come == new, "the change does not lead from one text to the other"
    assert "<script" not in as_html(found.sentences)
    assert as_ansi(found).count("\x1b") == as_ansi(found).count("\x1b[")


def _words(texts: Iterable[str]) -> Counter[str]:
    return Counter(word for text in texts for word in text.split())


def _anchored(given: bytes) -> None:
    text = given.decode(errors="replace")
    for start, end in ((0, len(text) // 2), (len(text) // 3, len(text)), (0, min(1, len(text)))):
        quote = quote_of(text, start, end)
        found = find(quote, text)
        assert (found is None) == (start == end)
        if found:
            assert text[found.start : found.end] == quote.exact
        find(quote, text[::-1])


def _robots(given: bytes) -> None:
    parser = ProtegoRobotParser(given, None)
    parser.allowed(BASE + "a/b?c=d", "PolicyEthicsTracker")
    parser.crawl_delay("PolicyEthicsTracker")
    list(preferences(given, "PolicyEthicsTracker"))
    sitemaps(given, url=BASE)


TAGS = tuple(
    f"<{name}>" for tag in "html head title body main article p div h1 h2 ul li table tr td a br b sup script style template svg form select nav footer time".split() for name in (tag, f"/{tag}")
)  # fmt: skip
ATTRIBUTES = ('<a href="/x.pdf">', '<p class="byline">', "<div id=content>", '<time datetime="2026-01-01">', "<base href=//>", "<meta charset=utf-7>", '<meta property="og:title" content="x">', '<html lang="zh">', '<ol start="-1">', '<script type="application/ld+json">{"datePublished":"2026-01-01"}</script>')  # fmt: skip
SAID = ("We must screen every partner. ", "China", "surveillance", "\n", " ", "ﬁ", "\u202e", "“", "”", "e.g. ", "1. ", "(a) ", "12 March 2026", "—", "新疆。", "\x00", "&amp;", "&#0;", "<!--", "-->", "<![CDATA[", "]]>")  # fmt: skip
XML = ("<?xml version='1.0'?>", "<!DOCTYPE x [", "<!ENTITY a 'b'>", "]>", "&a;", "<!--", "-->", "<![CDATA[", "]]>", "xmlns='x'", ">", "<", "/>")  # fmt: skip
FEED = ("<rss version='2.0'>", "<channel>", "<item>", "</item>", "<title>", "</title>", "<link>", "</link>", "http://alder.example/a", "<guid>", "</guid>", "<pubDate>", "Mon, 99 Foo 2026 25:61:00 +9999", "2026-02-30", "</pubDate>", "<feed xmlns='http://www.w3.org/2005/Atom'>", "<entry>", "</entry>", "<link href='//['/>", "<link rel='next' href='?page=2'/>", "<updated>", "</updated>", '{"version":"https://jsonfeed.org/version/1","items":[', '{"url":"http://a.example/', '","id":1e999,"title":null}', "]}", ",", '{"id":[]}')  # fmt: skip
SITEMAP = ("<urlset>", "</urlset>", "<url>", "</url>", "<loc>", "</loc>", "<sitemapindex>", "<sitemap>", "</sitemap>", "<lastmod>", "</lastmod>", "2026-13-40", "http://alder.example/ä", "http://[::1", "\x1f\x8b\x08")  # fmt: skip
YAML = ("institutions:\n", "  - key: a\n", "    name: A\n", "    kind: university\n", "    country: GB\n", "    homepage: https://a.example/\n", "    sources:\n", "      - {kind: page, url: 'https://a.example/x'}\n", "- ", ": ", "\n", "  ", "{", "}", "[", "]", "&a ", "*a", "<<: *a", "!!int x", "!!binary x", "!!set ", "? ", "| \n", "> \n", "2026-99-99", "9" * 20, "null", "~", "'", '"', "#", "---\n", "%YAML 9.9\n", "\t", "hosts: [1]", "apart: {}", "parent: a\n", "include: [x]", "follow: '::('", "select: 'a:has('", "interval: 7d", "valid_until: 2026-01-01")  # fmt: skip
DOCX = ("<w:p>", "</w:p>", "<w:r>", "</w:r>", "<w:t>", "</w:t>", "<w:tbl>", "</w:tbl>", "<w:tr>", "</w:tr>", "<w:tc>", "</w:tc>", "<w:pPr>", "</w:pPr>", "<w:numPr><w:ilvl w:val='99999999999'/><w:numId w:val='1'/></w:numPr>", "<w:pStyle w:val='Heading1'/>", "<w:outlineLvl w:val='²'/>", "<w:sdt><w:sdtContent>", "</w:sdtContent></w:sdt>", "<w:txbxContent>", "</w:txbxContent>", "<w:del>", "</w:del>", "<w:br/>", "<?pi x?>", "<!-- c -->", "words of a policy")  # fmt: skip
ODT = ("<text:p>", "</text:p>", "<text:h text:outline-level='²'>", "</text:h>", "<text:list>", "</text:list>", "<text:list-item>", "</text:list-item>", "<table:table>", "</table:table>", "<table:table-row>", "</table:table-row>", "<table:table-cell>", "</table:table-cell>", "<draw:frame>", "</draw:frame>", "<draw:text-box>", "</draw:text-box>", "<text:note>", "</text:note>", "<text:note-body>", "</text:note-body>", "<text:s/>", "<text:tab/>", "<?pi x?>", "<!-- c -->", "words of a policy")  # fmt: skip
ROBOTS = ("User-agent: *\n", "User-agent: PolicyEthicsTracker\n", "Disallow: /", "Allow: ", "*", "$", "%", "%zz", "\n", "\r", "Crawl-delay: 1e999\n", "Crawl-delay: nan\n", "Request-rate: 1/0\n", "Sitemap: //[\n", "Content-Signal: ai-train=no\n", "#", ":", "\ufeff", "Visit-time: 9999-0000\n")  # fmt: skip
MARKDOWN = ("# ", "* ", "**", "__", "`", "```\n", "[a](b)", "![", "](", "|", "---\n", "\n", "<!--", "-->", "title: x\n", "> ", "1. ", "\\", "word")  # fmt: skip

A_PDF = a_pdf([At(72, 72, "Policy on partners", 18), At(72, 110, "We must screen every partner.")])

TARGETS = {
    "html": Target(lambda given: _extracted(lambda body: extract_html(body, url=BASE), given), (*TAGS, *ATTRIBUTES, *SAID)),
    "markdown": Target(lambda given: _extracted(extract_markdown, given), (*MARKDOWN, *SAID)),
    "pdf": Target(lambda given: _extracted(extract_pdf, given), ("%PDF-1.4\n", "1 0 obj\n", "<< ", ">> ", "/Type /Page ", "endobj\n", "stream\n", "endstream\n", "BT ", "(x) Tj ", "ET\n", "trailer\n", "%%EOF"), (A_PDF,)),
    "docx": Target(_docx, (*DOCX, *XML), (_zipped("word/document.xml", b"<a/>"),)),
    "odt": Target(_odt, (*ODT, *XML), (_zipped("content.xml", b"<a/>"),)),
    "feed": Target(lambda given: _discovered(lambda body: read_feed(body, url=BASE), given), (*FEED, *XML, *SAID)),
    "sitemap": Target(lambda given: _discovered(lambda body: read_sitemap(body, url=BASE), given), (*SITEMAP, *FEED, *XML)),
    "listing": Target(lambda given: _discovered(lambda body: read_listing(body, url=BASE, follow="a"), given), (*TAGS, *ATTRIBUTES, *SAID)),
    "sources": Target(_sources, YAML),
    "diff": Target(_compared, ("\x1e", "\x1f", *SAID, *MARKDOWN)),
    "anchors": Target(_anchored, SAID),
    "robots": Target(_robots, ROBOTS),
}  # fmt: skip


def corpus() -> list[Path]:
    """Return every input that was kept, by target."""
    return sorted(path for path in CORPUS.glob("*/*") if path.is_file())


def about(given: bytes) -> str:
    """Return bytes as a report shows them."""
    return json.dumps(given[:200].decode("latin-1"))
