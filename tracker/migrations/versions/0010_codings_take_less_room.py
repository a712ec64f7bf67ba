"""Hashes of passages are bytes on SQLite; codings are found by passage, not by coder."""

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index("ix_coding_coder", "coding")
    _rewrite("unhexed", lambda digits: bytes.fromhex(digits))


def downgrade() -> None:
    op.create_index("ix_coding_coder", "coding", ["coder"])
    _rewrite("hexed", lambda digest: digest.hex())


def _rewrite(name, how) -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.get_bind().connection.driver_connection.create_function(name, 1, how, deterministic=True)
        op.execute(f"UPDATE passage SET sha256 = {name}(sha256)")
