"""Loads and checks codebook.yaml; the only reader of it. Knows no passages."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from pydantic import BaseModel, ConfigDict

from tracker.coding.lexicon import Lexicon, load_lexicon, read_data, terms
from tracker.coding.matching import Matcher
from tracker.model import InstitutionKind, Recommendation

CODER_VERSION = 2


class _Checked(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class RecommendationEntry(_Checked):
    """One of the report's recommendations, and what a text must hold to state it."""

    title: str
    report: str
    applies_to: tuple[InstitutionKind, ...]
    required: tuple[str, ...]
    optional: tuple[str, ...] = ()


class _CodebookFile(_Checked):
    version: str
    languages: tuple[str, ...]
    recommendations: dict[Recommendation, RecommendationEntry]
    elements: dict[str, str]
    force: dict[str, str]
    reach: dict[str, str]


@dataclass(frozen=True, slots=True)
class Codebook:
    """The codebook, ready to code with: the words of topics and stances, and those of elements."""

    version: str
    languages: frozenset[str]
    recommendations: Mapping[Recommendation, RecommendationEntry]
    lexicon: Lexicon
    elements: Matcher  # of elements, forces and reaches
    forces: tuple[str, ...]
    reaches: tuple[str, ...]

    @property
    def coder_name(self) -> str:
        """What codings made with this codebook are stamped with."""
        return f"codebook {self.version} · coder {CODER_VERSION}"


@cache
def load_codebook() -> Codebook:
    """Return the codebook; raises pydantic.ValidationError where one of its files is wrong."""
    given = _CodebookFile.model_validate(read_data("codebook.yaml"))
    words = {**given.elements, **given.force, **given.reach}
    return Codebook(
        version=given.version,
        languages=frozenset(given.languages),
        recommendations=given.recommendations,
        lexicon=load_lexicon(),
        elements=Matcher({name: terms(words[name]) for name in words}),
        forces=tuple(given.force),
        reaches=tuple(given.reach),
    )
