"""Which elements of its recommendations a passage holds, how binding each is, and for whom. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from tracker.coding.codebook import Codebook
from tracker.model import Recommendation

Elements = tuple[dict[str, tuple[str, ...]], dict[str, str], str]


def elements(
    text: str,
    spans: list[tuple[int, int]],
    recommendations: Iterable[Recommendation],
    codebook: Codebook,
) -> Elements:
    """Return elements by recommendation, each element's strongest force, and the reach."""
    where = _sentences_of(text, spans, codebook)
    found: dict[str, tuple[str, ...]] = {}
    for recommendation in sorted(recommendations):
        entry = codebook.recommendations[recommendation]
        wanted = (*entry.required, *entry.optional)
        found[str(recommendation)] = tuple(name for name in wanted if name in where)
    held = {name for names in found.values() for name in names}
    force = {name: _force(where, name, codebook) for name in sorted(held)}
    reach = next((reach for reach in codebook.reaches if reach in where), "")
    return found, {name: words for name, words in force.items() if words}, reach


def _sentences_of(
    text: str, spans: list[tuple[int, int]], codebook: Codebook
) -> Mapping[str, set[int]]:
    """Return in which sentences each element, force and reach has a word."""
    where: defaultdict[str, set[int]] = defaultdict(set)
    for start, _, number in codebook.elements.find(text):
        at = next(at for at, (_, end) in enumerate(spans) if start < end or end == spans[-1][1])
        where[codebook.elements.names[number]].add(at)
    return where


def _force(where: Mapping[str, set[int]], element: str, codebook: Codebook) -> str:
    """Return the strongest force of the sentences that hold the element."""
    holding = where[element]
    return next((force for force in codebook.forces if where.get(force, set()) & holding), "")
