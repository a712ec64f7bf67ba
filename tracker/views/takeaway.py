"""The line under a filtered view: take these rows away, or be told of new ones."""

from urllib.parse import urlencode

from tracker.model import Topic
from tracker.views import html, shared, tables

FORMATS = ("csv", "json")


def takeaway(table: str, chosen: tables.Filters) -> None:
    """Draw the links that export exactly what is on the screen, and to alerts for it."""
    query = urlencode(chosen, doseq=True)
    asked = f"?{query}" if query else ""
    links = [
        f'<a href="/data/{table}.{kind}{html.escape(asked)}" target="_blank" download>{kind.upper()} of this view</a>'
        for kind in FORMATS
    ]
    alerts = html.go(f"/alerts?{urlencode(_alertable(chosen), doseq=True)}", "Alerts for this view")
    shared.show(html.actions(*links, alerts))


def _alertable(chosen: tables.Filters) -> dict[str, list[str]]:
    """Return what of a view's filters an alert's rule knows, by the names of the alerts page."""
    names = ("institution", "kind", "country", "class")
    given = {name: list(values) for name, values in chosen.items() if name in names}
    labels = chosen.get("label", ())
    topics = [label for label in labels if label in set(Topic)]
    return given | {
        name: values
        for name, values in (("topic", topics), ("rec", [x for x in labels if x not in topics]))
        if values
    }
