"""How good the coder is on coded passages: by label, by language, by domain; and how fast.

    python bench/quality.py [--write docs/coding-quality.md]

Reads tests/gold/passages.jsonl, and ../shared/eval/dev.jsonl where it is. Weights were fitted on these
passages, so these figures are a fit: folds by domain show how far they differ; `bench/weights.py` leaves domains out.
"""

import hashlib
import json
import re
import statistics
import sys
import time
from collections import Counter, defaultdict
from pathlib import Path
from urllib.parse import urlsplit

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))
from test_voice import KNOWN, NOT_ITS_OWN, counts, known_rows, official_owners

from tracker.coding.codebook import load_codebook
from tracker.coding.coder import code
from tracker.coding.evaluation import as_labels, evaluate
from tracker.extraction.voice import who_speaks

HERE = Path(__file__).resolve().parent.parent
GOLD = HERE / "tests" / "gold"
DEV = HERE.parent / "shared/eval/dev.jsonl"
FOLDS = 5
CODEBOOK = load_codebook()


def read(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def domain(row):
    host = row.get("host") or urlsplit(row["url"]).hostname or row["publisher"]
    return host if host.endswith(".example") else ".".join(host.split(".")[-3:])


def fold(row):
    return int(hashlib.sha256(domain(row).encode()).hexdigest(), 16) % FOLDS


def table(head, rows):
    return "\n".join(
        [f"| {' | '.join(head)} |", f"|{' --- |' * len(head)}"]
        + [f"| {' | '.join(map(str, row))} |" for row in rows]
    )


def by_label(rows):
    """One row a label: all passages with a bootstrap interval, and the range over folds by domain."""
    whole = evaluate(rows, CODEBOOK)
    parts = [evaluate([r for r in rows if fold(r) == n], CODEBOOK, samples=0) for n in range(FOLDS)]
    lines = []
    for at, s in enumerate(whole.scores):
        folds = [p.scores[at].f1 for p in parts if p.scores[at].positives]
        spread = f"{min(folds):.2f}–{max(folds):.2f}" if folds else ""
        lines.append(
            [
                s.label,
                s.positives,
                f"{s.precision:.3f}",
                f"{s.recall:.3f}",
                f"{s.f1:.3f}",
                f"{s.f1_low:.2f}–{s.f1_high:.2f}",
                spread,
            ]
        )
    lines.append(["R1–R6, macro", "", "", "", f"{whole.recommendations_f1:.3f}", "", ""])
    lines.append(["stance, accuracy", len(rows), "", "", f"{whole.stance_accuracy:.3f}", "", ""])
    lines.append(
        [
            "stance, macro F1 of condemns, critical, reported, neutral",
            "",
            "",
            "",
            f"{whole.stance_f1:.3f}",
            "",
            "",
        ]
    )
    head = [
        "label",
        "passages",
        "precision",
        "recall",
        "F1",
        "95 % interval",
        f"F1 over {FOLDS} folds by domain",
    ]
    return table(head, lines)


def by_language(rows):
    groups = defaultdict(list)
    for row in rows:
        groups[row["lang"]].append(row)
    lines = []
    for lang, found in sorted(groups.items(), key=lambda g: -len(g[1])):
        coded = [as_labels(code(row["text"], CODEBOOK)) for row in found]
        labels = [label for label in coded[0] if label not in ("id", "cues", "stance")]
        pairs = [(row[label], c[label]) for row, c in zip(found, coded) for label in labels]
        hits, named = sum(g and c for g, c in pairs), sum(g + c for g, c in pairs)
        right = sum(row["stance"] == c["stance"] for row, c in zip(found, coded))
        lines.append(
            [
                lang,
                len(found),
                named - sum(c for _, c in pairs),
                f"{2 * hits / named:.3f}" if named else "",
                f"{right}/{len(found)}",
            ]
        )
    return table(["language", "passages", "labels", "micro F1", "stances right"], lines)


def stances(rows):
    pairs = evaluate(rows, CODEBOOK, samples=0).stances
    names = sorted({name for g, c, _ in pairs for name in (g, c)})
    counts = {(g, c): n for g, c, n in pairs}
    return table(
        ["people ↓, coder →", *names], [[g, *(counts.get((g, c), 0) for c in names)] for g in names]
    )


def speed(rows):
    """Passages a second of one core, and as a ratio to one pass of a plain regular expression."""
    texts = [row["text"] for row in rows]
    plain = re.compile(
        r"\b(?:china|chinese|surveillance|human rights|partner\w*|collaborat\w*)\b", re.I
    )

    def rate(work):
        best = 0.0
        for _ in range(5):
            start = time.process_time()
            for text in texts:
                work(text)
            best = max(best, len(texts) / (time.process_time() - start))
        return best

    coder, regex = rate(lambda text: code(text, CODEBOOK)), rate(plain.findall)
    return f"{coder:,.0f} passages/s a core (mean {statistics.mean(map(len, texts)):.0f} characters); a plain regular expression {regex:,.0f}, ratio {regex / coder:.1f}"


def said(row):
    """The labels of a passage or coding as one short text."""
    held = [label for label, value in row.items() if value == 1 and label not in ("id", "cues")]
    return ", ".join([*held, *([row["stance"]] if row["stance"] != "none" else [])]) or "nothing"


def explained(gold, side):
    """Passages coded right or wrong, with the cues and the reason; fails where the side is not true."""
    rows = {row["id"]: row for row in gold}
    out = []
    for key, why in json.loads((GOLD / "explained.json").read_text())[side].items():
        coded = as_labels(code(rows[key]["text"], CODEBOOK))
        agree = said({k: rows[key][k] for k in coded if k in rows[key]}) == said(coded)
        assert agree == (side == "right"), (
            f"{key} is no longer {side}: choose another for explained.json"
        )
        cues = "; ".join(f"{label}: {', '.join(words)}" for label, words in coded["cues"].items())
        out.append(
            f"**{key}** ({rows[key]['lang']}). {rows[key]['text']}\n\n* people: {said({k: rows[key][k] for k in coded if k in rows[key]})}\n* coder: {said(coded)}\n* cues: {cues or 'none'}\n* {why}\n"
        )
    return "\n".join(out)


def adversarial(gold):
    lines = []
    for row in gold:
        if "adversarial" in row["case"]:
            coded = as_labels(code(row["text"], CODEBOOK))
            mine, theirs = said(coded), said({k: row[k] for k in coded if k in row})
            lines.append(
                [
                    row["id"],
                    row["case"].removeprefix("adversarial: "),
                    theirs,
                    "the same" if mine == theirs else mine,
                ]
            )
    return table(["passage", "case", "people", "coder"], lines)


def first_figures():
    found = json.loads((GOLD / "first_figures.json").read_text())
    labels = list(found["held_back"]["f1"])
    rows = [
        [
            label,
            *(f"{part['f1'][label]:.3f}" if label in part["f1"] else "" for part in found.values()),
        ]
        for label in labels
    ]
    notes = "\n".join(
        f"* `{name}` ({part['passages']} passages): {part['what']}." for name, part in found.items()
    )
    return f"{notes}\n\n{table(['F1', *found], rows)}"


def institutions():
    """Which known statements would count as their institution's: precision and recall over listed hosts."""
    owners = official_owners()
    listed = [row for row in known_rows() if owners.of(row["url"])]
    own = [row for row in listed if not NOT_ITS_OWN.search(" ".join(row.values()))]
    taken = [row for row in listed if counts(row, owners)]
    right = [row for row in taken if row in own]
    missed = Counter()
    for row in own:
        if row not in taken:
            who = who_speaks(url=row["url"], title=row["title"], byline="", text="")
            missed[
                f"{who.genre}, {who.voice} ({who.voice_because or who.genre_because or 'nothing tells'})"
            ] += 1
    reasons = "".join(f"\n* not taken, {number}: {why}" for why, number in missed.most_common())
    return (
        f"{len(listed)} known statements at listed hosts, {len(own)} of them the institution's own word: precision "
        f"{len(right) / max(1, len(taken)):.3f} ({len(right)} of {len(taken)}), recall {len(right) / len(own):.3f} "
        f"({len(right)} of {len(own)}), by address and title alone.{reasons}"
    )


def sections():
    gold = read(GOLD / "passages.jsonl")
    sets = {"gold": gold} | ({"dev": read(DEV)} if DEV.exists() else {})
    for name, rows in sets.items():
        yield f"{name}-labels", by_label(rows)
        yield f"{name}-languages", by_language(rows)
        yield f"{name}-stances", stances(rows)
    yield "first-figures", first_figures()
    yield "adversarial", adversarial(gold)
    for side in ("right", "wrong"):
        yield side, explained(gold, side)
    if KNOWN.is_file():
        yield "institutions", institutions()
    yield "speed", speed(sets.get("dev", gold))


def main():
    into = Path(sys.argv[2]) if "--write" in sys.argv else None
    text = into.read_text(encoding="utf-8") if into else ""
    for name, body in sections():
        print(f"\n## {name}\n\n{body}")
        block = rf"(<!-- {name} -->\n).*?(<!-- end -->)"
        text = re.sub(block, lambda m: f"{m[1]}{body}\n{m[2]}", text, flags=re.DOTALL)
    if into:
        into.write_text(text, encoding="utf-8")


main()
