"""Fits what the recommendations are weighed by, and tells how well that does on domains left out.

    python bench/weights.py [--write] TWICE.jsonl,… [ONCE.jsonl …]

Passages that two people settled, the comma-separated first files, count twice. The weights go to
tracker/coding/weights.json with a hash of what they were fitted on; no word of a passage goes there.
"""

import fnmatch
import hashlib
import json
import sys
from pathlib import Path

import numpy as np

from tracker.coding.codebook import load_codebook
from tracker.coding.evaluation import read_gold
from tracker.coding.evidence import Evidence
from tracker.coding.rules import recommendations
from tracker.coding.stances import stance
from tracker.coding.topics import topics
from tracker.coding.training import domain
from tracker.coding.weighing import evidence
from tracker.model import Recommendation, Stance, Topic

OUT = Path(__file__).resolve().parent.parent / "tracker" / "coding" / "weights.json"
RIDGE, FOLDS, SETTLED, FEWEST, SMALL = 3.0, 8, 2.0, 5, 0.02
BARS = (0.25, 0.3, 0.35, 0.4, 0.45, 0.5)
COMMON = "told own binding asks topic* stance* relay* news* vendor* wide_relayer* wide_told* wide_own* we* wide_must* duty* soft_duty* policy* wide_setter* law tells* attributed*"  # fmt: skip
#: What bears on each recommendation, by the codebook: fewer weights than words need fewer passages.
BEARS_ON = {
    "R1": "rule?R1 rule?R3 rule?R5 wide_rights wide_ethic wide_examine check rights_risk ethics_firm ethics_partner assess rights_violated clause wide_partner partner misuse trigger risky_state wide_regime rights funder",
    "R2": "rule?R2 rule?R6 disclose disclosed disclose_firm wide_foreign foreign_word money_tie public_list agreed wide_partner open_access fund wide_public failed partner_strong",
    "R3": "rule?R3 rule?R1 rule?R6 rule?R5 trigger trigger_hard trigger_blank wide_security secure_research screening_regime restrict restrict_hard wide_limit wide_examine check wide_partner wide_foreign gov_rule red_flag misuse disclose research state_surv",
    "R4": "rule?R4 state_surv surveillance abuse own_eval call_on act_against oppose wide_against private_scope state_or_supplier wrong blame evaluative critic_strong rights surv_weak assembly partner condemn china_people force watch_tech minority technology privacy comparison",
    "R5": "rule?R5 rule?R1 rule?R3 wide_advice guidance wide_regime risky_state rogue misuse rights_risk rights_free wide_rights wide_partner wide_examine rights_threat trigger china_name wide_ethic",
    "R6": "rule?R6 rule?R2 rule?R3 gov_rule secure_research screening_regime wide_public wide_security wide_foreign research university trigger trigger_blank disclose disclosed restrict check law_term punitive country money_tie fund",
}


def found_in(text, codebook):
    seen = Evidence(text, codebook.lexicon)
    seen.split()
    cues = {}
    held = topics(seen, cues)
    said = stance(seen, cues)[0] if Topic.CHINA in held else Stance.NONE
    return evidence(seen, held, said, recommendations(seen, held, said, cues))


def bearing(label, names):
    patterns = [
        p if p.endswith("*") or p.startswith("rule") else f"{p} *" for p in BEARS_ON[label].split()
    ]
    patterns += COMMON.split()
    return [n for n in names if any(fnmatch.fnmatchcase(n, p) for p in patterns)]


def fit(rows, right, counts):
    known = np.c_[np.ones(len(rows)), rows]
    held = np.r_[1e-3, np.full(rows.shape[1], RIDGE)]
    weights = np.zeros(known.shape[1])
    for _ in range(40):
        told = 1 / (1 + np.exp(-known @ weights))
        slope = known.T @ (counts * (told - right)) + held * weights
        curve = known.T @ (known * (counts * told * (1 - told))[:, None]) + np.diag(held)
        step = np.linalg.solve(curve, slope)
        weights -= step
        if np.abs(step).max() < 1e-7:
            break
    return weights


def told(weights, rows):
    return 1 / (1 + np.exp(-(weights[0] + rows @ weights[1:])))


def f1(guess, truth):
    return 2 * (guess & truth).sum() / max(1, guess.sum() + truth.sum())


def read(paths):
    rows = []
    for path, count in paths:
        name = Path(path).stem
        rows += [row | {"set": name, "count": count} for row in read_gold(Path(path))]
    return rows


def columns(found):
    seen = {}
    for one in found:
        for name in one:
            seen[name] = seen.get(name, 0) + 1
    return sorted(name for name, times in seen.items() if times >= FEWEST)


def matrix(found, names):
    place = {name: at for at, name in enumerate(names)}
    out = np.zeros((len(found), len(names)))
    for at, one in enumerate(found):
        for name, value in one.items():
            if name in place:
                out[at, place[name]] = value
    return out


def main():
    write = "--write" in sys.argv
    twice, *once = [a for a in sys.argv[1:] if not a.startswith("--")]
    rows = read([(p, SETTLED) for p in twice.split(",")] + [(p, 1.0) for p in once])
    codebook = load_codebook()
    found = [found_in(row["text"], codebook) for row in rows]
    names = columns(found)
    known = matrix(found, names)
    counts = np.array([row["count"] for row in rows])
    folds = np.array([int(hashlib.sha256(domain(r).encode()).hexdigest(), 16) % FOLDS for r in rows])
    sets = np.array([row["set"] for row in rows])
    balances = {}
    for label in map(str, Recommendation):
        mine = [names.index(n) for n in bearing(label, names)]
        truth = np.array([bool(row[label]) for row in rows])
        left_out = np.zeros(len(rows))
        for fold in range(FOLDS):
            inside = folds == fold
            weights = fit(known[~inside][:, mine], truth[~inside], counts[~inside])
            left_out[inside] = told(weights, known[inside][:, mine])
        ruled = np.array([f"rule {label}" in one for one in found])
        once_ = counts == 1
        scores = {bar: f1((left_out >= bar)[once_], truth[once_]) for bar in BARS}
        # A bar that is best by chance is smoothed by its neighbours'.
        smooth = {
            bar: np.mean([scores[b] for b in BARS[max(0, at - 1) : at + 2]])
            for at, bar in enumerate(BARS)
        }
        bar = max(smooth, key=smooth.get)
        each = " ".join(
            f"{name} {f1(ruled[sets == name], truth[sets == name]):.2f}→{f1((left_out >= bar)[sets == name], truth[sets == name]):.2f}"
            for name in dict.fromkeys(sets)
        )
        print(label, "bar", bar, {b: round(float(s), 3) for b, s in scores.items()}, each)
        weights = fit(known[:, mine], truth, counts)
        balances[label] = {
            "bar": round(float(np.log(bar / (1 - bar))), 4),
            "constant": round(float(weights[0]), 4),
            "weights": {
                names[at]: round(float(w), 3)
                for at, w in zip(mine, weights[1:], strict=True)
                if abs(w) >= SMALL
            },
        }
    lines = sorted(
        json.dumps({k: v for k, v in row.items() if k not in ("set", "count")}, sort_keys=True)
        for row in rows
    )
    content = {
        "format": 1,
        "sha256": hashlib.sha256("\n".join(lines).encode()).hexdigest(),
        "passages": len(rows),
        "domains": len({domain(row) for row in rows}),
        "balances": balances,
    }
    if write:
        OUT.write_text(json.dumps(content, indent=1, sort_keys=True) + "\n", encoding="utf-8")


main()
