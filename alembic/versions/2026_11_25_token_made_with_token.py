"""A token remembers the token that it was made with, and ends with it."""

import sqlalchemy as sa
from alembic import op

revision = "b3a94c0d57e1"
down_revision = "5b1e8a6c2d47"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("api_token") as batch:
        batch.add_column(sa.Column("made_with", sa.Uuid(), nullable=True))
        batch.create_foreign_key(
            op.f("fk_api_token_made_with"), "api_token", ["made_with"], ["id"], ondelete="CASCADE"
        )
        batch.create_index(op.f("ix_api_token_made_with"), ["made_with"])


def downgrade() -> None:
    with op.batch_alter_table("api_token") as batch:
        batch.drop_index(op.f("ix_api_token_made_with"))
        batch.drop_constraint(op.f("fk_api_token_made_with"), type_="foreignkey")
        batch.drop_column("made_with")
