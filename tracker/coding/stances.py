"""How a passage speaks of the Chinese state, its organs, firms and labs. Pure."""

from dataclasses import dataclass, field

from tracker.coding.china import china_sentences
from tracker.coding.evidence import Evidence
from tracker.coding.topics import Cues
from tracker.coding.voices import Voices, affirmed, quoted, voices
from tracker.model import Stance

_MORE_THAN_A_GUIDE = 4  # judgements in a guide to checks, from which on it judges itself
_RIGHTS = {"surveillance", "human_rights"}


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
    first, words = _decide(seen, said, where)
    heard = voices(seen, where)
    found = first if seen.has("law") else _weighed(first, heard, seen, held=_RIGHTS & {*cues})
    if found is not first:
        words = _words(found, heard)
    if words:
        cues["stance"] = words
    named = said.own_abuse if found is first else heard.own["wrong"]
    return found, found is Stance.CONDEMNS and len(set(named)) < 2


def _weighed(first: Stance, heard: Voices, seen: Evidence, held: set[str]) -> Stance:
    """Weigh a first finding against whose words the whole passage is."""
    second = _second(heard, seen, held)
    judged = {Stance.CONDEMNS, Stance.CRITICAL}
    if first is Stance.NEUTRAL or (first is Stance.REPORTED and second in judged):
        return second
    if first in judged and second is Stance.REPORTED and heard.assembly:
        return second
    if first is Stance.CRITICAL and second is Stance.REPORTED and _told_only(heard, seen):
        return second
    called = heard.own["act_against"] and len(heard.own["blame"]) > 1
    if first is Stance.CRITICAL and second is Stance.CONDEMNS and called and held:
        return second
    return first


def _told_only(heard: Voices, seen: Evidence) -> bool:
    """Tell whether no judgement is the publisher's, in a passage half of which is told."""
    own = heard.own["wrong"] or heard.own["blame"] or seen.has("own_eval")
    return not own and heard.told * 2 >= heard.sentences


def _second(heard: Voices, seen: Evidence, held: set[str]) -> Stance:
    """Return the stance by the weight of voices: told or own, abuse or blame, rule or judgement."""
    wrong, blame, acts = (len(heard.own[name]) for name in ("wrong", "blame", "act_against"))
    people = seen.has("china_people") or seen.has("hong_kong", "security_law")
    if heard.mostly_told and heard.told_judgements >= wrong + blame and _told_of(heard, seen, held):
        return Stance.REPORTED
    guide = seen.has("check", "partner") and seen.has("policy") and not people
    if guide and wrong + blame < _MORE_THAN_A_GUIDE:
        return _favourable(heard, seen)
    if wrong and not guide and (people or wrong > blame) and not seen.has("comparison"):
        return Stance.CONDEMNS
    if blame > 1 and acts and held and (heard.ours or seen.has("own_eval")):
        return Stance.CONDEMNS
    if wrong + blame > max(1, len(heard.own["favour"])):
        return Stance.CRITICAL
    if _news(heard, seen, told_of=_told_of(heard, seen, held)):
        return Stance.REPORTED
    if people and (heard.grave or (held and wrong + blame + acts)):
        return Stance.CRITICAL
    return _favourable(heard, seen)


def _told_of(heard: Voices, seen: Evidence, held: set[str]) -> bool:
    """Tell whether what is told is a judgement, or rights, or what a people meets with."""
    people = seen.has("china_people") or seen.has("hong_kong", "security_law")
    return bool(heard.told_judgements or "human_rights" in held or (people and held))


def _news(heard: Voices, seen: Evidence, *, told_of: bool) -> bool:
    """Tell whether a judgement or a risk is told, and nobody speaks of itself or sets a rule."""
    if heard.ours or not heard.told or seen.has("policy"):
        return False
    return told_of or seen.has("criticism") or seen.has("trigger")


def _favourable(heard: Voices, seen: Evidence) -> Stance:
    """Several good words of the publisher's own defend an engagement; in a rule they are manners."""
    favour, blame = len(heard.own["favour"]), len(heard.own["blame"])
    if favour > max(1, blame) and (heard.ours or not seen.has("policy")):
        return Stance.SUPPORTIVE
    return Stance.NEUTRAL


def _words(found: Stance, heard: Voices) -> list[str]:
    """Return the words that a weighed stance rests on."""
    if found is Stance.REPORTED:
        return heard.others["wrong"] + heard.others["blame"]
    if found is Stance.SUPPORTIVE:
        return heard.own["favour"]
    return heard.own["wrong"] + heard.own["blame"] + heard.own["act_against"]


def _said(seen: Evidence, china: list[int]) -> _Said:
    said, where = _Said(), {*china}
    told = False
    quotes = quoted(seen.text)
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
            for start, _, word in affirmed(seen, at, name):
                in_quotes = any(begin <= start < end for begin, end in quotes)
                (other if told or in_quotes else own).append(word)
        said.supportive += [
            word
            for start, _, word in affirmed(seen, at, "supportive")
            if not (told and not seen.has("we"))
            and not any(begin <= start < end for begin, end in quotes)
        ]
        if told and seen.has("denial", "china_people"):
            said.told_critic += seen.words(("denial",), [at])
        if told and not seen.has("gov_rule") and not (said.told_abuse or said.told_critic):
            said.told_critic += seen.words(("criticism",), [at])
    return said


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
        affirmed(seen, at, "condemn") and not seen.holds(at)("attributed")
        for at in sorted(near)
        if at < len(seen.masks)
    )
