"""Takes a SQLite installation to an empty PostgreSQL in one transaction, its files on demand."""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy import make_url
from sqlmodel import SQLModel, col, select

from service.core.blobs import BlobMissing, Blobs
from service.core.carrying import NotCarried, carry
from service.core.db import Database
from service.core.migrations import is_current, migrate, revision_of
from service.core.selfcheck import check_database
from service.domain import all_tables  # noqa: F401  # fills the metadata
from service.domain.submissions.tables import Blob
from service.doors.tools import Tools
from service.operations.backup import Pieces
from service.operations.trouble import Trouble

FROM_SQLITE = (
    "This takes a SQLite installation to PostgreSQL: run it with the settings of the old one."
)
TO_POSTGRESQL = "Say where to: postgresql://user:password@host/name."
NOT_EMPTY = "The database there is not empty ({what}): nothing was changed. Create a new one."


@dataclass(frozen=True)
class Copied:
    """Files that are in the new store, and those whose bytes were not in the old one."""

    count: int
    missing: int


def migrate_to(tools: Tools, url: str) -> int:
    """All rows; says how many. Raises Trouble: then nothing of them is there.

    The caller sees to it that nothing runs on the data folder.
    """
    if not tools.database.is_sqlite:
        raise Trouble(FROM_SQLITE)
    if not is_current(tools.database):
        raise Trouble("The database is not at the newest migration: run `exhibit migrate`.")
    if make_url(url).get_backend_name() != "postgresql":
        raise Trouble(TO_POSTGRESQL)
    target = Database(url, connections=1)
    try:
        _make_tables(target)
        with tools.database.read() as session, _empty(target) as connection:
            return carry(session.connection(), connection)
    except NotCarried as error:
        raise Trouble(f"Nothing was carried over. {error}") from error
    finally:
        target.dispose()


def copy_files(tools: Tools, store: Blobs) -> Copied:
    """Each file that rows point to, its hash verified. Raises Trouble."""
    with tools.database.read() as session:
        wanted = session.exec(select(Blob.sha256, Blob.size).where(col(Blob.refs) > 0)).all()
    count = 0
    for sha256, size in wanted:
        try:
            pieces = Pieces(tools.blobs.read(sha256))
        except BlobMissing:
            continue
        if not store.exists(sha256) and store.put(pieces, limit=size).sha256 != sha256:
            raise Trouble(f"The file {sha256} in the file store is damaged. See `check`.")
        count += 1
    return Copied(count, len(wanted) - count)


def _make_tables(target: Database) -> None:
    """Where nothing is yet. Raises Trouble, UnsafeDatabase, NewerDatabase."""
    check_database(target)
    others = sa.inspect(target.engine).get_table_names()
    if others and revision_of(target) is None:
        raise Trouble(NOT_EMPTY.format(what=f"it has the table {others[0]}"))
    with _empty(target):
        pass  # migrations come after this look, and change nobody's rows
    migrate(target)


@contextmanager
def _empty(target: Database) -> Generator[sa.Connection]:
    """One transaction, alone with all tables. Raises Trouble when there are rows."""
    with target.engine.begin() as connection:
        connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
        there = set(sa.inspect(connection).get_table_names())
        tables = [table for table in SQLModel.metadata.sorted_tables if table.name in there]
        names = ", ".join(map(connection.dialect.identifier_preparer.format_table, tables))
        if tables:
            connection.exec_driver_sql(f"LOCK TABLE {names} IN ACCESS EXCLUSIVE MODE")
        for table in tables:
            if connection.execute(sa.select(sa.literal(1)).select_from(table).limit(1)).first():
                raise Trouble(NOT_EMPTY.format(what=f"{table.name} has rows"))
        yield connection
