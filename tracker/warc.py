"""Web archive files (WARC 1.0 and 1.1, ISO 28500), out and in. Knows no database and no meaning."""

import contextlib
import io
import re
import uuid
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from typing import Any, BinaryIO

from warcio.archiveiterator import ArchiveIterator
from warcio.exceptions import ArchiveLoadFailed
from warcio.limitreader import LimitReader
from warcio.statusandheaders import StatusAndHeaders, StatusAndHeadersParserException
from warcio.timeutils import iso_date_to_datetime
from warcio.warcwriter import WARCWriter

from tracker.archive import Capture, Repeat, evidence, sha256
from tracker.warc_limits import PIECE, HeaderLimit, body_of

SOURCE_FIELD, FINAL_FIELD = "WARC-Tracker-Source", "WARC-Tracker-Final-URI"
NOT_MODIFIED = "http://netpreserve.org/warc/1.1/revisit/server-not-modified"
OLDEST = datetime(1991, 1, 1, tzinfo=UTC)  # nothing on the web is older
# The last is what warcio makes of a record whose headers end before its address.
UNREADABLE = (ArchiveLoadFailed, StatusAndHeadersParserException, ValueError, AttributeError)
_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")


class NotWarcError(Exception):
    """A file that holds no WARC record; the message says why."""


class WarcReader:
    """Reads one file's captures; `skipped` says what else was in it, `tear` where it ends too early."""

    def __init__(self, path: Path, *, originals: dict[str, str], largest: int) -> None:
        self.path, self.largest = path, largest
        self.records = 0
        self.skipped: Counter[str] = Counter()
        self.tear: str | None = None
        self.taken = 0
        self._originals = originals  # payload digest as written → SHA-256 of the bytes

    def captures(self) -> Iterator[Capture]:
        """Yield the captures before the first tear; raises NotWarcError where there is no record at all."""
        with self.path.open("rb") as file:
            iterator = ArchiveIterator(file, check_digests=True)
            limit = HeaderLimit(iterator.reader)
            while (record := self._next(iterator, limit)) is not None:
                self.records += 1
                found = self._capture(record, iterator.offset)
                if not isinstance(found, str):
                    self.taken += 1
                    yield found
                elif found:
                    self.skipped[found] += 1
                if self._torn(record, iterator, limit):
                    return

    def _next(self, iterator: Any, limit: HeaderLimit) -> Any:
        said = io.StringIO()  # what warcio would print
        try:
            with contextlib.redirect_stderr(said), limit:
                return next(iterator)
        except StopIteration:
            self._unfinished(iterator)
        except UNREADABLE as error:
            why = (str(error).strip() or "the file ends here").splitlines()[0]
            if not self.records:
                raise NotWarcError(f"{self.path}: is not a WARC file ({why})") from None
            self._tear(iterator.offset, why)
        return None

    def _unfinished(self, iterator: Any) -> None:
        if not self.records:
            raise NotWarcError(f"{self.path}: holds no WARC record")
        if iterator.offset < self.path.stat().st_size:
            self._tear(iterator.offset, "the record is cut short")

    def _torn(self, record: Any, iterator: Any, limit: HeaderLimit) -> bool:
        """Read a record to its end; a record without one is where the file is torn."""
        said, offset = io.StringIO(), iterator.offset
        with contextlib.redirect_stderr(said):
            while record.raw_stream.read(PIECE):
                pass
            try:
                with limit:
                    iterator.read_to_end()
            except ArchiveLoadFailed as error:
                self._tear(offset, str(error))
                return True
        stream, inflating = record.raw_stream, iterator.reader.decompressor
        # Cut before its number, a length reads as none, and the record as one without a body.
        told = (record.rec_headers.get_header("Content-Length") or "").isdigit()
        whole = told and isinstance(stream, LimitReader) and stream.limit == 0
        if whole and (inflating is None or inflating.eof or iterator.next_line):
            return False
        why = said.getvalue().strip().splitlines() or ["the record is cut short"]
        self._tear(offset, why[0])
        return True

    def _tear(self, offset: int, why: str) -> None:
        self.tear = (
            f"{self.path}: torn at byte {offset}: {why}; the {self.taken} captures before it were "
            "read, what follows it was not: import a whole copy of the file, which adds the rest"
        )

    def _capture(self, record: Any, offset: int) -> Capture | str:
        """Return what a record holds of an address, or what it is instead."""
        if record.rec_type not in {"response", "resource", "revisit"}:
            return f"{record.rec_type} record"
        try:
            at = iso_date_to_datetime(
                record.rec_headers.get_header("WARC-Date") or "", tz_aware=True
            )
        except (ValueError, TypeError):
            return "record without a date"
        if at < OLDEST:
            return "record without a date"
        if record.rec_type == "revisit":
            return self._revisit(record, at)
        if record.rec_type == "response" and record.http_headers is None:
            return "not HTTP"
        body = self._body(record)
        if isinstance(body, str):
            return body
        if record.digest_checker.passed is False:
            return f"digest does not match (byte {offset})"
        digest = record.rec_headers.get_header("WARC-Payload-Digest")
        if digest:
            self._originals[digest.lower()] = sha256(body)
        return self._made(record, at, body, _headers(record), None)

    def _body(self, record: Any) -> bytes | str:
        with contextlib.redirect_stderr(io.StringIO()):
            body = body_of(record, self.largest)
            while record.raw_stream.read(PIECE):
                pass
        if isinstance(record.raw_stream, LimitReader) and record.raw_stream.limit > 0:
            return ""  # the tear is reported, and that is enough
        return body

    def _revisit(self, record: Any, at: datetime) -> Capture:
        header = record.rec_headers.get_header
        digest = (header("WARC-Payload-Digest") or "").lower()
        url, date = header("WARC-Refers-To-Target-URI"), header("WARC-Refers-To-Date")
        try:
            then = iso_date_to_datetime(date, tz_aware=True) if date else None
        except ValueError:
            then = None
        repeat = Repeat(self._originals.get(digest), url or header("WARC-Target-URI"), then)
        return self._made(record, at, None, _headers(record), repeat)

    def _made(
        self,
        record: Any,
        at: datetime,
        body: bytes | None,
        headers: tuple[tuple[str, str], ...],
        repeat: Repeat | None,
    ) -> Capture:
        header = record.rec_headers.get_header
        status = _status(record)
        return Capture(
            url=header("WARC-Target-URI") or "",
            at=at,
            status=200 if repeat is not None and status == HTTPStatus.NOT_MODIFIED else status,
            headers=evidence(headers),
            body=body,
            origin=f"{self.path.name} {header('WARC-Record-ID') or ''}".strip(),
            final_url=header(FINAL_FIELD),
            source=header(SOURCE_FIELD) or "",
            repeats=repeat,
        )


