"""What revisions are found by, with an index of words, and what their files say.

`exhibit migrate` and the worker fill them from what is there: how words are made of text is code.
"""

import sqlalchemy as sa
from alembic import op

revision = "7d15169b7070"
down_revision = "9d04c7b2e8f1"
branch_labels = None
depends_on = None

STATES = ("read", "none", "encrypted", "unreadable")

SQLITE = (
    """
    CREATE VIRTUAL TABLE revision_words_index USING fts5(
        person, words, content='revision_words', content_rowid='number', detail=column,
        columnsize=0,
        tokenize="unicode61 remove_diacritics 0 categories 'L* M* N* P* S* C*'"
    )
    """,
    """
    CREATE TRIGGER revision_words_added AFTER INSERT ON revision_words BEGIN
        UPDATE revision_words SET number = (SELECT coalesce(max(number), 0) + 1 FROM revision_words)
        WHERE id = new.id;
        INSERT INTO revision_words_index(rowid, person, words)
        SELECT number, person, words FROM revision_words WHERE id = new.id;
    END
    """,
    """
    CREATE TRIGGER revision_words_changed AFTER UPDATE OF person, words ON revision_words BEGIN
        INSERT INTO revision_words_index(revision_words_index, rowid, person, words)
        VALUES ('delete', old.number, old.person, old.words);
        INSERT INTO revision_words_index(rowid, person, words)
        VALUES (new.number, new.person, new.words);
    END
    """,
    """
    CREATE TRIGGER revision_words_removed AFTER DELETE ON revision_words BEGIN
        INSERT INTO revision_words_index(revision_words_index, rowid, person, words)
        VALUES ('delete', old.number, old.person, old.words);
    END
    """,
)
POSTGRESQL = (
    """
    ALTER TABLE revision_words ADD COLUMN lexemes tsvector GENERATED ALWAYS AS (
        array_to_tsvector(string_to_array(btrim(person || ' ' || words), ' '))
    ) STORED
    """,
    "CREATE INDEX ix_revision_words_lexemes ON revision_words USING gin (lexemes)",
)


def upgrade() -> None:
    op.create_table(
        "file_text",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                *STATES, name="textstate", native_enum=False, create_constraint=True, length=40
            ),
            nullable=False,
        ),
        sa.Column("pages", sa.Integer(), nullable=True),
        sa.Column("text", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["sha256"], ["blob.sha256"], name=op.f("fk_file_text_sha256"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_file_text")),
        sa.UniqueConstraint("sha256", name=op.f("uq_file_text_sha256")),
    )
    op.create_table(
        "revision_words",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("number", sa.Integer(), nullable=True),
        sa.Column("form", sa.Integer(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("words", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["id"], ["revision.id"], name=op.f("fk_revision_words_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_revision_words")),
    )
    op.create_index("ix_revision_words_number_id", "revision_words", ["number", "id"])
    for statement in SQLITE if op.get_bind().dialect.name == "sqlite" else POSTGRESQL:
        op.execute(statement)


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TABLE revision_words_index")  # the triggers go with their table
    op.drop_table("revision_words")
    op.drop_table("file_text")
