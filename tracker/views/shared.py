"""What every screen has: the frame, filters that live in the address, the words it must carry."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

import streamlit as st

from tracker import queries
from tracker.export import DISCLAIMER
from tracker.queries import Cell, InstitutionRow, Overview, VersionRow
from tracker.settings import Settings
from tracker.views import html
from tracker.views.evidence import citation
from tracker.views.opening import open_store

Filters = Mapping[str, Sequence[str]]
Answered = Mapping[str, Mapping[str, str]]
NOT = DISCLAIMER
LONGEST_TYPED = 200
FRESH_FOR = 20  # seconds for which figures are shared between readers


@st.cache_resource(show_spinner=False, ttl=FRESH_FOR)
def figures() -> Overview:
    """Return the figures that several screens show."""
    with open_store().transaction() as session:
        return queries.overview(session)


@st.cache_resource(show_spinner=False, ttl=FRESH_FOR)
def cells() -> Sequence[Cell]:
    """Return all findings without evidence."""
    with open_store().transaction() as session:
        return tuple(queries.cells(session))


@st.cache_resource(show_spinner=False, ttl=FRESH_FOR)
def institutions() -> Mapping[str, InstitutionRow]:
    """Return the listed institutions by key, in the order of their names."""
    with open_store().transaction() as session:
        return {row.key: row for row in queries.institution_rows(session)}


def frame(tab: str, heading: str = "", lead: str = "") -> Overview:
    """Draw a screen's head; return the figures that several screens show."""
    st.set_page_config(page_title=f"{tab} · Policy Tracker", page_icon=FAVICON, layout="wide")
    style = f"<style>{html.stylesheet()}</style>"
    st.session_state[ANSWERED] = {}
    shown = figures()
    demo = DEMO if shown.demonstration else ""
    title = f'<h1 class="t-hero">{html.escape(heading or tab)}</h1>' if heading or tab else ""
    said = f'<p class="t-lead">{html.escape(lead)}</p>' if lead else ""
    st.html(f'{style}<div class="t-body">{demo}{title}{said}</div>')
    return shown


NOTHING = html.card(
    "Nothing has been read yet.",
    "<code>make demo</code> shows an example with invented institutions.",
    "<code>tracker run</code> reads the sources in sources.yaml.",
    html.go("/method", "How it works, and where it ends"),
)
FAVICON = str(html.static("favicon.png"))
DEMO = '<div class="t-demo" role="note">Demonstration data: every institution that was read here, and every word of it, is invented.</div>'


def show(*parts: str) -> None:
    """Draw HTML of our own making."""
    st.html(f'<div class="t-body">{"".join(parts)}</div>')


def foot(shown: Overview, *, printed: str = "") -> None:
    """Draw what stands under every screen."""
    ways = [
        html.go(printed, "Printable page without script") if printed else "",
        html.go("/p/", "All pages without script"),
        html.go("/data/", "Data"),
        html.go("/method", "Method and limits"),
        html.problem(Settings().contact),
    ]
    st.html(
        f'<div class="t-foot"><b>{NOT}</b> Machine findings are possible until a person confirms them. '
        f"{html.as_of(shown.last_run_at, shown.verdicts_to)}.<br>{' · '.join(filter(None, ways))}</div>"
    )


def nothing_yet(shown: Overview) -> bool:
    """Say what to do where there is no data; return whether that is so."""
    if shown.institutions:
        return False
    show(NOTHING)
    foot(shown)
    return True


def citations(items: Sequence[Mapping[str, Any]], versions: Mapping[int, VersionRow]) -> None:
    """Draw each quote's citation with a button that copies it."""
    cited = dict.fromkeys(citation(i, versions.get(i["version_id"])) for i in items)
    if not cited:
        return
    box = st.expander("Copy a citation", on_change="rerun")
    with box:
        for said in cited if box.open else ():  # each costs a page time
            st.code(said, language=None, wrap_lines=True)


