"""A job remembers the fewest reviews it ever wanted."""

import sqlalchemy as sa
from alembic import op

revision = "5b1e8a6c2d47"
down_revision = "6c2f9e0b71aa"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("job") as table:
        table.add_column(
            sa.Column("reviews_wanted_least", sa.Integer(), nullable=False, server_default="1")
        )
    op.execute("UPDATE job SET reviews_wanted_least = reviews_wanted")
    with op.batch_alter_table("job") as table:
        table.alter_column("reviews_wanted_least", server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("job") as table:
        table.drop_column("reviews_wanted_least")
