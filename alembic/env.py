"""Runs migrations, the same history on SQLite and PostgreSQL, all that wait or none of them.

The database is named by `-x url=…` on the command line, by `attributes["url"]` in code.
"""

from typing import Any, Literal

import sqlalchemy as sa
from alembic import context
from sqlmodel import SQLModel
from sqlmodel.sql.sqltypes import AutoString, UTCDateTime

from service.core.db import Database
from service.core.word_index import is_part
from service.domain import all_tables  # noqa: F401  # fills the metadata

LOCK = 4_839_001_172  # any number, the same for all who migrate


def render_item(kind: str, item: Any, _context: Any) -> str | Literal[False]:
    """Migrations are frozen history: they spell SQLModel's column types in plain SQLAlchemy."""
    if kind == "type" and isinstance(item, UTCDateTime):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(item, AutoString):
        return f"sa.{item.impl_instance!r}"
    return False


def database_url() -> str:
    on_command_line = context.get_x_argument(as_dictionary=True)
    url = context.config.attributes.get("url") or on_command_line.get("url")
    if not url:
        raise SystemExit("Say which database: alembic -x url=sqlite:///var/exhibit.db …")
    return str(url)


def wait_for_my_turn(connection: sa.Connection) -> None:
    """Two that start at once migrate one after the other. SQLite's BEGIN IMMEDIATE sees to it."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
        connection.exec_driver_sql("SET LOCAL lock_timeout = 0")
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({LOCK})")
        # From here on waiting would make everybody else wait behind us.
        connection.exec_driver_sql("SET LOCAL lock_timeout = DEFAULT")


def refuse_broken_links(connection: sa.Connection) -> None:
    if connection.dialect.name == "sqlite":
        broken = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
        if broken:
            raise RuntimeError(f"The migration broke foreign keys: {broken}")


def migrate(connection: sa.Connection) -> None:
    if connection.dialect.name == "sqlite":
        # Batch mode drops and rebuilds tables; with foreign keys on that deletes the children.
        connection.connection.cursor().execute("PRAGMA foreign_keys=OFF")
    context.configure(
        connection=connection.execution_options(exhibit_access="migrate"),
        target_metadata=SQLModel.metadata,
        render_as_batch=True,
        render_item=render_item,
        include_name=lambda name, kind, _parents: not is_part(kind, name),
        transactional_ddl=True,  # SQLite can, too: we say BEGIN ourselves
    )
    with context.begin_transaction():
        wait_for_my_turn(connection)
        context.run_migrations()
        refuse_broken_links(connection)


database = Database(database_url())
try:
    with database.turn(), database.engine.connect() as connection:
        migrate(connection)
finally:
    database.dispose()
