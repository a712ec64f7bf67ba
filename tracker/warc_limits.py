"""What one record of a WARC file may cost: so many bytes of headers, and so many of a body, however packed."""

import io
from collections.abc import Callable
from typing import Any

import brotli
import zstandard
from warcio.bufferedreaders import BufferedReader, ChunkedDataReader
from warcio.exceptions import ArchiveLoadFailed

MOST_HEADERS = 1_000_000  # bytes of a record's headers, and of blank lines before it
PIECE = 1 << 16
#: Packings that are undone here: warcio's own brotli fails with the library that the crawler uses.
OURS = ("br", "zstd")


class HeaderLimit:
    """Stands before a reader's lines; within its `with` only so many bytes of them are read."""

    def __init__(self, reader: Any) -> None:
        self._readline: Callable[..., bytes] = reader.readline
        self._left: int | None = None  # None in a body, whose length is bounded elsewhere
        reader.readline = self.readline

    def __enter__(self) -> None:
        self._left = MOST_HEADERS

    def __exit__(self, *_: object) -> None:
        self._left = None

    def readline(self, length: int | None = None) -> bytes:
        """Return the next line, or the asked-for part of it; raises ArchiveLoadFailed past the limit."""
        if self._left is None:
            return self._readline(length)
        line = self._readline(min(length or PIECE, PIECE))
        self._left -= len(line)
        if self._left < 0:
            raise ArchiveLoadFailed(f"more than {MOST_HEADERS} bytes of headers")
        return line


def packing(record: Any) -> str:
    """Return the name of a record's content encoding, empty where it has none."""
    if record.http_headers is None:
        return ""
    named = (record.http_headers.get_header("content-encoding") or "").strip().lower()
    return "" if named == "identity" else named


def body_of(record: Any, largest: int) -> bytes | str:
    """Return the bytes that were sent, unpacked, or why there are none."""
    named = packing(record)
    if named not in OURS:
        body: bytes = record.content_stream().read(largest + 1)
        known = not named or named in BufferedReader.get_supported_decompressors()
        return _within(body, largest) if known else f"in an encoding that is not read ({named})"
    chunked = record.http_headers.get_header("transfer-encoding") == "chunked"
    stream = ChunkedDataReader(record.raw_stream) if chunked else record.raw_stream
    packed = _within(stream.read(largest + 1), largest)
    if isinstance(packed, str):
        return packed
    try:
        plain = {"br": _unbrotli, "zstd": _unzstd}[named](packed, largest)
    except (brotli.error, zstandard.ZstdError):
        return f"in an encoding that is damaged ({named})"
    return _within(plain, largest)


def _within(body: bytes, largest: int) -> bytes | str:
    return body if len(body) <= largest else "larger than MAX_BYTES"


def _unbrotli(packed: bytes, largest: int) -> bytes:
    """Unpack until there is more than the largest; brotli.error where the end is missing."""
    reader, plain = brotli.Decompressor(), bytearray()
    given = packed
    while not reader.is_finished() and len(plain) <= largest:
        piece = reader.process(given, output_buffer_limit=PIECE)
        if not piece and not given:
            raise brotli.error("the end is missing")
        plain += piece
        given = b""
    return bytes(plain)


def _unzstd(packed: bytes, largest: int) -> bytes:
    with zstandard.ZstdDecompressor().stream_reader(io.BytesIO(packed)) as reader:
        return reader.read(largest + 1)
