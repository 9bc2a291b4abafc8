"""The composite of a scorecard is a number between its levels: neither NaN nor infinite."""

from alembic import op

revision = "9d04c7b2e8f1"
down_revision = "4d7a0be1c953"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        "UPDATE scorecard SET composite = NULL WHERE NOT (composite >= 1 AND composite <= 5)"
    )
    with op.batch_alter_table("scorecard") as batch:
        batch.create_check_constraint(
            op.f("ck_scorecard_composite"), "composite >= 1 AND composite <= 5"
        )


def downgrade() -> None:
    with op.batch_alter_table("scorecard") as batch:
        batch.drop_constraint(op.f("ck_scorecard_composite"), type_="check")
