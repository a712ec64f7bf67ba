"""The words by which a passage names what its labels are about. Pure.

A passage is coded by all that speaks for a label, much of it weak: "track", "disclose", "licence". An edit is news
about a label only where words of its subject stand: surveillance, rights, the ties that are disclosed, export control.
"""

import re
from collections.abc import Collection, Mapping
from functools import lru_cache

from tracker.coding.codebook import load_codebook
from tracker.coding.evidence import Evidence
from tracker.coding.lexicon import load_lexicon
from tracker.model import Recommendation, Topic

Words = dict[str, tuple[str, ...]]

_RIGHTS = ("rights", "rights_free", "china_people")
_SECURED = ("secure_research", "screening_regime", "trigger", "trigger_hard", "export_rules")
#: The concepts of the lexicon that name the subject of a label (codebook: its starred element, or the topic itself).
CONCEPTS: Mapping[str, tuple[str, ...]] = {
    Topic.SURVEILLANCE: ("surveillance",),
    Topic.HUMAN_RIGHTS: _RIGHTS,
    Recommendation.R1: (*_RIGHTS, "ethics_partner"),
    Recommendation.R2: ("disclosed", "foreign_money"),
    Recommendation.R3: (*_SECURED, "surveillance"),
    Recommendation.R4: ("surveillance", "rights", "abuse"),
    Recommendation.R5: ("risky_state", "china_name", "chinese", "china_state", "entity"),
    Recommendation.R6: (*_SECURED, "disclosed"),
}
#: Words of these concepts that stand in any terms of service.
_LOOSE = frozenset({"end user", "end users", "unauthorised access", "unauthorized access"})
#: Words that say it only beside another, or in a passage on partners.
_BESIDE = re.compile(
    r"sanctions?|military|weapons?|arms|army|armed forces?|defen[cs]e|police|law enforcement|authorities|racist|sponsors?"
    r"|browsing histor\w+|identify individuals|location data|national ids?|real name|online identity",
    re.IGNORECASE,
)
#: The formulae of data protection: kinds of data that any notice lists, rights that any transfer respects.
_FORMULAE = re.compile(
    r"\b(?:health|genetic|medical)\b[\w ,/-]{0,30}\bbiometric\w*|\bbiometric\w*[\w ,/-]{0,30}\b(?:health|genetic|medical)\b"
    r"|\bsensitive (?:personal )?(?:data|information)\b[^.\n]{0,120}\bbiometric\w*"
    r"|\b(?:individual|data subject|natural person)s?['’]?s? rights and freedoms"
    r"|\brights and freedoms of (?:the )?(?:individual|data subject|natural person)s?",
    re.IGNORECASE,
)


def subject_words(text: str, labels: Collection[str], cues: Mapping[str, tuple[str, ...]]) -> Words:
    """Return for each label that has a subject the words that name it; none where only weaker words led to it.

    Beside China the weaker words do: whom its police track needs no second word.
    """
    asked = [label for label in labels if label in CONCEPTS]
    found = _named(text, on_partners=Topic.PARTNERSHIP in labels) if asked else {}
    weaker = cues if Topic.CHINA in labels else {}
    return {label: found[label] or weaker.get(label, ()) for label in asked}


def element_words(text: str, elements: Collection[str]) -> Words:
    """Return for each element, as in "R1 before_start", the words that it was found by."""
    patterns = load_codebook().elements
    return {
        key: tuple(found[0] for found in patterns[key.split(" ")[1]].finditer(text))
        for key in elements
    }


@lru_cache(maxsize=4096)  # a passage stands in many versions of a document
def _named(text: str, *, on_partners: bool) -> Words:
    seen = Evidence(_FORMULAE.sub(" ", text), load_lexicon())
    seen.split()
    found = {
        label: [word for word in seen.words(concepts) if word.lower() not in _LOOSE]
        for label, concepts in CONCEPTS.items()
    }
    return {
        label: tuple(words) if on_partners or not all(map(_BESIDE.fullmatch, words)) else ()
        for label, words in found.items()
    }
