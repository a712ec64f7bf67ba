"""Changes as an Atom feed (RFC 4287). Knows no database and no subscriber."""

from collections.abc import Sequence
from datetime import datetime

from lxml import etree

from tracker.alerts.items import Item, domain, item, natural_id, one_line
from tracker.alerts.messages import as_html
from tracker.alerts.subscriptions import ChangeFacts

NAMESPACE = "http://www.w3.org/2005/Atom"
AUTHOR = "Policy and ethics-statement tracker"


def atom(
    changes: Sequence[ChangeFacts],
    *,
    title: str,
    self_url: str,
    public_url: str,
    updated: datetime,
) -> bytes:
    """Return the changes as a feed, newest first; an entry keeps its id for ever."""
    feed = etree.Element("feed", nsmap={None: NAMESPACE})  # type: ignore[dict-item]  # the stubs forget the default namespace
    _add(feed, "id", self_url)
    _add(feed, "title", one_line(title))
    _add(feed, "updated", updated.isoformat())
    _add(feed, "link", rel="self", href=self_url, type="application/atom+xml")
    _add(feed, "link", rel="alternate", href=public_url)
    _add(etree.SubElement(feed, "author"), "name", AUTHOR)
    for change in sorted(changes, key=lambda c: (c.seen_to, c.id), reverse=True):
        _add_entry(feed, item(change, public_url=public_url), domain(public_url))
    return etree.tostring(feed, xml_declaration=True, encoding="utf-8")


def _add_entry(feed: etree._Element, shown: Item, host: str) -> None:
    change = shown.change
    entry = etree.SubElement(feed, "entry")
    _add(entry, "id", f"tag:{host},{change.seen_to.year}:change/{natural_id(change)}")
    _add(entry, "title", shown.subject)
    _add(entry, "published", change.recorded_at.isoformat())
    _add(entry, "updated", change.recorded_at.isoformat())
    _add(entry, "link", rel="alternate", href=shown.link)
    if shown.live:
        _add(entry, "link", rel="related", href=shown.live)
    for term in (change.change_class, change.kind, change.institution, *shown.labels):
        _add(entry, "category", term=str(term))
    _add(entry, "summary", f"{shown.summary}. {shown.when} {shown.confidence}")
    _add(entry, "content", as_html(shown), type="html")


def _add(parent: etree._Element, name: str, text: str | None = None, **attributes: str) -> None:
    etree.SubElement(parent, name, attributes).text = text
