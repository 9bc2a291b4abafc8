"""A database is brought up to date with a way back, and never by an older Exhibit."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from starlette.testclient import TestClient

from service.app import create_app
from service.core.migrations import (
    FOLDER,
    NewerDatabase,
    copy_sqlite,
    head,
    is_current,
    migrate,
    revision_of,
)
from service.doors.tools import Tools
from service.operations.starting import bring_up_to_date
from tests.core.test_migrations import migrations
from tests.listing import names
from tests.syncs import watched
from tests.worlds import build_world

BEFORE_WORDS = "4d7a0be1c953"
NEXT = """
import sqlalchemy as sa
from alembic import op
revision, down_revision = "next", "{head}"
def upgrade():
    op.create_table("later", sa.Column("id", sa.Integer(), primary_key=True))
"""


@pytest.fixture
def later(tmp_path: Path) -> Path:
    """The folder of migrations as a later version will have it."""
    folder = tmp_path / "100% later"
    shutil.copytree(FOLDER, folder, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "versions" / "next.py").write_text(NEXT.format(head=head()))
    return folder


def test_an_empty_database_gets_its_tables_and_no_copy(bare_tools: Tools) -> None:
    database = bare_tools.database

    assert (revision_of(database), is_current(database)) == (None, False)
    assert migrate(database) is None
    assert (revision_of(database), is_current(database)) == (head(), True)
    assert migrate(database) is None


def test_sqlite_is_copied_before_it_is_changed(bare_tools: Tools, later: Path) -> None:
    database = bare_tools.database
    migrate(database)
    copy = migrate(database, later)

    assert is_current(database, later)
    assert "later" in sa.inspect(database.engine).get_table_names()
    assert (copy is not None) == database.is_sqlite
    if copy:
        assert copy == Path(f"{database.url.database}.before-next")
        with closing(sqlite3.connect(copy)) as old:
            assert old.execute("SELECT version_num FROM alembic_version").fetchall() == [(head(),)]
        assert copy.stat().st_mode & 0o077 == 0


def test_a_copy_is_on_the_disk_before_anything_else_happens(sqlite_url: str) -> None:
    source = Path(sqlite_url.removeprefix("sqlite:///"))
    with watched() as seen:
        copy_sqlite(source, source.with_name("copy.db"))

    folder = source.parent.name
    assert seen == ["fsync copy.db.unfinished", "replace copy.db", f"fsync {folder}"]


def test_an_older_exhibit_leaves_a_newer_database_alone(bare_tools: Tools, later: Path) -> None:
    migrate(bare_tools.database, later)

    with pytest.raises(NewerDatabase, match="does not know"):
        migrate(bare_tools.database)
    assert revision_of(bare_tools.database) == "next"


def test_what_was_sent_before_there_was_a_search_is_found_after_migrating(
    bare_tools: Tools,
) -> None:
    database = bare_tools.database
    migrate(database)
    world = build_world(database)
    command.downgrade(migrations(database.url.render_as_string(hide_password=False)), BEFORE_WORDS)
    said: list[str] = []

    bring_up_to_date(database, said.append)

    assert said[-1] == "2 revisions can be searched"
    with TestClient(create_app(bare_tools), "http://localhost") as client:
        assert sorted(names(client, world.recruiter, q="compilers")) == ["Ada", "Grace"]
