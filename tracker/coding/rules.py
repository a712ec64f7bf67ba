"""Which recommendations a passage states: who must do what to whom. Pure."""

from collections.abc import Callable

from tracker.coding.evidence import Evidence
from tracker.coding.topics import Cues
from tracker.model import Recommendation, Stance, Topic

Rule = Callable[[Evidence, set[Topic], Stance], list[str]]


def recommendations(
    seen: Evidence, topics: set[Topic], stance: Stance, cues: Cues
) -> set[Recommendation]:
    """Return the recommendations that the passage states; adds their words to `cues`."""
    found = {recommendation: rule(seen, topics, stance) for recommendation, rule in RULES.items()}
    cues.update({str(r): words for r, words in found.items() if words})
    return {r for r, words in found.items() if words}


def _duty(seen: Evidence) -> bool:
    return seen.has("duty") or seen.has("soft_duty")


def _relayed(seen: Evidence) -> bool:
    """Press and platforms that tell of somebody's rule set none themselves."""
    elsewhere = seen.has("vendor") or (seen.has("consumer_tech") and not seen.has("university"))
    return elsewhere or (seen.has("relay") and not seen.has("we"))


def _due_diligence(seen: Evidence, topics: set[Topic], _stance: Stance) -> list[str]:
    """R1: somebody checks partners or uses for rights, harm to people, or their ethics."""
    if not seen.has("check") or Topic.PARTNERSHIP not in topics or _relayed(seen):
        return []
    for names, reach in _EXAMINED:
        where = seen.together(*names, reach=reach)
        if where:
            return seen.words(names, _spread(where, reach))
    return []


#: What is examined, and within how many sentences after the one that begins to say so.
_EXAMINED = (
    (("check", "rights_risk"), 1),
    (("check", "ethics_firm"), 1),
    (("assess", "rights_free", "partner"), 0),
    (("assess", "rights_violated"), 3),
    (("clause", "rights_violated"), 1),
)


def _spread(where: list[int], reach: int) -> list[int]:
    return sorted({at + step for at in where for step in range(reach + 1)})


def _transparency(seen: Evidence, topics: set[Topic], _stance: Stance) -> list[str]:
    """R2: somebody is to disclose foreign or outside partners, money or posts."""
    if (
        seen.has("open_access")
        or _relayed(seen)
        or not (Topic.PARTNERSHIP in topics or seen.has("research"))
    ):
        return []
    for names in (("disclose", "disclosed"), ("disclose", "foreign_word", "money_tie")):
        where = [at for at in seen.together(*names) if _asked_for(seen, at)]
        if where:
            return seen.words(("disclose", "disclosed", "foreign_word"), where)
    where = seen.together("public_list", "agreed")
    if where:
        return seen.words(("public_list", "agreed"), where)
    where = seen.together("disclose_firm", "foreign_word", "duty", reach=1)
    return seen.words(("disclose_firm", "foreign_word"), _spread(where, 1))


_FAILED_WITHIN = 24  # characters before "disclose" in which somebody "failed to"


def _asked_for(seen: Evidence, at: int) -> bool:
    """Tell whether a sentence is about disclosing, and not only about those who did not."""
    failed = [hit[1] for hit in (*seen.hits_of(at, "failed"), *seen.hits_of(at, "negation"))]
    return any(
        not any(0 <= hit[0] - end <= _FAILED_WITHIN for end in failed)
        for hit in seen.hits_of(at, "disclose")
    )


def _safeguards(seen: Evidence, topics: set[Topic], _stance: Stance) -> list[str]:
    """R3: partners or technology of a named kind are screened, approved, limited or left."""
    if seen.has("trigger_blank") or _relayed(seen) or not seen.has("trigger"):
        return []
    ruled = seen.has("gov_rule") and (seen.has("research") or seen.has("screening_regime"))
    triggers = seen.words(("trigger",))
    several = len({word.lower() for word in triggers}) > 2
    ruled = ruled or (
        several and seen.has("research", "duty") and bool(seen.together("trigger", "restrict"))
    )
    if Topic.PARTNERSHIP not in topics and not ruled and not seen.has("red_flag"):
        return []
    bound = [at for at in seen.together("screening_regime") if _bound_near(seen, at)]
    if bound:
        return seen.words(("screening_regime",), bound)
    if seen.has("red_flag"):
        return seen.words(("red_flag", "trigger"))
    if several and (seen.has("duty") or seen.has("restrict") or seen.has("check")):
        return triggers
    hard = seen.together("trigger_hard", "restrict_hard")
    if hard and seen.has("policy"):
        return seen.words(("trigger_hard", "restrict_hard"), hard)
    for reach in (0, 1):
        where = _spread(seen.together("trigger", "restrict", reach=reach), reach)
        words = seen.words(("trigger", "restrict"), where)
        if len({word.lower() for word in words}) > 2:
            return words
    return []


def _bound_near(seen: Evidence, at: int) -> bool:
    """Tell whether a sentence, or one beside it, says what somebody is to do."""
    return any(seen.near(at, name) for name in ("duty", "soft_duty", "restrict_hard"))


def _leadership(seen: Evidence, topics: set[Topic], stance: Stance) -> list[str]:
    """R4: the publisher itself is against repression or surveillance abuse by a state."""
    if Topic.SURVEILLANCE not in topics or not seen.has("state_or_supplier"):
        return []
    if seen.has("private_scope"):
        return []
    states = seen.together("abuse", "surveillance", reach=1)
    told = seen.has("news") or seen.has("attributed")
    if stance is Stance.CONDEMNS and seen.has("we"):
        return seen.words(("abuse", "surveillance"))
    if states and not told and Topic.PARTNERSHIP not in topics:
        return seen.words(("abuse", "surveillance"), states)
    if seen.has("call_on", "state_surv") and not seen.has("news"):
        return seen.words(("call_on", "state_surv"))
    if not (
        seen.together("own_eval", "surveillance", reach=2)
        or seen.together("surveillance", "own_eval", reach=2)
    ):
        return []
    return seen.words(("own_eval", "state_surv"))


def _guidance(seen: Evidence, topics: set[Topic], _stance: Stance) -> list[str]:
    """R5: guidance on partners in China or authoritarian states, with misuse risk in view."""
    if Topic.PARTNERSHIP not in topics or not seen.has("risky_state", "guidance") or _relayed(seen):
        return []
    if not (seen.has("misuse") or seen.has("rights_risk") or seen.has("rights_free")):
        return []
    return seen.words(("guidance", "risky_state", "misuse", "rights_risk", "rights_free"))


def _public_rule(seen: Evidence, _topics: set[Topic], _stance: Stance) -> list[str]:
    """R6: a named law, list or funder's condition, meant to secure research."""
    if not seen.has("gov_rule", "secure_research") or seen.has("trigger_blank"):
        return []
    if not (seen.has("research") or seen.has("university")):
        return []  # general law counts only where it is applied to research or teaching
    rules = ("law", "policy", "screening_regime", "restrict", "check")
    if _relayed(seen) or not (_duty(seen) or any(map(seen.has, rules))):
        return []
    for reach in (0, 1, 2):
        where = seen.together("gov_rule", "secure_research", reach=reach)
        if where:
            return seen.words(("gov_rule", "secure_research"), _spread(where, reach))
    return []


RULES: dict[Recommendation, Rule] = {
    Recommendation.R1: _due_diligence,
    Recommendation.R2: _transparency,
    Recommendation.R3: _safeguards,
    Recommendation.R4: _leadership,
    Recommendation.R5: _guidance,
    Recommendation.R6: _public_rule,
}
