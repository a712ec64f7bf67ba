"""Pages that need no script: they print, archive, and open from an e-mail. Same content as the screens."""

import json
from collections.abc import Mapping
from typing import Any

from sqlmodel import Session
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from tracker import queries
from tracker.changes import Comparison
from tracker.model import SPOKEN
from tracker.settings import Settings
from tracker.views import changed, documented, html, profile, squares
from tracker.views.addresses import PRINTED, id_in
from tracker.views.opening import open_store
from tracker.views.shared import DEMO, NOT, NOTHING
from tracker.views.strict import headers

JsonLd = Mapping[str, Any]


def index(_request: Request) -> Response:
    """List every institution with its result."""
    with open_store().transaction() as session:
        spoken = queries.cells(session, questions=[SPOKEN])
        rows = [
            [html.go(PRINTED.institution(cell.institution), cell.name), html.escape(html.words(cell.kind)),
             html.escape(html.country(cell.country)), html.badge_of(cell)]
            for cell in spoken
        ]  # fmt: skip
        changes = queries.change_rows(session, limit=100)
        listed = html.listing(
            [f"{html.go(PRINTED.change(c.id), html.brief(c.summary))} <br><span class='t-meta'>{html.escape(c.name)} · {html.escape(html.words(c.change_class))} · {html.when(c)}</span>" for c in changes],
            empty="No change so far.",
        )  # fmt: skip
        body = (
            squares.squares(spoken)
            + html.table(
                ["Institution", "Kind", "Country", "Who has spoken"], rows, caption="Institutions"
            )
            + f"<h2>Latest changes</h2>{listed}"
        )
        return _page(session, squares.headline(spoken), body if spoken else NOTHING, path="/p/")


def institution(request: Request) -> Response:
    """One institution as a file for a case folder."""
    key = request.path_params["key"]
    with open_store().transaction() as session:
        found = profile.load(session, key)
        if found is None:
            return _missing(session, "institution")
        about = {
            "@type": "Organization",
            "name": found.row.name,
            "url": found.row.homepage,
            "identifier": found.row.key,
        }
        body = profile.sheet(found, PRINTED)
        return _page(session, found.row.name, body, path=PRINTED.institution(key), about=about)


def change(request: Request) -> Response:
    """One change with before and after."""
    change_id = id_in(request.path_params["id"])
    with open_store().transaction() as session:
        found = None if change_id is None else changed.load(session, change_id)
        if found is None:
            return _missing(session, "change")
        row = found.row
        path = PRINTED.change(row.id)
        body = changed.sheet(found, PRINTED, Settings().public_url.rstrip("/") + path)
        about = {
            "@type": "CreativeWork",
            "name": row.title,
            "url": row.url,
            "dateModified": row.seen_to.isoformat(),
        }
        return _page(session, changed.title(found), body, path=path, about=about)


def document(request: Request) -> Response:
    """One document with its versions, any two compared."""
    document_id = id_in(request.path_params["id"])
    with open_store().transaction() as session:
        found = None if document_id is None else documented.load(session, document_id)
        if found is None:
            return _missing(session, "document")
        asked = request.query_params
        two = documented.pair(found, asked.get("a"), asked.get("b"))
        if two is None and ("a" in asked or "b" in asked):
            return _missing(session, "version")
        hidden = two is None or found.row.withheld
        difference = Comparison() if hidden or two is None else documented.difference(session, two)
        body = documented.sheet(found, two, difference, PRINTED)
        about = {"@type": "DigitalDocument", "name": found.row.title, "url": found.row.url}
        path = PRINTED.document(found.row.id)
        return _page(session, found.row.title, body, path=path, about=about)


def stylesheet(_request: Request) -> Response:
    """The sheet of all pages without script."""
    text = html.stylesheet() + html.static("print.css").read_text(encoding="utf-8")
    cached = {**headers(), "Cache-Control": "public, max-age=300"}
    return Response(text, media_type="text/css", headers=cached)


def answer(title: str, body: str, *, path: str, about: JsonLd) -> Response:
    """Return a page of somebody else's making."""
    with open_store().transaction() as session:
        return _page(session, title, body, path=path, about=about)


def _missing(session: Session, what: str) -> Response:
    body = html.card(f"No such {what}.", "The address is wrong, or it is not in scope.")
    return _page(session, f"No such {what}", body, path="", status=404)


def not_found(_request: Request) -> Response:
    """Any other address below /p/ or /data/."""
    with open_store().transaction() as session:
        return _missing(session, "page")


def _page(
    session: Session,
    title: str,
    body: str,
    *,
    path: str,
    status: int = 200,
    about: JsonLd | None = None,
) -> Response:
    figures = queries.overview(session)
    as_of = html.as_of(figures.last_run_at, figures.verdicts_to)
    address = Settings().public_url.rstrip("/") + path
    canonical = f'<link rel="canonical" href="{html.escape(address)}">' if path else ""
    said = f'<script type="application/ld+json">{_json(about, address)}</script>' if about else ""
    text = f"""<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>{html.escape(title)} · Policy Tracker</title><meta name="description" content="{NOT}">{canonical}
<link rel="stylesheet" href="/p/tracker.css"><link rel="icon" href="/p/favicon.png">{said}</head>
<body class="t-body"><header><a href="/p/">Policy Tracker</a> <span class="t-meta">{as_of}</span></header>
<main>{DEMO if figures.demonstration else ""}<h1 class="t-hero">{html.escape(title)}</h1>{body}</main>
<footer class="t-foot"><b>{NOT}</b> Machine findings are possible until a person confirms them. {as_of}.
{html.escape(address) if path else ""}<nav aria-label="More">{" · ".join(filter(None, (*WAYS, html.problem(Settings().contact))))}</nav></footer></body></html>"""
    return HTMLResponse(text, status, headers=headers())


WAYS = (
    html.go("/p/", "All institutions"),
    html.go("/data/", "Data"),
    html.go("/", "The app (needs script)"),
)


def _json(about: JsonLd, address: str) -> str:
    given = {
        "@context": "https://schema.org",
        "@type": "WebPage",
        "url": address,
        "about": dict(about),
    }
    # "</" would end the element that holds it.
    return json.dumps(given, ensure_ascii=True).replace("<", "\\u003c")


def favicon(_request: Request) -> Response:
    """The mark beside a page's title."""
    return Response(html.static("favicon.png").read_bytes(), media_type="image/png")


ROUTES = [
    Route("/p/", index),
    Route("/p/tracker.css", stylesheet),
    Route("/p/favicon.png", favicon),
    Route("/p/institution/{key}", institution),
    Route("/p/change/{id}", change),
    Route("/p/document/{id}", document),
    Route("/p/{rest:path}", not_found),
]
