"""Words kept of real PDFs and Word files, against PDFium's raw text: `python bench/documents.py FOLDER`.

FOLDER holds manifest.csv with a column `file`. Running lines (the same on several pages, numbers
aside) and bare page numbers are left out of what must be kept.
"""

import csv
import html
import io
import json
import re
import statistics
import sys
import time
import zipfile
from collections import Counter
from pathlib import Path

import pypdfium2

from tracker.extraction.normalise import normalise
from tracker.extraction.reader import read
from tracker.extraction.text import Unreadable

WORD = re.compile(r"\w+")
CUT = re.compile(r"(?:[\ufffe\x02\u00ad]|[-\u2010](?=\s))\s*")


def words(text: str) -> Counter[str]:
    return Counter(WORD.findall(re.sub(r"[-_]", "", normalise(CUT.sub("", text))).lower()))


def raw_words(body: bytes) -> Counter[str]:
    if body[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(body)) as parts:
            xml = parts.read("word/document.xml").decode()
        runs = re.findall(r"<w:t(?: [^>]*)?>([^<]*)</w:t>|</w:p>|<w:(?:br|tab)/>", xml)
        return words(html.unescape("".join(text or " " for text in runs)))
    document = pypdfium2.PdfDocument(body)
    pages = [page.get_textpage().get_text_bounded() for page in document]
    lines = [[line.strip() for line in page.splitlines()] for page in pages]
    bare = Counter(mark for page in lines for mark in {re.sub(r"\d+", "#", line) for line in page})
    kept = [
        line
        for page in lines
        for line in page
        if bare[re.sub(r"\d+", "#", line)] == 1 or len(pages) == 1
    ]
    return words("\n".join(kept))


def score(folder: Path) -> dict:
    outcomes, scored, seconds, pages = Counter(), {}, 0.0, 0
    for row in csv.DictReader((folder / "manifest.csv").open()):
        body = (folder / row["file"]).read_bytes()
        started = time.perf_counter()
        found = read(body, name=row["file"])
        seconds += time.perf_counter() - started
        outcomes["read" if not isinstance(found, Unreadable) else found.reason] += 1
        if isinstance(found, Unreadable) or body[:4] not in {b"%PDF", b"PK\x03\x04"}:
            continue
        pages += int(row["pages"] or 1)
        expected, got = raw_words(body), words(found.text)
        kept = sum((expected & got).values())
        everything = (
            words(
                " ".join(p.get_textpage().get_text_bounded() for p in pypdfium2.PdfDocument(body))
            )
            if body[:2] == b"%P"
            else expected
        )
        scored[row["file"]] = (
            kept,
            sum(expected.values()),
            sum((everything & got).values()),
            sum(got.values()),
        )
    recalls = {name: each[0] / each[1] for name, each in scored.items() if each[1]}
    kept, expected, right, got = (sum(each[n] for each in scored.values()) for n in range(4))
    return {
        "files": sum(outcomes.values()),
        "read": outcomes.pop("read"),
        "unread": dict(outcomes),
        "pages": pages,
        "recall": round(kept / expected, 4),
        "recall_median": round(statistics.median(recalls.values()), 4),
        "precision": round(right / got, 4),
        "below_98": {name: round(each, 3) for name, each in sorted(recalls.items(), key=lambda x: x[1]) if each < 0.98},
        "ms_a_page": round(1000 * seconds / pages, 1),
    }  # fmt: skip


if __name__ == "__main__":
    print(json.dumps(score(Path(sys.argv[1])), indent=1))
