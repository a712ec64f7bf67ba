"""When a statement was made, as far as is known, in words: by its document's own date, or by our captures. Pure.

Source: design, "Dates": what a document states and when we first saw it are never mixed.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any


def day(at: datetime | str | None) -> str:
    """Return a date as people write it, or a dash."""
    if at is None:
        return "–"
    moment = datetime.fromisoformat(at) if isinstance(at, str) else at
    return f"{moment.day} {moment:%b %Y}"


def between(seen_from: datetime | str | None, seen_to: datetime | str) -> str:
    """Return the interval in which an edit lies; we only know when we looked."""
    until = _moment(seen_to)
    if seen_from is None:
        return f"first seen {day(until)}"
    since = _moment(seen_from)
    if since.date() == until.date():
        return f"on {day(until)}"
    same = "%b %Y" if since.year != until.year else "%b" if since.month != until.month else ""
    return f"between {f'{since.day} {since:{same}}' if same else since.day} and {day(until)}"


def _moment(at: datetime | str) -> datetime:
    return datetime.fromisoformat(at) if isinstance(at, str) else at


def statement_date(item: Mapping[str, Any]) -> str | None:
    """Return the date of a statement: its document's own, where it stood in the first version."""
    stands = item.get("in_first_version", True) and item.get("stated_basis") == "stated"
    return item.get("stated_date") if stands else None


def first_seen(item: Mapping[str, Any]) -> str:
    """Return between which captures a passage came, in words; empty where that was not kept."""
    if not item.get("first_seen_to"):
        return ""
    said = between(item.get("first_seen_from"), item["first_seen_to"])
    return said if said.startswith("first seen") else f"first seen {said}"


def dated(item: Mapping[str, Any]) -> str:
    """Return a passage's date in words; the document's is not its own where it came later."""
    stated, seen = item.get("stated_date"), first_seen(item)
    if not item.get("in_first_version", True):
        document = f"document dated {day(stated)}" if stated else "document undated"
        return f"{document}; passage {seen}"
    if not stated:
        return f"undated, {seen}" if seen else "undated"
    basis = item.get("stated_basis", "stated")
    return f"stated date {day(stated)}{'' if basis == 'stated' else f' ({basis})'}"
