"""Our own HTML for what Streamlit would take as Markdown. Everything stored is escaped here."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache
from html import escape as _escape
from pathlib import Path
from typing import Protocol
from urllib.parse import quote, urlsplit

from tracker import standing, wording
from tracker.coding.codebook import question_title
from tracker.countries import country, language
from tracker.crediting import PEOPLE
from tracker.dating import between, day
from tracker.health import IN_ORDER, HealthState
from tracker.model import ChangeClass, InstitutionKind, Recommendation
from tracker.queries import ABSENT, Cell, FindingRow

__all__ = ["ABSENT", "PEOPLE", "between", "country", "day", "language"]

#: Result → (shape, word, colour class). Colours are Okabe and Ito's; absence has none.
RESULTS: Mapping[str, tuple[str, str, str]] = {
    "condemned": ("●", "condemned", "blue"),
    "criticised": ("◆", "criticised", "sky"),
    "mentioned_critically": ("◇", "mentioned critically", "sky"),
    "security_concern": ("▲", "security concern", "orange"),
    "defends_engagement": ("■", "defends engagement", "purple"),
    "discussed": ("◐", "discussed", "plain"),
    "stated": ("●", "stated", "green"),
    "partial": ("◐", "partial", "yellow"),
    "declined": ("✕", "declined", "purple"),
    "none_found": ("○", "none found", "plain"),
    "not_checked": ("–", "not checked", "hatched"),
    "unreachable": ("⊘", "unreachable", "hatched"),
    "not_applicable": ("·", "not applicable", "faint"),
}


KINDS = {
    InstitutionKind.ETHICS_INSTITUTE: "Ethics institutes",
    InstitutionKind.UNIVERSITY: "Universities",
    InstitutionKind.FUNDER: "Funders",
    InstitutionKind.GOVERNMENT: "Government bodies",
    InstitutionKind.ASSOCIATION: "Associations",
}


def escape(text: object) -> str:
    """Return text as HTML shows it: the one place where stored text is made harmless."""
    return _escape(str(text), quote=True)


def static(name: str) -> Path:
    """Return where one of our own files for browsers lies."""
    return Path(__file__).parent / "static" / name


@cache
def stylesheet() -> str:
    """Return the one sheet of the screens and the printed pages."""
    return static("tracker.css").read_text(encoding="utf-8")


words, number = wording.words, wording.number


def badge(result: str, *, possible: bool = False, sure: bool = False) -> str:
    """Return a result as shape and word; a possible one is outlined and says so."""
    shape, word, colour = RESULTS.get(result, ("?", result, "plain"))
    look = " t-possible" if possible else " t-sure" if sure else ""
    said = f"possible: {word}" if possible else word
    return f'<span class="t-badge t-{colour}{look}"><span aria-hidden="true">{shape}</span> {escape(said)}</span>'


def finding_badge(
    result: str, reviewed: str, overlays: Sequence[str] = (), *, aside: str = ""
) -> str:
    """Return a finding's badge: what no person confirmed is possible, and what the institution says of it."""
    return _result_badge(result, reviewed, aside) + "".join(
        f" {overlay(name)}" for name in overlays
    )


def badge_of(found: Cell | FindingRow) -> str:
    """Return the badge of a finding, which says where review may make it more."""
    least = '<span class="t-small">at least</span> ' if found.at_least else ""
    return least + finding_badge(found.result, found.reviewed, found.overlays, aside=found.aside)


SHAPES = {"disputed": "⇄", "corrected": "✎", "under_reply": "◔", "withheld": "◌"}
#: Overlay → (shape, words).
OVERLAYS: Mapping[str, tuple[str, str]] = {
    name: (SHAPES[name], said) for name, said in standing.OVERLAYS.items()
}


def overlay(name: str) -> str:
    """Return what an institution says of a finding, as shape and words."""
    shape, said = OVERLAYS[name]
    return (
        f'<span class="t-over t-over-{name}"><span aria-hidden="true">{shape}</span> {said}</span>'
    )


def _result_badge(result: str, reviewed: str, aside: str) -> str:
    if result == "none_found" and reviewed == "none":
        said = escape(aside or "no match by machine")
        return f'{badge(result)} <span class="t-small">{said}</span>'
    if result in ABSENT:
        return badge(result)
    if reviewed == "none":
        return badge(result, possible=True)
    return f'{badge(result, sure=True)} <span class="t-small">{PEOPLE[reviewed]}</span>'


def change_class(given: str, kind: str = "") -> str:
    """Return the class of a change, the ones that are sent by default standing out, and its kind."""
    below = f'<span class="t-small">{escape(words(kind))}</span>' if kind else ""
    return f'<span class="t-class t-class-{escape(given)}">{escape(words(given))}</span>{below}'


def label(code: str) -> str:
    """Return a label as people read it: a recommendation with what it is about."""
    return question_title(code) if code in set(Recommendation) else words(code)


def source_state(state: str) -> str:
    """Return how a source is doing; what needs a look stands out."""
    if state in IN_ORDER:
        return escape(words("in order" if state == HealthState.OK else state))
    return f"<b>{escape(words(state))}</b>"


class Dated(Protocol):
    """A change as far as it is dated."""

    @property
    def change_class(self) -> str: ...
    @property
    def seen_from(self) -> datetime | None: ...
    @property
    def seen_to(self) -> datetime: ...


def when(change: Dated) -> str:
    """Return when a change happened: of a text between two reads, of our own record on its day."""
    if change.change_class == ChangeClass.RECORD:
        return f"on {day(change.seen_to)}"
    return between(change.seen_from, change.seen_to)


