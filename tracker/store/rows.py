"""Adds rows straight to the database: of thousands, nobody asks for the objects."""

from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

from sqlmodel import Session, SQLModel, insert

Value = TypeVar("Value")
PORTION = 500


def add_rows(session: Session, table: type[SQLModel], rows: Sequence[dict[str, Any]]) -> None:
    """Add rows of the same columns."""
    if rows:
        session.connection().execute(insert(table), rows)


def add_row(session: Session, table: type[SQLModel], row: dict[str, Any]) -> int:
    """Add a row and return its id."""
    # Given apart from the statement, so that it is compiled once and not for each row.
    key = session.connection().execute(insert(table), row).inserted_primary_key
    assert key is not None
    return int(key[0])


def known_id(value: int | None) -> int:
    """Return the id of a row that has been written."""
    assert value is not None
    return value


def portions(values: Sequence[Value]) -> Iterator[Sequence[Value]]:
    """Return the values in portions that any database takes as parameters of one question."""
    for start in range(0, len(values), PORTION):
        yield values[start : start + PORTION]
