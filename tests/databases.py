"""A fresh database for every test: SQLite copied from a template, PostgreSQL emptied."""

import shutil
from pathlib import Path

import psycopg
from psycopg import sql
from sqlmodel import SQLModel

from service.core.db import Database
from service.domain import all_tables  # noqa: F401  # fills the metadata


def create_tables(url: str) -> None:
    """The tables as the code has them; test_migrations proves that migrations give the same."""
    database = Database(url)
    SQLModel.metadata.create_all(database.engine)
    database.dispose()


def copy_sqlite(template: Path, to: Path) -> str:
    """A copy of the template in place of whatever was there, and its URL."""
    for left in to.parent.glob(f"{to.name}*"):
        left.unlink()
    return f"sqlite:///{shutil.copyfile(template, to)}"


def recreate_postgresql(server_url: str, name: str) -> str:
    """An empty database of this name beside the one in `server_url`, and its URL."""
    with psycopg.connect(server_url, autocommit=True) as server:
        database = sql.Identifier(name)
        server.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(database))
        server.execute(sql.SQL("CREATE DATABASE {}").format(database))
    return server_url.replace("/postgres?", f"/{name}?")


def empty_postgresql(url: str) -> None:
    """Delete all rows. Without looking at foreign keys, this is far quicker than TRUNCATE."""
    tables = SQLModel.metadata.tables.values()
    deletes = sql.SQL("").join(
        sql.SQL("DELETE FROM {};").format(sql.Identifier(table.name)) for table in tables
    )
    with psycopg.connect(url) as connection:
        connection.execute(END_OTHERS)
        connection.execute("SET session_replication_role = replica")
        connection.execute(deletes)


# What a failed test left open would hold its locks for ever.
END_OTHERS = """
SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
