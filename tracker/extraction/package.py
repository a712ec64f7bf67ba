"""Zip packages of XML parts, read with care: no bombs, no entities, no network. Pure."""

import io
import zipfile
import zlib
from typing import Any

from lxml import etree

MOST_PARTS = 5_000
LARGEST_PART = 25_000_000  # bytes inflated: a thousand pages of text are ten million
LARGEST_RATIO = 200  # a part of text shrinks to a tenth, not to a thousandth
SMALL_PART = 1_000_000
MOST_TAGS = 1_000_000  # an element takes a hundred bytes, however short its tag


class PackageError(Exception):
    """A package that cannot be read; says why, as the end of a sentence."""


class Package:
    """The parts of a zip package. Raises PackageError where it is broken, locked or bloated."""

    def __init__(self, body: bytes, kind: str) -> None:
        self.kind = kind
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(body))
        except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError, EOFError) as error:
            raise self._broken(error) from None
        self._parts = {part.filename: part for part in self._zip.infolist()}
        if len(self._zip.infolist()) > MOST_PARTS:
            raise PackageError("has more parts than a document should")

    def _broken(self, error: Exception) -> PackageError:
        return PackageError(f"is not a readable {self.kind} ({type(error).__name__})")

    def __contains__(self, name: str) -> bool:
        return name in self._parts

    def xml(self, name: str) -> Any:
        """Return the root of a part; None where the package has no such part."""
        if name not in self._parts:
            return None
        parser = etree.XMLParser(
            resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False
        )
        data = self._bytes(name)
        if data.count(b"<") > MOST_TAGS:
            raise PackageError("has more elements than a document should")
        try:
            root = etree.fromstring(data, parser)
        except (etree.XMLSyntaxError, ValueError) as error:
            raise self._broken(error) from None
        info: Any = root.getroottree().docinfo
        if info.doctype:
            raise PackageError("declares XML entities, which no document needs")
        return root

    def _bytes(self, name: str) -> bytes:
        part = self._parts[name]
        if part.flag_bits & 1:
            raise PackageError("is encrypted")
        packed = part.file_size / max(1, part.compress_size)
        if part.file_size > LARGEST_PART or (
            part.file_size > SMALL_PART and packed > LARGEST_RATIO
        ):
            raise PackageError("inflates to more than a document should")
        try:
            with self._zip.open(part) as stream:
                data = stream.read(LARGEST_PART + 1)
        except (
            zipfile.BadZipFile,
            zlib.error,
            OSError,
            EOFError,
            NotImplementedError,
            ValueError,  # a part that begins before the file does
        ) as error:
            raise self._broken(error) from None
        if len(data) > LARGEST_PART:  # the directory had lied
            raise PackageError("inflates to more than a document should")
        return data
