"""Which topics a passage is on, with the words that led there. Pure."""

from tracker.coding.evidence import Evidence
from tracker.model import Topic

Cues = dict[str, list[str]]

#: Without one of these no topic can hold, so nothing else is looked at.
ANCHORS = (
    "china_name", "chinese", "china_state", "china_people", "china_city", "entity", "surveillance", "surv_weak", "rights", "rights_free",
    "persecuted", "partner", "partner_strong", "trigger", "disclosed", "gov_rule",
)  # fmt: skip
_REACH, _REACH_BEFORE = 45, 25  # characters between "Chinese" and the actor that it describes
_BASED_IN = 14  # characters between an actor and "in China"
_GRAVE = ("surveillance", "rights", "rights_free", "trigger", "abuse", "secure_research")
_FOLLOWED, _PRECEDED = 30, 14  # characters between who is watched and the verb before or after it
#: What says together, in one sentence, that people are watched or sorted.
_WATCHES = (
    ("force", "watch_tech"),
    ("watch_tech", "persecution"),
    ("dna", "force"),
    ("force", "technology", "china_people"),
    ("surv_camera", "films", "surv_people"),
)
_TIES = ("partner_strong", "disclosed")


def topics(seen: Evidence, cues: Cues) -> set[Topic]:
    """Return the topics that hold; adds their words to `cues`."""
    rules = {
        Topic.CHINA: _china,
        Topic.SURVEILLANCE: _surveillance,
        Topic.HUMAN_RIGHTS: _human_rights,
        Topic.PARTNERSHIP: _partnership,
    }
    found = {topic: rule(seen) for topic, rule in rules.items()}
    cues.update({str(topic): words for topic, words in found.items() if words})
    return {topic for topic, words in found.items() if words}


def china_sentences(seen: Evidence) -> list[int]:
    """Return the sentences that speak of the Chinese state, its organs, firms, labs or victims."""
    if not any(
        seen.has(name)
        for name in (
            "china_name",
            "chinese",
            "china_state",
            "china_people",
            "entity",
            "with_china",
            "china_city",
            "hong_kong",
        )
    ):
        return []
    return [at for at in range(len(seen.masks)) if _china_sentence(seen, at)]


def _china(seen: Evidence) -> list[str]:
    where = china_sentences(seen)
    return seen.words(
        (
            "china_state",
            "china_people",
            "entity",
            "china_name",
            "chinese",
            "with_china",
            "china_city",
            "hong_kong",
        ),
        where,
    )


def _china_sentence(seen: Evidence, at: int) -> bool:
    holds = seen.holds(at)
    grave = any(holds(name) for name in _GRAVE)
    if holds("china_state") or _people_or_place(seen, at, grave=grave):
        return True
    if holds("entity"):
        # Where somebody studied is origin, where an institution is to be followed an address: no actor.
        return not holds("born") and not _to_follow(seen, at)
    if holds("china_race") and not holds("chinese"):
        return False
    if holds("chinese"):
        return grave or _acting(seen, at) or (holds("partner") and holds("with_china"))
    if not holds("china_name") or holds("born"):
        return False
    if (holds("sport") or holds("arts")) and not grave:
        return False
    return holds("rogue") or grave or _dealt_with(seen, at)


def _people_or_place(seen: Evidence, at: int, *, grave: bool) -> bool:
    """Tell whether those are spoken of whom the state rules, other than for their arts."""
    holds = seen.holds(at)
    if holds("hong_kong") and (holds("security_law") or holds("rights") or holds("rights_free")):
        return True
    if holds("china_people") and (grave or not holds("arts")):
        return True
    return (
        holds("china_city") and not holds("chinese") and not holds("entity") and _in_city(seen, at)
    )


def _dealt_with(seen: Evidence, at: int) -> bool:
    """Tell whether China acts or is dealt with here, other than in a trade statistic."""
    holds = seen.holds(at)
    others = {seen.word(hit[0], hit[1]).lower() for hit in seen.hits_of(at, "country")}
    if len(others) < 2 and any(holds(name) for name in _TIES):
        return True
    traded = len({word.lower() for word in seen.words(("statistic",))}) > 2 or holds("statistic")
    return not traded and (holds("with_china") or _acts(seen, at))


