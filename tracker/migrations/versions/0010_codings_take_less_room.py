"""Hashes of passages are bytes on SQLite; codings are found by passage, not by coder."""

from collections.abc import Callable
from typing import Any

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index("ix_coding_coder", "coding")
    _rewrite(bytes.fromhex)


def downgrade() -> None:
    op.create_index("ix_coding_coder", "coding", ["coder"])
    _rewrite(bytes.hex)


def _rewrite(how: Callable[[Any], Any]) -> None:
    if op.get_bind().dialect.name == "sqlite":
        driver = op.get_bind().connection.driver_connection
        assert driver is not None
        driver.create_function("rewritten", 1, how, deterministic=True)
        op.execute("UPDATE passage SET sha256 = rewritten(sha256)")
