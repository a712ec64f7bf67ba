"""A piece of evidence as people read it: its quote, what it amounts to, the words that hold it."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tracker.coding.codebook import load_codebook
from tracker.coding.matching import fold, word_end
from tracker.crediting import coded_by
from tracker.dating import dated, statement_date
from tracker.findings import graded
from tracker.model import SPOKEN, Stance

LONGEST_QUOTE = 600


def shown_evidence(item: dict[str, Any]) -> dict[str, Any]:
    """Return what of a piece of evidence the public may see."""
    quote = item["quote"]
    shown = quote if len(quote) <= LONGEST_QUOTE else f"{quote[:LONGEST_QUOTE].rsplit(' ', 1)[0]} …"
    return {
        "quote": shown,
        **{name: item[name] for name in _SHOWN},
        "statement_date": statement_date(item),
        "dated": dated(item),
        **{name: item.get(name) for name in _KEPT_SINCE},
        "coded_by": coded_by(item),
        "cues": shown_cues(item, item.get("cues") or {}),
        "element_cues": element_words(item),
    }


def amounts_to(item: Mapping[str, Any], question: str) -> str | None:
    """Return what a passage amounts to by itself: beside what a result rests on, weaker ones are kept."""
    if question != SPOKEN:
        return question
    stance = next((s for s in Stance if s in item["labels"]), Stance.NONE)
    grade = graded(frozenset(item["labels"]), stance, in_passing=item.get("in_passing", False))
    return str(grade) if grade else None


_SHOWN = ("url", "title", "stated_date", "version", "labels", "heading_path", "reviewed", "on_page")
#: What findings from before it was kept do not have.
_KEPT_SINCE = ("coder", "reviewed_at", "stated_basis", "first_version", "first_seen_from", "first_seen_to", "attributed", "gone_from", "gone_to", "earlier_wording", "language", "text_sha256")  # fmt: skip


def shown_cues(
    item: Mapping[str, Any], cues: Mapping[str, Sequence[str]]
) -> dict[str, Sequence[str]]:
    """Return the words that led to a coding: of labels that people took away none are left."""
    held = {*item["labels"], "stance", "words"}
    return {label: words for label, words in cues.items() if label in held}


def element_words(item: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return "R1 before_start" → the words, as the quote writes them, for each element it was coded with.

    Only of recommendations that its labels still hold; where another codebook's words led there, there are none.
    """
    coded = {code: names for code, names in (item.get("elements") or {}).items() if names}
    if not coded:
        return {}
    held = words_holding(item["quote"])
    found = {f"{code} {n}": held[n] for code, names in coded.items() for n in names if n in held}
    return {name: words for name, words in found.items() if name.split()[0] in item["labels"]}


def words_holding(text: str) -> dict[str, list[str]]:
    """Return the words of a text by the element of the codebook that they hold, each spelling once."""
    codebook, folded = load_codebook(), fold(text)
    found: dict[str, dict[str, None]] = {}
    for start, end, mask in codebook.element_words.find_folded(folded):
        words = text[_word_begin(folded, start) : word_end(folded, end)]
        for at, name in enumerate(codebook.elements):
            if mask >> at & 1:
                found.setdefault(name, {})[words] = None
    return {name: list(words) for name, words in found.items()}


def elements_with_words(elements: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return a finding's elements, each with the words of its sentence that hold it."""
    return [
        {**row, "cues": words_holding(row["words"]).get(row["name"], []) if row["words"] else []}
        for row in elements
    ]


def _word_begin(text: str, at: int) -> int:
    while at and text[at].isalnum() and text[at - 1].isalnum():
        at -= 1
    return at
