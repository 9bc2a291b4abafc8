"""Refuses a database that could lose what it has acknowledged."""

import sqlite3
from collections.abc import Mapping

import sqlalchemy as sa

from service.core.db import Database

OLDEST_POSTGRESQL = 140_000  # 14.0, as server_version_num counts
SAFE_SQLITE = {"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1"}
SAFE_POSTGRESQL = {"fsync": "on", "full_page_writes": "on"}

Version = tuple[int, int, int]

# A commit that resets the write-ahead log while another connection, of the same process or not,
# begins to copy it back can corrupt the file: https://sqlite.org/wal.html, "the WAL-reset bug".
# Ours never meet: see the line in core/db.py. What opens the file past us has no such line.
BUG_BEGAN: Version = (3, 7, 0)
BUG_ENDED: Version = (3, 51, 3)
MENDED_EARLIER: tuple[Version, ...] = ((3, 44, 6), (3, 50, 7))

ONE_PROCESS = (
    "SQLite {version} can corrupt its file when several processes write to it (mended in 3.51.3): "
    "run one server process only, or use PostgreSQL. Short commands of this Exhibit may run beside "
    "it: they write in turn. Other programs may not."
)


class UnsafeDatabase(Exception):
    """What is wrong, and what to do about it."""


def check_database(database: Database) -> None:
    """Raises UnsafeDatabase when a power cut could cost what was acknowledged."""
    with database.engine.connect() as connection:
        if database.is_sqlite:
            _check_sqlite(connection)
        else:
            _check_postgresql(connection)


def may_share_sqlite(version: Version = sqlite3.sqlite_version_info) -> bool:
    """Whether several processes may use one SQLite file with this version of SQLite."""
    if not BUG_BEGAN <= version < BUG_ENDED:
        return True
    return any(version[:2] == mended[:2] and version >= mended for mended in MENDED_EARLIER)


def one_process_only(database: Database) -> str | None:
    """Why there may be only one process, or None when there may be many."""
    if not database.is_sqlite or may_share_sqlite():
        return None
    return ONE_PROCESS.format(version=sqlite3.sqlite_version)


def _check_sqlite(connection: sa.Connection) -> None:
    found = {name: _one(connection, f"PRAGMA {name}") for name in SAFE_SQLITE}
    if wrong := _differences(found, SAFE_SQLITE):
        raise UnsafeDatabase(
            f"SQLite does not keep its promises here: {wrong}. Put the data folder on a local "
            "disk (no network share), and the database into a file."
        )


def _check_postgresql(connection: sa.Connection) -> None:
    if int(_one(connection, "SHOW server_version_num")) < OLDEST_POSTGRESQL:
        version = _one(connection, "SHOW server_version")
        raise UnsafeDatabase(f"PostgreSQL {version} is too old: use 14 or newer.")
    if (encoding := _one(connection, "SHOW server_encoding")) != "UTF8":
        raise UnsafeDatabase(
            f"The database's encoding is {encoding}: create it with ENCODING 'UTF8'."
        )
    found = {name: _one(connection, f"SHOW {name}") for name in SAFE_POSTGRESQL}
    # Any other value of this one waits at least for the local disk.
    commits = _one(connection, "SHOW synchronous_commit")
    expected = SAFE_POSTGRESQL | {"synchronous_commit": "on" if commits == "off" else commits}
    if wrong := _differences(found | {"synchronous_commit": commits}, expected):
        raise UnsafeDatabase(
            f"PostgreSQL may lose what it acknowledged: {wrong}. Change this in postgresql.conf "
            "(or with ALTER DATABASE or ALTER ROLE, if it was set there) and reload the server."
        )


def _differences(found: Mapping[str, str], expected: Mapping[str, str]) -> str:
    wrong = (
        f"{name} is {found[name]}, not {value}"
        for name, value in expected.items()
        if found[name] != value
    )
    return ", ".join(wrong)


def _one(connection: sa.Connection, statement: str) -> str:
    return str(connection.exec_driver_sql(statement).scalar())
