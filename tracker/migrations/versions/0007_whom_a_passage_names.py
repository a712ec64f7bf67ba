"""Whom a passage names: one row a passage and a body.

Revision ID: 0004
Revises: 0002
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "passage_entity",
        sa.Column("passage_id", sa.Integer(), sa.ForeignKey("passage.id"), nullable=False),
        sa.Column("entity", sa.String(), nullable=False),
        sa.Column("words", sa.String(), nullable=False),
        sa.Column("start", sa.Integer(), nullable=False),
        sa.Column("end", sa.Integer(), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("passage_id", "entity"),
    )
    op.create_index("ix_passage_entity_entity", "passage_entity", ["entity"])


def downgrade() -> None:
    op.drop_index("ix_passage_entity_entity", "passage_entity")
    op.drop_table("passage_entity")
