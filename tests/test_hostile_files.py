"""Files that mean harm: entities, bombs, depth, damage. Each ends in a value or in one clear error."""

import gzip
import io
import json
import subprocess
import sys
import time
import zipfile
import zlib
from pathlib import Path

import brotli
import pytest
import zstandard
from builders import NOON, read_page
from sqlmodel import select
from warcs import POLICY, a_warc

from crawler import links
from crawler.discovery import LARGEST, NotDiscoverableError, read_feed, read_listing, read_sitemap
from tracker.extraction.docx import extract_docx
from tracker.extraction.html import MOST_TAGS, extract_html
from tracker.extraction.odt import extract_odt
from tracker.extraction.text import Unreadable
from tracker.migrations import HEAD
from tracker.model import Institution
from tracker.sources.reading import SourcesError, parse_sources
from tracker.store.backup import FORMAT, BackupError, load
from tracker.warc_export import write_warc

BASE = "http://alder.example/"
OPEN_DOCUMENT = " ".join(
    f'xmlns:{short}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
    for short, name in {"office": "office", "text": "text", "draw": "drawing"}.items()
)
WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
LAUGHS = "<!DOCTYPE l [<!ENTITY a 'ha'>{}]>".format(
    "".join(
        f"<!ENTITY {chr(98 + at)} '{f'&{chr(97 + at)};' * 12}'>" for at in range(9)
    )
)  # fmt: skip
OUTSIDE = "<!DOCTYPE l [<!ENTITY j SYSTEM 'file:///etc/passwd'>]>"


def a_feed(head: str) -> bytes:
    item = f"<item><title>T &j;</title><link>{BASE}policy</link></item>"
    return f"<?xml version='1.0'?>{head}<rss version='2.0'><channel>{item}</channel></rss>".encode()


def a_sitemap(head: str) -> bytes:
    return f"<?xml version='1.0'?>{head}<urlset><url><loc>{BASE}&j;x</loc></url></urlset>".encode()


@pytest.mark.parametrize("head", [LAUGHS, OUTSIDE])
@pytest.mark.parametrize(("make", "read"), [(a_feed, read_feed), (a_sitemap, read_sitemap)])
def test_entities_of_feeds_and_sitemaps_stay_unread(head, make, read):
    before = time.process_time()

    found = read(make(head), url=BASE)

    assert time.process_time() - before < 2
    assert "root:" not in repr(found)
    assert len(repr(found)) < 1000


def an_odt(inner: str, head: str = "") -> bytes:
    text = f"<office:document-content {OPEN_DOCUMENT}><office:body><office:text>{inner}</office:text></office:body></office:document-content>"
    return packed({"content.xml": head + text})


def a_docx(inner: str, head: str = "") -> bytes:
    return packed(
        {"word/document.xml": f'{head}<w:document xmlns:w="{WORD}"><w:body>{inner}</w:body></w:document>'}
    )  # fmt: skip


