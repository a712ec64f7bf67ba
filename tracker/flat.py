"""Rows as a spreadsheet takes them: one value a cell, lists in words, no JSON. Pure."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

Row = Mapping[str, Any]
#: What of the first quote stands in a finding's own row; the table of evidence has them all.
_QUOTED = {
    "quote": "quote",
    "quote_url": "url",
    "quote_title": "title",
    "quote_dated": "dated",
    "quote_version": "version",
    "quote_sha256": "text_sha256",
    "quote_cues": "cues",
    "quote_element_cues": "element_cues",
    "quote_amounts_to": "amounts_to",
    "quote_coded_by": "coded_by",
}
#: What of a search record stands in columns of its own.
_SEARCHED = (
    "documents_read", "documents_known", "documents_lost", "documents_gone", "unread", "period_from", "period_to", "period_basis",
    "languages", "uncovered_languages", "archives", "sources_declared", "sources_tried", "sources_failed",
    "failures", "codebook", "last_read",
)  # fmt: skip


def flat(row: Row) -> dict[str, Any]:
    """Return a row with nothing nested in it."""
    found: dict[str, Any] = {}
    for name, value in row.items():
        match name:
            case "evidence":
                found |= _quotes(value)
            case "search_record":
                found |= {part: _said(part, value.get(part)) for part in _SEARCHED}
            case _:
                found[name] = _said(name, value)
    return found


def _quotes(evidence: list[Row]) -> dict[str, Any]:
    first = evidence[0] if evidence else {}
    return {"quotes": len(evidence)} | {
        name: _said(part, first.get(part)) for name, part in _QUOTED.items()
    }


def _said(name: str, value: Any) -> Any:
    """A value in words: "a; b", "label: a, b; label: c"."""
    if isinstance(value, Mapping):
        return "; ".join(f"{key}: {_inner(held)}" for key, held in value.items())
    if isinstance(value, list | tuple):
        told = _TOLD.get(name, _inner)
        return "; ".join(told(item) for item in value)
    return value


def _inner(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {_inner(held)}" for key, held in value.items())
    if isinstance(value, Iterable) and not isinstance(value, str):
        return ", ".join(map(_inner, value))
    return str(value)


def element_said(row: Row) -> str:
    """Return how a text stands to an element: "yes (must)", "possible, 1 passage awaits review", "no"."""
    if row["held"]:
        bound = ", ".join(filter(None, (row["force"], row["reach"])))
        return f"yes ({bound})" if bound else "yes"
    if row.get("state") != "possible":
        return "no"
    number = row["awaiting"]
    return f"possible, {number} {'passage awaits' if number == 1 else 'passages await'} review"


def _element(row: Row) -> str:
    return f"{row['name']}{'*' if row['required'] else ''}: {element_said(row)}{by_words(row)}"


def by_words(row: Row) -> str:
    """Return the end of what is said of an element: the words that hold it, where they are known."""
    return f", by {', '.join(f'“{word}”' for word in row['cues'])}" if row.get("cues") else ""


_TOLD: Mapping[str, Callable[[Any], str]] = {
    "failures": lambda row: f"{row['source']} ({row['reason']}) {row['url']}",
    "elements": _element,
    "acted": lambda row: f"{row['what']}: {row['partner']} ({row['stated_date'] or 'undated'})",
    "replies": lambda row: (
        f"reply {row['id']} of {row['received_at'][:10]} from {row['host']}: {row['text']}"
    ),
    "corrections": lambda row: f"correction {row['id']} of {row['at'][:10]}: {row['note']}",
}
