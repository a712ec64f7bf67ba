"""What the store remembers of itself."""

from sqlmodel import Field, SQLModel


class Fact(SQLModel, table=True):
    """One thing to remember about the store itself, such as that it holds the demonstration."""

    key: str = Field(primary_key=True)
    value: str
