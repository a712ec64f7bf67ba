"""Tables as rows, and tables that only lay a page out. Pure."""

from typing import Any

_WITHIN = frozenset("table h1 h2 h3 h4 h5 h6".split())
_BREAKS = frozenset(
    "p div li br ul ol h1 h2 h3 h4 h5 h6 section dd dt dl tr td th table pre".split()
)
_UNREAD = frozenset("script style noscript svg template".split())


def is_layout(parent: Any) -> bool:
    """Tell whether a row's table lays out a page: its cells are read as blocks, not as a row."""
    table = parent
    while table is not None and table.tag != "table":
        table = table.getparent()
    if table is None or table.get("role") in {"presentation", "none"}:
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
    parts = [cell.text or ""]
    for element in cell.iterdescendants():
        if element.tag in _BREAKS:
            parts.append(" ")
        if isinstance(element.tag, str) and element.tag not in _UNREAD:
            parts.append(element.text or "")
        parts.append(element.tail or "")
        if element.tag in _BREAKS:
            parts.insert(-1, " ")
    return " ".join("".join(parts).split())
