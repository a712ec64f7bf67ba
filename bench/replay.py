"""Replays real histories of documents, version by version, through the whole chain; prints a table of classes.

python replay.py VERSIONS [--sample FOLDER] [--seed N]
    VERSIONS   a folder of documents, each with meta.json and its dated versions; timeline.json beside it
    --sample   writes 40 material and 40 folded or minor changes drawn at random, to be read by a person;
               material ones as they are sent: once a later read confirmed them
The texts are third parties' and stay outside the project.
"""

import argparse
import json
import random
import re
import sys
import tempfile
from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from lxml import etree, html
from markdown_it import MarkdownIt
from sqlmodel import select

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))
from builders import a_page, a_source, a_sources_file, an_institution

from tracker.archive import Candidate
from tracker.changes import from_json, most_telling, sentence_text
from tracker.model import Change, Document, Snapshot, SnapshotState, Version
from tracker.settings import Settings
from tracker.store import Store
from tracker.store.crawling import finish_run, start_run, sync_sources
from tracker.store.planning import plan
from tracker.store.recorder import Recorder
from tracker.update import update


@dataclass(frozen=True)
class Read:
    """One dated version of a document: the page that was served, and the words it is known to say."""

    at: datetime
    body: bytes
    words: str | None  # None: not known


def histories(folder: Path) -> dict[str, list[Read]]:
    """Each document's versions in order: saved pages where there are any, else the bare texts."""
    found: dict[str, list[Read]] = {}
    paged = set()
    timeline = json.loads((folder.parent / "timeline.json").read_text(encoding="utf-8"))
    pages = Counter(Path(captures[0]["file"]).parent.name for captures in timeline.values())
    for number, captures in enumerate(timeline.values()):
        name = Path(captures[0]["file"]).parent.name
        paged.add(name)
        found[f"{name}__{number}"] = [
            saved(folder.parent / capture["file"], capture, alone=pages[name] == 1)
            for capture in captures
        ]
    for meta in sorted(folder.glob("*/meta.json")):
        if meta.parent.name not in paged:
            given = json.loads(meta.read_text(encoding="utf-8"))["versions"]
            found[meta.parent.name] = [bare(meta.parent / e["file"], e["date"]) for e in given]
    return {name: sorted(reads, key=lambda read: read.at) for name, reads in found.items()}


def saved(path: Path, capture: dict, *, alone: bool) -> Read:
    body = path.read_bytes()
    # Menus, dates and adverts around a text change too: only the text by itself counts.
    selected = path.parent / f"{capture['version']:03}.md"
    known = visible(as_page(selected)) if alone and selected.exists() else None
    return Read(datetime.fromisoformat(capture["date"]), body, known)


def bare(path: Path, date: str) -> Read:
    body = as_page(path)
    return Read(datetime.fromisoformat(date), body, visible(body))


def visible(body: bytes) -> str:
    """The words of a page, spacing and punctuation apart."""
    root = html.document_fromstring(body)
    etree.strip_elements(root, "script", "style", "title", "head", with_tail=False)
    return " ".join(re.findall(r"[^\W_]+", " ".join(root.itertext()).casefold()))


def crawl(
    store: Store, documents: dict[str, str], reads: list[tuple[str, datetime, bytes]]
) -> None:
    """Record every version as one read of its document."""
    sources = [a_source(key=f"d{n}", url=url) for n, url in enumerate(documents.values())]
    declared = a_sources_file(an_institution(*sources))
    begin = min(at for _, at, _ in reads)
    with store.transaction() as session:
        sync_sources(session, declared)
        run = start_run(session, verb="crawl", scope={}, tool="replay", at=begin)
    recorder = Recorder(store, run)
    with store.transaction() as session:
        planned = plan(session, at=begin)
    tasks = {}
    for task in planned:
        fresh = recorder.candidates(task.id, [Candidate(task.url)], at=begin)
        tasks[task.url] = (*fresh, *task.documents)[0]
    for name, at, body in sorted(reads, key=lambda read: read[1]):
        recorder.document(tasks[documents[name]], a_page(body, at=at, url=documents[name], media_type="text/html"))  # fmt: skip
        recorder.flush()
    with store.transaction() as session:
        finish_run(session, run, at=max(at for _, at, _ in reads), counts={})


