"""The end of the chain of events, kept apart."""

import sqlalchemy as sa
from alembic import op

revision = "6c2f9e0b71aa"
down_revision = "d1fc47cb0522"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "chain_head",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("chain_hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_chain_head")),
    )


def downgrade() -> None:
    op.drop_table("chain_head")
