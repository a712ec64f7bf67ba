"""Run migrations on the connection that the store hands in."""

from alembic import context
from sqlmodel import SQLModel

import tracker.model  # noqa: F401  (fills the metadata)

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=SQLModel.metadata,
    render_as_batch=True,
    compare_type=False,  # enums are plain text with a check, which comparison cannot see
)
with context.begin_transaction():
    context.run_migrations()
