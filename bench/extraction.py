"""How much of real pages is kept, how much noise is let in, and what it costs. Prints JSON.

python extraction.py [FOLDER] [--shared SHARED] [--worst N]   FOLDER: the unpacked saved pages; they never enter the project

policies   F1 over distinct word 4-grams against hand-selected text, as the shared scorer counts it
articles   F1 over counted word 4-grams, means of precision and recall over pages, as the public article benchmark counts it
captures   consecutive raw captures of one document: changes told where the hand-selected text stood still, and changes missed
cpu        CPU of our reading over trafilatura's own, on the policies' and articles' pages, in turns
"""

import argparse
import json
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from statistics import mean

HERE = Path(__file__).resolve().parent
AGO = re.compile(r"\d+ (?:minute|hour|day|week|month|year)s? ago", re.IGNORECASE)
WORDS = re.compile(r"[^\W_]+")


def words(text: str) -> list[str]:
    return WORDS.findall(re.sub(r"(?m)^\s*\d+[.)]\s", "", text).casefold())


def plain(markdown: str) -> str:
    bare = re.sub(r"\\([\\`*_{}\[\]()#+.!-])", r"\1", markdown)
    return re.sub(r"<br\s*/?>|!?\[([^\]]*)\]\([^)]*\)", lambda m: m[1] or " ", bare)


def grams(found: list[str]) -> Counter:
    return Counter(tuple(found[i : i + 4]) for i in range(max(1, len(found) - 3)))


def f1(precision: float, recall: float) -> float:
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def score(told: Counter, gold: Counter) -> tuple[float, float]:
    both = sum((told & gold).values())
    return both / max(1, sum(told.values())), both / max(1, sum(gold.values()))


def text_of(body: bytes, choice: str | None = None) -> tuple[str, str | None]:
    from tracker.extraction.html import extract_html
    from tracker.extraction.text import Extracted

    found = extract_html(body, choice=choice)
    return (found.text, found.choice) if isinstance(found, Extracted) else ("", choice)


def policies(real: Path) -> list[dict]:
    rows = []
    for folder in sorted(p.parent for p in real.glob("extraction/policies/*/gold.md")):
        read = [text_of(page.read_bytes()) for page in sorted(folder.glob("*.html"))]
        told, gold = (
            Counter(set(grams(words(text))))
            for text in ("\n".join(t for t, _ in read), plain((folder / "gold.md").read_text()))
        )
        rows.append(row(folder.name, *score(told, gold), [choice for _, choice in read]))
    return rows


def articles(real: Path) -> list[dict]:
    folder = real / "extraction" / "articles"
    rows = []
    for name, gold in json.loads((folder / "ground-truth.json").read_text()).items():
        text, choice = text_of((folder / "html" / f"{name}.html").read_bytes())
        told = grams(re.findall(r"\w+", text))
        rows.append(row(name, *score(told, grams(re.findall(r"\w+", gold["articleBody"]))), choice))
    return rows


def row(name: str, precision: float, recall: float, choice: object) -> dict:
    return {
        "name": name,
        "f1": round(f1(precision, recall), 3),
        "precision": round(precision, 3),
        "recall": round(recall, 3),
        "choice": choice,
    }


def captures(real: Path) -> tuple[Counter, list[dict]]:
    counted: Counter = Counter()
    wrong = []
    for doc in json.loads((real / "versions" / "index.json").read_text()):
        folder, before = real / "versions" / doc["doc"], None
        choices: dict[str, str | None] = {}
        for path in sorted(folder.glob("*.md")) if doc["html"] else ():
            now = plain(path.read_text()), read_captures(folder, path.stem, choices)
            if before is not None and now[1] and now[1].keys() == before[1].keys():
                state = stood(before[0], now[0])
                told = now[1] != before[1]
                counted[state, told] += 1
                if (state, told) in {("changed", False), ("unchanged", True)}:
                    wrong.append({"name": f"{doc['doc']}/{path.stem}", "state": state})
            before = now
    return counted, wrong


def stood(before: str, now: str) -> str:
    """What became of the hand-selected text: other words, other signs or times passed only, or nothing."""
    if words(AGO.sub(" ", before)) != words(AGO.sub(" ", now)):
        return "changed"
    bare = (re.sub(r"(?<!\w)[_-]+|[_-]+(?!\w)|[\s*#|=~`>]+", "", text) for text in (before, now))
    return "unchanged" if len(set(bare)) == 1 else "signs"


def read_captures(folder: Path, number: str, choices: dict) -> dict[str, list[str]]:
    """The words of each page of one version, each read as it was read the first time."""
    found = {}
    for page in sorted(folder.glob(f"{number}.*.html")):
        part = page.name.split(".")[1]
        text, choices[part] = text_of(page.read_bytes(), choices.get(part))
        found[part] = text.casefold().split()
    return found


def cpu(real: Path) -> dict:
    import trafilatura

    pages = sorted(real.glob("extraction/articles/html/*.html"))[:60]
    pages += sorted(real.glob("extraction/policies/*/0.html"))
    bodies = [page.read_bytes() for page in pages]
    ours = theirs = 0.0
    for body in bodies[:5]:
        trafilatura.extract(body), text_of(body)
    for body in bodies:
        began = time.process_time()
        trafilatura.extract(body)
        between = time.process_time()
        text_of(body)
        theirs += between - began
        ours += time.process_time() - between
    return {
        "pages": len(bodies),
        "trafilatura_ms": round(1000 * theirs / len(bodies), 1),
        "ours_ms": round(1000 * ours / len(bodies), 1),
        "ratio": round(ours / theirs, 2),
    }


def summary(rows: list[dict]) -> dict:
    precision, recall = (mean(r[key] for r in rows) for key in ("precision", "recall"))
    return {
        "documents": len(rows),
        "f1": round(mean(r["f1"] for r in rows), 3),
        "f1_of_means": round(f1(precision, recall), 3),
        "precision": round(precision, 3),
        "recall": round(recall, 3),
        "below_0.9": sum(r["f1"] < 0.9 for r in rows),
    }


def measure(real: Path, worst: int = 0) -> dict:
    sets = {"policies": policies(real), "articles": articles(real)}
    counted, wrong = captures(real)
    result = {name: summary(rows) for name, rows in sets.items()}
    still = counted["unchanged", True] + counted["unchanged", False]
    result["captures"] = {
        "unchanged": still,
        "told": counted["unchanged", True],
        "told_share": round(counted["unchanged", True] / max(1, still), 4),
        "changed": counted["changed", True] + counted["changed", False],
        "found": counted["changed", True],
    }
    result["cpu"] = cpu(real)
    if worst:
        lowest = {k: sorted(v, key=lambda r: r["f1"])[:worst] for k, v in sets.items()}
        result["worst"] = {**lowest, "captures": wrong}
    return result


def skipped(reason: str) -> dict:
    return {"skipped": reason}


def run(folder: Path | None, shared: Path, worst: int = 0) -> dict:
    if folder is not None:
        return measure(folder, worst) if folder.is_dir() else skipped(f"{folder} is not there")
    packed = shared / "real" / "dev.tar.zst"
    if not packed.exists():
        return skipped("the saved real pages are not on this machine")
    with tempfile.TemporaryDirectory() as name:
        subprocess.run(["tar", "--zstd", "-xf", packed, "-C", name], check=True)
        return measure(Path(name), worst)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--shared", type=Path, default=HERE.parent.parent / "shared")
    parser.add_argument("--worst", type=int, default=0)
    asked = parser.parse_args()
    json.dump(run(asked.folder, asked.shared, asked.worst), sys.stdout, indent=1)
    print()
