"""A passage as sentences and what each of them holds. Pure."""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from operator import or_

from tracker.coding.lexicon import Entity, Lexicon
from tracker.coding.matching import Hit, fold, word_end
from tracker.extraction.sentences import sentences

_MOST_HITS = 60  # of a concept in a sentence that are looked at: no honest sentence has more
_LONGEST_BLANK = 80

#: Concepts that are nothing where they stand inside these phrases.
_BLANKS = {
    "china_blank": ("china_name", "chinese", "with_china", "risky_state", "entity", "state_or_supplier"),
    "surv_blank": ("surveillance", "surv_weak", "state_surv", "trigger", "criticism", "misuse"),
    "partner_blank": ("partner", "partner_loose", "partner_strong", "dealing", "fund"),
    "trigger_blank": ("trigger", "secure_research"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Named:
    """An entity where a text names it: text[start:end]."""

    entity: Entity
    start: int
    end: int


class Evidence:
    """What a passage holds: a mask of concepts for each sentence, and every hit with its place."""

    def __init__(self, text: str, lexicon: Lexicon) -> None:
        self.text = text
        self._known = lexicon.masks  # asked a hundred times a passage
        self.lexicon = lexicon
        self.folded = fold(text)
        hits = found = lexicon.matcher.find_folded(self.folded)
        self.whole = _joined(hits)
        self.named: list[Named] = []
        if self.whole >> len(lexicon.concepts):
            self.named = list(_entities(text, hits, lexicon))
            china = lexicon.bits["entity"]
            hits = _plain(hits, len(lexicon.concepts))
            hits += [(n.start, n.end, china) for n in self.named if n.entity.china]
        if self.whole & lexicon.mask(_BLANKS):
            hits = _without_blanked(hits, lexicon)
        self.hits = hits
        if hits is not found:
            self.whole = _joined(hits)
        self.masks: list[int] = []
        self.spans: list[tuple[int, int]] = []
        self.places: list[list[Hit]] = []
        self.china: list[int] | None = None  # the sentences on China, once somebody asked
        self._wide: dict[int, list[int]] = {}

    def split(self) -> None:
        """Give each sentence its own hits; a quick exit saves this for most passages."""
        self.hits.sort()
        self.spans = sentences(self.text) or [(0, len(self.text))]
        starts = [hit[0] for hit in self.hits]
        ends = [bisect_left(starts, end) for _, end in self.spans[:-1]]
        self.places = [
            self.hits[begin:end]
            for begin, end in zip([0, *ends], [*ends, len(starts)], strict=True)
        ]
        self.masks = [_joined(hits) for hits in self.places]

    def bits(self, names: Iterable[str]) -> int:
        """Return the mask in which all of these concepts are set."""
        return self.lexicon.mask(names)

    def has(self, *names: str) -> bool:
        """Tell whether the passage holds every one of these concepts."""
        wanted = self._known.get(names) or self.bits(names)
        return self.whole & wanted == wanted

    def together(self, *names: str, reach: int = 0) -> list[int]:
        """Return the sentences that hold all these concepts, with `reach` sentences after them."""
        wanted = self._known.get(names) or self.bits(names)
        if self.whole & wanted != wanted:
            return []
        masks = self.wide(reach) if reach else self.masks
        return [at for at, mask in enumerate(masks) if mask & wanted == wanted]

    def holds(self, at: int) -> Callable[[str], bool]:
        """Return the question whether one sentence holds a concept."""
        mask, bits = self.masks[at], self.lexicon.bits
        return lambda name: bool(mask & bits[name])

    def hits_of(self, at: int, name: str) -> list[Hit]:
        """Return the hits of a concept in one sentence."""
        bit = self.lexicon.bits[name]
        if not self.masks[at] & bit:
            return []
        return list(islice((hit for hit in self.places[at] if hit[2] & bit), _MOST_HITS))

    def near(self, at: int, name: str) -> bool:
        """Tell whether a sentence or one beside it holds a concept."""
        bit = self.lexicon.bits[name]
        return any(mask & bit for mask in self.masks[max(0, at - 1) : at + 2])

    def wide(self, reach: int) -> list[int]:
        """Return each sentence's mask joined with those of the `reach` sentences after it."""
        if not reach:
            return self.masks
        if reach not in self._wide:
            narrower = self.wide(reach - 1)
            self._wide[reach] = list(map(or_, narrower, [*self.masks[reach:], *[0] * reach]))
        return self._wide[reach]

    def words(self, names: Iterable[str], sentences_: Iterable[int] | None = None) -> list[str]:
        """Return the words, as they stand in the text, that stood for these concepts."""
        wanted = self.bits(names)
        if not self.whole & wanted:
            return []
        found: list[str] = []
        for at in range(len(self.places)) if sentences_ is None else sentences_:
            if at >= len(self.masks) or not self.masks[at] & wanted:
                continue
            begun = until = -1
            for start, end, mask in self.places[at]:
                if not mask & wanted or begun < start < until:
                    continue
                if start == begun:  # hits at one place come shortest first
                    found.pop()
                begun, until = start, word_end(self.text, end)
                found.append(self.text[begun:until])
        return found

    def word(self, start: int, end: int) -> str:
        """Return the words of a hit to the end of the last one, as they stand in the text."""
        return self.text[start : word_end(self.text, end)]


def _joined(hits: Iterable[Hit]) -> int:
    mask = 0
    for hit in hits:
        mask |= hit[2]
    return mask


def _plain(hits: list[Hit], concepts: int) -> list[Hit]:
    """Return the hits without what they say of entities."""
    every = (1 << concepts) - 1
    return [(start, end, mask & every) for start, end, mask in hits if mask & every]


def _without_blanked(hits: list[Hit], lexicon: Lexicon) -> list[Hit]:
    dropped: list[tuple[int, int, int]] = []
    for blank, blanked in _BLANKS.items():
        bit = lexicon.bits[blank]
        dropped += [(start, end, lexicon.mask(blanked)) for start, end, mask in hits if mask & bit]
    dropped.sort()
    kept: list[Hit] = []
    for start, end, mask in hits:
        left = mask
        near = bisect_left(dropped, (start - _LONGEST_BLANK,))
        while near < len(dropped) and dropped[near][0] < end:
            if start < dropped[near][1]:
                left &= ~dropped[near][2]
            near += 1
        if left:
            kept.append((start, end, left))
    return kept


def _entities(text: str, hits: list[Hit], lexicon: Lexicon) -> Iterator[Named]:
    """Longest names first win; an ambiguous name must be written as declared, in its company."""
    taken: set[int] = set()
    folded = ""
    naming = [hit for hit in hits if hit[2] >> len(lexicon.concepts)]
    for start, end, mask in sorted(naming, key=lambda hit: (hit[0] - hit[1], hit)):
        if start in taken or end - 1 in taken:
            continue
        found = lexicon.named(mask)
        assert found is not None
        entity, sure = found
        if not sure:
            folded = folded or text.lower()
            if text[start:end] not in entity.ambiguous and not _spelled_out(
                text[start:end], entity
            ):
                continue
            if not any(word in folded for word in entity.near):
                continue
        elif end - start <= 5 and text[start:end].islower():
            continue  # an acronym in small letters is another word
        taken.update(range(start, end))
        yield Named(entity, start, end)


def _spelled_out(words: str, entity: Entity) -> bool:
    """A name of several words may be written in any case, an acronym only as it is."""
    return " " in words and any(words.lower() == name.lower() for name in entity.ambiguous)
