"""How many letters an address got lately is asked before each one that a stranger can cause."""

from alembic import op

revision = "e41f7d2a9c36"
down_revision = "b3a94c0d57e1"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("message") as batch:
        batch.create_index("ix_message_recipient_created_at", ["recipient", "created_at"])


def downgrade() -> None:
    with op.batch_alter_table("message") as batch:
        batch.drop_index("ix_message_recipient_created_at")
