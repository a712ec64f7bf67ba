"""Who speaks in a document, and what a finding rests on.

Revision ID: 0003
Revises: 0010
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_TEXT = {"type_": sa.String(), "nullable": False, "server_default": ""}
_NUMBER = {"type_": sa.Integer(), "nullable": False, "server_default": "0"}
_LIST = {"type_": sa.JSON(), "nullable": False, "server_default": "[]"}
ADDED = {
    "document": {
        "genre_because": _TEXT,
        "byline": _TEXT,
        "series": _TEXT,
        "disclaimer": {**_TEXT, "type_": sa.Text()},
    },
    "institution": {"apart": _LIST},
    "finding": {
        "count": _NUMBER,
        "by_report": _NUMBER,
        "after_report": _NUMBER,
        "status": {"type_": sa.String(), "nullable": True},
        "elements": _LIST,
        "acted": _LIST,
    },
}


def upgrade() -> None:
    for table, columns in ADDED.items():
        with op.batch_alter_table(table) as batch:
            for name, column in columns.items():
                batch.add_column(sa.Column(name, **column))


def downgrade() -> None:
    for table, columns in ADDED.items():
        with op.batch_alter_table(table) as batch:
            for name in reversed(columns):
                batch.drop_column(name)
