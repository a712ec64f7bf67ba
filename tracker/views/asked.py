"""The private page of a notice: what an institution was told, as it stood, and how it answers.

Only who holds the signed link can open it, for as long as the link is good; opening it changes nothing.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tracker.alerts.asking import GOOD_FOR, answer_to, notice_behind, said_of
from tracker.alerts.items import day
from tracker.coding.codebook import question_title
from tracker.settings import Settings
from tracker.store.notices import NoticeRow, notice_rows
from tracker.views import html, printed
from tracker.views.opening import open_store

#: Neither kept nor found by anybody whom the link was not sent to.
PRIVATE = {"Cache-Control": "no-store", "X-Robots-Tag": "noindex, nofollow, noarchive"}


def show(request: Request) -> Response:
    """The findings that a notice told of; 404 for a link that is forged or has ended."""
    settings = Settings()
    with open_store().transaction() as session:
        known = notice_rows(session)
    notice = notice_behind(
        known, request.path_params["signed"], settings.secret, at=datetime.now(UTC)
    )
    if notice is None:
        body = html.card(
            "This link is not good, or no longer.",
            f"Links are good for {GOOD_FOR.days} days. {_write_to(settings)}",
        )
        return _private("No such page", body, status=404)
    title = f"What we find in the published texts of {notice.name}"
    return _private(title, _sheet(notice, settings))


def _private(title: str, body: str, *, status: int = 200) -> Response:
    found = printed.answer(title, body, path="", about={})
    found.status_code = status
    found.headers.update(PRIVATE)
    return found


def _sheet(notice: NoticeRow, settings: Settings) -> str:
    due = settings.gate.due(notice.sent_at or notice.at)
    return (
        f"<p>As it stood when we asked on {day(notice.sent_at or notice.at)}. A reply that reaches us by "
        f"{day(due)} stands beside the finding from the start; a later one from the day it is confirmed.</p>"
        + "".join(_finding(finding) for finding in notice.findings)
        + f"<h2>How to reply</h2><p>{_write_to(settings)} Write from an address of your institution and say which "
        "finding you speak of, and whether you dispute it. Your reply is published in full.</p>"
    )


def _write_to(settings: Settings) -> str:
    address = answer_to(settings)
    return f"Replies go to <b>{html.escape(address)}</b>." if address else ""


def _finding(finding: Mapping[str, Any]) -> str:
    quotes = [
        f'<blockquote dir="auto">“{html.escape(item["quote"])}”</blockquote>'
        f'<p class="t-meta">{html.escape(item["title"])} · {html.escape(item.get("dated", ""))} · {html.escape(item["url"])} · version {item["version"]}</p>'
        for item in finding["evidence"]
    ]
    looked = f"{finding['documents_read']} documents were read; no passage is cited."
    return (
        f'<section class="t-card"><p class="t-head">{html.escape(question_title(finding["question"]))}: '
        f"{html.escape(said_of(finding))}</p>"
        f"<p>{html.escape(finding['rule'])}</p>"
        + "".join(f"<p>Deed: {html.escape(deed)}</p>" for deed in finding["deeds"])
        + ("".join(quotes) or f"<p>{looked}</p>")
        + "</section>"
    )


ROUTES = [Route("/reply/{signed}", show)]
