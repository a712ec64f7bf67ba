"""Replies, for admins: what institutions wrote, and what becomes of it. The deeds are the command line's."""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time
from typing import Any

import streamlit as st
from sqlmodel import Session

from tracker import replies as deeds
from tracker.addresses import is_official_mail
from tracker.coding.codebook import question_title
from tracker.model import ReplyVerdict
from tracker.standing import QUESTIONS
from tracker.store.replies import ReplyRow, reply_rows
from tracker.views import hearing, html, shared
from tracker.views.addresses import APP
from tracker.views.opening import open_store

VERDICTS = {
    ReplyVerdict.CONFIRMED: "Confirm: it is theirs; publish it in full beside the findings it answers",
    ReplyVerdict.SETTLED: "Settle: it disputes nothing any more; its words stay",
    ReplyVerdict.REFUSED: "Refuse: keep it from the public, or take it back",
}
#: What may follow on what was decided last.
NEXT = {
    None: (ReplyVerdict.CONFIRMED, ReplyVerdict.REFUSED),
    ReplyVerdict.CONFIRMED: (ReplyVerdict.SETTLED, ReplyVerdict.REFUSED),
    ReplyVerdict.SETTLED: (ReplyVerdict.REFUSED,),
    ReplyVerdict.REFUSED: (ReplyVerdict.CONFIRMED,),
}
SHELVES = {"Waiting": (None,), "Published": (ReplyVerdict.CONFIRMED, ReplyVerdict.SETTLED), "Refused": (ReplyVerdict.REFUSED,)}  # fmt: skip
SAID = "answered"


def render(name: str) -> None:
    """Show what waits for an admin of that name, and do what they decide."""
    with open_store().transaction() as session:
        replies = reply_rows(session)
    if said := st.session_state.pop(SAID, ""):
        shared.show(f'<p class="t-note" role="status">{html.escape(said)}</p>')
    shared.show("<h2>Replies</h2>")
    _shelf(replies, name)
    _enter(name, len(replies))


def do(deed: Callable[[Session], str]) -> None:
    """Do it, and say what came of it or why it cannot be done."""
    try:
        with open_store().transaction() as session:
            said = deed(session)
    except deeds.ReplyError as problem:
        shared.show(f'<p class="t-hint t-lines" role="alert">{html.escape(problem)}</p>')
        return
    st.session_state[SAID] = said
    st.rerun()


def _shelf(replies: Sequence[ReplyRow], name: str) -> None:
    counts = {title: sum(r.verdict in kept for r in replies) for title, kept in SHELVES.items()}
    chosen = st.segmented_control(
        "Which replies",
        list(SHELVES),
        default="Waiting",
        format_func=lambda title: f"{title} ({counts[title]})",
        key="shelf",
        required=True,
        label_visibility="collapsed",
    )
    found = [reply for reply in replies if reply.verdict in SHELVES[chosen]]
    if not found:
        shared.show(f'<p class="t-meta">No {chosen.lower()} reply.</p>')
    for reply in found:
        shared.show(_reply(reply))
        _decide(reply, name)
        if reply.public:
            _correct(reply, name)


def _reply(reply: ReplyRow) -> str:
    decided = "".join(
        f"<li>{html.words(d.verdict)} by {html.escape(d.by)}, {html.minute(d.at)}"
        f"{': ' if d.note else ''}{html.escape(d.note)}</li>"
        for d in reply.decisions
    )
    return (
        f"<h3>{html.go(APP.institution(reply.institution), reply.name)}</h3>"
        + hearing.reply(reply.said(), origin=_origin(reply))
        + f'<p class="t-meta">Reply {reply.id}, entered by {html.escape(reply.entered_by)}, {html.minute(reply.entered_at)}.</p>'
        + (f'<ul class="t-meta">{decided}</ul>' if decided else "")
    )