def as_page(path: Path) -> bytes:
    """A bare text, Markdown with or without HTML in it, as the simplest page that says the same."""
    text = path.read_text(encoding="utf-8", errors="replace")
    # Front matter, comments, scripts, figures and templating are no text on a page.
    hidden = r"<!--.*?-->|<script.*?</script>|<style.*?</style>|```\{figure\}.*?```|!\[[^\]]*\]\([^)]*\)|\{% comment %\}.*?\{% endcomment %\}|\{%.*?%\}|\{\{.*?\}\}"
    text = re.sub(r"\A---\n.*?\n---\n", "", text, flags=re.DOTALL)
    text = re.sub(hidden, " ", text, flags=re.DOTALL)
    body = MarkdownIt("commonmark", {"html": True}).enable("table").render(text)
    return f"<!doctype html><html lang=en><title>Document</title><body><main>{body}</main></body></html>".encode()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("versions", type=Path)
    parser.add_argument("--sample", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    if not asked.versions.is_dir():
        raise SystemExit("skipped: the real histories are not on this machine")
    with tempfile.TemporaryDirectory() as name:
        print(json.dumps(replay(asked, Path(name)), indent=1))


def replay(asked: argparse.Namespace, folder: Path) -> dict:
    known = histories(asked.versions)
    documents = {doc: f"http://alder.example/{n}/{doc}" for n, doc in enumerate(known)}
    reads, times = [], {}
    for doc, versions in known.items():
        last = None
        for number, read in enumerate(versions):
            at = max(read.at, last + timedelta(minutes=1)) if last else read.at
            reads.append((doc, at, read.body))
            times[doc, number] = last = at
    store = Store.open(f"sqlite:///{folder / 'tracker.db'}")
    crawl(store, documents, reads)
    update(store, Settings(data_dir=folder), at=max(at for _, at, _ in reads))
    with store.transaction() as session:
        urls = {row.id: row.url for row in session.exec(select(Document))}
        names = {url: doc for doc, url in documents.items()}
        rows = [(names[urls[c.document_id]], c) for c in session.exec(select(Change))]
        held = {
            (names[urls[s.document_id]], s.captured_at): s.state
            for s in session.exec(select(Snapshot))
        }
        versions = session.exec(select(Version)).all()
    if asked.sample:
        write_sample(asked, rows)
    return {
        "documents": len(known),
        "reads": len(reads),
        "versions": len(versions),
        "set_aside": sum(
            state in {SnapshotState.QUARANTINED, SnapshotState.UNREADABLE}
            for state in held.values()
        ),
        "classes": table(rows),
        "truth": truth(known, times, rows, held),
    }


def first_difference(before: str, after: str) -> str:
    old, new = before.split(), after.split()
    at = next((n for n, pair in enumerate(zip(old, new, strict=False)) if pair[0] != pair[1]), 0)
    return f"{' '.join(old[at : at + 8])} / {' '.join(new[at : at + 8])}"


def table(rows: list) -> dict:
    found: defaultdict[str, Counter] = defaultdict(Counter)
    for doc, change in rows:
        folded = " (folded)" if change.folded_into_id else ""
        found[doc.split("__")[0]][f"{change.change_class} {change.kind}{folded}"] += 1
    return {name: dict(sorted(counts.items())) for name, counts in sorted(found.items())}


def truth(known: dict, times: dict, rows: list, held: dict) -> dict:
    """Each true change of text against the changes that were recorded for its read."""
    told = Counter((doc, change.seen_to) for doc, change in rows)
    counts: Counter = Counter()
    missed = []
    for doc, versions in known.items():
        for number in range(1, len(versions)):
            before, after = versions[number - 1].words, versions[number].words
            state = held.get((doc, times[doc, number]))
            reported = min(told[doc, times[doc, number]], 2)
            if before is None or after is None:
                counts[f"not judged, told {reported}"] += 1
                continue
            differs = "true change" if before != after else "no change"
            aside = " (set aside)" if state is SnapshotState.QUARANTINED else ""
            counts[f"{differs}, told {reported}{aside}"] += 1
            if before != after and not reported:
                missed.append(f"{doc} {number + 1}: {state}: {first_difference(before, after)}")
    return {"pairs": dict(sorted(counts.items())), "missed": missed}


def write_sample(asked: argparse.Namespace, rows: list) -> None:
    asked.sample.mkdir(parents=True, exist_ok=True)
    dice = random.Random(asked.seed)
    sent = [
        r
        for r in rows
        if r[1].change_class == "material" and r[1].confirmed and not r[1].folded_into_id
    ]
    kept = [r for r in rows if r[1].change_class == "minor" or r[1].folded_into_id]
    for name, pool in (("material", sent), ("folded", kept)):
        lines = []
        for doc, change in dice.sample(pool, min(40, len(pool))):
            head = f"## {doc} {change.seen_to:%Y-%m-%d} {change.change_class} {change.kind} labels {change.labels} +{change.labels_gained} -{change.labels_lost} words {change.changed_words}{' FOLDED' if change.folded_into_id else ''}"
            lines += [head, f"{change.summary} // {change.meaning[:300]}"]
            lines += [
                f"  {s.unit}: {sentence_text(s)[:500]}"
                for s in most_telling([*map(from_json, change.difference)], 6)
            ]
        (asked.sample / f"{name}.md").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
