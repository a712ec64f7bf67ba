"""The shape of a coding."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from tracker.model import Recommendation, Stance, Topic


@dataclass(frozen=True, slots=True)
class Mention:
    """A body, system or list that a text names, in which words, where: text[start:end]."""

    entity: str  # key of entities.yaml
    words: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Coded:
    """What the codebook says of one passage, from its text alone."""

    topics: frozenset[Topic] = frozenset()
    stance: Stance = Stance.NONE
    recommendations: frozenset[Recommendation] = frozenset()
    in_passing: bool = False  # the abuse is not the passage's subject
    elements: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # "R1" → elements found
    cues: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # label → the words, verbatim
    confidence: float = 0.0  # 0 to 1
    mentions: tuple[Mention, ...] = ()

    @property
    def labels(self) -> frozenset[str]:
        """Topics and recommendations together, and the stance unless there is none."""
        stance = {str(self.stance)} - {"none"}
        return frozenset({*map(str, self.topics), *map(str, self.recommendations), *stance})
