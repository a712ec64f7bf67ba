"""How a passage speaks of the Chinese state, its organs, firms and labs. Pure."""

from tracker.coding.china import china_sentences
from tracker.coding.evidence import Evidence
from tracker.coding.topics import Cues
from tracker.coding.voices import Voices, voices
from tracker.coding.weighing import Found, counted, heaviest, load_weights, weighed_stance
from tracker.model import Stance

_MORE_THAN_A_GUIDE = 4  # judgements in a guide to checks, from which on it judges itself
_RIGHTS = {"surveillance", "human_rights"}


def stance(seen: Evidence, found: Found, cues: Cues) -> tuple[Stance, bool]:
    """Return the stance and whether the abuse is named only in passing; adds its words to `cues`."""
    heard = voices(seen, china_sentences(seen))
    everything = found | spoken(heard, seen, held=_RIGHTS & {*cues})
    said = weighed_stance(everything)
    words = _words(said, heard, seen)
    if not words and said is not Stance.NEUTRAL:
        words = heaviest(seen, load_weights().stances[said], everything)
    if words:
        cues["stance"] = words
    # What is named twice, or named and acted against, is what the passage is on.
    named = {*heard.own["wrong"], *heard.own["act_against"]}
    return said, said is Stance.CONDEMNS and len(named) < 2


def spoken(heard: Voices, seen: Evidence, held: set[str]) -> Found:
    """Return whose words the judgements are, and what they come to by rule, as evidence."""
    every = max(1, heard.sentences)
    found = {
        f"by rule {_by_rule(heard, seen, held)}": 1.0,
        "voices told": heard.told / every,
        "voices ours": heard.ours / every,
        "voices grave": heard.grave / every,
        "voices supposed": heard.supposed / every,
        "voices mostly told": float(heard.mostly_told),
        "voices assembly": float(heard.assembly > 0),
    }
    for whose, judged in (("own", heard.own), ("others", heard.others)):
        for name, words in judged.items():
            found |= counted(f"{whose} {name}", words)
    return found


def _by_rule(heard: Voices, seen: Evidence, held: set[str]) -> Stance:
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


def _words(found: Stance, heard: Voices, seen: Evidence) -> list[str]:
    """Return the words that a stance rests on."""
    if found is Stance.NEUTRAL:
        return []
    if found is Stance.REPORTED:
        judged = heard.others["wrong"] + heard.others["blame"]
        return judged or seen.words(("attributed", "tells"))
    if found is Stance.SUPPORTIVE:
        return heard.own["favour"]
    return heard.own["wrong"] + heard.own["blame"] + heard.own["act_against"]
