"""Text to coding: evidence of each sentence, combined to labels, with the words that led there. Pure.

Depends on the passage's text alone; who published it enters in the findings.
"""

import re
from collections import defaultdict
from dataclasses import dataclass, field

from tracker.coding.codebook import AMBIGUOUS, ENTITY, NEAR, Codebook
from tracker.coding.coded import Coded
from tracker.extraction.sentences import sentences
from tracker.model import Recommendation, Stance, Topic

MOST_CUES = 12


@dataclass(slots=True)
class _Sentence:
    """What one sentence holds: concept → the words found."""

    text: str
    found: dict[str, list[str]] = field(default_factory=dict)

    def has(self, *concepts: str) -> bool:
        return all(self.found.get(concept) for concept in concepts)

    def words(self, *concepts: str) -> list[str]:
        return [word for concept in concepts for word in self.found.get(concept, ())]


#: Words that mean something else in these phrases: concept → the concept that blanks them out.
_BLANKED = {
    "china": "china_not_actor",
    "surveillance": "surveillance_not",
    "partnership": "partnership_not",
    "trigger": "trigger_not",
}


def code(text: str, codebook: Codebook) -> Coded:
    """Return what the codebook says of a passage. Never raises on any text."""
    parts = _read(text, codebook)
    cues: defaultdict[str, list[str]] = defaultdict(list)
    topics = _topics(parts, cues)
    stance, in_passing = _stance(parts, topics, cues)
    recommendations = _recommendations(parts, stance, cues)
    return Coded(
        topics=frozenset(topics),
        stance=stance,
        recommendations=frozenset(recommendations),
        in_passing=in_passing,
        elements={str(r): _elements(text, r, codebook) for r in sorted(recommendations)},
        cues={label: tuple(dict.fromkeys(words))[:MOST_CUES] for label, words in cues.items()},
        confidence=_confidence(cues, topics, recommendations),
    )


def _read(text: str, codebook: Codebook) -> list[_Sentence]:
    """Find all terms at once, then give each sentence its own."""
    spans = sentences(text)
    parts = [_Sentence(text[start:end]) for start, end in spans]
    hits = codebook.matcher.find(text)
    blanked = {
        name: [(hit.start, hit.end) for hit in hits if hit.concept == other]
        for name, other in _BLANKED.items()
    }
    at = 0
    for hit in hits:
        while at < len(spans) - 1 and hit.start >= spans[at][1]:
            at += 1
        if not any(
            start < hit.end and hit.start < end for start, end in blanked.get(hit.concept, ())
        ):
            parts[at].found.setdefault(hit.concept, []).append(text[hit.start : hit.end])
    for part in parts:
        _settle_ambiguous(part)
    return parts


def _settle_ambiguous(part: _Sentence) -> None:
    """A name that could mean something else counts in the company that the codebook asks for."""
    for concept in [name for name in part.found if name.startswith(AMBIGUOUS)]:
        if part.found.get(NEAR + concept.removeprefix(AMBIGUOUS)):
            part.found.setdefault(ENTITY, []).extend(part.found[concept])


def _topics(parts: list[_Sentence], cues: dict[str, list[str]]) -> set[Topic]:
    topics: set[Topic] = set()
    for part in parts:
        if part.has("entity") or part.has("china_object") or part.has("china", "china_actor"):
            topics.add(Topic.CHINA)
            cues[Topic.CHINA] += part.words("entity", "china_object", "china")
        if part.has("surveillance"):
            topics.add(Topic.SURVEILLANCE)
            cues[Topic.SURVEILLANCE] += part.words("surveillance")
        if _on_rights(part):
            topics.add(Topic.HUMAN_RIGHTS)
            cues[Topic.HUMAN_RIGHTS] += part.words("rights")
        if (
            part.has("partnership", "partnership_research")
            or len(set(part.words("partnership"))) > 1
        ):
            topics.add(Topic.PARTNERSHIP)
            cues[Topic.PARTNERSHIP] += part.words("partnership")
    return topics


def _on_rights(part: _Sentence) -> bool:
    """Freedom words count where the freedom is threatened or defended (codebook, clarification)."""
    firm = len(part.words("rights")) > len(part.words("rights_passing"))
    return firm or part.has("rights", "rights_threat")


def _stance(
    parts: list[_Sentence], topics: set[Topic], cues: dict[str, list[str]]
) -> tuple[Stance, bool]:
    """The strongest stance of any sentence, and whether an abuse is named only in passing."""
    if Topic.CHINA not in topics:
        return Stance.NONE, False
    found: defaultdict[Stance, list[str]] = defaultdict(list)
    about_china = False
    for part in parts:
        china = part.has("china") or part.has("china_object") or part.has("entity")
        # A sentence that goes on ("They are watched …") still speaks of what was named before it.
        if china or (about_china and part.has("abuse")):
            stance, words = _sentence_stance(part, strong=china)
            found[stance] += words or [""]
        about_china = china or about_china
    for stance in (Stance.CONDEMNS, Stance.CRITICAL, Stance.SUPPORTIVE, Stance.REPORTED):
        if found[stance]:
            cues["stance"] += filter(None, found[stance])
            return stance, stance is Stance.CONDEMNS and len(found[stance]) < 2
    return Stance.NEUTRAL, False


