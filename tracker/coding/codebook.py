"""Loads and checks codebook.yaml; the only reader of it. Knows no passages."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache

from pydantic import BaseModel, ConfigDict, Field

from tracker.coding.calibration import Calibration
from tracker.coding.evidence import Evidence
from tracker.coding.lexicon import Lexicon, load_lexicon, read_data, terms
from tracker.coding.matching import Matcher
from tracker.model import SPOKEN, InstitutionKind, Recommendation

CODER_VERSION = 7


class _Checked(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class RecommendationEntry(_Checked):
    """One of the report's recommendations, and what a text must hold to state it."""

    title: str
    report: str
    applies_to: tuple[InstitutionKind, ...]
    required: tuple[str, ...]
    optional: tuple[str, ...] = ()
    only_with_partners: tuple[InstitutionKind, ...] = ()
    should_is_partial: bool = False
    carries_status: bool = False
    elsewhere: str = ""


class _CodebookFile(_Checked):
    version: str
    verdict_from: float = Field(ge=0, le=1)
    languages: tuple[str, ...]
    recommendations: dict[Recommendation, RecommendationEntry]
    elements: dict[str, str]
    results: dict[str, dict[str, tuple[str, ...]]]


@dataclass(frozen=True, slots=True)
class Codebook:
    """The codebook, ready to code with: the lexicon, and a linear-time pattern an element."""

    version: str
    verdict_from: float  # confidence below which a coding waits for a person
    languages: frozenset[str]
    recommendations: Mapping[Recommendation, RecommendationEntry]
    lexicon: Lexicon
    elements: Mapping[str, re.Pattern[str]]
    element_words: Matcher  # of all elements at once; the nth element is the bit 1 << n
    results: Mapping[str, Mapping[str, re.Pattern[str]]]  # force, reach, status, deeds, partners
    partners: re.Pattern[str]
    calibration: Calibration | None = None  # rates answers, changes none

    @property
    def coder_name(self) -> str:
        """What codings made with this codebook are stamped with."""
        return f"codebook {self.version} · coder {CODER_VERSION}"

    def concepts_in(self, text: str) -> set[str]:
        """Return the lexicon's concepts that a text holds, near misses left out."""
        held = Evidence(text, self.lexicon).whole
        return {name for name, bit in self.lexicon.bits.items() if held & bit}


@cache
def load_codebook() -> Codebook:
    """Return the codebook; raises pydantic.ValidationError where one of its files is wrong."""
    given = _CodebookFile.model_validate(read_data("codebook.yaml"))
    lexicon = load_lexicon()
    elements = {name: terms(words) for name, words in given.elements.items()}
    return Codebook(
        version=given.version,
        verdict_from=given.verdict_from,
        languages=frozenset(given.languages),
        recommendations=given.recommendations,
        lexicon=lexicon,
        elements={name: pattern(words) for name, words in elements.items()},
        element_words=Matcher(elements),
        results={
            part: {name: pattern(words) for name, words in names.items()}
            for part, names in given.results.items()
        },
        partners=pattern(
            name for entity in lexicon.entities if entity.is_partner for name in entity.names
        ),
    )


def pattern(words: Iterable[str]) -> re.Pattern[str]:
    """Return one pattern for whole words and phrases; a star stands for any letters."""
    spelled = sorted({_spelled(word.strip().lower()) for word in words}, key=len, reverse=True)
    return re.compile(rf"(?<!\w)(?:{'|'.join(spelled)})(?!\w)", re.IGNORECASE)


def _spelled(term: str) -> str:
    words = [re.escape(word).replace(r"\*", r"\w*") for word in term.split()]
    return r"[\s-]+".join(words)


def question_title(question: str) -> str:
    """Return what a finding answers, in words."""
    if question == SPOKEN:
        return "Who has spoken"
    return f"{question} {load_codebook().recommendations[Recommendation(question)].title}"
