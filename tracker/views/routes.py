"""Routes beside the screens that need no browser script: health, the feeds, the ways into alerts and out."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from email.utils import format_datetime
from html import escape

from sqlmodel import Session
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from tracker.alerts.consent import consenting_id, consents
from tracker.alerts.feeds import Feed, feed_named, feed_of_rule, feed_page, rule_in
from tracker.alerts.subscriptions import RuleError
from tracker.model import SubscriptionState
from tracker.settings import Settings
from tracker.store.subscriptions import confirm_subscription, end_subscription, recipients
from tracker.views import asked, data, machines, printed
from tracker.views.opening import open_store
from tracker.views.strict import headers


async def health(_request: Request) -> Response:
    """Say that the process answers."""
    return PlainTextResponse("ok", headers={"Cache-Control": "no-store"})


async def feed(request: Request) -> Response:
    """A page of a feed; 304 where the reader has it already."""
    settings = Settings()
    number = request.query_params.get("page", "1")
    if not (number.isascii() and number.isdigit() and len(number) < 7 and int(number)):
        return _page("There is no such page.", status=404)
    with open_store().transaction() as session:
        try:
            named = _feed(session, request)
        except RuleError as error:
            return PlainTextResponse(str(error), 400, headers=headers())
        page = feed_page(session, named, int(number), settings) if named else None
    if page is None:
        return _page("There is no such feed.", status=404)
    given = {
        **headers(),
        "ETag": page.etag,
        "Last-Modified": format_datetime(page.updated, usegmt=True),
    }
    if page.etag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=given)
    return Response(page.body, media_type="application/atom+xml", headers=given)


async def feed_without_ending(request: Request) -> Response:
    """Lead an address of a feed without its ending to the feed; 404 where there is none such."""
    with open_store().transaction() as session:
        try:
            named = _feed(session, request)
        except RuleError as error:
            return PlainTextResponse(str(error), 400, headers=headers())
    if named is None:
        return _page("There is no such feed.", status=404)
    query = f"?{request.url.query}" if request.url.query else ""
    return RedirectResponse(f"/feeds/{named.path}.atom{query}", 308, headers=headers())


async def meant(request: Request) -> Response:
    """Lead a screen's address with a slip in its number to the screen."""
    query = f"?{request.url.query}" if request.url.query else ""
    return RedirectResponse(f"{MEANT[request.url.path]}{query}", 308, headers=headers())


#: As people spell a screen's address who go by the menu's word, or by one of its things.
MEANT = {
    "/institutions": "/institution",
    "/reviews": "/review",
    "/statement": "/statements",
    "/source": "/sources",
    "/alert": "/alerts",
}


def _feed(session: Session, request: Request) -> Feed | None:
    """The feed that an address names; one of a rule may have the rule in its query."""
    kind, value = (request.path_params.get(name, "") for name in ("kind", "value"))
    if (kind, value) != ("rule", ""):
        return feed_named(session, kind, value)
    asked = {n: request.query_params.getlist(n) for n in request.query_params if n != "page"}
    return feed_of_rule(rule_in(asked, session))


async def agree(request: Request) -> Response:
    """The way in by e-mail: GET only shows a button, POST agrees."""
    settings, signed = Settings(), request.path_params["signed"]
    at = datetime.now(UTC)
    with open_store().transaction() as session:
        wanted = consenting_id(signed)
        asked = [r for r in recipients(session) if r.id == wanted]
        good = bool(asked) and consents(asked[0], signed, settings.secret, at=at)
        if good and request.method == "POST":
            good = confirm_subscription(session, asked[0].id, at=at)
    if not good:
        return _page("This link is not good, or no longer. Ask for the alerts again.", status=404)
    if request.method == "POST":
        return _page("You will get these alerts. Every message says how to stop them.")
    return _button(request, "Yes, send me these alerts")


async def leave(request: Request) -> Response:
    """The way out: GET only shows a button, since scanners follow links; POST ends it (RFC 8058)."""
    token = request.path_params["token"]
    with open_store().transaction() as session:
        theirs = [r for r in recipients(session) if r.token == token]
        if request.method == "POST" and end_subscription(session, token=token):
            return _page("You will get no more of these alerts.")
    if not theirs or theirs[0].state is SubscriptionState.ENDED:
        return _page("There is no such subscription, or it has ended.", status=404)
    about = f"<p>The subscription “{escape(theirs[0].name)}”.</p>"
    return _button(request, "Stop these alerts", about)


def _button(request: Request, words: str, about: str = "") -> HTMLResponse:
    path = escape(request.url.path, quote=True)
    return _page(f'{about}<form method="post" action="{path}"><button>{words}</button></form>')


def _page(body: str, *, status: int = 200) -> HTMLResponse:
    text = f'<!doctype html><html lang="en"><title>Alerts</title><h1>Alerts</h1>{body}</html>'
    return HTMLResponse(text, status, headers=headers())


Answering = Callable[[Request], Awaitable[Response]]


def _route(path: str, answer: Answering, *methods: str) -> Route:
    return Route(path, answer, methods=list(methods or ("GET",)))


ROUTES = [
    _route("/healthz", health),
    _route("/feeds/{kind}.atom", feed),
    _route("/feeds/{kind}/{value}.atom", feed),
    _route("/feeds/{kind}", feed_without_ending),
    _route("/feeds/{kind}/{value}", feed_without_ending),
    *(_route(path, meant) for path in MEANT),
    _route("/confirm/{signed}", agree, "GET", "POST"),
    _route("/u/{token}", leave, "GET", "POST"),
    *asked.ROUTES,
    *printed.ROUTES,
    *data.ROUTES,
    *machines.ROUTES,
]
