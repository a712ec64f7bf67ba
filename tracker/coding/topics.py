"""Which topics a passage is on, with the words that led there. Pure."""

from tracker.coding.china import china_sentences
from tracker.coding.evidence import Evidence
from tracker.model import Topic

Cues = dict[str, list[str]]

#: Without one of these no topic can hold, so nothing else is looked at.
ANCHORS = (
    "china_name", "chinese", "china_state", "china_people", "china_city", "entity", "surveillance", "surv_weak", "rights", "rights_free",
    "persecuted", "partner", "partner_strong", "trigger", "disclosed", "gov_rule", "hong_kong", "watch_tech", "dna",
)  # fmt: skip
_FOLLOWED, _PRECEDED = 30, 14  # characters between who is watched and the verb before or after it
#: What says together, in one sentence, that people are watched or sorted.
_WATCHES = (
    ("force", "watch_tech"),
    ("watch_tech", "persecution"),
    ("dna", "force"),
    ("force", "technology", "china_people"),
    ("surv_camera", "films", "surv_people"),
)


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
    words = seen.words(("rights",)) + _freedom(seen) + _of_a_people(seen)
    if seen.together("targets", "hack") and (seen.has("surveillance") or seen.has("surv_weak")):
        words += seen.words(("targets", "hack"))
    if seen.together("persecuted", "persecution"):
        words += seen.words(("persecution",), seen.together("persecuted", "persecution"))
    return words


def _freedom(seen: Evidence) -> list[str]:
    """A freedom counts where it is threatened or defended, a criterion for partners, or beside China."""
    if not seen.has("rights_free"):
        return []
    where = {at + step for at in china_sentences(seen) for step in (-1, 0, 1)}
    for other in ("rights_threat", "partner"):
        where.update(seen.together("rights_free", other))
        where.update(seen.together("rights_free", other, reach=1))
    return seen.words(("rights_free",), sorted(at for at in where if at >= 0))


def _of_a_people(seen: Evidence) -> list[str]:
    """Return the words for what a people that the Chinese state rules over meets with."""
    if not seen.has("china_people"):
        return []
    words: list[str] = []
    for name in ("persecution", "treatment"):
        words += seen.words((name,), seen.together("china_people", name, reach=1))
    if seen.has("critic_strong") or seen.has("criticism"):
        words += seen.words(("china_people",), china_sentences(seen))
    if any(map(seen.has, ("surveillance", "abuse", "condemn"))):
        words += seen.words(("china_people",))
    return words


def _partnership(seen: Evidence) -> list[str]:
    if seen.has("consumer_tech") and not seen.has("university"):
        return []
    if seen.has("commitment") and not seen.has("foreign"):
        return []  # how somebody divides the time owed to one institution
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


_RULES_ON_PARTNERS = (
    "check",
    "policy",
    "duty",
    "restrict",
    "wide_examine",
    "wide_must",
    "wide_limit",
)


def _partners(seen: Evidence) -> list[str]:
    """Partners count beside research, in a rule about them, or abroad."""
    ruled = seen.has("policy") or not seen.has("news")
    contexts = [*_RULES_ON_PARTNERS, "research"] if ruled else ["research"]
    if seen.has("research") or not seen.has("news"):
        contexts.append("foreign")
    where = {at for context in contexts for at in seen.together("partner", context)}
    china = [*seen.together("china_name"), *seen.together("chinese"), *seen.together("entity")]
    where |= {
        at
        for at in seen.together("partner")
        if seen.near(at, "research") and (seen.has("policy") or at in china)
    }
    if not seen.has("news"):
        for asked in ("check", "wide_examine"):
            where |= {
                at + step for at in seen.together("partner", asked, reach=1) for step in (0, 1)
            }
    words = seen.words(("partner",), sorted(where))
    words += seen.words(("partner_loose",), seen.together("partner_loose", "research"))
    words += seen.words(
        ("wide_partner",), seen.together("wide_partner", "research", "wide_foreign")
    )
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
