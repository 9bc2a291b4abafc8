"""Scorecards are amended with a reason, speak to the recruiter, and have champions heard."""

import sqlalchemy as sa
from alembic import op

revision = "3b90d5e7f1a4"
down_revision = "388c01149159"
branch_labels = None
depends_on = None


def _words(table: str, name: str, length: int) -> None:
    column = sa.Column(name, sa.String(length=length), nullable=False, server_default="")
    with op.batch_alter_table(table) as batch:
        batch.add_column(column)
    with op.batch_alter_table(table) as batch:
        batch.alter_column(
            name,
            existing_type=sa.String(length=length),
            existing_nullable=False,
            server_default=None,
        )


def upgrade() -> None:
    _words("scorecard", "recruiter_comment", 10_000)
    _words("rating", "place", 200)
    with op.batch_alter_table("decision_record") as batch:
        batch.add_column(
            sa.Column("against_champion", sa.Boolean(), nullable=False, server_default=sa.false())
        )
    with op.batch_alter_table("decision_record") as batch:
        batch.alter_column(
            "against_champion",
            existing_type=sa.Boolean(),
            existing_nullable=False,
            server_default=None,
        )
    op.create_table(
        "amendment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("scorecard_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("revision_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.String(length=2000), nullable=False),
        sa.Column(
            "recommendation",
            _choice("recommendation", "strong_no", "no", "yes", "strong_yes"),
            nullable=False,
        ),
        sa.Column("confidence", _choice("confidence", "low", "medium", "high"), nullable=False),
        sa.Column("forecast", sa.Integer(), nullable=True),
        sa.Column("comment", sa.String(length=20000), nullable=False),
        sa.Column("counter_argument", sa.String(length=10000), nullable=False),
        sa.Column("recruiter_comment", sa.String(length=10000), nullable=False),
        sa.Column("composite", sa.Float(), nullable=True),
        sa.Column("ratings", sa.JSON(), nullable=False),
        sa.CheckConstraint("forecast >= 0 AND forecast <= 100", name=op.f("ck_amendment_forecast")),
        sa.CheckConstraint(
            "composite >= 1 AND composite <= 5", name=op.f("ck_amendment_composite")
        ),
        sa.ForeignKeyConstraint(
            ["revision_id"], ["revision.id"], name=op.f("fk_amendment_revision_id")
        ),
        sa.ForeignKeyConstraint(
            ["scorecard_id"],
            ["scorecard.id"],
            name=op.f("fk_amendment_scorecard_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_amendment")),
        sa.UniqueConstraint(
            "scorecard_id", "number", name=op.f("uq_amendment_scorecard_id_number")
        ),
    )
    op.create_table(
        "discussion",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("scorecard_id", sa.Uuid(), nullable=False),
        sa.Column("discussed_by", sa.Uuid(), nullable=False),
        sa.Column("argument", sa.String(length=5000), nullable=False),
        sa.Column("answer", sa.String(length=5000), nullable=False),
        sa.ForeignKeyConstraint(
            ["discussed_by"], ["user_account.id"], name=op.f("fk_discussion_discussed_by")
        ),
        sa.ForeignKeyConstraint(
            ["scorecard_id"],
            ["scorecard.id"],
            name=op.f("fk_discussion_scorecard_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_discussion")),
    )
    op.create_index(op.f("ix_discussion_scorecard_id"), "discussion", ["scorecard_id"])


def _choice(name: str, *options: str) -> sa.Enum:
    return sa.Enum(*options, name=name, native_enum=False, create_constraint=True, length=40)


def downgrade() -> None:
    op.drop_table("discussion")
    op.drop_table("amendment")
    with op.batch_alter_table("decision_record") as batch:
        batch.drop_column("against_champion")
    with op.batch_alter_table("rating") as batch:
        batch.drop_column("place")
    with op.batch_alter_table("scorecard") as batch:
        batch.drop_column("recruiter_comment")
