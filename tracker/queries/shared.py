"""What the questions share."""

from collections.abc import Collection
from datetime import datetime


def within(value: str, wanted: Collection[str]) -> bool:
    """Return whether a value was asked for; everything is, where nothing was named."""
    return not wanted or value in wanted


def iso(at: datetime | None) -> str | None:
    """Return a time as JSON carries it."""
    return at.isoformat() if at else None
