"""Run migrations on the connection that the store hands in."""

from alembic import context
from sqlmodel import SQLModel

import tracker.model  # noqa: F401  (fills the metadata)

#: Made by hand for one database each, unknown to the metadata.
BY_HAND = "passage_search"


def ours(name: str | None, kind: str, _parents: object) -> bool:
    """Leave alone what the metadata cannot describe."""
    return kind not in {"table", "index"} or not (name or "").startswith(BY_HAND)


connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=SQLModel.metadata,
    render_as_batch=True,
    include_name=ours,
    compare_type=False,  # enums are plain text with a check, which comparison cannot see
)
with context.begin_transaction():
    context.run_migrations()
