"""Tables as rows, and tables that only lay a page out. Pure."""

from typing import Any

from lxml import etree

_WITHIN = frozenset("table h1 h2 h3 h4 h5 h6".split())
_BREAKS = frozenset(
    "p div li br ul ol h1 h2 h3 h4 h5 h6 section dd dt dl tr td th table pre".split()
)
_UNREAD = frozenset("script style noscript svg template".split())


def is_layout(row: Any, known: dict[Any, bool]) -> bool:
    """Tell whether a row's table lays out a page: its cells are read as blocks, not as a row.

    `known` holds what was found of each table, so that a long table is judged once.
    """
    table = next((parent for parent in row.iterancestors() if parent.tag == "table"), None)
    if table is None:
        return True
    if table not in known:
        known[table] = _lays_out(table)
    return known[table]


def _lays_out(table: Any) -> bool:
    if table.get("role") in {"presentation", "none"}:
        return True
    if next(table.iter("th"), None) is not None:
        return False
    if any(element.tag in _WITHIN for element in table.iterdescendants()):
        return True
    return all(len(row) <= 1 for row in table.iter("tr"))


def row_text(row: Any) -> str:
    """Return a table row's cells on one line."""
    cells = (_cell(cell) for cell in row if cell.tag in {"td", "th", "cell"})
    return " | ".join(cell for cell in cells if cell)


def _cell(cell: Any) -> str:
    """A cell's words, with a space wherever a block begins or ends."""
    parts: list[str] = []
    for event, element in etree.iterwalk(cell, events=("start", "end")):
        if element.tag in _BREAKS:
            parts.append(" ")
        if event == "start" and element.tag not in _UNREAD:
            parts.append(element.text or "")
        elif event == "end" and element is not cell:
            parts.append(element.tail or "")
    return " ".join("".join(parts).split())
