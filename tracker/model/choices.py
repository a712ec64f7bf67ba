"""How a closed vocabulary is kept in a column."""

from enum import StrEnum
from typing import Any

from sqlalchemy import Enum


def choice(enum: type[StrEnum]) -> Any:
    """Return a column type that stores an enum by value and refuses anything else."""
    return Enum(
        enum,
        values_callable=lambda members: [member.value for member in members],
        native_enum=False,
        validate_strings=True,
        create_constraint=True,
        length=32,
        name=f"{enum.__name__.lower()}_values",
    )
