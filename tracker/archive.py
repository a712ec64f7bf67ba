"""What a fetch brought, and how bytes are kept. Knows no database and no meaning."""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

import zstandard

from tracker.model import Reason

LEVEL = 3
SMALL_ENOUGH = 12  # times smaller than the bytes: alone, hardly any page is
#: Headers kept as evidence; the rest (cookies, nonces, caches) says nothing about the document.
KEPT_HEADERS = frozenset(
    "content-type content-language content-disposition date etag last-modified link location "
    "retry-after server x-robots-tag content-usage content-signal tdm-reservation tdm-policy".split()
)


@dataclass(frozen=True, slots=True)
class Fetched:
    """An answer with a body, or the server's word that the body is the one we hold."""

    url: str  # the canonical URL that was asked for
    final_url: str
    at: datetime
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes | None  # None: not modified
    media_type: str = ""  # by Content-Type and magic bytes: text/html, application/pdf …
    charset: str | None = None
    moved_for_good: bool = False  # every redirect on the way was a permanent one
    canonical: str | None = None  # what the document calls itself, where it says so
    signals: tuple[str, ...] = ()  # noarchive and AI preferences that came with it

    @property
    def not_modified(self) -> bool:
        return self.body is None


@dataclass(frozen=True, slots=True)
class NotFetched:
    """An attempt that brought nothing to read, and why."""

    url: str
    at: datetime
    reason: Reason
    detail: str = ""
    status: int | None = None
    final_url: str | None = None
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Capture:
    """What an archive holds of an address at a time; a repeat names the bytes it repeats."""

    url: str
    at: datetime
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes | None  # None: the bytes of `repeats`
    origin: str  # the archive and its record, for the fetch row
    final_url: str | None = None  # where the answer came from, if elsewhere
    source: str = ""  # institution/source, where the archive is ours and says so
    repeats: "Repeat | None" = None

    @property
    def content_type(self) -> str:
        return next((v for name, v in self.headers if name.lower() == "content-type"), "")


@dataclass(frozen=True, slots=True)
class Repeat:
    """Bytes that stand elsewhere: by their hash, or as an earlier capture of an address."""

    sha256: str | None
    url: str | None = None
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Candidate:
    """A document that a source names."""

    url: str
    title: str = ""
    date: datetime | None = None


@dataclass(frozen=True, slots=True)
class Packed:
    """Bytes as they are stored: compressed alone, or against a base payload."""

    sha256: str
    size: int
    body: bytes
    on_base: bool = field(default=False)


def sha256(data: bytes) -> str:
    """Return the SHA-256 of bytes as 64 hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()


def charset(content_type: str) -> str | None:
    """Return the charset that a Content-Type header names."""
    found = re.search(r"charset\s*=\s*[\"']?([\w.:-]+)", content_type, re.IGNORECASE)
    return found[1].lower() if found else None


def evidence(headers: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """Return the response headers that are kept, in order."""
    return tuple((name, value) for name, value in headers if name.lower() in KEPT_HEADERS)


def pack(data: bytes, base: bytes | None = None) -> Packed:
    """Compress bytes with zstd, against the base where that is smaller."""
    against = None if base is None else _compressor(base, len(data)).compress(data)
    if against is not None and len(against) * SMALL_ENOUGH < len(data):
        return Packed(sha256(data), len(data), against, on_base=True)
    alone = zstandard.ZstdCompressor(level=LEVEL).compress(data)
    if against is not None and len(against) < len(alone):
        return Packed(sha256(data), len(data), against, on_base=True)
    return Packed(sha256(data), len(data), alone)


def unpack(body: bytes, size: int, base: bytes | None = None) -> bytes:
    """Return the bytes that were packed; raises zstandard.ZstdError when they are damaged."""
    if base is None:
        return zstandard.ZstdDecompressor().decompress(body, max_output_size=size)
    return _decompressor(base).decompress(body, max_output_size=size)


def pack_text(text: str) -> bytes:
    """Compress a text for a version row."""
    return zstandard.ZstdCompressor(level=LEVEL).compress(text.encode())


def unpack_text(body: bytes) -> str:
    """Return the text of a version row."""
    return zstandard.ZstdDecompressor().decompress(body).decode()


def _compressor(base: bytes, size: int) -> zstandard.ZstdCompressor:
    # The window must span base and data, or a long page would not see its base at all.
    window = max(10, min(27, (len(base) + size).bit_length()))
    parameters = zstandard.ZstdCompressionParameters.from_level(
        LEVEL, window_log=window, enable_ldm=False
    )
    return zstandard.ZstdCompressor(dict_data=_raw(base), compression_params=parameters)


def _decompressor(base: bytes) -> zstandard.ZstdDecompressor:
    return zstandard.ZstdDecompressor(dict_data=_raw(base), max_window_size=1 << 27)


def _raw(base: bytes) -> zstandard.ZstdCompressionDict:
    return zstandard.ZstdCompressionDict(base, dict_type=zstandard.DICT_TYPE_RAWCONTENT)
