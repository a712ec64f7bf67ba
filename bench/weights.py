"""Fits what the recommendations are weighed by, and tells how well that does on domains left out.

    python bench/weights.py [--write] [--ordinary=PLAIN.jsonl] SETTLED.jsonl,… [ONCE.jsonl …]

Passages that two people settled, the comma-separated first files, count three times. Those of ordinary documents, such as
terms of service, in which no rule found a recommendation, count one and a half times: coded passages are all on the subject, and most
text is not. They bear on no bar and no figure.

The weights go to tracker/coding/weights.json with a hash of what they were fitted on; no word of a passage goes there.
"""

import fnmatch
import hashlib
import json
import sys
from collections import Counter
from pathlib import Path

import numpy as np

from tracker.coding.china import china_sentences
from tracker.coding.codebook import load_codebook
from tracker.coding.evaluation import read_gold
from tracker.coding.evidence import Evidence
from tracker.coding.rules import recommendations
from tracker.coding.stances import spoken
from tracker.coding.topics import topics
from tracker.coding.training import domain
from tracker.coding.voices import voices
from tracker.coding.weighing import answers, evidence
from tracker.model import Recommendation, Stance, Topic

OUT = Path(__file__).resolve().parent.parent / "tracker" / "coding" / "weights.json"
RIDGE, FAR_RIDGE = 3.0, 25.0  # what does not bear on an answer by the codebook needs more passages
FOLDS, SETTLED, ORDINARY, FEWEST, SMALL = 8, 3.0, 1.5, 5, 0.02
BARS = (0.35, 0.4, 0.45)  # below, more than two in three are wrong
COMMON = "told own binding asks topic* stance* relay* news* vendor* defines* wide_relayer* wide_told* wide_own* we* wide_must* duty* soft_duty* policy* wide_setter* law tells* attributed*"  # fmt: skip
#: What bears on each recommendation, by the codebook: fewer weights than words need fewer passages.
BEARS_ON = {
    "R1": "rule?R1 rule?R3 rule?R5 wide_rights wide_ethic wide_examine check rights_risk ethics_firm ethics_partner assess rights_violated clause wide_partner partner misuse trigger risky_state wide_regime rights funder",
    "R2": "rule?R2 rule?R6 disclose disclosed disclose_firm wide_foreign foreign_word money_tie public_list agreed wide_partner open_access fund wide_public failed partner_strong",
    "R3": "rule?R3 rule?R1 rule?R6 rule?R5 trigger trigger_hard trigger_blank wide_security secure_research screening_regime export_rules restrict restrict_hard wide_limit wide_examine check wide_partner wide_foreign gov_rule red_flag misuse disclose research state_surv",
    "R4": "rule?R4 state_surv surveillance abuse own_eval call_on act_against oppose wide_against private_scope state_or_supplier wrong blame evaluative critic_strong rights surv_weak assembly partner condemn china_people force watch_tech minority technology privacy comparison",
    "R5": "rule?R5 rule?R1 rule?R3 wide_advice guidance wide_regime risky_state rogue misuse rights_risk rights_free wide_rights wide_partner wide_examine rights_threat trigger china_name wide_ethic",
    "R6": "rule?R6 rule?R2 rule?R3 gov_rule export_rules defines secure_research screening_regime wide_public wide_security wide_foreign research university trigger trigger_blank disclose disclosed restrict check law_term punitive country money_tie fund",
}


STANCE_BEARS_ON = "voices* own?wrong* own?blame* own?favour* own?act_against* others* by?rule* relay news vendor wide_relayer wide_told wide_own we tells attributed says policy law law_term punitive wrong blame evaluative critic_strong abuse favour supportive denial own_eval own_said own_voice act_against call_on condemn china_people surveillance rights state_surv persecution comparison wide_against assembly criticism fear check partner trigger hong_kong security_law china_state treatment rights_threat wide_advice guidance wide_must wide_setter wide_public wide_security topic* told own binding asks"
ON_CHINA = [s for s in Stance if s is not Stance.NONE]


