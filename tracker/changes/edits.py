"""Which words of an edit carry meaning: not marks of lists, numbers of sections, titles, addresses or spelling. Pure."""

import re
from bisect import bisect_right
from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate

from rapidfuzz import fuzz

from tracker.changes.binding import DATE, MARKUP, POINTERS, binding
from tracker.changes.units import pattern
from tracker.changes.wording import WordChange, WordKind
from tracker.extraction.sentences import sentences

Said = frozenset[str]  # the sentences of a version

SPELT_ALIKE = 80  # per cent of likeness from which two words are one, spelt or inflected otherwise
MOVED = 5  # words from which a sentence that stands elsewhere is the same one
TITLE = 8  # words that a title before a colon may have
WITHIN = 15  # words between an edit and what it may be about
MOST_SCORED = 10_000  # pairs of words whose likeness is measured
_SHORT = 4  # letters below which likeness tells nothing

#: Words that join others.
_JOINING = frozenset(
    "a an the of to in on at by for from with and or as that this these those which is are was were be been being it its"
    " der die das den dem des ein eine und oder von zu im in für mit le la les un une des du de et ou à en dans pour"
    " het een van en of op voor met el los las una y o del por para den det ett et och eller og av af til till på i".split()
)
_NEGATED = re.compile(r"(?:un|il|im|in|ir|non-?|dis|mis|de)$")
#: The number of a section or an entry: "5.2", "(iii)", "B.3".
_SECTION = re.compile(
    r"^\W*(?:\d+(?:\.\d+)*|[ivxl]{1,5}[.)]|[a-z][.)]?(?:\.?\d+)*)[.):]*$", re.IGNORECASE
)
_WORD = re.compile(r"[^\W\d_]{2,}")
#: Where a text points, how to reach somebody, and dates.
_SILENT = re.compile(
    rf"{POINTERS.pattern}|\S{{1,99}}@\S+|\b\S{{1,99}}\.(?:com|org|net|io|ai|info|edu|gov|eu|int)\b\S*|{DATE.pattern}",
    re.IGNORECASE,
)
_SPAN = re.compile(
    r"\b(?:\d{1,9}|one|two|three|four|five|six|seven|eight|ten|twelve|fourteen|thirty|sixty|ninety)[\s-]{1,3}"
    r"(?:(?:working|business|calendar|academic)\s+)?(?:hours?|days?|weeks?|months?|years?|stunden|tagen?|wochen|monaten?|jahren?"
    r"|heures|jours|semaines|mois|ans|dagen|weken|maanden|jaar|horas|días|semanas|meses|años|dagar|veckor|månader|dage|uger|uker)\b"
    r"|(?<![\d.,])\d[\d.,]{0,15}\s?(?:%|per\s?cent|percent|prozent|procent|prosent)"
    r"|[$€£]\s?\d[\d.,]{0,15}",
    re.IGNORECASE,
)  # fmt: skip

_BETWEEN = re.compile(r"[,;]\s?(?:(?:and|or|und|oder|et|ou|en|of|y|o)\s)?|\s(?:and|or)\s")
_CAPITAL = r"(?<!\w)[A-ZÀ-Þ][\w/’'-]+"
_NAME = rf"{_CAPITAL}(?: (?:of |de |the )?{_CAPITAL}){{0,5}}"
_JOINED = r"(?:, ?(?:(?:and|or|und|oder|et|ou|en|of|y|o|och|eller|og) )?| (?:and|or|und|oder|et|ou|en|y|och|og) )"
_NAMES = re.compile(rf"{_NAME}(?:{_JOINED}(?:the )?{_NAME}){{2,}}")
_BODY = re.compile(
    rf"(?:{_CAPITAL} ){{1,5}}(?:University|Institute|Academy|Laborator(?:y|ies)|Lab|College|Polytechnic|Ministry)\b(?: (?:of|for) (?:the )?{_CAPITAL}){{0,3}}"
    r"|(?<!\w)(?:Universit\w+|Universidad|Hochschule|Institut\w*|A[ck]adem\w+|Académie|Ministr\w+|Ministerium|College)"
    rf"(?: (?:of|for|de|du|des|van|für|der|the|la)){{1,3}}(?: {_CAPITAL}){{1,5}}"
)