def _in_city(seen: Evidence, at: int) -> bool:
    """Tell whether an organ, university or partner of a Chinese city is spoken of."""
    holds = seen.holds(at)
    if holds("born") or holds("arts"):
        return False
    return any(map(holds, ("university", "partner", "partner_strong", "city_organ")))


def _to_follow(seen: Evidence, at: int) -> bool:
    """Tell whether a sentence only lists platforms on which somebody can be followed."""
    others = {seen.word(start, end).lower() for start, end, _ in seen.hits_of(at, "social_media")}
    named = {hit[0] for hit in seen.hits_of(at, "entity")}
    platforms = {hit[0] for hit in seen.hits_of(at, "social_china")}
    return len(others) > 1 and named <= platforms and not any(map(seen.holds(at), _GRAVE))


def _acting(seen: Evidence, at: int) -> bool:
    """Tell whether "Chinese" describes an actor that stands close by, not people of that origin."""
    actors, persons = seen.hits_of(at, "actor_noun"), seen.hits_of(at, "person_noun")
    for start, end, _ in seen.hits_of(at, "chinese"):
        if any(0 <= person[0] - end <= 2 for person in persons):
            continue
        if any(
            0 <= actor[0] - end <= _REACH or 0 <= start - actor[1] <= _REACH_BEFORE
            for actor in actors
        ):
            return True
    return False


_NOT_SUBJECT = frozenset(
    "in from of and or to with like as than by across within inside for at".split()
)


def _acts(seen: Evidence, at: int) -> bool:
    """Tell whether China does something here, or something is China's own."""
    text = seen.text
    actors = seen.hits_of(at, "actor_noun")
    for start, end, _ in seen.hits_of(at, "china_name"):
        before = text[max(0, start - 12) : start].split()
        genitive = text[start:end].lower().endswith("s") and text[end : end + 1] == " "
        if text[end : end + 2] in {"'s", "’s"} or (genitive and before[-1:] != ["Osten"]):
            return True
        if any(0 <= start - actor[1] <= _BASED_IN for actor in actors):
            return True
        if before and before[-1].lower().strip(",(") in _NOT_SUBJECT:
            continue
        after = text[end : end + 24].split()[:2] if text[end : end + 1] == " " else []
        if any(word.endswith("ed") and word.islower() for word in after[:1]):
            return True
        if any(word.strip(",.").lower() in seen.lexicon.verbs for word in after):
            return True
    return False


def _surveillance(seen: Evidence) -> list[str]:
    sure = seen.words(("surveillance",), _of_people(seen)) or _watched(seen)
    if sure:
        return sure
    if seen.has("cookies"):
        return []  # visits to a website, not people
    words = seen.words(("surv_weak",))
    several = len({word.lower() for word in words}) > 1 and seen.has("surv_watch")
    if several and seen.together("surv_weak", "surv_people"):
        return words
    if seen.together("surv_camera", "china_people"):
        return seen.words(("surv_camera",))
    where = seen.together("surv_data", "privacy") + seen.together("surv_reads", "comms")
    return seen.words(("surv_data", "surv_reads"), where)


def _of_people(seen: Evidence) -> list[int]:
    """Return the sentences whose surveillance is not that of markets, diseases or volcanoes."""
    return [
        at
        for at in seen.together("surveillance")
        if not seen.holds(at)("surv_other")
        or len(seen.hits_of(at, "surveillance")) > len(seen.hits_of(at, "surv_generic"))
        or seen.holds(at)("force")
        or seen.holds(at)("minority")
    ]


def _watched(seen: Evidence) -> list[str]:
    """Return the words that say, without naming surveillance, that people are watched or sorted."""
    words: list[str] = []
    state = {*china_sentences(seen), *seen.together("force")}
    for at in range(len(seen.masks)):
        words += _close(seen, at, "finds", "minority") + _close(seen, at, "follows", "minority")
        if at in state:
            words += _close(seen, at, "follows", "student_abroad")
    for names in _WATCHES:
        words += seen.words(names, seen.together(*names))
    words += seen.words(("dna",), seen.together("dna", "minority", reach=1))
    return words


