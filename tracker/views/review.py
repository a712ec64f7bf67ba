"""What needs a person: judge codings one after the other, blind to what others said."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime

import streamlit as st

from tracker.agreement import Agreement, Estimate
from tracker.coding.codebook import load_codebook
from tracker.model import Role, Stance, Verdict
from tracker.reviews import LABELS, agreements
from tracker.store.people import permitted
from tracker.views import answering, html, noticing, people, shared
from tracker.views.addresses import APP
from tracker.views.evidence import marked
from tracker.views.opening import open_store
from tracker.waiting import Waiting, judge, judged_by, waiting

VERDICTS = {
    Verdict.CONFIRM: "Confirm: the machine’s labels and stance hold",
    Verdict.REJECT: "Reject: none of its labels holds",
    Verdict.AMEND: "Amend: what I choose below holds, and nothing else",
}
LOOKED_AT = 200


def render() -> None:
    """Show the weightiest coding that waits for this person, and keep the verdict."""
    shown = shared.frame(
        "Review",
        "What waits for a person",
        "Weightiest first: what a verdict can change, times how unsure the machine is. Verdicts are only ever added.",
    )
    name = _reviewer()
    if name is None or shared.nothing_yet(shown):
        if name is None:
            shared.foot(shown)
        return
    parts: dict[str, Callable[[str], None]] = {
        "Judge": _judge,
        "My verdicts": _mine,
        "Agreement": _agreement,
    }
    if _deciding(name):
        parts["Replies and notices"] = _hearing
    tabs = st.tabs(list(parts), on_change="rerun", key="part")
    for tab, draw in zip(tabs, parts.values(), strict=True):
        if tab.open:
            with tab:
                draw(name)
    shared.foot(shown)


def _hearing(name: str) -> None:
    answering.render(name)
    noticing.render(name)


def _deciding(name: str) -> bool:
    """Return whether this person may decide on what institutions say: an admin, or who sits at this machine."""
    who = people.visitor()
    if who is not None:
        return who.role is Role.ADMIN
    with open_store().transaction() as session:
        return bool(name) and people.local() and permitted(session, name, Role.ADMIN)


def _reviewer() -> str | None:
    """Return under which name this person reviews: empty where they must still say it, None where they may not."""
    if people.local():
        shared.show(LOCAL)
        typed = st.text_input(
            "Your name or initials", key="reviewer", persist_state="session", max_chars=60
        )
        return (typed or "").strip()
    if not people.signing_in():
        shared.show(CLOSED)
        return None
    who = people.visitor()
    if who is None:
        shared.show("<p>Reviewing is for people with a role.</p>")
        st.button("Sign in", on_click=st.login, type="primary")
        return None
    st.button("Sign out", on_click=st.logout)
    if who.role is None:
        shared.show(
            html.card(
                f"{who.email or 'You'} has no role here.",
                "Whoever runs the tracker gives one with <code>tracker people add</code>; the address must be verified.",
            )
        )
        return None
    shared.show(f'<p class="t-meta">Signed in as {html.escape(who.email)}, {who.role}.</p>')
    return who.email


CLOSED = html.card(
    "Reviewing is closed here.",
    "This app can be reached from elsewhere, and nobody can sign in.",
    "Review on the machine itself, or with <code>tracker review</code>.",
)
LOCAL = (
    '<div class="t-demo" role="note">Local mode: without sign-in. Whoever sits at this machine can review under any name; '
    "give your own, it stands in the record.</div>"
)


def _judge(name: str) -> None:
    if not name:
        shared.show(
            "<p>Give your name to see what waits for you. Nobody is asked twice, and nobody sees what others said.</p>"
        )
        return
    skipped: set[str] = st.session_state.setdefault("skipped", set())
    with open_store().transaction() as session:
        coder = load_codebook().coder_name
        queue = waiting(session, coder=coder, reviewer=name, limit=LOOKED_AT)
    left = [item for item in queue if item.key not in skipped]
    if not left:
        shared.show(
            html.card(
                "The queue is empty.",
                f"Nothing waits for {html.escape(name)}; {len(skipped)} skipped in this session.",
            )
        )
        return
    more = "or more " if len(queue) == LOOKED_AT else ""
    shared.show(
        f'<p class="t-meta"><b>{len(left)} {more}wait for you.</b> Findings follow with the next <code>tracker update</code>.</p>'
    )
    _item(left[0])
    _form(left[0], name)
    if st.button("Skip for now"):
        skipped.add(left[0].key)
        st.rerun()


def _mine(name: str) -> None:
    """Show what this person judged, and let a new verdict take the place of one."""
    with open_store().transaction() as session:
        coder = load_codebook().coder_name
        found = judged_by(session, coder=coder, reviewer=name, limit=LOOKED_AT) if name else []
        given = {item.key: (item, said.verdict, said.at) for item, said in found}
    if not given:
        shared.show("<p>You have judged nothing here that still stands.</p>")
        return
    chosen = st.selectbox(
        "A verdict of yours, newest first",
        list(given),
        format_func=lambda key: f"{given[key][0].institution_name}: {given[key][0].text[:80]}",
    )
    item, verdict, at = given[chosen]
    shared.show(
        f'<p class="t-meta">You said <b>{html.escape(verdict)}</b> on {html.day(at)}. A new verdict takes its place; both stay in the record.</p>'
    )
    _item(item)
    _form(item, name)


def _item(item: Waiting) -> None:
    because = "; ".join(
        f"{html.words(label)}: {', '.join(found)}" for label, found in item.cues.items()
    )
    asked = "You judge it without knowing what others said."
    if item.disputed:
        asked = "People differ on it; your verdict decides."
    elif item.corrected:
        asked = f"A finding that it bears on was corrected in public: {html.escape(item.corrected)}"
    elif item.outdated:
        asked = "People judged an earlier wording of it; does your verdict hold for this one?"
    shared.show(
        f'<figure class="t-card t-maybe"><blockquote lang="{html.escape(item.language or "und")}" dir="auto">“{marked(item.text, item.cues)}”</blockquote>'
        f'<figcaption class="t-meta"><b>{html.link(item.url, item.title or item.url)}</b><br>{html.escape(item.heading_path)}<br>'
        f"{html.go(APP.institution(item.institution), item.institution_name)} · {html.go(APP.document(item.document_id), 'all versions')}<br>{asked}</figcaption></figure>",
        html.pairs(
            [
                ("The machine says", html.escape(", ".join(html.words(label) for label in sorted(item.labels)))),
                ("Stance", html.escape(item.stance)),
                ("Because of", html.escape(because or "–")),
                ("Voice", html.escape(html.words(item.voice))),
                ("Confidence", f"{item.confidence:.0%}"),
            ]
        ),
    )  # fmt: skip


def _form(item: Waiting, name: str) -> None:
    with st.form(f"verdict {item.key}"):
        verdict = st.radio("Verdict", list(VERDICTS), index=None, format_func=VERDICTS.__getitem__)
        left, right = st.columns([3, 2])
        labels = left.multiselect(
            "Labels, if you amend",
            sorted(LABELS),
            default=sorted(item.labels),
            format_func=html.words,
        )
        stances = list(Stance)
        stance = right.selectbox("Stance, if you amend", stances, index=stances.index(item.stance))
        note = st.text_input("Note", placeholder="Why, for the record", max_chars=500)
        keep = st.form_submit_button("Keep my verdict", type="primary")
    if keep and verdict is None:
        shared.show('<p class="t-hint" role="alert">Choose a verdict first.</p>')
    elif keep and verdict is not None:
        with open_store().transaction() as session:
            judge(
                session,
                item,
                reviewer=name,
                verdict=verdict,
                labels=labels,
                stance=stance or Stance.NONE,
                coder=load_codebook().coder_name,
                note=note or "",
                at=datetime.now(UTC),
            )
        st.toast("Kept.")
        st.rerun()


def _agreement(_name: str) -> None:
    with open_store().transaction() as session:
        found = agreements(session)
    shared.show(
        "<p>How far people agree beyond chance, over what two or more judged, with 95 % intervals. "
        "α from .80 is good, .667 to .80 tentative; below that a label should not be published.</p>",
        _table(found),
    )


def _table(found: Mapping[str, Agreement]) -> str:
    rows = [
        [html.escape(html.words(label)), str(value.units), _figure(value.per_cent), _figure(value.alpha), _figure(value.ac1)]
        for label, value in found.items()
    ]  # fmt: skip
    columns = ["Label", "Judged twice", "Agree", "Krippendorff’s α", "Gwet’s AC1"]
    return html.table(columns, rows, caption="Agreement of people")


def _figure(estimate: Estimate) -> str:
    if estimate.value is None:
        return "–"
    if estimate.low is None or estimate.high is None:
        return f"{estimate.value:.2f}"
    return f"{estimate.value:.2f} <span class='t-small'>{estimate.low:.2f} to {estimate.high:.2f}</span>"
