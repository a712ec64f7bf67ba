"""Changes that an older capture showed to have happened otherwise."""

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "change", sa.Column("superseded_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True)
    )
    op.add_column(
        "change",
        sa.Column("superseded_by_id", sa.Integer(), sa.ForeignKey("change.id"), nullable=True),
        inline_references=True,
    )
