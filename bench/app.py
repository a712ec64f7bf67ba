"""What each page asks of the store, over 10,000, 100,000 and 1,000,000 generated passages (seeded).

    python bench/app.py [--sizes 1,10,100] [--folder DIR] [--browser] [--out FILE]

A folder that already holds a size is measured again without being made anew. With --browser the app is
started over the largest size and real pages are timed, with eight sessions open at the end.
"""

import argparse
import json
import random
import shutil
import statistics
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import insert
from sqlmodel import Session, func, select

from tracker import model as m
from tracker import queries
from tracker.archive import pack, sha256
from tracker.store import Store
from tracker.store.word_index import index_coded
from tracker.views import changed, documented, profile, tables
from tracker.waiting import waiting

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))
from browsing import ARGUMENTS, CHROMIUM, READY, open_at, serving  # noqa: E402
from told import tell  # noqa: E402

NOW = datetime(2026, 11, 20, 6, tzinfo=UTC)
PER_DOCUMENT = 20
WORDS = "research partner policy review committee agreement data project university institute approval contract funding report office staff student foreign international security risk rights human due diligence assessment publish register list annual state technology laboratory surveillance recognition police military export control sanction ethics public access library event programme course teaching".split()
RARE = ("uyghurs", "xinjiang", "zhejiang lab", "hikvision", "integrated joint operations platform")
KINDS = list(m.InstitutionKind)
SIZES = {1: (30, 500), 10: (100, 5_000), 100: (300, 50_000)}


def chunks(rows, size=20_000):
    batch = []
    for row in rows:
        batch.append(row)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch


