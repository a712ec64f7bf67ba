"""A capture may be set aside for its language, or because the address now leads to the front page."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

BEFORE = ("bot_wall", "soft_404", "login_wall", "empty_shell", "collapse", "scanned")
AFTER = (*BEFORE, "wrong_language", "redirected_home")
NAME = "quarantinereason_values"


def upgrade() -> None:
    _allow(AFTER)


def downgrade() -> None:
    op.execute(
        "UPDATE snapshot SET quarantine = 'collapse' "
        "WHERE quarantine IN ('wrong_language', 'redirected_home')"
    )
    _allow(BEFORE)


def _allow(values: tuple[str, ...]) -> None:
    with op.batch_alter_table("snapshot") as batch:
        batch.drop_constraint(NAME, type_="check")
        batch.create_check_constraint(NAME, sa.column("quarantine").in_(values))