def _sentence_stance(part: _Sentence, *, strong: bool) -> tuple[Stance, list[str]]:
    attributed = part.has("attributed") and not _OWN.search(part.text)
    abuse = part.has("abuse") and (strong or part.has("call") or part.has("china_object"))
    if abuse:
        words = part.words("abuse", "call")
        return (Stance.REPORTED if attributed else Stance.CONDEMNS), words
    if part.has("supportive"):
        return Stance.SUPPORTIVE, part.words("supportive")
    if part.has("criticism") and strong:
        return (Stance.REPORTED if attributed else Stance.CRITICAL), part.words("criticism")
    return Stance.NEUTRAL, []


_OWN = re.compile(r"\b(we|our|wir|unser\w*|nous|notre|wij|onze|nosotros|vi)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Passage:
    """A passage as the rules look at it: its sentences, each with the next, and all together."""

    sentences: list[_Sentence]
    pairs: list[_Sentence]
    whole: _Sentence
    stance: Stance


def _recommendations(
    parts: list[_Sentence], stance: Stance, cues: dict[str, list[str]]
) -> set[Recommendation]:
    # A rule often takes two sentences, so most rules look at each together with the next.
    pairs = [_together(parts[at : at + 2]) for at in range(len(parts))]
    passage = _Passage(parts, pairs, _together(parts), stance)
    found: set[Recommendation] = set()
    for recommendation, rule in _RULES.items():
        words = rule(passage)
        if words:
            found.add(recommendation)
            cues[recommendation] += words
    return found


def _due_diligence(passage: _Passage) -> list[str]:
    """R1: somebody is to check partners or projects for human-rights risk."""
    if not passage.whole.has("duty", "check", "partnership"):
        return []
    for near in passage.pairs:
        if _on_rights(near) and near.has("check"):
            return near.words("check", "rights")
    return []


def _transparency(passage: _Passage) -> list[str]:
    """R2: somebody is to disclose foreign or outside partners, money or appointments."""
    for near in passage.pairs:
        if near.has("disclose", "disclosed") and passage.whole.has("duty"):
            return near.words("disclose", "disclosed")
    return []


def _safeguards(passage: _Passage) -> list[str]:
    """R3: partners or technology of a named kind are screened, approved, limited or left."""
    if passage.whole.has("trigger_not") or not passage.whole.has("duty", "partnership_research"):
        return []
    for near in passage.pairs:
        if near.has("trigger", "restrict") and len({*near.words("trigger", "restrict")}) > 2:
            return near.words("trigger", "restrict")
    return []


def _leadership(passage: _Passage) -> list[str]:
    """R4: the publisher itself is against repression or surveillance abuse by a state."""
    if not passage.whole.has("surveillance"):
        return []
    for part in passage.sentences:
        against = part.has("abuse", "state_or_supplier") or part.has("surveillance", "call")
        if (
            against
            and not part.has("attributed")
            and (passage.stance is Stance.CONDEMNS or passage.whole.has("call"))
        ):
            return part.words("abuse", "call")
    return []


def _guidance(passage: _Passage) -> list[str]:
    """R5: guidance on partners in China or authoritarian states, with rights risk in view."""
    if not passage.whole.has("partnership", "rights", "risky_state", "duty"):
        return []
    for near in passage.pairs:
        if near.has("guidance", "risky_state", "partnership"):
            return near.words("guidance", "risky_state")
    return []


def _public_rule(passage: _Passage) -> list[str]:
    """R6: a named law, list or funder's condition, meant to secure research."""
    if not passage.whole.has("foreign_misuse", "duty"):
        return []
    for near in passage.pairs:
        if near.has("gov_rule", "foreign_misuse"):
            return near.words("gov_rule", "foreign_misuse")
    return []


def _together(parts: list[_Sentence]) -> _Sentence:
    joined = _Sentence(" ".join(part.text for part in parts))
    for part in parts:
        for concept, words in part.found.items():
            joined.found.setdefault(concept, []).extend(words)
    return joined


_RULES = {
    Recommendation.R1: _due_diligence,
    Recommendation.R2: _transparency,
    Recommendation.R3: _safeguards,
    Recommendation.R4: _leadership,
    Recommendation.R5: _guidance,
    Recommendation.R6: _public_rule,
}


def _elements(text: str, recommendation: Recommendation, codebook: Codebook) -> tuple[str, ...]:
    entry = codebook.recommendations[recommendation]
    wanted = (*entry.required, *entry.optional)
    return tuple(name for name in wanted if codebook.elements[name].search(text))


def _confidence(
    cues: dict[str, list[str]], topics: set[Topic], recommendations: set[Recommendation]
) -> float:
    """More distinct words for a label make it surer; nothing found at all is fairly sure."""
    labels = [*topics, *recommendations]
    if not labels:
        return 0.8
    weakest = min(len(set(cues[label])) for label in labels)
    return {1: 0.55, 2: 0.7, 3: 0.8}.get(weakest, 0.9)
