"""Which sentences speak of the Chinese state, its organs, firms, labs or victims. Pure."""

from tracker.coding.evidence import Evidence

_REACH, _REACH_BEFORE = 45, 25  # characters between "Chinese" and the actor that it describes
_BASED_IN = 14  # characters between an actor and "in China"
_GRAVE = ("surveillance", "rights", "rights_free", "trigger", "abuse", "secure_research")
_TIES = ("partner_strong", "disclosed")


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
    if seen.china is None:
        seen.china = [at for at in range(len(seen.masks)) if _china_sentence(seen, at)]
    return seen.china


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
