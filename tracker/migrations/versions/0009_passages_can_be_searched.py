"""Passages can be searched by their words, lists by what screens ask for; people have roles."""

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_version_document_current", "version", ["document_id", "current"])
    op.create_index("ix_document_title", "document", ["title", "url"])
    op.create_table(
        "person",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("issuer", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("email", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column(
            "role",
            sa.Enum(
                "reviewer",
                "admin",
                name="role_values",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("added_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("issuer", "email"),
    )
    if op.get_bind().dialect.name == "postgresql":
        # 'simple' keeps every word of every language as it is written.
        op.execute("CREATE INDEX passage_search ON passage USING gin (to_tsvector('simple', text))")
        return
    op.execute(
        "CREATE VIRTUAL TABLE passage_search USING fts5"
        "(text, content='passage', content_rowid='id', tokenize='unicode61 remove_diacritics 2')"
    )
    op.execute(
        "INSERT INTO passage_search (rowid, text) SELECT id, text FROM passage "
        "WHERE id IN (SELECT passage_id FROM coding WHERE china OR surveillance OR human_rights "
        "OR partnership OR R1 OR R2 OR R3 OR R4 OR R5 OR R6)"
    )
    # The last coding whose passage is in the index; no fact, since a backup carries facts but no index.
    op.execute("CREATE TABLE passage_search_to (coding_id INTEGER NOT NULL)")
    op.execute("INSERT INTO passage_search_to SELECT coalesce(max(id), 0) FROM coding")


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP INDEX passage_search")
    else:
        op.execute("DROP TABLE passage_search")
        op.execute("DROP TABLE passage_search_to")
    op.drop_table("person")
    op.drop_index("ix_document_title", "document")
    op.drop_index("ix_version_document_current", "version")
