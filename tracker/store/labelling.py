"""Codings as labels, elements and cue words."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from operator import attrgetter
from typing import Any

from sqlmodel import Session, col, select

from tracker.model import Coding, Passage, Recommendation, Stance, Topic, VersionPassage


@dataclass(frozen=True, slots=True)
class CodedPassage:
    text: str
    heading_path: str
    labels: frozenset[str]
    elements: frozenset[str]  # "R1 before_start"
    cues: Mapping[str, tuple[str, ...]]  # label → the words that led to it


LABEL_COLUMNS = (*map(str, Topic), *map(str, Recommendation))


def labels_of(coding: Coding | None) -> frozenset[str]:
    """Return the labels of a coding row: topics, recommendations, and the stance if there is one."""
    return frozenset() if coding is None else _labels(_HELD(coding))


_HELD = attrgetter(*LABEL_COLUMNS, "stance")


@cache
def _labels(held: tuple[Any, ...]) -> frozenset[str]:
    """Few codings differ, and there are very many."""
    *labels, stance = held
    named = {label for label, is_held in zip(LABEL_COLUMNS, labels, strict=True) if is_held}
    return frozenset(named | ({str(stance)} - {str(Stance.NONE)}))


def elements_of(coding: Coding | None) -> frozenset[str]:
    """Return the elements of recommendations that a coding row found."""
    found = coding.elements if coding is not None else {}
    return frozenset(f"{code} {element}" for code, names in found.items() for element in names)


def cues_of(coding: Coding | None) -> dict[str, tuple[str, ...]]:
    """Return the words that led to each label of a coding row."""
    if coding is None:
        return {}
    found = {label: tuple(coding.cues[label]) for label in LABEL_COLUMNS if coding.cues.get(label)}
    stance = coding.cues.get("stance") or coding.cues.get(Topic.CHINA) or ()
    return found | ({str(coding.stance): tuple(stance)} if stance else {})


def coded_passages(session: Session, version_id: int, coder: str) -> list[CodedPassage]:
    """Return a version's passages in order, with what the coder said of them."""
    rows = session.exec(
        select(VersionPassage, Passage, Coding)
        .join(Passage, col(VersionPassage.passage_id) == Passage.id)
        .join(
            Coding,
            (col(Coding.passage_id) == Passage.id) & (col(Coding.coder) == coder),
            isouter=True,
        )
        .where(VersionPassage.version_id == version_id)
        .order_by(col(VersionPassage.position))
    )
    return [
        CodedPassage(p.text, place.heading_path, labels_of(c), elements_of(c), cues_of(c))
        for place, p, c in rows
    ]