@dataclass(frozen=True, slots=True)
class Side:
    """One side of an edit: all its words, and the places of those that came or went."""

    words: tuple[str, ...]
    said: frozenset[int]  # that say something, those that join or bind too
    edited: frozenset[int]  # of them those that carry meaning by themselves

    def near(self, wanted: tuple[str, ...] | None, within: int) -> "Side":
        """The same side with those edits alone that are part of these phrases, or stand so near to one.

        None stands for the whole text.
        """
        if wanted is None or not self.said:
            return self
        found = _places(self.words, pattern(wanted))
        near = {at for start, end in found for at in range(start - within, end + within + 1)}
        kept = self.said & near
        return replace(self, said=kept, edited=self.edited & kept)

    def binding(self) -> Counter[int]:
        """How often the edited words bind, and in which ways."""
        return binding(" ".join(self.words[at] for at in sorted(self.said)))


def sides(
    words: Sequence[WordChange], old_said: Said = frozenset(), new_said: Said = frozenset()
) -> tuple[Side, Side]:
    """Return the text before and after, each with the edited words that carry meaning.

    What is among the sentences of the other version only moved.
    """
    old = _side(words, WordKind.REMOVED, new_said)
    new = _side(words, WordKind.ADDED, old_said)
    same = {*_pairs(old, new)}
    return (
        replace(old, edited=old.edited - {i for i, _ in same}),
        replace(new, edited=new.edited - {j for _, j in same}),
    )


def whole(text: str, elsewhere: Said = frozenset()) -> Side:
    """Return a unit that came or went as one edit; its sentences that stand elsewhere only moved."""
    return _side([WordChange(WordKind.ADDED, text)], WordKind.ADDED, elsewhere)


def _side(words: Sequence[WordChange], kind: WordKind, elsewhere: Said) -> Side:
    tokens: list[str] = []
    edited: set[int] = set()
    for word in words:
        if word.kind not in {kind, WordKind.EQUAL}:
            continue
        if word.kind is kind:
            titled = len(words) > 1 and _marks(tokens)
            edited.update(len(tokens) + at for at in _told(word.text, elsewhere, titled=titled))
        tokens += [MARKUP.sub("", part) for part in word.text.split()]
    said = edited - _silent(tokens)
    return Side(
        tuple(tokens), frozenset(said), frozenset(at for at in said if _carries(tokens[at]))
    )


def _told(text: str, elsewhere: Said, *, titled: bool) -> Iterator[int]:
    """The places of an edit's words that are no title put before a sentence, and did not only move."""
    at = 0
    begin = _title(text.split()) if titled else 0
    for start, end in sentences(text):
        said = text[start:end].split()
        moved = len(said) >= MOVED and text[start:end].strip() in elsewhere
        yield from () if moved else range(max(begin, at), at + len(said))
        at += len(said)


def _silent(words: Sequence[str]) -> frozenset[int]:
    """The places of words in addresses, pointers and dates."""
    return frozenset(
        at for place in _places(words, _SILENT) for at in range(place[0], place[1] + 1)
    )


def _places(words: Sequence[str], wanted: re.Pattern[str]) -> Iterator[tuple[int, int]]:
    """The first and the last word of each place where a pattern is met."""
    ends = list(accumulate(len(word) + 1 for word in words))
    for found in wanted.finditer(" ".join(words)):
        yield bisect_right(ends, found.start()), bisect_right(ends, found.end() - 1)


def _marks(tokens: Iterable[str]) -> bool:
    """Whether so far only marks of a list stand there."""
    return not any(_WORD.search(token) for token in tokens if not _SECTION.match(token))


