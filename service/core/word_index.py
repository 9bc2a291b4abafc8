"""An index of words over columns that hold tokens with spaces between them.

SQLite has an FTS5 table beside the table, kept by triggers. It splits at spaces only, and knows a
row by its `number`, which a trigger gives: SQLite's own row numbers change when a table is rebuilt.
PostgreSQL has a generated column of the tokens as they are. Both are made with the table, and the
models know nothing of them.

A migration that rebuilds such a table in batch mode takes its triggers away, and makes them again.
"""

from collections.abc import Collection, Sequence

import sqlalchemy as sa
from sqlalchemy import ColumnElement, event
from sqlalchemy.dialects.postgresql import TSQUERY
from sqlmodel import Session

LEXEMES = "lexemes"
MANY = 2_000  # rows

Words = Collection[tuple[str, bool]]

SQLITE = (
    """
    CREATE VIRTUAL TABLE {table}_index USING fts5(
        {columns}, content='{table}', content_rowid='number', detail=column, columnsize=0,
        tokenize="unicode61 remove_diacritics 0 categories 'L* M* N* P* S* C*'"
    )
    """,
    """
    CREATE TRIGGER {table}_added AFTER INSERT ON {table} BEGIN
        UPDATE {table} SET number = (SELECT coalesce(max(number), 0) + 1 FROM {table})
        WHERE id = new.id;
        INSERT INTO {table}_index(rowid, {columns})
        SELECT number, {columns} FROM {table} WHERE id = new.id;
    END
    """,
    """
    CREATE TRIGGER {table}_changed AFTER UPDATE OF {columns} ON {table} BEGIN
        INSERT INTO {table}_index({table}_index, rowid, {columns})
        VALUES ('delete', old.number, {old});
        INSERT INTO {table}_index(rowid, {columns}) VALUES (new.number, {new});
    END
    """,
    """
    CREATE TRIGGER {table}_removed AFTER DELETE ON {table} BEGIN
        INSERT INTO {table}_index({table}_index, rowid, {columns})
        VALUES ('delete', old.number, {old});
    END
    """,
)
POSTGRESQL = (
    """
    ALTER TABLE {table} ADD COLUMN lexemes tsvector GENERATED ALWAYS AS (
        array_to_tsvector(string_to_array(btrim({joined}), ' '))
    ) STORED
    """,
    "CREATE INDEX ix_{table}_lexemes ON {table} USING gin (lexemes)",
)


def add_word_index(table: sa.Table, columns: Sequence[str]) -> None:
    """Whoever makes the table makes the index with it. It needs the columns `id` and `number`."""
    names = {
        "table": table.name,
        "columns": ", ".join(columns),
        "old": ", ".join(f"old.{name}" for name in columns),
        "new": ", ".join(f"new.{name}" for name in columns),
        "joined": " || ' ' || ".join(columns),
    }

    @event.listens_for(table, "after_create")
    def make(_table: sa.Table, connection: sa.Connection, **_: object) -> None:
        for statement in POSTGRESQL if connection.dialect.name == "postgresql" else SQLITE:
            connection.exec_driver_sql(statement.format(**names))


def is_part(kind: str, name: str | None) -> bool:
    """Whether a table, a column or an index belongs to such an index, not to the models."""
    if kind == "table":
        return "_words_index" in str(name)
    return name == LEXEMES or str(name).endswith(f"_{LEXEMES}")


def rows_with(
    session: Session, table: sa.Table, words: Words, *, in_order: bool = False
) -> ColumnElement[bool]:
    """Whether a row holds all words; of those marked true, a word that begins so is enough.

    `in_order`: for SQLite, to look at one row after the other, whatever the index says.
    """
    if _is_postgresql(session):
        wanted = " & ".join(f"'{word}'{':*' if opens else ''}" for word, opens in words)
        lexemes: ColumnElement[object] = sa.literal_column(f"{table.name}.{LEXEMES}")
        return lexemes.bool_op("@@")(sa.cast(wanted, TSQUERY))
    index, matching = _matching(table, words)
    number = table.c.number + 0 if in_order else table.c.number  # a sum is found by no index
    return number.in_(sa.select(index.c.rowid).where(matching))


def are_many(session: Session, table: sa.Table, words: Words) -> bool:
    """Whether one had better look at rows in the order wanted until there are enough, than at all
    that hold the words. PostgreSQL knows how many there are, and chooses by itself.
    """
    if _is_postgresql(session):
        return False
    index, matching = _matching(table, words)
    some = sa.select(index.c.rowid).where(matching).limit(MANY).subquery()
    return session.connection().scalar(sa.select(sa.func.count()).select_from(some)) == MANY


def _matching(table: sa.Table, words: Words) -> tuple[sa.TableClause, ColumnElement[bool]]:
    name = f"{table.name}_index"
    index = sa.table(name, sa.column("rowid"), sa.column(name))
    wanted = " AND ".join(f'"{word}"{" *" if opens else ""}' for word, opens in words)
    return index, index.c[name].bool_op("MATCH")(wanted)


def _is_postgresql(session: Session) -> bool:
    return session.get_bind().dialect.name == "postgresql"
