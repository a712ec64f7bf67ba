"""Text to coding: evidence of each sentence, combined to labels, with the words that led there. Pure.

Depends on the passage's text alone; who published it enters in the findings.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from tracker.coding.codebook import Codebook
from tracker.coding.coded import Coded, Mention
from tracker.coding.evidence import Evidence
from tracker.coding.rules import recommendations
from tracker.coding.stances import stance
from tracker.coding.topics import ANCHORS, Cues, topics
from tracker.coding.weighing import answers, evidence, how_sure, weighed
from tracker.model import Recommendation, Stance, Topic

MOST_CUES = 12


def code(text: str, codebook: Codebook) -> Coded:
    """Return what the codebook says of a passage. Never raises on any text."""
    found = _coded(text, codebook)
    held = frozenset({*map(str, found.topics), *map(str, found.recommendations)})
    words = len(text.split()) if codebook.calibration else 0  # only a calibration asks
    sure = confidence(held, found.stance, found.cues, words, codebook)
    return replace(found, confidence=sure)


def confidence(
    held: Collection[str],
    stance: Stance,
    cues: Mapping[str, Sequence[str]],
    words: int,
    codebook: Codebook,
) -> float:
    """Return how probable it is that the least sure answer of a coding is right.

    By the calibration, where there is one, else by how often such answers were right.
    """
    if codebook.calibration is not None:
        return codebook.calibration.confidence(held, stance, cues, words)
    return how_sure(held, stance)


def _coded(text: str, codebook: Codebook) -> Coded:
    seen = Evidence(text, codebook.lexicon)
    if not seen.whole & codebook.lexicon.mask(ANCHORS):
        return Coded(mentions=_mentions(seen))
    seen.split()
    cues: Cues = {}
    held = topics(seen, cues)
    found = evidence(seen, held)
    said, in_passing = stance(seen, found, cues) if Topic.CHINA in held else (Stance.NONE, False)
    ruled = recommendations(seen, held, said, cues)
    stated = weighed(seen, found | answers(said, ruled), cues)
    if not held and not stated:
        return Coded(mentions=_mentions(seen))
    return Coded(
        topics=frozenset(held),
        stance=said,
        recommendations=frozenset(stated),
        in_passing=in_passing,
        elements=_elements(seen.folded, stated, codebook),
        cues={label: tuple(dict.fromkeys(words))[:MOST_CUES] for label, words in cues.items()},
        mentions=_mentions(seen),
    )


def _elements(
    folded: str, stated: set[Recommendation], codebook: Codebook
) -> dict[str, tuple[str, ...]]:
    """Return which elements of the stated recommendations a folded text holds."""
    if not stated:
        return {}
    mask = 0
    for _, _, found in codebook.element_words.find_folded(folded):
        mask |= found
    held = {name for at, name in enumerate(codebook.elements) if mask >> at & 1}
    entries = {r: codebook.recommendations[r] for r in sorted(stated)}
    return {
        str(r): tuple(name for name in (*entry.required, *entry.optional) if name in held)
        for r, entry in entries.items()
    }


def entities(text: str, codebook: Codebook) -> list[Mention]:
    """Return the declared bodies, systems and lists that a text names, in order."""
    return list(_mentions(Evidence(text, codebook.lexicon)))


def _mentions(seen: Evidence) -> tuple[Mention, ...]:
    found = (
        Mention(named.entity.key, seen.text[named.start : named.end], named.start, named.end)
        for named in seen.named
    )
    return tuple(sorted(found, key=lambda mention: mention.start))
