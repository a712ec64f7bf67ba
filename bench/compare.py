"""Times the comparison of two versions on long and on repetitive texts. Prints JSON; exit 1 over a bound.

The bounds are seconds of processor time: 30,000 words in 0.2, 28,000 repetitive tokens in 1. Every
passage is coded with all there is to look for.
"""

import json
import random
import sys
import time

from tracker.changes import Piece, compare

WORDS, TOKENS = 30_000, 28_000


LABELS = ("china", "critical", "human_rights", "R1", "R3")
CODED = {label: tuple(f"w{n} {label}" for n in range(11)) + ("w7",) for label in LABELS}


def coded(text: str) -> Piece:
    """A passage with as many labels and cues as the coder gives."""
    return Piece(text, ("A",), frozenset(LABELS), cues=CODED)


def pieces(words: list[str], size: int = 200) -> list[Piece]:
    return [coded(" ".join(words[n : n + size])) for n in range(0, len(words), size)]


def prose(dice: random.Random) -> list[str]:
    """Words with an end of a sentence now and then."""
    return [f"w{dice.randrange(4000)}{'.' if n % 18 == 17 else ''}" for n in range(WORDS)]


def cases(dice: random.Random) -> dict[str, tuple[float, list[Piece], list[Piece]]]:
    text = prose(dice)
    edited = list(text)
    for _ in range(300):
        edited[dice.randrange(WORDS)] = "changed"
    every = ["x" if n % 18 == 0 else word for n, word in enumerate(text)]
    sentences = [text[n : n + 18] for n in range(0, WORDS, 18)]
    dice.shuffle(sentences)
    again = ["same", "again."] * (TOKENS // 2)
    one = " ".join(["same", "again"] * (TOKENS // 2))
    letters = [[f"{dice.choice('abc')}." for _ in range(TOKENS)] for _ in range(2)]
    return {
        "300 words edited": (0.2, pieces(text), pieces(edited)),
        "every sentence edited": (0.2, pieces(text), pieces(every)),
        "nothing in common": (0.2, pieces(text), pieces(prose(dice))),
        "sentences shuffled": (0.2, pieces(text), pieces([w for s in sentences for w in s])),
        "repetitive, cut": (1, pieces(again), pieces([*again[:-2001], "x"])),
        "repetitive, turned round": (1, pieces(again), pieces(["again", "same."] * (TOKENS // 2))),
        "repetitive, one sentence": (1, [coded(one)], [coded(f"first {one[5:-5]} last")]),
        "repetitive, one paragraph": (
            1,
            [coded(" ".join(again))],
            [coded(f"w7 {' '.join(again)}")],
        ),
        "sentences of a letter": (1, pieces(letters[0]), pieces(letters[1])),
    }


def main() -> int:
    found = {}
    for name, (bound, before, after) in cases(random.Random(1)).items():
        began = time.process_time()
        compare(before, after)
        seconds = time.process_time() - began
        found[name] = {"seconds": round(seconds, 3), "bound": bound, "over": seconds > bound}
    print(json.dumps(found, indent=1))
    return any(case["over"] for case in found.values())


if __name__ == "__main__":
    sys.exit(main())
