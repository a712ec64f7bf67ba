"""One finding as every page shows it: the result, its rule, its elements, its quotes."""

from tracker.coding.codebook import load_codebook
from tracker.findings import SPOKEN_RULES
from tracker.model import SPOKEN, Recommendation
from tracker.queries import Context, FindingRow
from tracker.views.addresses import APP, Places
from tracker.views.evidence import evidence_card, search_record
from tracker.views.html import ABSENT, escape, finding_badge, number, rule, words

QUESTION = "Who has spoken"
#: Result → when it is given, in words.
SPOKEN_WORDS = {
    **{str(result): said for result, said in SPOKEN_RULES.items()},
    "none_found": "an archive was read through, at least four fifths of the known documents were read, every language is covered, and nothing was found",
    "not_checked": "not read well enough to say anything, with the reason",
    "unreachable": "too many starting points failed, with the reasons",
}


def title(question: str) -> str:
    """Return what a finding answers, in words."""
    if question == SPOKEN:
        return QUESTION
    return f"{question} {load_codebook().recommendations[Recommendation(question)].title}"


def headline(row: FindingRow) -> str:
    """Return a finding's badge with the rule that decided it."""
    waiting = row.possible_quotes if row.reviewed != "none" else 0
    more = f"; possible: {number(waiting, 'quote')} awaiting review" if waiting else ""
    said = rule(f"{row.rule}{more}")
    return f'<p class="t-head">{finding_badge(row.result, row.reviewed)} <span class="t-meta">{said}</span></p>'


def elements(row: FindingRow) -> str:
    """Return which elements of a recommendation the quotes hold, and which they lack."""
    if row.question == SPOKEN or row.result in ABSENT:
        return ""
    entry = load_codebook().recommendations[Recommendation(row.question)]
    held = elements_of(row)
    needed = [_element(name, name in held, needed=True) for name in entry.required]
    others = [_element(name, name in held, needed=False) for name in entry.optional]
    return f'<p class="t-meta">Elements (* needed for “stated”): {" · ".join(needed + others)}</p>'


def elements_of(row: FindingRow) -> set[str]:
    """Return the elements that a finding's quotes hold together."""
    return {name for item in row.evidence for name in item["elements"].get(row.question, ())}


def _element(name: str, held: bool, *, needed: bool) -> str:  # noqa: FBT001  (reads as a sentence)
    shape, said = ("●", "held") if held else ("○", "lacking")
    star = "*" if needed else ""
    text = f'<span aria-hidden="true">{shape}</span><span class="t-hide">{said}: </span> {escape(words(name))}{star}'
    return f"<b>{text}</b>" if held else text


def cards(row: FindingRow, around: Context, *, most: int, places: Places = APP) -> str:
    """Return a finding's quotes, or what was searched where there are none."""
    if row.result == "not_applicable":
        return ""
    if not row.evidence:
        return search_record(row.search_record, row.rule)
    shown = [
        evidence_card(
            item,
            around.cues.get(item["passage_id"], {}),
            around.versions.get(item["version_id"]),
            places,
        )
        for item in row.evidence[:most]
    ]
    more = len(row.evidence) - most
    left = f'<p class="t-meta">{number(more, "more quote")} on the institution’s page.</p>'
    return "".join(shown) + (left if more > 0 else "")


def block(row: FindingRow, around: Context, *, most: int, places: Places = APP) -> str:
    """Return a finding whole: headline, elements, quotes."""
    return headline(row) + elements(row) + cards(row, around, most=most, places=places)
