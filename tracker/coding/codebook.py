"""Loads and checks codebook.yaml; the only reader of it. Knows no passages."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict

from tracker.coding.matching import Matcher
from tracker.model import InstitutionKind, Recommendation

CODER_VERSION = 1
Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


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


class EntityEntry(_Checked):
    """A body that a text may name."""

    name: str
    aliases: tuple[str, ...] = ()
    ambiguous: tuple[str, ...] = ()
    near: tuple[str, ...] = ()


class _CodebookFile(_Checked):
    version: str
    languages: tuple[str, ...]
    recommendations: dict[Recommendation, RecommendationEntry]
    concepts: dict[str, tuple[tuple[str, ...], ...]]
    elements: dict[str, tuple[str, ...]]
    results: dict[str, dict[str, tuple[str, ...]]]
    entities: tuple[EntityEntry, ...]


@dataclass(frozen=True, slots=True)
class Codebook:
    """The codebook, ready to code with: one matcher for all terms, a linear-time pattern an element."""

    version: str
    languages: frozenset[str]
    recommendations: Mapping[Recommendation, RecommendationEntry]
    matcher: Matcher
    concepts: tuple[str, ...]
    elements: Mapping[str, re.Pattern[str]]
    entities: tuple[EntityEntry, ...]
    results: Mapping[str, Mapping[str, re.Pattern[str]]]  # force, reach, status, deeds, partners
    partners: re.Pattern[str]

    @property
    def coder_name(self) -> str:
        """What codings made with this codebook are stamped with."""
        return f"codebook {self.version} · coder {CODER_VERSION}"


@cache
def load_codebook() -> Codebook:
    """Return the codebook; raises pydantic.ValidationError where codebook.yaml is wrong."""
    text = files("tracker.coding").joinpath("codebook.yaml").read_text(encoding="utf-8")
    given = _CodebookFile.model_validate(yaml.load(text, Loader))  # noqa: S506  (the safe loader)
    concepts = {
        name: [term for terms in lists for term in terms] for name, lists in given.concepts.items()
    }
    return Codebook(
        version=given.version,
        languages=frozenset(given.languages),
        recommendations=given.recommendations,
        matcher=Matcher({**concepts, **_entity_terms(given.entities)}),
        concepts=tuple(concepts),
        elements={name: pattern(terms) for name, terms in given.elements.items()},
        entities=given.entities,
        results={
            part: {name: pattern(terms) for name, terms in names.items()}
            for part, names in given.results.items()
        },
        partners=pattern(
            [name for entity in given.entities for name in (entity.name, *entity.aliases)]
        ),
    )


#: Concepts made of the entities: sure names, names that need company, and that company.
ENTITY, AMBIGUOUS, NEAR = "entity", "ambiguous ", "near "


def _entity_terms(entities: Iterable[EntityEntry]) -> dict[str, list[str]]:
    terms: dict[str, list[str]] = {ENTITY: []}
    for entity in entities:
        terms[ENTITY] += [entity.name, *entity.aliases]
        if entity.ambiguous:
            terms[AMBIGUOUS + entity.name] = list(entity.ambiguous)
            terms[NEAR + entity.name] = list(entity.near)
    return terms


def pattern(terms: Iterable[str]) -> re.Pattern[str]:
    """Return one pattern for whole words and phrases; `word*` also matches longer forms."""
    spelled = sorted({_spelled(term.strip().lower()) for term in terms}, key=len, reverse=True)
    return re.compile(rf"(?<!\w)(?:{'|'.join(spelled)})(?!\w)", re.IGNORECASE)


def _spelled(term: str) -> str:
    words = [re.escape(word).replace(r"\*", r"\w*") for word in term.split()]
    return r"[\s-]+".join(words)
