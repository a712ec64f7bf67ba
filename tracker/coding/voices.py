"""Whose words a passage's judgements are, sentence by sentence. Pure."""

import re
from dataclasses import dataclass, field

from tracker.coding.evidence import Evidence

_QUOTED = re.compile(r"“[^”]*(?:”|$)|„[^„“”]*[“”]|«[^«»]*»|\"[^\"]*(?:\"|$)")
_SHORTEST_QUOTE = 27  # shorter ones name a thing or keep a distance from a word
_NEGATED_WITHIN = 28  # characters before a word in which a "not" turns it
_OPENING = 16  # characters at the start of a sentence in which a pronoun takes up who spoke
_JUDGED = ("wrong", "blame", "favour", "act_against")
_GRAVE = ("surveillance", "rights", "wrong", "persecution", "dna")


@dataclass(slots=True)
class Voices:
    """Sentences on China and beside them: how many are told, and the words of judgement by voice."""

    sentences: int = 0
    told: int = 0
    ours: int = 0  # in which the publisher speaks of itself
    grave: int = 0  # on China itself, with surveillance, rights or an abuse
    assembly: int = 0  # told of a parliament's vote or its members' words
    supposed: int = 0  # in which a judgement is what could happen or is to be found out
    own: dict[str, list[str]] = field(default_factory=lambda: {name: [] for name in _JUDGED})
    others: dict[str, list[str]] = field(default_factory=lambda: {name: [] for name in _JUDGED})

    @property
    def told_judgements(self) -> int:
        """Return how many words of abuse and blame are somebody else's."""
        return len(self.others["wrong"]) + len(self.others["blame"])

    @property
    def mostly_told(self) -> bool:
        """Tell whether somebody else speaks in a third of the sentences or more."""
        return self.told * 3 >= self.sentences and self.told > self.ours


def voices(seen: Evidence, china: list[int]) -> Voices:
    """Return who judges, in the sentences on China (`china`) and those beside them."""
    heard, near = Voices(), {at + step for at in china for step in (-1, 0, 1)}
    quotes = quoted(seen.text)
    told = False
    for at in range(len(seen.masks)):
        told = _is_told(seen, at, told=told)
        if at in near:
            _count(heard, seen, at, told=told, china=at in china)
            _words(heard, seen, at, quotes if not told else [(0, len(seen.text))])
    return heard


def _is_told(seen: Evidence, at: int, *, told: bool) -> bool:
    """Tell whether a sentence gives somebody else's words; a pronoun goes on with the last speaker's."""
    holds = seen.holds(at)
    if holds("own_said") or holds("we"):
        return False
    start = seen.spans[at][0]
    goes_on = told and any(hit[0] - start < _OPENING for hit in seen.hits_of(at, "anaphora"))
    return holds("attributed") or holds("tells") or goes_on


def _count(heard: Voices, seen: Evidence, at: int, *, told: bool, china: bool) -> None:
    holds = seen.holds(at)
    heard.sentences += 1
    heard.told += told
    heard.ours += holds("own_said") or holds("we")
    heard.grave += china and any(map(holds, _GRAVE))
    heard.assembly += told and holds("assembly")
    judged = holds("wrong") or holds("blame") or holds("rights")
    heard.supposed += not told and judged and holds("supposed")


def _words(heard: Voices, seen: Evidence, at: int, others: list[tuple[int, int]]) -> None:
    for name in _JUDGED:
        for start, _, word in affirmed(seen, at, name):
            told = any(begin <= start < end for begin, end in others)
            (heard.others if told else heard.own)[name].append(word)


def quoted(text: str) -> list[tuple[int, int]]:
    """Return where a text quotes more than a name or a word."""
    spans = (match.span() for match in _QUOTED.finditer(text))
    return [(start, end) for start, end in spans if end - start >= _SHORTEST_QUOTE]


def affirmed(seen: Evidence, at: int, name: str) -> list[tuple[int, int, str]]:
    """Return the hits that no negation just before them turns round."""
    nots = [hit[1] for hit in seen.hits_of(at, "negation")]
    return [
        (start, end, seen.word(start, end))
        for start, end, _ in seen.hits_of(at, name)
        if not any(0 <= start - no <= _NEGATED_WITHIN for no in nots)
    ]
