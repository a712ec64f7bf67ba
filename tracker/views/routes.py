"""Routes beside the screens that need no browser script: health, the feed, the way out of alerts."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from html import escape

from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

from tracker.alerts.facts import facts_between
from tracker.alerts.feeds import atom
from tracker.alerts.subscriptions import sendable
from tracker.settings import Settings
from tracker.store import Store
from tracker.store.deliveries import end_subscription
from tracker.views import data, machines, printed

STRICT = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
SINCE = datetime(2000, 1, 1, tzinfo=UTC)
MOST_ENTRIES = 100


async def health(_request: Request) -> Response:
    """Say that the process answers."""
    return PlainTextResponse("ok", headers={"Cache-Control": "no-store"})


async def feed(_request: Request) -> Response:
    """The latest changes that may be sent, as Atom."""
    settings = Settings()
    store = Store.open(settings.store_url)
    with store.transaction() as session:
        found = [f for f in facts_between(session, SINCE, datetime.now(UTC)) if sendable(f)]
    store.close()
    latest = found[-MOST_ENTRIES:]
    body = atom(
        latest,
        title="Policy & Ethics-Statement Tracker: all changes",
        self_url=f"{settings.public_url}/feeds/all.atom",
        public_url=settings.public_url,
        updated=max((change.recorded_at for change in latest), default=SINCE),
    )
    return Response(body, media_type="application/atom+xml", headers=STRICT)


async def leave(request: Request) -> Response:
    """The way out: GET only shows a button, since scanners follow links; POST ends it (RFC 8058)."""
    if request.method == "GET":
        path = escape(request.url.path, quote=True)
        return _page(
            f'<form method="post" action="{path}"><button>Stop these alerts</button></form>'
        )
    store = Store.open(Settings().store_url)
    with store.transaction() as session:
        ended = end_subscription(session, token=request.path_params["token"])
    store.close()
    if not ended:
        return _page("There is no such subscription.", status=404)
    return _page("You will get no more of these alerts.")


def _page(body: str, *, status: int = 200) -> HTMLResponse:
    text = f'<!doctype html><html lang="en"><title>Alerts</title><h1>Alerts</h1>{body}</html>'
    return HTMLResponse(text, status, headers=STRICT)


Answering = Callable[[Request], Awaitable[Response]]


def _route(path: str, answer: Answering, *methods: str) -> Route:
    return Route(path, answer, methods=list(methods or ("GET",)))


ROUTES = [
    _route("/healthz", health),
    _route("/feeds/all.atom", feed),
    _route("/u/{token}", leave, "GET", "POST"),
    *printed.ROUTES,
    *data.ROUTES,
    *machines.ROUTES,
]
