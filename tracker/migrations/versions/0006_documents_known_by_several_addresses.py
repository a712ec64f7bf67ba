"""Documents are known by several addresses; robots.txt is kept; fetches say what a site asks for."""

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op

from tracker.addresses import identity

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("document") as batch:
        batch.add_column(
            sa.Column("revisit_hours", sa.Integer(), nullable=False, server_default="24")
        )
        batch.add_column(sa.Column("address", sa.Text(), nullable=True))
        batch.add_column(sa.Column("canonical_url", sa.Text(), nullable=True))
    with op.batch_alter_table("fetch") as batch:
        batch.add_column(sa.Column("signals", sa.JSON(), nullable=False, server_default="[]"))
    op.create_table(
        "robots_file",
        sa.Column("origin", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("fetched_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("origin"),
    )
    address = op.create_table(
        "address",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("document_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["document_id"], ["document.id"]),
        sa.PrimaryKeyConstraint("key"),
    )
    op.create_index("ix_address_document_id", "address", ["document_id"])
    _name_known_documents(address)


def _name_known_documents(address: sa.Table) -> None:
    rows = op.get_bind().execute(sa.text("SELECT id, url, final_url FROM document ORDER BY id"))
    keys: dict[str, int] = {}
    for document_id, url, final_url in rows.all():
        keys.setdefault(identity(url), document_id)
        if final_url:
            keys.setdefault(identity(final_url), document_id)
    op.bulk_insert(address, [{"key": key, "document_id": at} for key, at in keys.items()])


def downgrade() -> None:
    op.drop_table("address")
    op.drop_table("robots_file")
    with op.batch_alter_table("fetch") as batch:
        batch.drop_column("signals")
    with op.batch_alter_table("document") as batch:
        batch.drop_column("canonical_url")
        batch.drop_column("address")
        batch.drop_column("revisit_hours")
