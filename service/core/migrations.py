"""Brings a database's tables to the form the code expects, with a copy of the file first."""

import sqlite3
from contextlib import closing
from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from service.core.db import Database
from service.core.durable import sync

FOLDER = Path(__file__).resolve().parents[2] / "alembic"


class NewerDatabase(Exception):
    """The tables were made by a newer Exhibit than this one."""


def head(folder: Path = FOLDER) -> str:
    """The newest migration there is."""
    return _history(folder)[0]


def revision_of(database: Database) -> str | None:
    """The migration the database stands at; None while it has no tables."""
    with database.engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def is_current(database: Database, folder: Path = FOLDER) -> bool:
    return revision_of(database) == head(folder)


def migrate(database: Database, folder: Path = FOLDER) -> Path | None:
    """Run what is missing; says where the copy of a SQLite file is, when one was made.

    Raises NewerDatabase.
    """
    before = revision_of(database)
    if before == head(folder):
        return None
    if before is not None and before not in _history(folder):
        raise NewerDatabase(
            f"The database stands at migration {before}, which this Exhibit does not know. "
            "Install the Exhibit that last used it, or a newer one."
        )
    copy = _copy_first(database, head(folder)) if before else None
    config = _config(folder)
    config.attributes["url"] = database.url.render_as_string(hide_password=False)
    command.upgrade(config, "head")
    return copy


def copy_sqlite(source: Path, target: Path) -> None:
    """One consistent moment of a SQLite file that may be in use (SQLite's online backup)."""
    unfinished = target.with_name(f"{target.name}.unfinished")
    unfinished.unlink(missing_ok=True)
    with closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(unfinished)) as new:
        old.backup(new)
    unfinished.chmod(0o600)
    sync(unfinished)
    unfinished.replace(target)
    sync(target.parent)


def _copy_first(database: Database, revision: str) -> Path | None:
    if not database.is_sqlite or not database.url.database:
        return None
    file = Path(database.url.database)
    copy = file.with_name(f"{file.name}.before-{revision}")
    copy_sqlite(file, copy)
    return copy


def _config(folder: Path) -> Config:
    config = Config()
    config.set_main_option("script_location", str(folder).replace("%", "%%"))
    return config


@cache
def _history(folder: Path) -> list[str]:
    """All migrations, the newest first."""
    script = ScriptDirectory.from_config(_config(folder))
    return [revision.revision for revision in script.walk_revisions()]
