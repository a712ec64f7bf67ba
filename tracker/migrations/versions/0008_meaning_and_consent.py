"""Changes keep what they mean; subscriptions keep that their address agreed."""

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import UTCDateTime

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

LISTS = ("difference", "elements_gained", "elements_lost", "shifts")
TEXTS = ("edit_key", "meaning", "meaning_by")
MOMENTS = (
    ("change", "meaning_at"),
    ("subscription", "asked_at"),
    ("subscription", "confirmed_at"),
    ("subscription", "noted_at"),
    ("delivery", "scheduled_at"),
)


def upgrade() -> None:
    # Columns one by one: SQLite would rebuild a table for more, and others refer to its rows.
    op.add_column(
        "change",
        sa.Column("about_id", sa.Integer(), sa.ForeignKey("change.id"), nullable=True),
        inline_references=True,
    )
    for name in LISTS:
        op.add_column("change", sa.Column(name, sa.JSON(), nullable=False, server_default="[]"))
    for name in TEXTS:
        op.add_column("change", sa.Column(name, sa.String(), nullable=False, server_default=""))
    op.add_column(
        "change", sa.Column("changed_words", sa.Integer(), nullable=False, server_default="0")
    )
    op.execute(
        "ALTER TABLE \"change\" ADD COLUMN meaning_state VARCHAR(32) DEFAULT 'not_assessed' NOT NULL "
        "CONSTRAINT meaningstate_values CHECK (meaning_state IN ('not_assessed', 'confirmed', 'rejected'))"
    )
    op.create_index("ix_change_edit_key", "change", ["edit_key"])
    for table, name in MOMENTS:
        op.add_column(table, sa.Column(name, UTCDateTime(), nullable=True))
    # Who was told before there was a question has in effect agreed.
    op.execute("UPDATE subscription SET confirmed_at = created_at WHERE state = 'active'")


def downgrade() -> None:
    for table, name in MOMENTS:
        op.drop_column(table, name)
    op.drop_index("ix_change_edit_key", "change")
    with op.batch_alter_table("change") as table:
        for name in (*LISTS, *TEXTS, "changed_words", "meaning_state", "about_id"):
            table.drop_column(name)
