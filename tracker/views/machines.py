"""What other programs ask for: figures for a monitor, the map of the site, what may be read."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from html import escape
from typing import Any

from sqlmodel import Session
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from tracker import queries
from tracker.settings import Settings
from tracker.store.tallies import delivery_lag, unsent
from tracker.views.addresses import PRINTED
from tracker.views.opening import open_store
from tracker.views.strict import headers

Family = tuple[str, str, Mapping[Any, float]]  # name, what it is, the values by their labels
MOST_CHANGES = 20_000  # a sitemap may hold 50,000 addresses


def metrics(_request: Request) -> Response:
    """Figures in the text format of Prometheus."""
    at = datetime.now(UTC)
    with open_store().transaction() as session:
        found = queries.overview(session)
        waiting = unsent(session)
        lag = delivery_lag(session, at=at) or timedelta()
        families = list(_families(session, at))
    age = (at - found.last_run_at).total_seconds() if found.last_run_at else None
    gauges = {
        "institutions": (found.institutions, "Institutions in scope"),
        "sources": (found.sources, "Sources declared"),
        "sources_failed": (found.sources_wrong, "Sources that fail, block, moved or bring nothing"),
        "documents_known": (found.documents_known, "Documents known"),
        "documents_read": (found.documents_read, "Documents read at least once"),
        "versions": (found.versions, "Versions kept"),
        "fetches": (found.fetches, "Attempts to read an address"),
        "fetches_failed": (found.failed_fetches, "Attempts that failed"),
        "deliveries_sent": (found.deliveries_sent, "Deliveries sent"),
        "deliveries_waiting": (waiting, "Deliveries not yet sent"),
        "delivery_lag_seconds": (
            lag.total_seconds(),
            "Seconds that what is due waits, the longest",
        ),
        "last_run_age_seconds": (age, "Seconds since the last run ended"),
    }
    lines = [
        f"# HELP tracker_{name} {what}\n# TYPE tracker_{name} gauge\ntracker_{name} {value}\n"
        for name, (value, what) in gauges.items()
        if value is not None
    ]
    lines += [_many(*family) for family in families]
    return PlainTextResponse("".join(lines), headers={"Cache-Control": "no-store"})


def _many(name: str, what: str, values: Mapping[Any, float]) -> str:
    """One figure of many things, each with its labels."""
    if not values:
        return ""
    lines = [f"# HELP tracker_{name} {what}\n# TYPE tracker_{name} gauge\n"]
    for labels, value in values.items():
        said = ",".join(f'{label}="{_quoted(text)}"' for label, text in labels)
        lines.append(f"tracker_{name}{{{said}}} {value:g}\n")
    return "".join(lines)


def _quoted(text: str) -> str:
    """A label's value as Prometheus reads it."""
    return text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")


def _families(session: Session, at: datetime) -> Iterator[Family]:
    """Figures of each source and, where there are workers, of each queue."""
    reads = {
        (("institution", row.institution), ("source", row.key)): row.last_good_at
        for row in queries.source_rows(session)
    }
    ages = {labels: (at - last).total_seconds() for labels, last in reads.items() if last}
    yield "source_last_good_read_age_seconds", "Seconds since a source was last read well", ages
    if queries.has_queue(open_store().engine):
        found = queries.queue_view(session, at=at)
        depth = {(("queue", q), ("state", s)): n for (q, s), n in found.depth().items()}
        yield "jobs", "Jobs of the workers, by queue and state", depth
        yield "workers", "Workers alive", {(): found.workers}


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
    text = f"User-agent: *\nAllow: /p/\nAllow: /data/\nDisallow: /u/\nDisallow: /reply/\nSitemap: {base}/sitemap.xml\n"
    return PlainTextResponse(text)


ROUTES = [
    Route("/metrics", metrics),
    Route("/sitemap.xml", sitemap),
    Route("/robots.txt", robots),
]
