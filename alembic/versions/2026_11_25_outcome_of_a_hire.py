"""An outcome belongs to the hire that it was recorded for; another hire has another."""

import sqlalchemy as sa
from alembic import op

revision = "4d7a0be1c953"
down_revision = "e41f7d2a9c36"
branch_labels = None
depends_on = None

# The hire that stood when it was written last, or else, by clocks that differ, the first one.
# Nobody could record an outcome without a hire.
FIND = """
UPDATE outcome SET decision_id = COALESCE(
    (
        SELECT hire.id FROM decision_record AS hire
        WHERE hire.submission_id = outcome.submission_id AND hire.decision = 'hired'
            AND hire.created_at <= outcome.updated_at
        ORDER BY hire.created_at DESC LIMIT 1
    ),
    (
        SELECT hire.id FROM decision_record AS hire
        WHERE hire.submission_id = outcome.submission_id AND hire.decision = 'hired'
        ORDER BY hire.created_at LIMIT 1
    )
)
"""

# There was room for one of each submission: the newest hire's.
KEEP_NEWEST = """
DELETE FROM outcome WHERE EXISTS (
    SELECT 1 FROM outcome AS other
    JOIN decision_record AS later ON later.id = other.decision_id
    JOIN decision_record AS hire ON hire.id = outcome.decision_id
    WHERE other.submission_id = outcome.submission_id
        AND (later.created_at > hire.created_at
            OR (later.created_at = hire.created_at AND later.id > hire.id))
)
"""


def upgrade() -> None:
    with op.batch_alter_table("outcome") as batch:
        batch.add_column(sa.Column("decision_id", sa.Uuid(), nullable=True))
    op.execute(FIND)
    with op.batch_alter_table("outcome") as batch:
        batch.alter_column("decision_id", existing_type=sa.Uuid(), nullable=False)
        batch.create_foreign_key(
            op.f("fk_outcome_decision_id"),
            "decision_record",
            ["decision_id"],
            ["id"],
            ondelete="CASCADE",
        )
        batch.create_unique_constraint(op.f("uq_outcome_decision_id"), ["decision_id"])
        batch.drop_constraint(op.f("uq_outcome_submission_id"), type_="unique")
        batch.create_index(op.f("ix_outcome_submission_id"), ["submission_id"])


def downgrade() -> None:
    op.execute(KEEP_NEWEST)
    with op.batch_alter_table("outcome") as batch:
        batch.drop_index(op.f("ix_outcome_submission_id"))
        batch.create_unique_constraint(op.f("uq_outcome_submission_id"), ["submission_id"])
        batch.drop_constraint(op.f("uq_outcome_decision_id"), type_="unique")
        batch.drop_constraint(op.f("fk_outcome_decision_id"), type_="foreignkey")
        batch.drop_column("decision_id")
