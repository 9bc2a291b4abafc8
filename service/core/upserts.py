"""Insert a row, or do what is right when it is there already: one statement, on both databases."""

from collections.abc import Sequence

from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session

from service.core.db import Row


def insert_new(session: Session, row: Row, unique: Sequence[str]) -> None:
    """Insert `row` unless one with the same `unique` columns is there; it does not say which."""
    insert = _insert(session, row)
    session.connection().execute(insert.on_conflict_do_nothing(index_elements=unique))


def insert_or_add(session: Session, row: Row, unique: Sequence[str], column: str) -> None:
    """Insert `row`, or raise the number in `column` of the one that is there by the row's own."""
    insert = _insert(session, row)
    table = insert.table
    more = {column: table.c[column] + insert.excluded[column]}
    session.connection().execute(insert.on_conflict_do_update(index_elements=unique, set_=more))


def insert_or_set(session: Session, row: Row, unique: Sequence[str], column: str) -> None:
    """Insert `row`, or put its value of `column` into the one that is there."""
    insert = _insert(session, row)
    new = {column: insert.excluded[column]}
    session.connection().execute(insert.on_conflict_do_update(index_elements=unique, set_=new))


def _insert(session: Session, row: Row) -> "postgresql.Insert | sqlite.Insert":
    table = row.__class__.metadata.tables[str(row.__tablename__)]
    values = {name: getattr(row, name) for name in row.__class__.model_fields}
    if session.get_bind().dialect.name == "postgresql":
        return postgresql.insert(table).values(values)
    return sqlite.insert(table).values(values)