def sentence(text: str) -> str:
    """Return words as a sentence begins, with their dates as people write them."""
    return _DAY.sub(_written, text[:1].upper() + text[1:])


#: A day in prose; one in an address stays as it is.
_DAY = re.compile(r"(?<![\w/.=-])\d{4}-\d\d-\d\d(?![\w/-])", re.ASCII)


def _written(found: re.Match[str]) -> str:
    try:
        return day(found[0])
    except ValueError:  # somebody else's number
        return found[0]


def brief(text: str) -> str:
    """Return a sentence as lists show it: its page has the whole."""
    return cut(sentence(text))


def cut(text: str) -> str:
    """Return text as a line has room for it."""
    return text if len(text) <= BRIEF else f"{text[:BRIEF].rsplit(' ', 1)[0]} …"


BRIEF = 140


def rule(text: str) -> str:
    """Return a rule's words."""
    return escape(sentence(text))


def coded(text: str) -> str:
    """Return prose in which `backticks` mark what is typed."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text))


def minute(at: datetime | None) -> str:
    """Return a time to the minute, in UTC, or a dash."""
    return f"{at.day} {at:%b %Y, %H:%M} UTC" if at else "–"


def as_of(at: datetime | None, verdicts_to: datetime | None) -> str:
    """Return how fresh the data is, and until when people's later verdicts are in it."""
    if at is None:
        return "Nothing read yet"
    verdicts = f", people’s verdicts to {minute(verdicts_to)}" if verdicts_to else ""
    return f"Data as of {minute(at)}{verdicts}"


def link(url: str, words: str) -> str:
    """Return a link to a web address; anything else is shown as text."""
    if urlsplit(url).scheme not in {"http", "https"}:
        return escape(words)
    said = ' class="t-url"' if words == url else ""  # on paper it is not said twice
    return f'<a href="{escape(url)}"{said} target="_blank" rel="noopener noreferrer nofollow">{escape(words)}</a>'


def bare(url: str) -> str:
    """Return an address as people say it: without its scheme."""
    return url.partition("://")[2].removeprefix("www.").rstrip("/") or url


def problem(contact: str, about: str = "") -> str:
    """Return where mistakes are reported: an address or a page; where none is set, what is missing.

    A mail says in its first line what it is about.
    """
    if "@" in contact and "://" not in contact:
        begun = f"?subject=Problem&body={quote(about)}" if about else ""
        return f'<a href="mailto:{escape(contact.removeprefix("mailto:") + begun)}">Report a problem</a>'
    return link(contact, "Report a problem") if contact else NO_CONTACT


NO_CONTACT = "Report a problem: no contact address is set (<code>TRACKER_CONTACT</code>)"


def go(href: str, words: str) -> str:
    """Return a link to a page of our own."""
    return f'<a href="{escape(href)}" target="_self">{escape(words)}</a>'


def card(heading: str, *lines: str) -> str:
    """Return a notice: what is so, then what can be done; the lines are HTML already."""
    return (
        f'<div class="t-note" role="note"><p><b>{escape(heading)}</b></p>'
        + "".join(f"<p>{line}</p>" for line in lines)
        + "</div>"
    )


def pairs(given: Iterable[tuple[str, str]]) -> str:
    """Return names with their values, which are HTML already; empty ones are left out."""
    shown = "".join(f"<dt>{escape(name)}</dt><dd>{value}</dd>" for name, value in given if value)
    return f'<dl class="t-pairs">{shown}</dl>'


def actions(*links: str) -> str:
    """Return a line of links."""
    return f'<div class="t-actions">{"".join(f"<span>{one}</span>" for one in links if one)}</div>'


def table(
    columns: Sequence[str],
    rows: Iterable[Sequence[str]],
    *,
    caption: str,
    stack: bool = False,
    even: bool = False,
) -> str:
    """Return a table of cells that are HTML already; the first cell of a row heads it.

    On a phone it is scrolled sideways, or its cells stand below each other, each with its column's name.
    Columns are as wide as their text, or even where texts are to be compared.
    """
    head = "".join(f'<th scope="col">{escape(column)}</th>' for column in columns)
    body = "".join(_row(row, columns if stack else ()) for row in rows)
    wide = " t-wide" * (not stack and len(columns) > FITTING)
    return (
        f'<div class="t-scroll{wide}" tabindex="0" role="region" aria-label="{escape(caption)}"><table class="t-table{" t-stack" * stack}{" t-even" * even}">'
        f'<caption class="t-hide">{escape(caption)}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'
    )


FITTING = 3  # columns that a phone shows without scrolling
HATCHED = ' class="t-hatched"'


def _row(cells: Sequence[str], columns: Sequence[str]) -> str:
    whole = [f"<div>{cell}</div>" for cell in cells] if columns else cells
    names = [f' data-label="{escape(column)}"' for column in columns] or [""] * len(cells)
    rest = "".join(
        f"<td{HATCHED if 't-badge t-hatched' in cell else ''}{name}>{cell}</td>"
        for cell, name in zip(whole[1:], names[1:], strict=True)
    )
    return f'<tr><th scope="row">{cells[0]}</th>{rest}</tr>'


def facts(given: Sequence[tuple[str, str]]) -> str:
    """Return figures in a row: (number, what it counts)."""
    shown = "".join(
        f'<div class="t-fact"><b>{escape(figure)}</b><span>{escape(what)}</span></div>'
        for figure, what in given
    )
    return f'<div class="t-facts">{shown}</div>'


def listing(items: Iterable[str], *, empty: str) -> str:
    """Return items that are HTML already as a list, or what its emptiness means."""
    shown = "".join(f"<li>{item}</li>" for item in items)
    return f'<ul class="t-list">{shown or f"<li>{escape(empty)}</li>"}</ul>'
