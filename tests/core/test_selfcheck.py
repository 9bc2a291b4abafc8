"""A database that could lose what it acknowledged is refused, with what to do about it."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import event

from service.core.db import Database
from service.core.selfcheck import SAFE_SQLITE, UnsafeDatabase, check_database, may_share_sqlite


@contextmanager
def set_for_all(url: str, name: str, value: str) -> Iterator[None]:
    """A setting of this one database, for connections made from now on."""
    with psycopg.connect(url, autocommit=True) as connection:
        row = connection.execute("SELECT current_database()").fetchone()
        database = sql.Identifier(row[0] if row else "")
        change = sql.SQL("ALTER DATABASE {} SET {} = {}")
        back = sql.SQL("ALTER DATABASE {} RESET {}")
        connection.execute(change.format(database, sql.Identifier(name), sql.Literal(value)))
        try:
            yield
        finally:
            connection.execute(back.format(database, sql.Identifier(name)))


def test_a_database_as_we_set_it_up_is_safe(database: Database) -> None:
    check_database(database)


def test_every_connection_to_sqlite_is_set_up_so(sqlite_url: str) -> None:
    database = Database(sqlite_url)
    with ExitStack() as held:
        sessions = [held.enter_context(database.read()) for _ in range(3)]
        sessions.append(held.enter_context(database.write()))
        found = {
            tuple(
                str(session.connection().exec_driver_sql(f"PRAGMA {name}").scalar())
                for name in SAFE_SQLITE
            )
            for session in sessions
        }
    database.dispose()

    assert found == {tuple(SAFE_SQLITE.values())}


@pytest.mark.parametrize(
    ("pragma", "said"),
    [
        ("synchronous=NORMAL", "synchronous is 1, not 2"),
        ("foreign_keys=OFF", "foreign_keys is 0, not 1"),
        ("journal_mode=DELETE", "journal_mode is delete, not wal"),
    ],
)
def test_each_promise_of_sqlite_is_looked_at(tmp_path: Path, pragma: str, said: str) -> None:
    database = Database(f"sqlite:///{tmp_path / 'exhibit.db'}")
    event.listen(database.engine, "connect", lambda raw, _record: raw.execute(f"PRAGMA {pragma}"))

    with pytest.raises(UnsafeDatabase, match=said):
        check_database(database)
    database.dispose()


def test_postgresql_that_does_not_wait_for_the_disk_is_refused(postgresql_url: str) -> None:
    said = "synchronous_commit is off, not on"
    with set_for_all(postgresql_url, "synchronous_commit", "off"):
        database = Database(postgresql_url)
        with pytest.raises(UnsafeDatabase, match=said):
            check_database(database)
        database.dispose()


@pytest.mark.parametrize("value", ["local", "remote_write", "remote_apply"])
def test_postgresql_that_waits_for_a_disk_is_safe(postgresql_url: str, value: str) -> None:
    with set_for_all(postgresql_url, "synchronous_commit", value):
        database = Database(postgresql_url)
        check_database(database)
        database.dispose()


@pytest.mark.parametrize(
    ("version", "may"),
    [
        ((3, 6, 23), True),
        ((3, 7, 0), False),
        ((3, 40, 1), False),
        ((3, 44, 5), False),
        ((3, 44, 6), True),
        ((3, 45, 0), False),
        ((3, 50, 6), False),
        ((3, 50, 7), True),
        ((3, 51, 2), False),
        ((3, 51, 3), True),
        ((4, 0, 0), True),
    ],
)
def test_which_versions_of_sqlite_processes_may_share(
    version: tuple[int, int, int], may: bool
) -> None:
    assert may_share_sqlite(version) is may