def bearing(wanted, names):
    exact = {"told", "own", "binding", "asks"}
    patterns = [p if p in exact or "*" in p or "?" in p else f"{p} *" for p in wanted.split()]
    return [at for at, n in enumerate(names) if any(fnmatch.fnmatchcase(n, p) for p in patterns)]


def fit(rows, right, counts, ridge=None):
    known = np.c_[np.ones(len(rows)), rows]
    held = np.r_[1e-3, np.full(rows.shape[1], RIDGE) if ridge is None else ridge]
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


def look(row, codebook):
    """What a passage holds: topics, evidence, and that of whose words it is."""
    seen = Evidence(row["text"], codebook.lexicon)
    seen.split()
    cues = {}
    held = topics(seen, cues)
    found = evidence(seen, held)
    if Topic.CHINA in held:
        rights = {"surveillance", "human_rights"} & {*cues}
        found |= spoken(voices(seen, china_sentences(seen)), seen, rights)
    return seen, held, found


def columns(found):
    seen = Counter(name for one in found for name in one)
    return sorted(name for name, times in seen.items() if times >= FEWEST)


def matrix(found, names):
    place = {name: at for at, name in enumerate(names)}
    out = np.zeros((len(found), len(names)))
    for at, one in enumerate(found):
        for name, value in one.items():
            if name in place:
                out[at, place[name]] = value
    return out


def balance(names, weights, bar=0.5):
    return {
        "bar": round(float(np.log(bar / (1 - bar))), 4),
        "constant": round(float(weights[0]), 4),
        "weights": {
            name: round(float(w), 3)
            for name, w in zip(names, weights[1:], strict=True)
            if abs(w) >= SMALL
        },
    }


def fit_stances(looked, rows, counts, folds):
    """The balances, and each passage's stance by a fit without its domain."""
    found = [one for _, _, one in looked]
    names = columns(found)
    known = matrix(found, names)
    ridge = np.full(len(names), FAR_RIDGE)
    ridge[bearing(STANCE_BEARS_ON, names)] = RIDGE
    china = np.array(["topic china" in one for one in found])
    taught = china & np.array([row["stance"] != "none" for row in rows])
    left_out = np.full(len(rows), Stance.NONE, dtype=object)
    for fold in range(FOLDS):
        there, here = taught & (folds != fold), china & (folds == fold)
        sums = []
        for said in ON_CHINA:
            truth = np.array([row["stance"] == said for row in rows])
            weights = fit(known[there], truth[there], counts[there], ridge)
            sums.append(weights[0] + known[here] @ weights[1:])
        left_out[here] = np.array(ON_CHINA, dtype=object)[np.argmax(sums, axis=0)]
    balances = {}
    for said in ON_CHINA:
        truth = np.array([row["stance"] == said for row in rows])
        weights = fit(known[taught], truth[taught], counts[taught], ridge)
        balances[str(said)] = balance(names, weights)
    return balances, left_out


def best_bar(left_out, truth):
    scores = {bar: f1(left_out >= bar, truth) for bar in BARS}
    # A bar that is best by chance is smoothed by its neighbours.
    smooth = {
        bar: np.mean([scores[b] for b in BARS[max(0, at - 1) : at + 2]])
        for at, bar in enumerate(BARS)
    }
    return max(smooth, key=smooth.get)


def told_sets(name, guess, rule, truth, sets):
    each = [
        f"{s} {f1(rule[sets == s], truth[sets == s]):.2f}→{f1(guess[sets == s], truth[sets == s]):.2f}"
        for s in dict.fromkeys(sets)
    ]
    print(name, f"all {f1(rule, truth):.3f}→{f1(guess, truth):.3f}", *each)


