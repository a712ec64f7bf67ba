"""The words the coder knows: concepts, entities, one matcher for both. The only reader of their files."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, TypeAdapter

from tracker.coding.matching import Matcher, fold

_VERBS = "china_verb"  # asked only of the word after a name: too common to be looked for
Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Entity(BaseModel):
    """A body, system or list that a text may name; `near`: the company that ambiguous names need."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    key: str
    name: str
    kind: str
    names: tuple[str, ...]
    ambiguous: tuple[str, ...] = ()
    near: tuple[str, ...] = ()
    china: bool = True

    @property
    def is_partner(self) -> bool:
        """Tell whether one can have a partnership with it."""
        return self.kind in {"lab", "company", "university", "state_body"}


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Concepts by number, then entities' sure names, then their ambiguous ones."""

    matcher: Matcher
    concepts: tuple[str, ...]
    entities: tuple[Entity, ...]
    bits: Mapping[str, int]
    verbs: frozenset[str] = frozenset()  # what may follow the name of one who acts
    masks: dict[tuple[str, ...], int] = field(default_factory=dict, compare=False)

    def mask(self, names: Iterable[str]) -> int:
        """Return the mask in which all these concepts are set."""
        wanted = tuple(names)
        if wanted not in self.masks:  # the same few questions are asked of every passage
            self.masks[wanted] = sum(self.bits[name] for name in {*wanted})
        return self.masks[wanted]

    def names_public_rule(self, words: str) -> bool:
        """Tell whether words name a government's or public funder's rule (codebook, R6)."""
        return any(mask & self.bits["gov_rule"] for _, _, mask in self.matcher.find(words))

    def named(self, mask: int) -> tuple[Entity, bool] | None:
        """Return the entity that a hit's mask stands for, if any, and whether its name is sure."""
        at = (mask >> len(self.concepts)).bit_length() - 1
        if at < 0:
            return None
        # A name that is sure for one body and ambiguous for another counts as ambiguous.
        return self.entities[at % len(self.entities)], at < len(self.entities)


@cache
def load_lexicon() -> Lexicon:
    """Return the lexicon; raises pydantic.ValidationError where one of its files is wrong."""
    concepts = {name: terms(words) for name, words in read_data("lexicon.yaml").items()}
    verbs = frozenset(concepts.pop(_VERBS))
    entities = TypeAdapter(tuple[Entity, ...]).validate_python(read_data("entities.yaml"))
    sure = {f"sure {e.key}": _names(e.names) for e in entities}
    ambiguous = {f"ambiguous {e.key}": _names(e.ambiguous) for e in entities}
    return Lexicon(
        matcher=Matcher({**concepts, **sure, **ambiguous}),
        concepts=tuple(concepts),
        entities=entities,
        verbs=verbs,
        bits={name: 1 << number for number, name in enumerate([*concepts, "entity"])},
    )


def read_data(name: str) -> Any:
    """Return what one of the data files of this package says."""
    text = files("tracker.coding").joinpath(name).read_text(encoding="utf-8")
    return yaml.load(text, Loader)  # noqa: S506  (the safe loader)


def terms(words: str) -> list[str]:
    """Return the terms of a comma-separated list."""
    return [term for term in (word.strip() for word in words.split(",")) if term]


def _names(names: Iterable[str]) -> list[str]:
    """Chinese has no spaces between words, so a name may stand anywhere."""
    return [f"*{n}*" if any("\u4e00" <= c <= "\u9fff" for c in n) else fold(n) for n in names]
