"""PDFs without text, broken ones, and ones that mean harm."""

import json
import shutil
import subprocess
import sys
import time
import zlib

import pytest
from documents import LEFT, scanned
from pdfs import At, a_pdf, column

from tracker.extraction.isolated import Reader
from tracker.extraction.pdf import PDFIUM, extract_pdf
from tracker.extraction.reader import read
from tracker.extraction.text import Extracted, Unreadable
from tracker.model import QuarantineReason

# PDF: scans, locks, bombs


def test_a_scan_says_that_it_has_no_text_layer():
    found = read(a_pdf([], content=b"q 100 0 0 100 60 600 cm 0 0 m 1 1 l S Q"))

    assert found == Unreadable("has no text layer", QuarantineReason.SCANNED)


@pytest.mark.skipif(
    shutil.which("tesseract") is None,
    reason="no tesseract on this machine: apt-get install tesseract-ocr",
)
def test_a_scan_is_read_where_that_is_asked_for():
    found = read(scanned(a_pdf(column(60, 100, *LEFT, size=14))), ocr=True)
    assert isinstance(found, Extracted)

    words = " ".join(LEFT).split()
    assert len(set(words) & set(found.text.split())) > 0.9 * len(set(words))
    assert "tesseract" in found.extractor


def test_without_tesseract_a_scan_says_what_is_missing(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))

    found = read(scanned(a_pdf([At(60, 100, "Partners")])), ocr=True)

    assert isinstance(found, Unreadable)
    assert found.quarantine is QuarantineReason.SCANNED
    assert "tesseract" in found.reason


def test_a_broken_file_is_not_readable():
    assert read(a_pdf(column(60, 100, *LEFT))[:400]) == Unreadable("is not a readable PDF")


def squeezed(unit: bytes, times: int) -> bytes:
    """A stream that inflates to a unit many times over, made without holding it."""
    press = zlib.compressobj(9)
    return b"".join(press.compress(unit * 1000) for _ in range(times // 1000)) + press.flush()


def with_stream(packed: bytes) -> bytes:
    marker = zlib.compress(b"marker")
    body = a_pdf([], content=b"marker").replace(marker, packed)
    return body.replace(b"/Length %d " % len(marker), b"/Length %d " % len(packed))


WORDS = b"BT /R 11 Tf 60 780 Td (spam and ham) Tj ET\n"
BOMBS = {
    "a stream of a gigabyte": with_stream(squeezed(b" " * 1000, 1_000_000)),
    "two million words": with_stream(squeezed(WORDS, 2_000_000)),
    "ten million lines": with_stream(squeezed(b"0 0 m 100 100 l S\n", 10_000_000)),
    "more pages than are read": a_pdf([], []).replace(
        b"[5 0 R 7 0 R] /Count 2", b"[%s] /Count 9000" % (b"5 0 R " * 9000)
    ),
}
IN_ITS_OWN_PROCESS = r"""
import json, re, resource, sys
from tracker.extraction.pdf import PDFIUM, extract_pdf
found = extract_pdf(open(sys.argv[1], 'rb').read())
if PDFIUM.process:
    PDFIUM.close(PDFIUM.process)
# Not our own ru_maxrss: a new process inherits the peak of the one that started it.
ours = int(re.search(r"VmHWM:\s+(\d+)", open("/proc/self/status").read())[1])
peaks = [ours, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss]
print(json.dumps([type(found).__name__, getattr(found, 'reason', ''), *peaks]))
"""


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_an_outcome_and_takes_little_memory(name, tmp_path):
    (tmp_path / "bomb.pdf").write_bytes(BOMBS[name])

    done = subprocess.run(
        [sys.executable, "-c", IN_ITS_OWN_PROCESS, tmp_path / "bomb.pdf"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    kind, reason, ours, readers = json.loads(done.stdout)

    assert kind == "Unreadable"
    assert reason
    assert max(ours, readers) < 300_000  # kB


@pytest.mark.parametrize(
    "drawn",
    [
        b"BT /R 9 Tf 60 780 Td 11 TL (word.word-) Tj " + b"T* (word.word-) Tj " * 60_000 + b"ET",
        b"BT /R 9 Tf 9 780 Td " + b"(. . . . a) Tj " * 40_000 + b"ET",
        b"".join(
            b"BT /R 9 Tf %d %d Td (x) Tj ET\n" % (n * 37 % 590, n * 91 % 840) for n in range(20_000)
        ),
    ],
    ids=["a paragraph without end", "a line of dots", "letters all over"],
)
def test_a_hostile_layout_takes_seconds(drawn):
    started = time.process_time()

    read(a_pdf([], content=drawn))

    assert time.process_time() - started < 15


def test_a_file_that_takes_too_long_is_given_up():
    reader = Reader("tracker.extraction.pdfium")

    assert reader.ask(a_pdf(column(60, 100, *LEFT)), seconds=0.001) == {
        "refused": "takes longer than 0 s to read"
    }
    assert "pages" in reader.ask(a_pdf(column(60, 100, *LEFT)))
    assert reader.process is not None
    reader.close(reader.process)


def test_a_reader_that_dies_is_replaced():
    extract_pdf(a_pdf(column(60, 100, *LEFT)))
    assert PDFIUM.process is not None
    PDFIUM.process.kill()
    PDFIUM.process.wait()

    assert isinstance(extract_pdf(a_pdf(column(60, 100, *LEFT))), Extracted)
