"""One finding as every page shows it: the result, its rule, its elements, its quotes."""

from collections.abc import Mapping
from typing import Any

from tracker.findings import SPOKEN_RULES
from tracker.queries import Context, FindingRow
from tracker.views import hearing
from tracker.views.addresses import APP, Places
from tracker.views.evidence import evidence_card, search_record
from tracker.views.html import (
    ABSENT,
    PEOPLE,
    day,
    escape,
    finding_badge,
    link,
    listing,
    number,
    rule,
    words,
)

QUESTION = "Who has spoken"
#: Result → when it is given, in words.
SPOKEN_WORDS = {
    **{str(result): said for result, said in SPOKEN_RULES.items()},
    "none_found": "an archive was read through, at least four fifths of the known documents were read, every language is covered, and nothing was found",
    "not_checked": "not read well enough to say anything, with the reason",
    "unreachable": "too many starting points failed, with the reasons",
}


def headline(row: FindingRow) -> str:
    """Return a finding's badge with the rule that decided it."""
    waiting = row.possible_quotes if row.reviewed != "none" else 0
    more = f"; possible: {number(waiting, 'quote')} awaiting review" if waiting else ""
    state = f"; status: {row.status}" if row.status else ""
    said = rule(f"{row.rule}{state}{more}")
    return f'<p class="t-head">{finding_badge(row.result, row.reviewed, row.overlays)} <span class="t-meta">{said}</span></p>'


def elements(row: FindingRow) -> str:
    """Return which elements of a recommendation the quotes hold, how strongly and for whom."""
    if row.result in ABSENT or not row.elements:
        return ""
    shown = " · ".join(_element(element) for element in row.elements)
    return f'<p class="t-meta">Elements (* needed for “stated”): {shown}</p>'


def _element(element: Mapping[str, Any]) -> str:
    held = element["held"]
    shape, said = ("●", "held") if held else ("○", "lacking")
    star = "*" if element["required"] else ""
    bound = ", ".join(filter(None, (element["force"], words(element["reach"]))))
    text = f'<span class="t-nowrap"><span aria-hidden="true">{shape}</span><span class="t-hide">{said}: </span> {escape(words(element["name"]))}{star}</span>'
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
    """Return a finding whole: headline, what the institution says of it, elements, quotes."""
    said = headline(row) + hearing.beside(row) + elements(row) + deeds(row)
    return said + cards(row, around, most=most, places=places)