def packed(parts: dict[str, str | bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        for name, body in parts.items():
            file.writestr(name, body)
    return out.getvalue()


@pytest.mark.parametrize("head", [LAUGHS, OUTSIDE])
@pytest.mark.parametrize(
    ("make", "read", "inner"),
    [(an_odt, extract_odt, "<text:p>x &j;</text:p>"), (a_docx, extract_docx, "<w:p><w:r><w:t>x &j;</w:t></w:r></w:p>")],
)  # fmt: skip
def test_entities_of_documents_are_refused(make, read, inner, head):
    found = read(make(inner, head))

    assert isinstance(found, Unreadable)
    assert "entities" in found.reason or "not a readable" in found.reason


@pytest.mark.parametrize(
    ("make", "read", "part"), [(an_odt, extract_odt, "content.xml"), (a_docx, extract_docx, "word/document.xml")]
)  # fmt: skip
def test_a_package_that_inflates_without_end_is_refused(make, read, part):
    found = read(packed({part: b"<a>" + bytes(30_000_000)}))

    assert isinstance(found, Unreadable)
    assert "inflates" in found.reason


def test_a_squeezed_sitemap_inflates_to_its_limit_only():
    with pytest.raises(NotDiscoverableError, match=f"more than {LARGEST} bytes"):
        read_sitemap(gzip.compress(b"<urlset>" + bytes(LARGEST), 1), url=BASE)


def test_frames_within_frames_are_read_once_each():
    """Each frame used to be read again for every frame around it: forty took for ever."""
    inner = "<text:p>deep</text:p>"
    for _ in range(40):
        inner = (
            f"<text:p>level<draw:frame><draw:text-box>{inner}</draw:text-box></draw:frame></text:p>"
        )

    found = extract_odt(an_odt(inner))

    assert found.text.split() == ["level"] * 40 + ["deep"]


@pytest.mark.parametrize("unit", ["<b>", "<p>x", "<a href=x>y</a>", "<ul><li>x", "<table><tr><td>x", "<!--", "<x "])  # fmt: skip
def test_more_elements_than_a_page_should_have_are_an_outcome(unit: str):
    body = (unit * (MOST_TAGS + 1)).encode()

    assert extract_html(body) == Unreadable("has more elements than a page should")
    assert links.read_files(body + b".pdf ", url=BASE) == ()
    for read in (read_feed, lambda body, url: read_listing(body, url=url, follow="a")):
        with pytest.raises(NotDiscoverableError, match="more elements"):
            read(body, url=BASE)


def test_a_sitemap_of_nothing_but_tags_is_an_outcome():
    with pytest.raises(NotDiscoverableError, match="more elements"):
        read_sitemap(b"<urlset>" + b"<a/>" * 2_000_001, url=BASE)


@pytest.mark.parametrize("unit", ["<div>", "<b>", "<table><tr><td>"])  # fmt: skip
def test_a_hundred_thousand_levels_are_read(unit: str):
    body = (unit * (100_000 // unit.count("<")) + "<a href=x.pdf>deep").encode()
    before = time.process_time()

    assert extract_html(body, url=BASE)
    assert read_listing(body, url=BASE, follow="a") is not None

    assert time.process_time() - before < 15


@pytest.mark.parametrize(
    "body", [b'{"version":' + b"[" * 200_000, b'{"version":"1","items":[' + b'{"a":' * 100_000, b'{"n":' + b"9" * 5000 + b"}"]
)  # fmt: skip
def test_a_json_feed_without_end_is_none(body: bytes):
    with pytest.raises(NotDiscoverableError):
        read_feed(body, url=BASE)


@pytest.mark.parametrize("body", [b"<a>" * 50_000, b"<rss><channel>" + b"<item>" * 50_000, b"<!--" * 50_000, b"&a;" * 50_000, b"<" * 100_000])  # fmt: skip
def test_a_deep_or_broken_feed_takes_seconds(body: bytes):
    before = time.process_time()
    for read in (read_feed, read_sitemap):
        try:
            read(body, url=BASE)
        except NotDiscoverableError:
            continue

    assert time.process_time() - before < 10


def laughing(levels: int) -> str:
    lines = ["a0: &a0 [x, x]"]
    lines += [f"a{at}: &a{at} [{', '.join([f'*a{at - 1}'] * 9)}]" for at in range(1, levels)]
    return "\n".join([*lines, f"institutions: *a{levels - 1}"])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (laughing(30), "an alias repeats"),
        ("institutions: &a [*a]", "an alias repeats"),
        ("institutions: " + "[" * 100_000, "nesting depth"),
        ("institutions: " + "{a: " * 100_000, "nesting depth"),
        ("institutions: 2026-99-99", "is no list"),
        (f"institutions: {'9' * 5000}", "cannot be read"),
        ("institutions: !!python/object/apply:os.system [id]", "not YAML"),
        ("institutions: !!int x", "cannot be read"),
        ("? [a]\n: b", "not YAML"),
    ],
)
def test_a_sources_file_that_unfolds_without_end_is_one_message(text, said):
    before = time.process_time()

    with pytest.raises(SourcesError, match=said):
        parse_sources(text, Path("sources.yaml"))
    assert time.process_time() - before < 2


HEADED = json.dumps({"format": FORMAT, "schema": HEAD, "at": "2026-03-02"})


@pytest.mark.parametrize(
    "lines",
    [
        [json.dumps({"format": FORMAT})], [HEADED, "[" * 100_000], [HEADED, '{"table": "../../etc/passwd"}'],
        [HEADED, '{"table": ["a"]}'], [HEADED, '{"tabel": 1}'], [HEADED, '{"table": "institution"}', "[1]"],
        [HEADED, '{"table": "institution"}', "1"], [HEADED, '{"table": "institution"}', f"[{'9' * 5000}]"], ["[]"], [],
    ],
)  # fmt: skip
def test_a_backup_that_was_tampered_with_is_refused(sqlite_store, lines):
    file = io.BytesIO(zstandard.compress("\n".join(lines).encode()))

    with pytest.raises(BackupError), sqlite_store.transaction() as session:
        load(session, file)


def test_no_file_is_written_outside_the_folder(sqlite_store, tmp_path):
    """A key comes from a checked sources.yaml, but a restored store may hold any."""
    read_page(sqlite_store, "<p>Words of a policy.</p>")
    with sqlite_store.transaction() as session:
        session.exec(select(Institution)).one().key = "../../outside"
    folder = tmp_path / "a" / "b"

    with sqlite_store.transaction() as session:
        written = [one.path for one in write_warc(session, folder, at=NOON)]

    assert [path.parent for path in written] == [folder]
    assert [path.name for path in folder.iterdir()] == ["outside-00001.warc.gz"]


SIZE = 100_000_000
PACKED = {
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": lambda whole: brotli.compress(whole, quality=3),
    "zstd": zstandard.compress,
}
RECORD = b"WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: http://alder.example/policy\r\nWARC-Date: 2026-03-02T12:00:00Z\r\nContent-Length: 20\r\n"  # fmt: skip
#: What a file begins with, and what it goes on with for so many bytes.
ENDLESS = {
    "headers of a record": (b"WARC/1.0\r\n", b"A: b\r\n"),
    "one header": (RECORD, b"A"),
    "a header that goes on": (RECORD + b"A: b\r\n", b" c\r\n"),
    "blank lines": (RECORD + b"\r\n" + b"x" * 20, b"\r\n"),
    "headers of an answer": (RECORD.replace(b": 20\r", b": %d\r" % SIZE) + b"\r\nHTTP/1.1 200 OK\r\n", b"A: b\r\n"),
}  # fmt: skip


def import_of(folder: Path, body: bytes) -> tuple[str, int]:
    """Read a WARC file in a process of its own; return what was said of it, and the peak of memory in kB."""
    (folder / "hostile.warc.gz").write_bytes(body)
    program = (
        "import re, sys; from pathlib import Path; from tracker.warc import NotWarcError, WarcReader\n"
        "reader = WarcReader(Path(sys.argv[1]), originals={}, largest=1_000_000)\n"
        "try: print([one.url for one in reader.captures()], dict(reader.skipped), reader.tear)\n"
        "except NotWarcError as error: print(error)\n"
        "print(re.search(r'VmHWM:\\s+(\\d+)', open('/proc/self/status').read())[1])"
    )
    command = [sys.executable, "-c", program, str(folder / "hostile.warc.gz")]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    said, peak = done.stdout.rsplit("\n", 2)[:2]
    return said, int(peak)


@pytest.mark.parametrize("encoding", PACKED)
def test_a_bomb_in_an_archive_is_left_and_takes_little_memory(tmp_path, encoding):
    body = PACKED[encoding](bytes(SIZE))
    path = a_warc(tmp_path / "made.warc.gz", ("response", POLICY, 1, body, 200, (("Content-Encoding", encoding),)))  # fmt: skip

    said, peak = import_of(tmp_path, path.read_bytes())

    assert "'larger than MAX_BYTES': 1" in said
    assert peak < 150_000


@pytest.mark.parametrize("what", ENDLESS)
def test_headers_without_end_in_an_archive_end_its_reading(tmp_path, what):
    head, unit = ENDLESS[what]

    said, peak = import_of(tmp_path, gzip.compress(head + unit * (SIZE // len(unit)), 1))

    assert "more than 1000000 bytes of headers" in said
    assert peak < 150_000


def test_the_worst_page_that_is_read_takes_bounded_memory():
    # Not ru_maxrss: a new process inherits the peak of the one that started it.
    program = (
        "import re; from tracker.extraction.html import MOST_TAGS, extract_html\n"
        "assert extract_html(b'<p>x' * MOST_TAGS).text\n"
        "print(re.search(r'VmHWM:\\s+(\\d+)', open('/proc/self/status').read())[1])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)  # fmt: skip

    assert int(done.stdout) < 600_000  # kilobytes
