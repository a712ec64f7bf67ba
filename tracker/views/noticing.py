"""Notices, for admins: which institutions are to be asked, and who was. The deeds are the command line's."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import streamlit as st
from sqlmodel import Session

from tracker import replies as deeds
from tracker.coding.codebook import question_title
from tracker.queries import FindingRow
from tracker.settings import Settings
from tracker.store.notices import NoticeRow, notice_rows
from tracker.views import html, shared
from tracker.views.addresses import APP
from tracker.views.answering import do, midnight
from tracker.views.opening import open_store


def render(name: str) -> None:
    """Show whom to ask and who was asked, and log what an admin of that name sends."""
    with open_store().transaction() as session:
        notices = notice_rows(session)
        due = deeds.due_for_notice(session, at=datetime.now(UTC))
    shared.show("<h2>Institutions to ask</h2>", DUE)
    _due(due, name)
    shared.show("<h2>Notices so far</h2>", _notices(notices))
    _withdraw([notice for notice in notices if notice.waits], name)


DUE = (
    '<p class="t-meta">What a person confirmed against an institution that was never asked about it. '
    f"Counts as {html.escape(deeds.AGAINST)}.</p>"
)


def _due(due: Sequence[FindingRow], name: str) -> None:
    names = {row.institution: row.name for row in due}
    if not names:
        shared.show('<p class="t-meta">Nobody is to be asked now.</p>')
        return
    key = st.selectbox(
        f"Institution, of {len(names)} to ask",
        list(names),
        format_func=names.__getitem__,
        key="ask",
    )
    mine = [row for row in due if row.institution == key]
    shared.show(html.listing(map(_told, mine), empty=""))
    questions = [row.question for row in mine]
    try:
        with open_store().transaction() as session:
            text = deeds.draft(session, key, questions, Settings(), at=datetime.now(UTC)).text
    except deeds.ReplyError as problem:
        shared.show(f'<p class="t-hint t-lines" role="alert">{html.escape(problem)}</p>')
        return
    shared.show(
        "<details><summary>What a notice would say</summary>"
        '<div class="t-scroll" tabindex="0" role="region" aria-label="The notice">'
        f'<div class="t-mail">{html.escape(text)}</div></div></details>'
    )
    _notice_form(key, questions, name)


def _told(row: FindingRow) -> str:
    return (
        f"<b>{html.escape(question_title(row.question))}</b> "
        f"{html.finding_badge(row.result, row.reviewed, aside=row.aside)}<br>"
        f'<span class="t-meta">{html.rule(row.rule)}</span>'
    )


def _notice_form(key: str, questions: Sequence[str], name: str) -> None:
    with st.form(f"notice {key}"):
        left, right = st.columns([2, 1])
        address = left.text_input(
            "To which address",
            placeholder="an address on an official host; by hand: where, in words",
        )
        sent = right.date_input("Sent by hand on", "today", max_value="today")
        mail = left.form_submit_button("Mail it with the next alerts", type="primary")
        log = right.form_submit_button("Log that I sent it by hand")
    asked = {"address": address or "", "questions": questions, "by": name}
    if mail:
        do(lambda session: _asked(session, key, **asked))
    elif log:
        do(lambda session: _logged(session, key, sent_at=midnight(sent), **asked))


def _asked(session: Session, key: str, **notice: Any) -> str:
    number = deeds.ask(session, key, settings=Settings(), at=datetime.now(UTC), **notice)
    return f"Notice {number} waits; “tracker alerts send” mails it, and the time to reply begins."


def _logged(session: Session, key: str, sent_at: datetime, **notice: Any) -> str:
    number = deeds.log_notice(
        session, key, settings=Settings(), sent_at=sent_at, at=datetime.now(UTC), **notice
    )
    return f"Notice {number} is logged; the time to reply runs from {html.day(sent_at)}."


def _withdraw(waiting: Sequence[NoticeRow], name: str) -> None:
    if not waiting:
        return
    named = {n.id: f"notice {n.id} to {n.name}" for n in waiting}
    with st.form(f"withdraw {min(named)}"):
        left, right = st.columns([2, 3])
        number = left.selectbox(
            "A notice that waits", list(named), format_func=lambda n: named.get(n, str(n))
        )
        note = right.text_input("Why, for the record", max_chars=500)
        withdrawn = st.form_submit_button("Withdraw it: it will not be sent")
    if withdrawn and number is not None:
        do(lambda session: _withdrawn(session, number, name, note or ""))


def _withdrawn(session: Session, number: int, name: str, note: str) -> str:
    deeds.withdraw(session, number, by=name, note=note, at=datetime.now(UTC))
    return f"Notice {number} will not be sent."


def _notices(notices: Sequence[NoticeRow]) -> str:
    if not notices:
        return '<p class="t-meta">No institution was asked so far.</p>'
    rows = [
        [html.go(APP.institution(n.institution), n.name), html.escape(", ".join(map(question_title, n.questions))),
         html.escape(html.words(n.channel)), html.escape(n.by), html.escape(n.state), html.minute(n.sent_at)]
        for n in reversed(notices)
    ]  # fmt: skip
    columns = ["Institution", "About", "How", "By", "State", "Sent"]
    return html.table(columns, rows, caption="Notices to institutions", stack=True)
