"""What other programs ask for: figures for a monitor, the map of the site, what may be read."""

from datetime import UTC, datetime
from html import escape

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from tracker import queries
from tracker.settings import Settings
from tracker.store.tallies import unsent
from tracker.views.addresses import PRINTED
from tracker.views.opening import open_store
from tracker.views.strict import headers

MOST_CHANGES = 20_000  # a sitemap may hold 50,000 addresses


def metrics(_request: Request) -> Response:
    """Figures in the text format of Prometheus."""
    with open_store().transaction() as session:
        found = queries.overview(session)
        waiting = unsent(session)
    age = (datetime.now(UTC) - found.last_run_at).total_seconds() if found.last_run_at else None
    gauges = {
        "institutions": (found.institutions, "Institutions in scope"),
        "sources": (found.sources, "Sources declared"),
        "sources_failed": (found.sources_failed, "Sources whose last read failed"),
        "documents_known": (found.documents_known, "Documents known"),
        "documents_read": (found.documents_read, "Documents read at least once"),
        "versions": (found.versions, "Versions kept"),
        "fetches": (found.fetches, "Attempts to read an address"),
        "fetches_failed": (found.failed_fetches, "Attempts that failed"),
        "deliveries_sent": (found.deliveries_sent, "Deliveries sent"),
        "deliveries_waiting": (waiting, "Deliveries not yet sent"),
        "last_run_age_seconds": (age, "Seconds since the last run ended"),
    }
    lines = [
        f"# HELP tracker_{name} {what}\n# TYPE tracker_{name} gauge\ntracker_{name} {value}\n"
        for name, (value, what) in gauges.items()
        if value is not None
    ]
    return PlainTextResponse("".join(lines), headers={"Cache-Control": "no-store"})


def sitemap(_request: Request) -> Response:
    """Every page without script, for search engines and archives."""
    base = Settings().public_url.rstrip("/")
    with open_store().transaction() as session:
        paths: list[tuple[str, str | None]] = [("/p/", None), ("/data/", None)]
        paths += [(PRINTED.institution(row.key), None) for row in queries.institution_rows(session)]
        paths += [
            (PRINTED.change(row.id), row.recorded_at.date().isoformat())
            for row in queries.change_rows(session, limit=MOST_CHANGES)
        ]
    urls = "".join(
        f"<url><loc>{escape(base + path)}</loc>{f'<lastmod>{at}</lastmod>' if at else ''}</url>"
        for path, at in paths
    )
    text = f'<?xml version="1.0" encoding="UTF-8"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{urls}</urlset>'
    return Response(text, media_type="application/xml", headers=headers())


def robots(_request: Request) -> Response:
    """What other people's robots may read: what is published, without limits."""
    base = Settings().public_url.rstrip("/")
    text = f"User-agent: *\nAllow: /p/\nAllow: /data/\nDisallow: /u/\nSitemap: {base}/sitemap.xml\n"
    return PlainTextResponse(text)


ROUTES = [
    Route("/metrics", metrics),
    Route("/sitemap.xml", sitemap),
    Route("/robots.txt", robots),
]
