"""One finding as every page shows it: the result, its rule, its elements, its quotes."""

from collections.abc import Mapping, Sequence
from typing import Any

from tracker.findings import SPOKEN_RULES, ElementState
from tracker.flat import element_said
from tracker.model import SPOKEN
from tracker.queries import Context, FindingRow, amounts_to, elements_with_words
from tracker.views import hearing
from tracker.views.addresses import APP, Places
from tracker.views.evidence import evidence_card, search_record
from tracker.views.html import (
    ABSENT,
    PEOPLE,
    badge_of,
    day,
    escape,
    link,
    listing,
    number,
    rule,
    words,
)

QUESTION = "Who has spoken"
MOST_WORDS = 3  # that hold an element, as its line shows them; the quote marks all
WEAKER = "Also in its own voice, and not what the result rests on"
AWAITING = "Possible: awaiting review, not part of what is confirmed"
#: Result → when it is given, in words.
SPOKEN_WORDS = {
    **{str(result): said for result, said in SPOKEN_RULES.items()},
    "none_found": "an archive was read through, at least four fifths of the known documents were read, every language is covered, and nothing was found",
    "not_checked": "not read well enough to say anything, with the reason",
    "unreachable": "too many starting points failed, with the reasons",
}


def headline(row: FindingRow) -> str:
    """Return a finding's badge with the rule that decided it."""
    state = f"; status: {row.status}" if row.status else ""
    said = rule(f"{row.rule}{state}{possible(row)}")
    return f'<p class="t-head">{badge_of(row)} <span class="t-meta">{said}</span></p>'


def possible(row: FindingRow) -> str:
    """Return what awaits review beside what people confirmed."""
    waiting = row.possible_quotes if row.confirmed else 0
    return f"; possible: {number(waiting, 'quote')} awaiting review" if waiting else ""


def elements(row: FindingRow) -> str:
    """Return which elements of a recommendation the quotes hold, how strongly and for whom."""
    if row.result in ABSENT or not row.elements:
        return ""
    shown = " · ".join(map(_element, elements_with_words(row.elements)))
    return f'<p class="t-meta">Elements (* needed for “stated”): {shown}</p>'


def _element(element: Mapping[str, Any]) -> str:
    held, possible = element["held"], element.get("state") == ElementState.POSSIBLE
    shape, said = ("●", "held") if held else ("◌", "possible") if possible else ("○", "lacking")
    star = "*" if element["required"] else ""
    by = ", ".join(f"“{word}”" for word in element["cues"][:MOST_WORDS])
    bound = ", ".join(filter(None, (element["force"], words(element["reach"]), by)))
    text = f'<span class="t-nowrap"><span aria-hidden="true">{shape}</span><span class="t-hide">{said}: </span> {escape(words(element["name"]))}{star}</span>'
    if possible:
        return f"{text} ({escape(element_said(element))})"
    return f"<b>{text}</b>{f' ({escape(bound)})' if bound else ''}" if held else text


def deeds(row: FindingRow) -> str:
    """Return what the institution says it did toward named partners; shown beside its result."""
    if not row.acted:
        return ""
    items = (
        f"<b>{escape(words(deed['what']))}</b>: {escape(deed['partner'])}, {day(deed['stated_date']) if deed['stated_date'] else 'undated'}"
        f"{escape(', stated reason: ' + deed['reason']) if deed['reason'] else ', no reason stated'} "
        f'<span class="t-meta">“{escape(deed["quote"])}” {link(deed["url"], deed["title"] or deed["url"])}, {escape(PEOPLE[deed["reviewed"]])}</span>'
        for deed in row.acted
    )
    return f"<h4>Says it acted</h4>{listing(items, empty='')}"


def cards(row: FindingRow, around: Context, *, most: int, places: Places = APP) -> str:
    """Return a finding's quotes, or what was searched where there are none."""
    if row.result == "not_applicable":
        return ""
    if not row.evidence:
        return search_record(row.search_record, row.rule)
    left = (
        f'<p class="t-meta">{number(more, "more quote")} on the institution’s page.</p>'
        if (more := len(row.evidence) - most) > 0
        else ""
    )
    carrying, beside = _parted(row, row.evidence[:most])
    shown = _cards(row, carrying, around, places)
    if beside:
        shown += f"<h4>{WEAKER}</h4>" + _cards(row, beside, around, places)
    return shown + left + _awaiting(row, around, most, places)


def _parted(
    row: FindingRow, items: Sequence[dict[str, Any]]
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Part what a result rests on from what amounts to less: on one page it would pass for the result."""
    carrying = [item for item in items if amounts_to(item, row.question) == row.result]
    if row.question != SPOKEN or not carrying:
        return list(items), []
    return carrying, [item for item in items if item not in carrying]


def weaker(row: FindingRow, item: Mapping[str, Any]) -> str:
    """Return what a passage amounts to by itself, where that is not the finding's result."""
    grade = amounts_to(item, row.question)
    if row.question != SPOKEN or grade in {None, row.result}:
        return ""
    return f"by itself {escape(words(grade))}, beside the result"


def _awaiting(row: FindingRow, around: Context, most: int, places: Places) -> str:
    """The quotes that await review: beside what people confirmed, never among it."""
    if not row.awaiting:
        return ""
    return f"<h4>{AWAITING}</h4>" + _cards(row, row.awaiting[:most], around, places)


def _cards(
    row: FindingRow, items: Sequence[dict[str, Any]], around: Context, places: Places
) -> str:
    return "".join(
        evidence_card(
            item,
            around.cues.get(item["passage_id"], {}),
            around.versions.get(item["version_id"]),
            places,
            carries="<br>" * bool(said := weaker(row, item)) + said,
            beside=around.beside.get((item["version_id"], item["passage_id"]), ("", "")),
        )
        for item in items
    )


def block(row: FindingRow, around: Context, *, most: int, places: Places = APP) -> str:
    """Return a finding whole: headline, what the institution says of it, elements, quotes."""
    said = headline(row) + hearing.beside(row) + elements(row) + deeds(row)
    return said + cards(row, around, most=most, places=places)
