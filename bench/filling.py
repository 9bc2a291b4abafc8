"""Rows into a database, many at a time: by the bare driver, or by COPY."""

import sqlite3
from collections import Counter
from collections.abc import Callable, Generator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import psycopg
import sqlalchemy as sa
from psycopg import sql
from sqlmodel import SQLModel

from bench.documents import store_documents
from bench.facts import Chain, Rows
from bench.house import House, build_house
from bench.ids import Row, Value, new_id, stamp
from bench.judged import Case, add_judgement, add_open_review
from bench.sent import File, Sent, add_sent, fresh_rows
from bench.words import SEED, Words
from service.core.blobs import Blobs
from service.core.chain import HEAD_ID, ChainHead, read_head
from service.core.db import Database
from service.domain import all_tables  # noqa: F401  # fills the metadata

BATCH = 1_000
FRESH_OF = 10  # every tenth submission is new: in the first stage, with one review open
BEGAN = datetime(2024, 11, 1, tzinfo=UTC)
PERIOD = timedelta(days=730)
TABLES = (
    *("blob", "candidate", "consent", "submission", "revision", "evidence", "submission_file"),
    *(
        "revision_words",
        "mailed_link",
        "message",
        "assignment",
        "access",
        "scorecard",
        "rating",
        "move",
    ),
    *("decision_record", "event", "event_detail"),
)
Insert = Callable[[str, Sequence[Row]], None]


def fill(database: Database, blobs: Blobs, size: int) -> None:
    """`size` submissions of `JOBS` jobs, with all that belongs to them, into an empty database."""
    house, files, words = build_house(database), store_documents(blobs), Words.make()
    with database.read() as session:
        head = read_head(session)
    chain, used = Chain(head.seq, head.chain_hash), Counter[str]()
    with _inserting(database) as insert:
        for first in range(0, size, BATCH):
            rows = fresh_rows(TABLES)
            for number in range(first, min(size, first + BATCH)):
                _add(rows, chain, _sent(house, words, files, number, size), house, used)
            for table in TABLES:
                insert(table, rows[table])
        insert("blob", [_blob(file, used[file.sha256]) for file in files if used[file.sha256]])
    with database.write() as session:
        session.merge(ChainHead(id=HEAD_ID, seq=chain.seq, chain_hash=chain.hash))
    _look_over(database)


def _sent(house: House, words: Words, files: Sequence[File], number: int, size: int) -> Sent:
    random = Random(SEED * 1_000_003 + number)
    at = BEGAN + PERIOD * (number / size)
    return Sent(number, random, at, random.choice(house.jobs), words, random.choice(files))


def _add(rows: Rows, chain: Chain, sent: Sent, house: House, used: Counter[str]) -> None:
    case = Case(house, rows, chain, sent, add_sent(rows, chain, sent))
    used[sent.file.sha256] += 1
    if sent.number % FRESH_OF == FRESH_OF - 1:
        add_open_review(case)
    else:
        add_judgement(case)


def _blob(file: File, refs: int) -> Row:
    id = new_id(Random(file.sha256), BEGAN).hex
    return {"id": id, "created_at": stamp(BEGAN), "sha256": file.sha256} | {
        "size": file.size,
        "refs": refs,
    }


@contextmanager
def _inserting(database: Database) -> Generator[Insert]:
    """Foreign keys are not looked at: what is made here fits."""
    if database.is_sqlite:
        with closing(sqlite3.connect(str(database.url.database))) as connection:
            connection.execute("PRAGMA synchronous=OFF")
            yield lambda table, rows: _insert(connection, table, rows)
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return
    url = database.url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(url) as server:
        server.execute("SET session_replication_role = replica")
        server.execute("SET timezone = 'UTC'")
        yield lambda table, rows: _copy(server, table, rows)


def _insert(connection: sqlite3.Connection, table: str, rows: Sequence[Row]) -> None:
    columns = _columns(table)
    names, marks = ", ".join(f'"{name}"' for name, _ in columns), ", ".join("?" * len(columns))
    with connection:
        connection.executemany(
            f"INSERT INTO {table} ({names}) VALUES ({marks})",  # noqa: S608  # our own names
            [_values(columns, row) for row in rows],
        )


def _copy(server: psycopg.Connection[Any], table: str, rows: Sequence[Row]) -> None:
    columns = _columns(table)
    names = sql.SQL(", ").join(sql.Identifier(name) for name, _ in columns)
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(table), names)
    with server.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row(_values(columns, row))
    server.commit()


def _columns(table: str) -> list[tuple[str, Value]]:
    """Each with what it holds when nothing is said."""
    return [(one.name, _default(one)) for one in SQLModel.metadata.tables[table].columns]


def _default(column: sa.Column[Any]) -> Value:
    default = column.default
    if isinstance(default, sa.ColumnDefault) and default.is_scalar:
        found: Value = default.arg
        return found
    return "[]" if isinstance(column.type, sa.JSON) else None


def _values(columns: Sequence[tuple[str, Value]], row: Row) -> list[Value]:
    return [row.get(name, default) for name, default in columns]


def _look_over(database: Database) -> None:
    """What PostgreSQL does by itself after a while; SQLite does not."""
    if not database.is_sqlite:
        with database.engine.connect() as connection:
            plain = connection.execution_options(isolation_level="AUTOCOMMIT")
            plain.exec_driver_sql("VACUUM ANALYZE")