def fit_recommendations(looked, rows, counts, folds, stances, sets):
    found = []
    for (seen, held, one), said in zip(looked, stances, strict=True):
        ruled = recommendations(seen, held, said, {})
        found.append(one | answers(said, ruled))
    names = columns(found)
    known = matrix(found, names)
    balances, guesses = {}, {}
    for label in map(str, Recommendation):
        ridge = np.full(len(names), FAR_RIDGE)
        ridge[bearing(f"{BEARS_ON[label]} {COMMON}", names)] = RIDGE
        truth = np.array([bool(row[label]) for row in rows])
        left_out = np.zeros(len(rows))
        for fold in range(FOLDS):
            inside = folds == fold
            weights = fit(known[~inside], truth[~inside], counts[~inside], ridge)
            left_out[inside] = told(weights, known[inside])
        coded = counts != ORDINARY
        bar = best_bar(left_out[coded], truth[coded])
        ruled = np.array([f"rule {label}" in one for one in found])
        told_sets(f"{label} bar {bar}", left_out >= bar, ruled, truth, sets)
        guesses[label] = left_out >= bar
        weights = fit(known, truth, counts, ridge)
        balances[label] = balance(names, weights, bar)
    return balances, guesses


def shares_right(rows, held, stances, guesses, once):
    """For each answer, how often it is right on passages of domains left out, where it is given."""
    given = {str(t): np.array([t in topics_ for topics_ in held]) for t in Topic} | guesses
    right = {}
    for label, guess in given.items():
        truth = np.array([bool(row[label]) for row in rows])
        right[label] = (guess & truth)[once].sum() / guess[once].sum()
    said = np.array([row["stance"] for row in rows])
    for stance in ON_CHINA:
        guess = np.array([s == stance for s in stances]) & once
        right[str(stance)] = (said[guess] == stance).mean()
    empty = once & ~np.any([*given.values()], axis=0)
    truth = np.any([[bool(row[label]) for row in rows] for label in given], axis=0)
    right["nothing"] = (~truth[empty]).mean()
    return {label: round(float(share), 2) for label, share in right.items()}


def summary(rows, stances, guesses, sets):
    truth = {label: np.array([bool(row[label]) for row in rows]) for label in guesses}
    said = np.array([row["stance"] for row in rows])
    for name in dict.fromkeys(sets):
        at = sets == name
        macro = np.mean([f1(guesses[label][at], truth[label][at]) for label in guesses])
        right = np.mean([str(s) == t for s, t in zip(stances[at], said[at], strict=True)])
        print(f"{name}: R macro {macro:.3f}, stances right {right:.3f}")


def main():
    given = [a for a in sys.argv[1:] if a != "--write"]
    ordinary = [a.removeprefix("--ordinary=") for a in given if a.startswith("--ordinary=")]
    settled_by_two, *once = [a for a in given if not a.startswith("--")]
    settled = [(p, SETTLED) for p in settled_by_two.split(",")]
    rows = read([*settled, *((p, 1.0) for p in once), *((p, ORDINARY) for p in ordinary)])
    codebook = load_codebook()
    looked = [look(row, codebook) for row in rows]
    counts = np.array([row["count"] for row in rows])
    folds = np.array(
        [int(hashlib.sha256(domain(r).encode()).hexdigest(), 16) % FOLDS for r in rows]
    )
    sets = np.array([row["set"] for row in rows])
    stances, left_out = fit_stances(looked, rows, counts, folds)
    balances, guesses = fit_recommendations(looked, rows, counts, folds, left_out, sets)
    summary(rows, left_out, guesses, sets)
    right = shares_right(rows, [h for _, h, _ in looked], left_out, guesses, counts == 1)
    print(right)
    lines = sorted(
        json.dumps({k: v for k, v in row.items() if k not in ("set", "count")}, sort_keys=True)
        for row in rows
    )
    content = {
        "format": 1,
        "sha256": hashlib.sha256("\n".join(lines).encode()).hexdigest(),
        "passages": len(rows),
        "domains": len({domain(row) for row in rows}),
        "right": right,
        "stances": stances,
        "recommendations": balances,
    }
    if "--write" in sys.argv:
        OUT.write_text(json.dumps(content, indent=1, sort_keys=True) + "\n", encoding="utf-8")


main()