def _origin(reply: ReplyRow) -> str:
    """Say whether the address is on a host that the institution has now."""
    listed = shared.institutions().get(reply.institution)
    hosts = listed.hosts if listed else ()
    if is_official_mail(reply.address, hosts):
        check = "✓ an official host of the institution"
    else:
        check = f"✕ none of its official hosts ({', '.join(hosts) or 'it is no longer listed'})"
    return f"From {html.escape(reply.address)}: <b>{html.escape(check)}</b>."


def _decide(reply: ReplyRow, name: str) -> None:
    with st.form(f"decide {reply.id}"):
        verdict = st.radio(
            f"Decide on reply {reply.id}",
            NEXT[reply.verdict],
            index=None,
            format_func=VERDICTS.__getitem__,
        )
        note = st.text_input("Note, for the record", max_chars=500, key=f"note {reply.id}")
        decided = st.form_submit_button("Keep my decision", type="primary")
    if decided and verdict is None:
        shared.show('<p class="t-hint" role="alert">Choose what you decide first.</p>')
    elif decided and verdict is not None:
        do(lambda session: _decided(session, reply.id, verdict, name, note or ""))


def _decided(session: Session, number: int, verdict: ReplyVerdict, name: str, note: str) -> str:
    told = deeds.decide(session, number, verdict=verdict, by=name, note=note, at=datetime.now(UTC))
    return {
        ReplyVerdict.CONFIRMED: f"Reply {number} is public; {html.number(told, 'subscriber')} will be told.",
        ReplyVerdict.REFUSED: f"Reply {number} is not public; {html.number(told, 'subscriber')} who were told of it will be told that."
        if told
        else f"Reply {number} is not public.",
        ReplyVerdict.SETTLED: f"Reply {number} disputes nothing any more.",
    }[verdict]


def _correct(reply: ReplyRow, name: str) -> None:
    with st.form(f"correct {reply.id}"):
        question = st.selectbox(
            "Finding to correct", list(reply.questions), format_func=question_title
        )
        note = st.text_area("What was wrong, and what is right", key=f"wrong {reply.id}")
        published = st.form_submit_button("Publish the correction")
    if published and question:
        do(lambda session: _corrected(session, reply, question, name, note or ""))


def _corrected(session: Session, reply: ReplyRow, question: str, name: str, note: str) -> str:
    done = deeds.correct(
        session, reply.institution, question, note=note, by=name, reply_id=reply.id, at=datetime.now(UTC)
    )  # fmt: skip
    return (
        f"Correction {done.number} is public; {html.number(done.told, 'subscriber')} will be told, "
        f"{html.number(done.dropped, 'wrong alert')} will not go out. {done.follows}"
    )


def _enter(name: str, entered: int) -> None:
    listed = shared.institutions()
    with st.expander("Enter a reply that came by mail"), st.form(f"enter {entered}"):
        left, right = st.columns(2)
        key = left.selectbox("Institution", list(listed), index=None, format_func=lambda k: listed[k].name)  # fmt: skip
        address = right.text_input("From which address", placeholder="name@their official host")
        text = st.text_area("Its words, in full", height=160)
        about = left.multiselect("About which findings (none: all)", QUESTIONS, format_func=question_title)  # fmt: skip
        disputes = right.multiselect("Which of them it disputes", QUESTIONS, format_func=question_title)  # fmt: skip
        received = st.date_input("Received on", "today", max_value="today")
        sent = st.form_submit_button("Enter it")
    if sent and key is None:
        shared.show('<p class="t-hint" role="alert">Choose the institution first.</p>')
    elif sent and key is not None:
        said = {
            "address": address or "",
            "text": text or "",
            "questions": about,
            "disputes": disputes,
        }
        do(lambda session: _entered(session, key, by=name, received_at=midnight(received), **said))


def _entered(session: Session, key: str, **reply: Any) -> str:
    number = deeds.enter(session, key, at=datetime.now(UTC), **reply)
    return f"Reply {number} waits for an admin."


def midnight(day: date) -> datetime:
    """Return when a day begins, in UTC: all that is known of when a letter came or went."""
    return datetime.combine(day, time(), UTC)
