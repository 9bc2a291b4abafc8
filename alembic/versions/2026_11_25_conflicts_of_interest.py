"""Conflicts of interest, each with who told of it and who settled it."""

import sqlalchemy as sa
from alembic import op

revision = "388c01149159"
down_revision = "7d15169b7070"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "conflict",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("submission_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "declared",
                "suspected",
                "confirmed",
                "dismissed",
                name="conflictstate",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "kind",
            sa.Enum(
                "email_domain",
                "employer",
                "link",
                "alias",
                "earlier",
                "personal",
                "other",
                name="conflictkind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("words", sa.String(length=2000), nullable=False),
        sa.Column("reported_by", sa.Uuid(), nullable=True),
        sa.Column("settled_by", sa.Uuid(), nullable=True),
        sa.Column("settled_reason", sa.String(length=2000), nullable=False),
        sa.ForeignKeyConstraint(
            ["reported_by"], ["user_account.id"], name=op.f("fk_conflict_reported_by")
        ),
        sa.ForeignKeyConstraint(
            ["settled_by"], ["user_account.id"], name=op.f("fk_conflict_settled_by")
        ),
        sa.ForeignKeyConstraint(
            ["submission_id"],
            ["submission.id"],
            name=op.f("fk_conflict_submission_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_conflict_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_conflict")),
    )
    with op.batch_alter_table("conflict", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_conflict_submission_id"), ["submission_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_conflict_updated_at"), ["updated_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_conflict_user_id"), ["user_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("conflict", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_conflict_user_id"))
        batch_op.drop_index(batch_op.f("ix_conflict_updated_at"))
        batch_op.drop_index(batch_op.f("ix_conflict_submission_id"))

    op.drop_table("conflict")
