"""WARC files that others wrote: what is foreign, altered or torn is said, and the rest is taken."""

import contextlib
import gzip
import zlib
from pathlib import Path

import brotli
import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from warcio.archiveiterator import ArchiveIterator
from warcs import (
    LARGEST,
    POLICY,
    RECORDS,
    a_warc,
    bodies,
    brought,
    read_digest,
)

from tracker.importing import ImportRefusedError
from tracker.store import Store
from tracker.warc import NotWarcError, WarcReader


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


PLAIN = b"<html>plain</html>"
CHUNKED = ("Transfer-Encoding", "chunked")


def chunked(body: bytes) -> bytes:
    return b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (gzip.compress(PLAIN), [("Content-Encoding", "gzip")]),
        (brotli.compress(PLAIN), [("Content-Encoding", "br")]),
        (zstandard.compress(PLAIN), [("Content-Encoding", "zstd")]),
        (zlib.compress(PLAIN), [("Content-Encoding", "deflate")]),
        (PLAIN, [("Content-Encoding", "identity")]),
        (chunked(PLAIN), [CHUNKED]),
        (chunked(brotli.compress(PLAIN)), [CHUNKED, ("Content-Encoding", "br")]),
        (chunked(zstandard.compress(PLAIN)), [CHUNKED, ("Content-Encoding", "zstd")]),
    ],
)
def test_encoded_bodies_are_kept_as_what_they_say(sqlite_store: Store, tmp_path, body, headers):
    path = a_warc(tmp_path / "encoded.warc.gz", ("response", POLICY, 1, body, 200, (("Content-Type", "text/html"), *headers)))  # fmt: skip

    done = brought(sqlite_store, path)

    assert [body for _, _, body in bodies(sqlite_store)] == [PLAIN]
    assert done.counts["skipped"] == {}


@pytest.mark.parametrize(
    ("encoding", "body", "said"),
    [
        ("rot13", b"?", "in an encoding that is not read (rot13)"),
        ("br", b"no brotli", "in an encoding that is damaged (br)"),
        ("br", brotli.compress(PLAIN)[:-4], "in an encoding that is damaged (br)"),
        ("zstd", b"?", "in an encoding that is damaged (zstd)"),
    ],
)
def test_a_body_that_cannot_be_unpacked_is_left_and_counted(sqlite_store: Store, tmp_path, encoding, body, said):  # fmt: skip
    path = a_warc(tmp_path / "odd.warc.gz", ("response", POLICY, 1, body, 200, (("Content-Encoding", encoding),)))  # fmt: skip

    done = brought(sqlite_store, path)

    assert bodies(sqlite_store) == []
    assert done.counts["skipped"] == {said: 1}


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


def test_a_file_cut_at_any_byte_of_a_records_head_is_torn(tmp_path):
    whole = a_warc(tmp_path / "whole.warc", *RECORDS, compress=False)
    begins = offsets(whole)[1]
    head = whole.read_bytes().index(b"\r\n\r\n", begins)
    torn = tmp_path / "torn.warc"

    def tear(cut: int) -> str | None:
        torn.write_bytes(whole.read_bytes()[:cut])
        reader = WarcReader(torn, originals={}, largest=LARGEST)
        assert len(list(reader.captures())) == 1
        return reader.tear

    assert [cut for cut in range(begins + 1, head + 4) if not tear(cut)] == []


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
