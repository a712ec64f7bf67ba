"""Column types that take less room on SQLite. PostgreSQL keeps what they hold as it reads.

The declared types stay those of the plain columns, since SQLite stores each value as it comes.
"""

import json
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

import zstandard
from sqlalchemy import JSON, Dialect, String
from sqlalchemy.types import TypeDecorator

# A vocabulary is for ever: what was packed with it is read with it. Better words get a new number.
_NUMBER = 1
_LEVEL = 6
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
_decode = json.JSONDecoder().decode


class Words(TypeDecorator[Any]):
    """JSON of labels and the codebook's words: packed against those words, less than half the room.

    A packed value is the number of its vocabulary and a zstd frame; text is JSON as it reads.
    """

    impl = JSON
    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> Any:
        return _packed if dialect.name == "sqlite" else super().bind_processor(dialect)

    def result_processor(self, dialect: Dialect, coltype: object) -> Any:
        return _unpacked if dialect.name == "sqlite" else super().result_processor(dialect, coltype)


class Digest(TypeDecorator[str]):
    """A SHA-256 as 64 hexadecimal digits; 32 bytes on SQLite."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> Any:
        return bytes.fromhex(value) if value is not None and dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, dialect: Dialect) -> str | None:
        del dialect  # the value itself shows it
        return value.hex() if isinstance(value, bytes) else value


def _packed(value: Any) -> bytes:
    return _packed_text(_encode(value))


@lru_cache(maxsize=1024)
def _packed_text(text: str) -> bytes:
    """Pack what is often the same: nothing at all, one element, a common word."""
    return bytes([_NUMBER]) + _compressor().compress(text.encode())


def _unpacked(stored: bytes | str) -> Any:
    if isinstance(stored, str):
        return _decode(stored)
    return _decode(_decompressor(stored[0]).decompress(stored[1:]).decode())


@cache
def _compressor() -> zstandard.ZstdCompressor:
    vocabulary = _vocabulary(_NUMBER)
    vocabulary.precompute_compress(_LEVEL)
    return zstandard.ZstdCompressor(dict_data=vocabulary, write_checksum=False)


@cache
def _decompressor(number: int) -> zstandard.ZstdDecompressor:
    return zstandard.ZstdDecompressor(dict_data=_vocabulary(number))


def _vocabulary(number: int) -> zstandard.ZstdCompressionDict:
    words = files("tracker.columns").joinpath(f"words-{number}.txt").read_bytes()
    return zstandard.ZstdCompressionDict(words, dict_type=zstandard.DICT_TYPE_RAWCONTENT)