def fill(store: Store, institutions: int, documents: int) -> None:
    rng = random.Random(7)
    days = [NOW - timedelta(days=n) for n in range(2500)]

    def put(table, rows):
        for batch in chunks(rows):
            with store.engine.begin() as connection:
                connection.execute(insert(table), batch)

    put(
        m.Institution,
        [
            {
                "id": i,
                "key": f"institution-{i}",
                "name": f"Institution {i:03d}",
                "kind": KINDS[i % 5] if i % 3 else KINDS[1],
                "country": rng.choice(["GB", "US", "DE", "FR", "NL", "AU"]),
                "homepage": f"https://i{i}.example/",
                "hosts": [f"i{i}.example"],
                "aliases": [],
                "group": "core" if i % 4 else "adjacent",
                "why_in_scope": "generated",
                "found_by": "census",
                "languages": [],
                "attributed": [],
                "listed": True,
            }
            for i in range(1, institutions + 1)
        ],
    )
    put(
        m.Run,
        [
            {
                "id": 1,
                "verb": "crawl",
                "state": "complete",
                "started_at": NOW,
                "finished_at": NOW,
                "scope": {},
                "tool": "bench",
                "counts": {},
            }
        ],
    )
    put(
        m.Source,
        [
            {
                "id": i,
                "institution_id": i,
                "key": "sitemap",
                "kind": "sitemap",
                "url": f"https://i{i}.example/sitemap.xml",
                "title": "",
                "options": {},
                "unverified": False,
                "listed": True,
                "state": "failed" if i % 17 == 0 else "ok",
                "reason": "timeout" if i % 17 == 0 else None,
                "detail": "",
                "known": 0,
                "last_good_at": NOW,
            }
            for i in range(1, institutions + 1)
        ],
    )
    put(
        m.Payload,
        [
            {
                "id": d,
                "sha256": sha256(str(d).encode()),
                "size": 1,
                "body": pack(str(d).encode(), None).body,
            }
            for d in range(1, documents + 1)
        ],
    )

    def owner(d):
        return (d * 7919) % institutions + 1

    put(
        m.Document,
        (
            {
                "id": d,
                "institution_id": owner(d),
                "source_id": owner(d),
                "url": f"https://i{owner(d)}.example/p/{d}",
                "title": f"{rng.choice(WORDS)} {rng.choice(WORDS)} {d}",
                "media_type": "text/html",
                "state": "live",
                "found_run_id": 1,
                "found_at": NOW,
                "hint_title": "",
                "last_good_at": NOW,
                "failures": 0,
                "genre": "policy",
                "voice": "institution" if d % 3 else "guest",
                "voice_because": "",
                "withheld": False,
            }
            for d in range(1, documents + 1)
        ),
    )
    put(
        m.Fetch,
        (
            {
                "id": 4 * (d - 1) + n,
                "run_id": 1,
                "source_id": owner(d),
                "document_id": d,
                "url": "x",
                "at": NOW - timedelta(days=n),
                "outcome": "fetched",
                "status": 200,
                "detail": "",
                "headers": [],
                "payload_id": d,
            }
            for d in range(1, documents + 1)
            for n in range(1, 5)
        ),
    )
    put(
        m.Snapshot,
        (
            {
                "id": s,
                "document_id": (s + 1) // 2,
                "fetch_id": 4 * ((s + 1) // 2 - 1) + 1 + s % 2,
                "payload_id": (s + 1) // 2,
                "media_type": "text/html",
                "captured_at": NOW,
                "imported": False,
                "state": "new_version",
                "detail": "",
            }
            for s in range(1, 2 * documents + 1)
        ),
    )
    put(
        m.Version,
        (
            {
                "id": s,
                "document_id": (s + 1) // 2,
                "number": 1 if s % 2 else 2,
                "snapshot_id": s,
                "text_sha256": sha256(str(s).encode()),
                "body": b"",
                "words": 2000,
                "title": "",
                "language": "en",
                "stated_date": rng.choice(days) if s % 5 else None,
                "stated_basis": "stated" if s % 5 else "unknown",
                "extractor": "bench",
                "origin": "observed",
                "seen_from": None if s % 2 else NOW - timedelta(days=9),
                "seen_to": NOW - timedelta(days=8),
                "last_seen_at": NOW,
                "current": s % 2 == 0,
                "compared": True,
            }
            for s in range(1, 2 * documents + 1)
        ),
    )

    def passage(p):
        words = rng.choices(WORDS, k=60)
        if p % 500 == 0:
            words.insert(30, rng.choice(RARE))
        return {
            "id": p,
            "sha256": f"{p:064d}",
            "text": " ".join(words).capitalize() + ".",
            "words": 60,
            "language": "en",
        }

    total = documents * PER_DOCUMENT
    put(m.Passage, (passage(p) for p in range(1, total + 1)))
    # Both versions of a document share their passages but the last.
    put(
        m.VersionPassage,
        (
            {
                "version_id": 2 * ((p - 1) // PER_DOCUMENT + 1) - half,
                "position": (p - 1) % PER_DOCUMENT,
                "passage_id": p,
                "heading_path": "Part",
                "start": 0,
                "end": 1,
            }
            for p in range(1, total + 1)
            for half in ((0, 1) if p % PER_DOCUMENT else (0,))
        ),
    )
    put(
        m.Coding,
        (
            {
                "id": p,
                "passage_id": p,
                "coder": "bench",
                "china": p % 10 == 0,
                "surveillance": p % 20 == 0,
                "human_rights": p % 30 == 0,
                "partnership": p % 5 == 0,
                "stance": "critical" if p % 40 == 0 else "none",
                **{str(r): p % (50 + 10 * n) == 0 for n, r in enumerate(m.Recommendation)},
                "in_passing": False,
                "elements": {},
                "cues": {},
                "confidence": 0.7,
            }
            for p in range(1, total + 1)
        ),
    )
    put(
        m.PassageEntity,
        (
            {
                "passage_id": p,
                "entity": "zhejiang-lab",
                "words": "Zhejiang Lab",
                "start": 0,
                "end": 12,
                "times": 1,
            }
            for p in range(10, total + 1, 1000)
        ),
    )
    put(
        m.Change,
        (
            {
                "id": d,
                "document_id": d,
                "from_version_id": 2 * d - 1,
                "to_version_id": 2 * d,
                "change_class": "material" if d % 4 == 0 else "minor",
                "kind": "text_changed" if d % 4 == 0 else "wording",
                "seen_from": NOW - timedelta(days=d % 700 + 2),
                "seen_to": NOW - timedelta(days=d % 700),
                "recorded_at": NOW,
                "confirmed": True,
                "imported": False,
                "added": ["A sentence that was added."],
                "removed": ["A sentence that was removed."],
                "labels_gained": [],
                "labels_lost": [],
                "labels": ["china", "R3"] if d % 4 == 0 else [],
                "summary": "1 sentence changed",
            }
            for d in range(1, documents // 2 + 1)
        ),
    )

    def evidence(i, n):
        p = (i * 20 + n) % total + 1
        d = (p - 1) // PER_DOCUMENT + 1
        return {
            "passage_id": p,
            "document_id": d,
            "version_id": 2 * d,
            "version": 2,
            "quote": " ".join(rng.choices(WORDS, k=80)),
            "heading_path": "Part",
            "url": f"https://i{i}.example/p/{d}",
            "title": "A policy",
            "stated_date": NOW.isoformat(),
            "stated_basis": "stated",
            "voice": "institution",
            "genre": "policy",
            "labels": ["china", "surveillance"],
            "stance": "critical",
            "in_passing": False,
            "elements": {"R1": ["rights_named"]},
            "reviewed": "none",
            "rejected": False,
            "on_page": True,
            "language": "en",
        }

    def finding(i, question):
        result = (
            rng.choice(["criticised", "condemned", "none_found", "not_checked"])
            if question == m.SPOKEN
            else rng.choice(["stated", "partial", "none_found", "not_checked", "not_applicable"])
        )
        held = (
            []
            if result in {"none_found", "not_checked", "not_applicable"}
            else [evidence(i, n) for n in range(20)]
        )
        return {
            "institution_id": i,
            "question": question,
            "result": result,
            "basis": "machine",
            "reviewed": rng.choice(["none", "none", "one", "two"]) if held else "none",
            "possible": result if held else None,
            "possible_quotes": len(held),
            "rule": "generated",
            "since": rng.choice(days) if held else None,
            "latest": NOW if held else None,
            "undated": 0,
            "evidence": held,
            "search_record": {"documents_read": 100, "documents_known": 110},
        }

    put(
        m.Finding,
        (
            finding(i, q)
            for i in range(1, institutions + 1)
            for q in (m.SPOKEN, *map(str, m.Recommendation))
        ),
    )
    with store.transaction() as session:
        index_coded(session)


def asked(session: Session, coder: str = "bench"):
    last = session.exec(select(func.max(m.Document.id))).one()
    key = session.exec(select(m.Institution.key).order_by(m.Institution.id.desc())).first()
    page = [f"institution-{i}" for i in range(1, 11)]
    find = lambda *words, **more: queries.search(session, words=words, **more)  # noqa: E731

    def statements():
        rows = queries.finding_rows(session, questions=[m.SPOKEN], institutions=page)
        return queries.context(session, rows, most=2)

    return {
        "overview: figures": lambda: queries.overview(session),
        "overview, compare: all cells": lambda: queries.cells(session),
        "statements: ten with evidence": statements,
        "changes: counts and calendar": lambda: queries.change_days(session),
        "changes: a page": lambda: queries.change_rows(session, limit=50),
        "changes: a page, filtered": lambda: queries.change_rows(
            session, limit=50, classes=["material"], labels=["R3"]
        ),
        "change": lambda: changed.load(session, last // 4),
        "document": lambda: documented.load(session, last // 2),
        "institution": lambda: profile.load(session, key),
        "compare: one cell": lambda: queries.finding_rows(
            session, questions=["R1"], institutions=[key]
        ),
        "sources": lambda: queries.source_rows(session),
        "search: rare word": lambda: find("xinjiang"),
        "search: common word": lambda: find("surveillance"),
        "search: two words": lambda: find("surveillance", "police"),
        "search: phrase": lambda: find("due diligence"),
        "search: who names a body": lambda: find(entities=["zhejiang-lab"]),
        "search: common word, filtered": lambda: find(
            "surveillance", labels=["R4"], kinds=["funder"]
        ),
        "review: the queue": lambda: waiting(session, coder=coder, reviewer="ada"),
        "export: spoken": lambda: tables.TABLES["spoken"].rows(session, {}),
    }


def measure(store: Store, runs: int) -> dict[str, float]:
    figures = {}
    with store.transaction() as session:
        for name, ask in asked(session).items():
            took = []
            for _ in range(runs):
                session.expire_all()
                begin = time.perf_counter()
                ask()
                took.append(1000 * (time.perf_counter() - begin))
            figures[name] = round(statistics.median(took), 1)
    return figures


def browser(folder: Path) -> dict[str, float]:
    from playwright.sync_api import sync_playwright

    figures = {}
    with serving(folder) as (base, pid), sync_playwright() as play:
        chromium = play.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        page = chromium.new_context(reduced_motion="reduce").new_page()

        def timed(path):
            begin = time.perf_counter()
            open_at(page, base + path)
            return time.perf_counter() - begin

        figures["first page after a start, s"] = round(timed("/"), 2)
        paths = (
            "/",
            "/statements",
            "/compare",
            "/changes",
            "/institution?inst=institution-7",
            "/document?id=700",
            "/search?q=surveillance",
            "/alerts",
            "/sources",
            "/method",
        )
        for path in paths:
            figures[f"warm {path}, s"] = round(statistics.median(timed(path) for _ in range(3)), 2)
        timed("/statements")
        page.get_by_role("combobox", name="Kind").click()
        option = page.get_by_role("option", name="Funders", exact=True)
        option.wait_for()
        begin = time.perf_counter()
        option.click()
        page.wait_for_url("**kind=funder*")
        page.wait_for_function(READY)
        figures["filter, s"] = round(time.perf_counter() - begin, 2)
        for path in paths[:7]:
            open_at(chromium.new_context().new_page(), base + path)
        status = Path(f"/proc/{pid}/status").read_text()
        figures["memory with 8 sessions, MB"] = round(
            int(status.split("VmRSS:")[1].split()[0]) / 1024
        )
        chromium.close()
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", default="1,10,100")
    parser.add_argument("--folder", type=Path, default=None)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--browser", action="store_true")
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    base = given.folder or Path(tempfile.mkdtemp(prefix="bench-app-"))
    found: dict[str, dict[str, float]] = {}
    for size in map(int, given.sizes.split(",")):
        folder = base / f"x{size}"
        new = not (folder / "tracker.db").exists()
        store = Store.open(f"sqlite:///{folder / 'tracker.db'}")
        if new:
            begin = time.perf_counter()
            fill(store, *SIZES[size])
            print(
                f"x{size}: made {SIZES[size][1] * PER_DOCUMENT:,} passages in {time.perf_counter() - begin:.0f} s",
                file=sys.stderr,
            )
        found[f"x{size}"] = measure(store, given.runs)
        store.close()
    pages = browser(base / f"x{given.sizes.split(',')[-1]}") if given.browser else {}
    passages = {size: SIZES[int(size[1:])][1] * PER_DOCUMENT for size in found}
    tell({"passages": passages, "milliseconds": found, "browser": pages}, given.out)
    if given.folder is None:
        shutil.rmtree(base)


if __name__ == "__main__":
    main()
