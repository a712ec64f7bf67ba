"""The line under a filtered view: take these rows away, or be told of new ones."""

from urllib.parse import urlencode

from tracker.model import Topic
from tracker.views import html, shared, tables

FORMATS = ("csv", "json", "xlsx")
#: A view's filters that an alert's rule knows, by the names of the alerts page.
_ALERTABLE = {
    "institution": "institution",
    "kind": "kind",
    "country": "country",
    "class": "class",
    "change_kind": "change_kind",
    "recommendation": "recommendation",
}


def takeaway(table: str, chosen: tables.Filters) -> None:
    """Draw the links that export exactly what is on the screen, and to alerts for it."""
    query = urlencode(chosen, doseq=True)
    asked = f"?{query}" if query else ""
    links = [
        f'<a href="/data/{table}.{kind}{html.escape(asked)}" target="_blank" download>{kind.upper()} of this view</a>'
        for kind in FORMATS
    ]
    alerts = html.go(f"/alerts?{urlencode(_alertable(chosen), doseq=True)}", "Alerts for this view")
    shared.show(html.actions(*links, alerts), _left_out(chosen))


def _alertable(chosen: tables.Filters) -> dict[str, list[str]]:
    given = {
        _ALERTABLE[name]: list(values) for name, values in chosen.items() if name in _ALERTABLE
    }
    labels = chosen.get("label", ())
    topics = [label for label in labels if label in set(Topic)]
    codes = [*given.pop("recommendation", []), *(label for label in labels if label not in topics)]
    touched = (("topic", topics), ("recommendation", codes))
    return given | {name: values for name, values in touched if values}


def _left_out(chosen: tables.Filters) -> str:
    """Say which filters alerts cannot ask for: they tell of changes, whatever a finding is now."""
    names = [
        name for name, values in chosen.items() if values and name not in {*_ALERTABLE, "label"}
    ]
    if not names:
        return ""
    said = html.escape(", ".join(name.replace("_", " ") for name in names))
    return f'<p class="t-meta">Alerts tell of changes; they leave out the filter on {said}.</p>'
