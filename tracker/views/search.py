"""Which texts say or name something: words, phrases, named bodies, partners."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import streamlit as st

from tracker import queries
from tracker.coding.codebook import question_title
from tracker.coding.lexicon import Entity, load_lexicon
from tracker.masking import MASK, masked
from tracker.model import InstitutionKind
from tracker.views import html, people, shared
from tracker.views.addresses import APP
from tracker.views.evidence import evidence_card
from tracker.views.opening import open_store

HOW_TO_ASK = (
    "All words must stand in a passage, in any order, as whole words: partner does not find partners. "
    'A star at the end finds longer forms: surveil* finds surveillance; it needs three letters before it. "Words in quotation marks" '
    "are found as they follow each other. Large and small letters are the same."
)
MOST = 50
A_PAGE = 10


def render() -> None:
    """Show the passages that hold the words of the address, newest first, with where they stand."""
    shown = shared.frame(
        "Search",
        "Search what they published",
        "Words and “phrases in quotation marks” in coded passages of the latest texts, in the institutions’ own voice. Newest stated date first.",
    )
    if shared.nothing_yet(shown):
        return
    words, entities, filters = _asked()
    shared.left_out()
    if not words and not entities and not filters["labels"]:
        shared.show(
            "<p>Type a word, a phrase or the name of a body, such as a laboratory or a supplier, or choose a label. <code>surveil*</code> also finds longer forms.</p>"
        )
    else:
        _results(words, entities, filters)
    shared.foot(shown)


def _asked() -> tuple[list[str], list[Entity], dict[str, list[str]]]:
    left, right = st.columns([3, 2])
    with left:
        typed = shared.ask(
            "Words", "q", hint='such as "due diligence" surveil*', explained=HOW_TO_ASK
        )
    with right:
        known = {entity.key: entity for entity in load_lexicon().entities}
        named = shared.choose(
            "Naming one of", "entity", {key: entity.name for key, entity in known.items()}
        )
    one, two, three = st.columns(3)
    with one:
        labels = shared.choose("Label", "label", {c: html.words(c) for c in queries.LABELS})
    with two:
        kinds = shared.choose("Kind", "kind", {str(k): html.KINDS[k] for k in InstitutionKind})
    with three:
        names = {key: row.name for key, row in shared.institutions().items()}
        institutions = shared.choose("Institution", "institution", names)
    filters = {"labels": labels, "kinds": kinds, "institutions": institutions}
    return queries.terms(typed), [known[key] for key in named], filters


def _results(
    words: Sequence[str], entities: Sequence[Entity], filters: dict[str, list[str]]
) -> None:
    keys = [entity.key for entity in entities]
    with open_store().transaction() as session:
        found = queries.search(session, words=words, entities=keys, limit=MOST, **filters)
        versions = queries.versions_by_id(session, {row.evidence["version_id"] for row in found})
    if not found:
        shared.show(
            html.card(
                "No coded passage holds all of these.",
                "This is not a finding that nothing was said: other wording, other languages, and texts that are not read are not searched.",
            )
        )
        return
    most = f"the newest {MOST} shown" if len(found) == MOST else "all shown"
    institutions = len({row.institution for row in found})
    shared.show(
        f'<p class="t-meta"><b>{html.number(len(found), "passage")}</b> of {html.number(institutions, "institution")}, {most}.</p>'
    )
    part = shared.page_of(len(found), "search", size=A_PAGE)
    spellings = [
        *words,
        *(name for entity in entities for name in (*entity.names, *entity.ambiguous)),
    ]
    public = not people.reviewing()
    if public:
        shared.show(MASKED)
    drawn: list[Mapping[str, Any]] = []  # as shown, names hidden
    for row in found[part]:
        item = row.evidence
        if public:
            item = {**item, **{name: masked(item[name] or "") for name in NAMING}}
        drawn.append(item)
        held = _as_written(item["quote"], spellings)
        name = html.go(APP.institution(row.institution), row.name)
        shared.show(
            f"<h3>{name}</h3>",
            evidence_card(
                item, {"words": held}, versions.get(item["version_id"]), carries=_beside(item)
            ),
        )
    shared.citations(drawn, versions)


def _beside(item: Mapping[str, Any]) -> str:
    """What is said beside the findings that the passage may carry."""
    return "".join(
        f"<br><b>{html.escape(question_title(question))}</b> {' '.join(map(html.overlay, names))}"
        for question, names in item["standing"].items()
    )


#: What of a passage may name people; its address stays, or it could not be checked.
NAMING = ("quote", "title", "heading_path")
MASKED = f'<p class="t-meta">Names of people who hold no office are hidden ({MASK}); the page itself shows them.</p>'


def _as_written(text: str, spellings: Iterable[str]) -> list[str]:
    """Return the searched words as the text writes them, so that they can be marked."""
    patterns = (
        rf"\b{re.escape(term.rstrip('*'))}" + (r"\w*" if term.endswith("*") else r"\b")
        for term in spellings
    )
    return sorted({m for p in patterns for m in re.findall(p, text, re.IGNORECASE)})