def _title(words: Sequence[str]) -> int:
    """How many words are a title, as in "B.3 Retention: …"."""
    return next((at + 1 for at, word in enumerate(words[:TITLE]) if word.endswith(":")), 0)


def _carries(token: str) -> bool:
    carries = _WORD.search(token) and not _SECTION.match(token)
    return bool(carries) and _plain(token) not in _JOINING


def _plain(token: str) -> str:
    return re.sub(r"\W", "", token).casefold()


def _pairs(old: Side, new: Side) -> Iterator[tuple[int, int]]:
    """Words that only moved, or are spelt or inflected otherwise; each stands in one pair."""
    gone = {i: _plain(old.words[i]) for i in sorted(old.edited)}
    places: defaultdict[str, deque[int]] = defaultdict(deque)
    for j in sorted(new.edited):
        places[_plain(new.words[j])].append(j)
    for i, word in list(gone.items()):
        if places[word]:
            del gone[i]
            yield i, places[word].popleft()
    come = {j: word for word, found in places.items() for j in found}
    yield from _parted(gone, come)
    yield from ((i, j) for j, i in _parted(come, gone))
    if len(gone) * len(come) <= MOST_SCORED:
        yield from _spelt_otherwise(gone, come)


def _parted(parts: dict[int, str], wholes: dict[int, str]) -> Iterator[tuple[int, int]]:
    """Words of one side that stand joined on the other: "bio weapons", "bioweapons"."""
    joined = {word: at for at, word in wholes.items()}
    for at, word in list(parts.items()):
        both = word + parts.get(at + 1, "")
        if at in parts and at + 1 in parts and both in joined:
            yield from ((at, joined[both]), (at + 1, joined[both]))
            del parts[at], parts[at + 1]
            wholes.pop(joined.pop(both))


def _spelt_otherwise(gone: dict[int, str], come: dict[int, str]) -> Iterator[tuple[int, int]]:
    for i, word in gone.items():
        j = next((j for j, other in come.items() if _alike(word, other)), None)
        if j is not None:
            del come[j]
            yield i, j


def _alike(word: str, other: str) -> bool:
    if min(len(word), len(other)) < _SHORT or _negates(word, other) or _negates(other, word):
        return False
    return fuzz.ratio(word, other) >= SPELT_ALIKE


def _negates(longer: str, word: str) -> bool:
    return longer.endswith(word) and bool(_NEGATED.match(longer[: -len(word)]))


def amounts(text: str) -> Counter[str]:
    """Return the deadlines, shares and sums that a text names."""
    return Counter(" ".join(found.casefold().split()) for found in _SPAN.findall(text))


def listed_names(text: str) -> frozenset[str]:
    """Return the names that a text enumerates, at least three together: countries, bodies, people."""
    return frozenset(
        name for found in _NAMES.finditer(text) for name in re.findall(_NAME, found[0])
    )


def entries_gone(before: str, after: str) -> list[str]:
    """Return the entries of a sentence's list that are gone, where the rest of the list stayed."""
    listed, stays = _listed(before), _listed(after)
    kept = [entry for entry in listed if entry in stays]
    gone = [entry for entry in listed if entry not in stays and not _frames(entry, stays)]
    whole = len(listed) >= 3 and len(kept) >= 2 and len(stays) < len(listed)
    return gone if whole and len(kept) + len(gone) >= len(stays) else []


def _frames(entry: str, stays: Iterable[str]) -> bool:
    """Whether another entry ends or begins alike: an outer entry carries the sentence's frame."""
    return any(other.startswith(entry) or other.endswith(entry) for other in stays)


def _listed(text: str) -> list[str]:
    return [entry for part in _BETWEEN.split(text) if (entry := part.strip(" .;:,"))]


def bodies(text: str) -> frozenset[str]:
    """Return the universities, institutes, laboratories and ministries that a text names."""
    return frozenset(found[0] for found in _BODY.finditer(text))