def _headers(record: Any) -> tuple[tuple[str, str], ...]:
    if record.http_headers is not None:
        return tuple(
            (name, _CONTROL.sub(" ", value)) for name, value in record.http_headers.headers
        )
    return (("Content-Type", record.content_type),) if record.content_type else ()


def _status(record: Any) -> int:
    if record.http_headers is None:
        return 200
    code = record.http_headers.get_statuscode()
    return int(code) if code.isdigit() else 0


class WarcWriter:
    """Writes one file's records; bytes that stand in it already are written as a revisit."""

    def __init__(self, file: BinaryIO) -> None:
        self._writer = WARCWriter(file, gzip=True, warc_version="1.1")
        self._written: dict[str, tuple[str, str, str]] = {}  # SHA-256 → digest, address, date

    def info(self, filename: str, fields: dict[str, str], *, at: datetime) -> None:
        """Write what a file begins with: which program wrote it, and from what."""
        record = self._writer.create_warcinfo_record(filename, fields)
        record.rec_headers.replace_header("WARC-Date", warc_date(at))
        self._writer.write_record(record)

    def capture(self, capture: Capture, *, not_modified: bool = False) -> None:
        """Write a capture; its body is needed where it was not written before."""
        assert capture.body is not None
        digest = sha256(capture.body)
        fields = {
            "WARC-Date": warc_date(capture.at),
            "WARC-Record-ID": _record_id(capture, digest),
            SOURCE_FIELD: capture.source,
            FINAL_FIELD: capture.final_url,
        }
        named = {name: value for name, value in fields.items() if value}
        if digest in self._written:
            record = self._revisit(capture, digest, named, not_modified=not_modified)
        else:
            record = self._writer.create_warc_record(
                capture.url,
                "response",
                payload=io.BytesIO(capture.body),
                length=len(capture.body),
                http_headers=_http(capture, 200 if not_modified else capture.status),
                warc_headers_dict=named,
            )
            written = record.rec_headers.get_header("WARC-Payload-Digest")
            self._written[digest] = (written, capture.url, named["WARC-Date"])
        self._writer.write_record(record)

    def _revisit(
        self, capture: Capture, digest: str, fields: dict[str, str], *, not_modified: bool
    ) -> Any:
        record = self._writer.create_revisit_record(
            capture.url,
            *self._written[digest],
            http_headers=_http(capture, 304 if not_modified else capture.status),
            warc_headers_dict=fields,
        )
        if not_modified:
            record.rec_headers.replace_header("WARC-Profile", NOT_MODIFIED)
        return record


def _http(capture: Capture, status: int) -> Any:
    try:
        phrase = HTTPStatus(status).phrase
    except ValueError:
        phrase = "Unknown"
    headers = [(name, _CONTROL.sub(" ", value)) for name, value in capture.headers]
    return StatusAndHeaders(f"{status} {phrase}", headers, protocol="HTTP/1.1")


def _record_id(capture: Capture, digest: str) -> str:
    # Of the record's own facts, so that a file written twice names its records alike.
    return f"<urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, f'{capture.url} {capture.at} {digest}')}>"


def warc_date(at: datetime) -> str:
    """Return a time as WARC 1.1 writes it, with the fraction that it has."""
    return at.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"
