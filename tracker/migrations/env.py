"""Run migrations on the connection that the store hands in."""

from alembic import context
from sqlmodel import SQLModel

import tracker.model  # noqa: F401  (fills the metadata)

#: Made by hand for one database each, or by the workers' queue; unknown to the metadata.
NOT_OURS = ("passage_search", "procrastinate_", "idx_procrastinate_")


def ours(name: str | None, kind: str, _parents: object) -> bool:
    """Leave alone what the metadata cannot describe."""
    return kind not in {"table", "index"} or not (name or "").startswith(NOT_OURS)


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
