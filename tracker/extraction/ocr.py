"""Scans to text with tesseract's command line, where somebody asks for it; slow, so off by default.

`python -m tracker.extraction.ocr` draws the pages of a PDF from standard input, in a process of its
own since a picture can be a bomb, has tesseract read each, and prints the texts as JSON.
"""

import json
import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from typing import Any

from tracker.extraction.text import Unreadable
from tracker.model import QuarantineReason

MOST_PAGES = 60
MOST_SECONDS = 600
DOTS_PER_INCH = 200
MOST_DOTS = 12_000_000  # of a page: A3 at 200 an inch, and half as much again
MOST_MEMORY = 1_000_000_000  # bytes, tesseract's own models included
PROGRAM = "tesseract"
NOT_INSTALLED = Unreadable(
    "has no text layer, and tesseract, which reads scans, is not installed",
    QuarantineReason.SCANNED,
)
NOTHING_READ = Unreadable("has no text layer, and no text was made out", QuarantineReason.SCANNED)


def read_scan(body: bytes) -> list[str] | Unreadable:
    """Return what tesseract makes out on each page of a PDF."""
    if shutil.which(PROGRAM) is None:
        return NOT_INSTALLED
    try:
        done = subprocess.run(
            [sys.executable, "-m", "tracker.extraction.ocr"],
            input=body,
            capture_output=True,
            timeout=MOST_SECONDS,
            check=True,
        )
        pages = [str(page) for page in json.loads(done.stdout)]
    except (subprocess.SubprocessError, ValueError):
        return NOTHING_READ
    return pages if any(page.strip() for page in pages) else NOTHING_READ


@cache
def tool() -> str:
    """Return tesseract's name and version, for the extractor's stamp."""
    said = subprocess.run([PROGRAM, "--version"], capture_output=True, text=True, check=False)  # noqa: S603  (our own arguments, no shell)
    return " ".join((said.stdout or said.stderr).split()[:2])


def _languages() -> str:
    """All that are installed: whoever wants German read has installed it."""
    said = subprocess.run([PROGRAM, "--list-langs"], capture_output=True, text=True, check=True)  # noqa: S603  (our own arguments, no shell)
    names = [name for name in said.stdout.split("\n")[1:] if name and name not in {"osd", "equ"}]
    return "+".join(sorted(names, key=lambda name: (name != "eng", name)))


def _pictures(body: bytes) -> Iterator[bytes]:
    """Draw each page in grey, as a portable graymap."""
    import pypdfium2  # noqa: PLC0415  (only in the process of its own)

    document: Any = pypdfium2.PdfDocument(body)
    for number in range(min(len(document), MOST_PAGES)):
        page = document[number]
        scale = min(DOTS_PER_INCH / 72, (MOST_DOTS / (page.get_width() * page.get_height())) ** 0.5)
        bitmap = page.render(scale=scale, grayscale=True)
        rows = bytes(bitmap.buffer)
        width, height, stride = bitmap.width, bitmap.height, bitmap.stride
        packed = b"".join(rows[at * stride : at * stride + width] for at in range(height))
        yield b"P5 %d %d 255\n%s" % (width, height, packed)
        bitmap.close()
        page.close()


def main() -> None:
    """Print what stands on each page."""
    if sys.platform == "linux":
        resource.setrlimit(resource.RLIMIT_DATA, (MOST_MEMORY, MOST_MEMORY))
    command = [
        PROGRAM,
        "stdin",
        "stdout",
        "-l",
        _languages(),
        "--psm",
        "1",
        "--dpi",
        str(DOTS_PER_INCH),
    ]
    one_core = {**os.environ, "OMP_THREAD_LIMIT": "1"}
    pages = [
        subprocess.run(command, input=picture, capture_output=True, env=one_core, check=True).stdout  # noqa: S603  (our own arguments, no shell)
        for picture in _pictures(sys.stdin.buffer.read())
    ]
    print(json.dumps([page.decode(errors="replace") for page in pages]))  # noqa: T201


if __name__ == "__main__":
    main()