def missing(what: str, back: str, words: str) -> None:
    """Say that an address names nothing, and stop there: never show something else instead."""
    show(
        html.card(
            f"No such {what}.", "The address is wrong, or it is not in scope.", html.go(back, words)
        )
    )


#: Under which a screen keeps, while it is drawn, the filters that it answers: name → values it does not apply → why.
ANSWERED = "answered_filters"


def answers(*names: str) -> None:
    """Note that the screen answers what the address gives these names."""
    st.session_state[ANSWERED].update({name: {} for name in names})


def left_out() -> None:
    """Say in one line which filters of the address were not applied, and why, with a link that removes each."""
    answered: Answered = st.session_state[ANSWERED]
    given = {name: asked(name) for name in st.query_params}
    lines = [_not_applied(given, *one) for one in not_applied(given, answered)]
    if lines:
        show(f'<p class="t-hint" role="alert">Not applied: {"; ".join(lines)}.</p>')


def not_applied(given: Filters, answered: Answered) -> Iterator[tuple[str, str, str]]:
    """Give each filter's name, value and why it was not applied."""
    for name, values in given.items():
        whys = answered.get(name)
        for value in values:
            if whys is None:
                yield name, value, f"this screen has no filter on {name.replace('_', ' ')}"
            elif value in whys:
                yield name, value, whys[value]


def _not_applied(given: Filters, name: str, value: str, why: str) -> str:
    rest = {**given, name: [other for other in given[name] if other != value]}
    remove = html.go(f"?{urlencode(rest, doseq=True)}", "remove it")
    return (
        f"<b>{html.escape(name)}={html.escape(html.cut(value))}</b>, {html.escape(why)} ({remove})"
    )


def asked(name: str) -> list[str]:
    """Return the values that the address gives a name."""
    return st.query_params.get_all(name)


def choose(
    label: str, name: str, vocabulary: Mapping[str, str], *, most: int | None = None
) -> list[str]:
    """Draw a filter whose values stand in the address by code; `left_out` says which are unknown."""
    given = asked(name)
    key = f"filter_{name}"
    st.session_state.setdefault(key, [value for value in given if value in vocabulary][:most])
    chosen = st.multiselect(
        label,
        list(vocabulary),
        key=key,
        format_func=vocabulary.__getitem__,
        placeholder="Any",
        max_selections=most,
    )
    beyond = [value for value in given if value in vocabulary][most:] if most else []
    whys = {value: "there is no such value" for value in given if value not in vocabulary}
    whys |= {value: f"at most {most} can be chosen" for value in beyond if value not in chosen}
    st.session_state[ANSWERED][name] = whys
    remember(name, [*chosen, *whys])  # what is not applied stays, and is said, until it is removed
    return chosen


def renamed(**names: str) -> None:
    """Let addresses that name something as it was named before (old=new) go on working."""
    for old, new in names.items():
        if old in st.query_params:
            st.query_params[new] = list(dict.fromkeys([*asked(new), *asked(old)]))
            st.query_params.pop(old)


def remember(name: str, values: Sequence[str]) -> None:
    """Write values into the address, so that it can be sent to somebody."""
    if list(values) == asked(name):
        return
    if values:
        st.query_params[name] = list(values)
    else:
        st.query_params.pop(name, None)


def ask(label: str, name: str, *, hint: str = "", explained: str | None = None) -> str:
    """Draw a line to type into whose text stands in the address; `explained` is its help."""
    key = f"filter_{name}"
    answers(name)
    st.session_state.setdefault(key, st.query_params.get(name, "")[:LONGEST_TYPED])
    typed = st.text_input(
        label, key=key, placeholder=hint, max_chars=LONGEST_TYPED, type="search", help=explained
    )
    typed = typed or ""
    remember(name, [typed.strip()] if typed.strip() else [])
    return typed.strip()


def page_of(total: int, name: str, *, size: int) -> slice:
    """Draw the choice of a page where there is more than one; return its rows."""
    if total <= size:
        return slice(0, size)
    pages = (total + size - 1) // size
    page = st.pagination(pages, key=f"page_{name}")
    return slice((page - 1) * size, page * size)
