"""Changes keep what they mean; subscriptions keep that their address agreed."""

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import UTCDateTime

revision = "0008"
down_revision = "0003"
branch_labels = None
depends_on = None

STATES = sa.Enum(
    "not_assessed",
    "confirmed",
    "rejected",
    name="meaningstate_values",
    native_enum=False,
    create_constraint=True,
    length=32,
)
LISTS = ("difference", "elements_gained", "elements_lost", "shifts")


def upgrade() -> None:
    with op.batch_alter_table("change") as table:
        table.add_column(sa.Column("about_id", sa.Integer(), nullable=True))
        table.create_foreign_key("change_about_id_fkey", "change", ["about_id"], ["id"])
        for name in LISTS:
            table.add_column(sa.Column(name, sa.JSON(), nullable=False, server_default="[]"))
        table.add_column(
            sa.Column("changed_words", sa.Integer(), nullable=False, server_default="0")
        )
        for name in ("edit_key", "meaning", "meaning_by"):
            table.add_column(sa.Column(name, sa.String(), nullable=False, server_default=""))
        table.add_column(
            sa.Column("meaning_state", STATES, nullable=False, server_default="not_assessed")
        )
        table.add_column(sa.Column("meaning_at", UTCDateTime(), nullable=True))
        table.create_index("ix_change_edit_key", ["edit_key"])
    with op.batch_alter_table("subscription") as table:
        for name in ("asked_at", "confirmed_at", "noted_at"):
            table.add_column(sa.Column(name, UTCDateTime(), nullable=True))
    # Who was told before there was a question has in effect agreed.
    op.execute("UPDATE subscription SET confirmed_at = created_at WHERE state = 'active'")
    with op.batch_alter_table("delivery") as table:
        table.add_column(sa.Column("scheduled_at", UTCDateTime(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("delivery") as table:
        table.drop_column("scheduled_at")
    with op.batch_alter_table("subscription") as table:
        for name in ("asked_at", "confirmed_at", "noted_at"):
            table.drop_column(name)
    with op.batch_alter_table("change") as table:
        table.drop_index("ix_change_edit_key")
        table.drop_constraint("change_about_id_fkey", type_="foreignkey")
        names = ("about_id", *LISTS, "changed_words", "edit_key", "meaning", "meaning_by")
        for name in (*names, "meaning_state", "meaning_at"):
            table.drop_column(name)