def _close(seen: Evidence, at: int, verbs: str, objects: str) -> list[str]:
    """Return the verbs close to one of those whom they concern."""
    whom = seen.hits_of(at, objects)
    return [
        seen.word(start, end)
        for start, end, _ in seen.hits_of(at, verbs)
        if any(0 <= one[0] - end <= _FOLLOWED or 0 <= start - one[1] <= _PRECEDED for one in whom)
    ]


def _human_rights(seen: Evidence) -> list[str]:
    words = seen.words(("rights",))
    for reach in (0, 1):
        words += seen.words(
            ("rights_free",), seen.together("rights_free", "rights_threat", reach=reach)
        )
    if seen.together("targets", "hack") and (seen.has("surveillance") or seen.has("surv_weak")):
        words += seen.words(("targets", "hack"))
    if seen.together("persecuted", "persecution"):
        words += seen.words(("persecution",), seen.together("persecuted", "persecution"))
    words += seen.words(("persecution",), seen.together("china_people", "persecution", reach=1))
    if seen.has("china_people") and (seen.has("critic_strong") or seen.has("criticism")):
        words += seen.words(("china_people",), china_sentences(seen))
    china = {n for at in china_sentences(seen) for n in (at - 1, at, at + 1)}
    words += seen.words(
        ("rights_free",), [at for at in seen.together("rights_free") if at in china]
    )
    words += seen.words(("treatment",), seen.together("china_people", "treatment", reach=1))
    if seen.has("china_people") and any(map(seen.has, ("surveillance", "abuse", "condemn"))):
        words += seen.words(("china_people",))
    return words


def _partnership(seen: Evidence) -> list[str]:
    if seen.has("consumer_tech") and not seen.has("university"):
        return []
    return (
        seen.words(("partner_strong",))
        or _partners(seen)
        or _foreign_money(seen)
        or (seen.words(("red_flag",)) if seen.has("trigger") else [])
        or _with_china(seen)
        or _joint_team(seen)
    )


def _with_china(seen: Evidence) -> list[str]:
    """Any dealing with a Chinese body, or money of it, counts where research is in view."""
    if not (seen.has("research") or seen.has("university")):
        return []
    where = {*china_sentences(seen), *seen.together("screening_regime")}
    where |= {*seen.together("fund", "foreign")}
    return seen.words(("dealing", "fund"), sorted(where))


def _partners(seen: Evidence) -> list[str]:
    """Partners count beside research, in a rule about them, or abroad."""
    ruled = seen.has("policy") or not seen.has("news")
    contexts = ["research", "check", "policy", "duty", "restrict"] if ruled else ["research"]
    if seen.has("research") or not seen.has("news"):
        contexts.append("foreign")
    where = {at for context in contexts for at in seen.together("partner", context)}
    china = [*seen.together("china_name"), *seen.together("chinese"), *seen.together("entity")]
    where |= {
        at
        for at in seen.together("partner")
        if seen.near(at, "research") and (seen.has("policy") or at in china)
    }
    words = seen.words(("partner",), sorted(where))
    words += seen.words(("partner_loose",), seen.together("partner_loose", "research"))
    if seen.has("university"):
        words += seen.words(("partner",))
    if seen.has("rights_risk") or seen.has("ethics_firm"):
        words += seen.words(("funder",), seen.together("funder", "check"))
    return words


def _foreign_money(seen: Evidence) -> list[str]:
    if not seen.has("disclose", "research"):
        return []
    return seen.words(("money_tie",), seen.together("money_tie", "foreign_money"))


def _joint_team(seen: Evidence) -> list[str]:
    """A team drawn from three universities or more is a collaboration, whatever it is called."""
    for at in range(len(seen.masks)):
        named = seen.hits_of(at, "university")
        if len(named) > 2:
            return seen.words(("university",), [at])
    return []
