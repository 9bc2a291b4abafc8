"""Carries all rows of one database into the empty tables of another, and proves that they came.

A value travels as the tables' types tell it, JSON as its own text: so nothing is read as something
else on the way. Memory stays flat, however many rows there are.
"""

import hashlib
import re
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import psycopg
import sqlalchemy as sa
from psycopg import sql
from sqlmodel import SQLModel

from service.core.db import Shaped

BATCH = 1000
HASH_RANGE = 2**256

Values = Sequence[Any]


class NotCarried(Exception):
    """Which table could not be carried, and why."""


@dataclass(frozen=True)
class Count:
    """How many rows a table holds, and a sum over the hashes of them, in whatever order."""

    rows: int = 0
    hashes: int = 0

    def plus(self, row: Values) -> "Count":
        digest = hashlib.sha256(repr([_canonical(value) for value in row]).encode()).digest()
        hashes = (self.hashes + int.from_bytes(digest)) % HASH_RANGE
        return Count(self.rows + 1, hashes)


def carry(source: sa.Connection, target: sa.Connection) -> int:
    """Everything, in the order of the foreign keys; says how many rows. `target` is PostgreSQL,
    and both are in a transaction of their own. Raises NotCarried.
    """
    total = 0
    for table in SQLModel.metadata.sorted_tables:
        try:
            sent = _copy(source, target, table)
            arrived = _count(target, table)
        except (psycopg.Error, sa.exc.SQLAlchemyError) as error:
            raise NotCarried(f"{table.name}: {_reason(error)}") from error
        if sent != arrived:
            raise NotCarried(f"{table.name}: {sent.rows} rows went, other {arrived.rows} came.")
        total += sent.rows
    return total


def _copy(source: sa.Connection, target: sa.Connection, table: sa.Table) -> Count:
    """By one COPY, counted as they were read. Links are looked at when it ends, so that a row may
    come before the row of the same table that it leads to.
    """
    driver = target.connection.driver_connection
    if not isinstance(driver, psycopg.Connection):
        raise NotCarried("Rows are carried to PostgreSQL only.")
    names = sql.SQL(", ").join(sql.Identifier(column.name) for column in _stored(table))
    words = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(table.name), names)
    count = Count()
    with driver.cursor() as cursor, cursor.copy(words) as stream:
        for row in _rows(source, table):
            stream.write_row(row)
            count = count.plus(row)
    return count


def _count(connection: sa.Connection, table: sa.Table) -> Count:
    count = Count()
    for row in _rows(connection, table):
        count = count.plus(row)
    return count


def _rows(connection: sa.Connection, table: sa.Table) -> Iterator[Values]:
    query = sa.select(*[_as_it_is(column) for column in _stored(table)])
    options = {"stream_results": True, "yield_per": BATCH}
    with closing(connection.execute(query, execution_options=options)) as found:
        yield from found


def _stored(table: sa.Table) -> list[sa.Column[Any]]:
    """Without what the database itself works out from the others."""
    return [column for column in table.columns if column.computed is None]


def _as_it_is(column: sa.Column[Any]) -> sa.ColumnElement[Any]:
    """Without what a type makes of it for the code: JSON as text, a choice as its word."""
    if isinstance(column.type, sa.JSON | Shaped):
        return sa.cast(column, sa.Text)
    if isinstance(column.type, sa.Enum):
        return sa.type_coerce(column, sa.String)
    return column


def _canonical(value: object) -> object:
    """The same for the same value, whichever driver made it."""
    return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else value


def _reason(error: Exception) -> str:
    """The database's own words and the place, without the value: it may be somebody's."""
    cause = getattr(error, "orig", None) or error
    told = cause.diag.message_primary if isinstance(cause, psycopg.Error) else None
    place = re.search(r"line (\d+), column (\w+)", _context(cause))
    where = f" (row {place[1]}, column {place[2]})" if place else ""
    return f"{told or ' '.join(str(cause).split())}{where}"


def _context(cause: object) -> str:
    return cause.diag.context or "" if isinstance(cause, psycopg.Error) else ""
