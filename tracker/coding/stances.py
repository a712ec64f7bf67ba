"""How a passage speaks of the Chinese state, its organs, firms and labs. Pure."""

import re
from dataclasses import dataclass, field

from tracker.coding.evidence import Evidence
from tracker.coding.topics import Cues, china_sentences
from tracker.model import Stance

_QUOTED = re.compile(r"“[^”]*(?:”|$)|„[^„“”]*[“”]|«[^«»]*»|\"[^\"]*(?:\"|$)")
_SHORTEST_QUOTE = 27  # shorter ones name a thing or keep a distance from a word
_NEGATED_WITHIN = 28  # characters before a word in which a "not" turns it


@dataclass(slots=True)
class _Said:
    """Words of each kind of judgement, the publisher's own and somebody else's."""

    own_abuse: list[str] = field(default_factory=list)
    told_abuse: list[str] = field(default_factory=list)
    own_critic: list[str] = field(default_factory=list)
    told_critic: list[str] = field(default_factory=list)
    supportive: list[str] = field(default_factory=list)


def stance(seen: Evidence, cues: Cues) -> tuple[Stance, bool]:
    """Return the stance and whether the abuse is named only in passing; adds its words to `cues`."""
    where = china_sentences(seen)
    said = _said(seen, where)
    found, words = _decide(seen, said, where)
    if words:
        cues["stance"] = words
    return found, found is Stance.CONDEMNS and len(set(said.own_abuse)) < 2


def _said(seen: Evidence, china: list[int]) -> _Said:
    said, where = _Said(), {*china}
    told = False
    quotes = _quotes(seen.text)
    for at in range(len(seen.masks)):
        here = at in where
        if not here and at - 1 not in where:
            continue
        holds = seen.holds(at)
        told = not holds("we") and (holds("attributed") or (told and not here))
        for name, own, other in (
            ("abuse", said.own_abuse, said.told_abuse),
            ("critic_strong", said.own_critic, said.told_critic),
        ):
            for start, _, word in _affirmed(seen, at, name):
                quoted = any(begin <= start < end for begin, end in quotes)
                (other if told or quoted else own).append(word)
        said.supportive += [
            word
            for start, _, word in _affirmed(seen, at, "supportive")
            if not (told and not seen.has("we"))
            and not any(begin <= start < end for begin, end in quotes)
        ]
        if told and seen.has("denial", "china_people"):
            said.told_critic += seen.words(("denial",), [at])
        if told and not seen.has("gov_rule") and not (said.told_abuse or said.told_critic):
            said.told_critic += seen.words(("criticism",), [at])
    return said


def _quotes(text: str) -> list[tuple[int, int]]:
    spans = (match.span() for match in _QUOTED.finditer(text))
    return [(start, end) for start, end in spans if end - start >= _SHORTEST_QUOTE]


def _affirmed(seen: Evidence, at: int, name: str) -> list[tuple[int, int, str]]:
    """Return the hits that no negation just before them turns round."""
    nots = [hit[1] for hit in seen.hits_of(at, "negation")]
    return [
        (start, end, seen.word(start, end))
        for start, end, _ in seen.hits_of(at, name)
        if not any(0 <= start - no <= _NEGATED_WITHIN for no in nots)
    ]


def _decide(seen: Evidence, said: _Said, where: list[int]) -> tuple[Stance, list[str]]:
    judged = seen.words(("evaluative",), sorted({*where, *(at + 1 for at in where)}))
    law = seen.has("law")
    own = {word.lower() for word in said.own_critic}
    if (
        law
        and (seen.has("law_term") or seen.has("punitive"))
        and (said.own_abuse or own or seen.has("punitive"))
    ):
        return Stance.CRITICAL, [*seen.words(("punitive",)), *said.own_critic]
    if said.supportive and seen.has("denial") and not seen.has("own_eval"):
        return Stance.SUPPORTIVE, said.supportive
    checked = seen.has("check", "partner") and not judged and not seen.has("china_people")
    if checked and said.own_abuse:
        return Stance.NEUTRAL, []
    if said.own_abuse and not seen.has("comparison"):
        return Stance.CONDEMNS, said.own_abuse + judged
    if own and _condemned(seen, where) and not seen.has("comparison"):
        return Stance.CONDEMNS, said.own_critic + judged
    supportive = said.supportive
    if supportive and len(own) < 2:
        return Stance.SUPPORTIVE, supportive
    against_people = seen.has("china_people") and own
    if (
        len(own) > 1
        or (own and judged)
        or said.own_abuse
        or against_people
        or (own and seen.has("own_eval"))
    ):
        return Stance.CRITICAL, said.own_critic + judged
    if said.told_abuse or said.told_critic:
        return Stance.REPORTED, said.told_abuse + said.told_critic
    if len(own) < 2 and seen.has("attributed", "fear"):
        return Stance.REPORTED, seen.words(("attributed", "fear"))
    return Stance.NEUTRAL, []


def _condemned(seen: Evidence, where: list[int]) -> bool:
    """Tell whether the publisher condemns, in a sentence on China or the one after it."""
    near = {*where, *(at + 1 for at in where)}
    return any(
        _affirmed(seen, at, "condemn") and not seen.holds(at)("attributed")
        for at in sorted(near)
        if at < len(seen.masks)
    )
