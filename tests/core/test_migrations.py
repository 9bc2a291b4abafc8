"""One history of migrations makes the tables of both databases, and no step of it loses a row."""

import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlmodel import SQLModel

from service.core.db import Database
from tests.databases import create_tables

ROOT = Path(__file__).parents[2]
SAMPLES: dict[type, object] = {
    sa.Uuid: UUID(int=1),
    sa.String: "text",
    sa.Integer: 1,
    sa.Float: 1.0,
    sa.Boolean: True,
    sa.DateTime: datetime(2026, 1, 1, tzinfo=UTC),
    sa.Date: date(2026, 1, 1),
    sa.JSON: {},
}
REBUILD = """
import sqlalchemy as sa
from alembic import op
revision, down_revision = "rebuild", "{head}"
def upgrade():
    with op.batch_alter_table("job") as job:
        job.alter_column("title", type_=sa.Text())
"""
ORPHAN = """
from alembic import op
revision, down_revision = "orphan", "{head}"
def upgrade():
    op.execute("DELETE FROM job")
"""
SLOW = """
import sqlalchemy as sa
from alembic import op
revision, down_revision = "slow", "{head}"
def upgrade():
    op.execute("SELECT count(*) FROM generate_series(1, 3000000)")
    limits = ("lock_timeout", "statement_timeout")
    assert [op.get_bind().scalar(sa.text("SHOW " + one)) for one in limits] == ["5s", "0"]
"""


def migrations(url: str) -> Config:
    config = Config(toml_file=ROOT / "pyproject.toml")
    config.attributes["url"] = url
    return config


def migrations_with(url: str, folder: Path, script: str) -> Config:
    """The project's migrations and one more, in its own folder."""
    config = migrations(url)
    versions = ROOT / "alembic" / "versions"
    head = ScriptDirectory.from_config(config).get_current_head()
    folder.mkdir()
    (folder / "one_more.py").write_text(script.format(head=head))
    config.set_main_option("path_separator", "newline")
    config.set_main_option("version_locations", f"{versions}\n{folder}")
    return config


def schema(url: str) -> dict[str, dict[str, Any]]:
    """All that the database says of its tables, in an order that can be compared."""
    database = Database(url)
    look = sa.inspect(database.engine)
    found = {
        table: {
            "columns": sorted((c["name"], str(c["type"]), c["nullable"]) for c in columns),
            "key": look.get_pk_constraint(table),
            "links": sorted(map(repr, look.get_foreign_keys(table))),
            "unique": sorted(map(repr, look.get_unique_constraints(table))),
            "checks": sorted(map(repr, look.get_check_constraints(table))),
            "indexes": sorted(map(repr, look.get_indexes(table))),
        }
        for (_, table), columns in look.get_multi_columns().items()
        if table != "alembic_version"
    }
    if database.is_sqlite:
        query = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' ORDER BY name"
        with database.engine.connect() as connection:
            triggers = connection.exec_driver_sql(query).all()
        found |= {name: {"trigger": " ".join(sql.split())} for name, sql in triggers}
    database.dispose()
    return found


def sample(column: sa.Column[Any], rows: dict[str, dict[str, object]]) -> object:
    """A value that the column takes; a link goes to the row that is there already."""
    for link in column.foreign_keys:
        if link.column.table is column.table:
            return None  # the first row of a table has no other to lead to
        return rows[link.column.table.name][link.column.name]
    if isinstance(column.type, sa.Enum):
        return column.type.enum_class(column.type.enums[0]) if column.type.enum_class else None
    if column.primary_key:
        return uuid4()
    plain = column.type
    if isinstance(plain, sa.types.TypeDecorator):
        plain = plain.impl_instance
    return next(value for kind, value in SAMPLES.items() if isinstance(plain, kind))


def fill(url: str) -> None:
    """One row in every table."""
    database = Database(url)
    rows: dict[str, dict[str, object]] = {}
    with database.write() as session:
        for table in SQLModel.metadata.sorted_tables:
            rows[table.name] = {column.name: sample(column, rows) for column in table.columns}
            session.connection().execute(table.insert().values(rows[table.name]))
    database.dispose()


def counts(url: str) -> dict[str, int]:
    database = Database(url)
    with database.read() as session:
        found = {
            name: session.connection().scalar(sa.select(sa.func.count()).select_from(table)) or 0
            for name, table in SQLModel.metadata.tables.items()
        }
    database.dispose()
    return found


def test_migrations_make_the_same_tables_as_the_code(bare_database_url: str) -> None:
    config = migrations(bare_database_url)
    command.upgrade(config, "head")
    by_migrations = schema(bare_database_url)
    command.downgrade(config, "base")

    create_tables(bare_database_url)

    assert by_migrations == schema(bare_database_url)


def test_migrations_go_up_and_down_and_up_with_data_in_the_tables(bare_database_url: str) -> None:
    config = migrations(bare_database_url)
    command.upgrade(config, "head")
    command.check(config)
    fill(bare_database_url)
    assert set(counts(bare_database_url).values()) == {1}

    command.downgrade(config, "base")
    assert schema(bare_database_url) == {}

    command.upgrade(config, "head")
    fill(bare_database_url)
    assert set(counts(bare_database_url).values()) == {1}


@pytest.mark.parametrize("ahead", [timedelta(0), timedelta(hours=1)], ids=["true", "ahead"])
def test_an_outcome_is_given_to_the_hire_that_stood_when_it_was_written(
    bare_database_url: str, ahead: timedelta
) -> None:
    """Or to the first one, when the clock of the hire was ahead of the outcome's."""
    config = migrations(bare_database_url)
    command.upgrade(config, "head")
    fill(bare_database_url)
    database = Database(bare_database_url)
    hires, outcomes = (SQLModel.metadata.tables[name] for name in ("decision_record", "outcome"))
    with database.write() as session:
        first = dict(session.connection().execute(sa.select(hires)).one()._mapping)
        session.connection().execute(hires.update().values(created_at=first["created_at"] + ahead))
        later = {"id": uuid4(), "created_at": first["created_at"] + timedelta(days=1)}
        session.connection().execute(hires.insert().values(first | later))

    before = ScriptDirectory.from_config(config).get_revision("4d7a0be1c953").down_revision
    command.downgrade(config, str(before))
    command.upgrade(config, "head")

    with database.read() as session:
        found = session.connection().scalar(sa.select(outcomes.c.decision_id))
    database.dispose()
    assert found == first["id"]


def test_of_two_hires_the_way_down_keeps_the_outcome_of_the_later_one(
    bare_database_url: str,
) -> None:
    config = migrations(bare_database_url)
    command.upgrade(config, "head")
    fill(bare_database_url)
    database = Database(bare_database_url)
    hires, outcomes = (SQLModel.metadata.tables[name] for name in ("decision_record", "outcome"))
    with database.write() as session:
        link = session.connection()
        hire, told = (dict(link.execute(sa.select(t)).one()._mapping) for t in (hires, outcomes))
        for days in (2, -2):
            other = {"id": uuid4(), "created_at": hire["created_at"] + timedelta(days=days)}
            link.execute(hires.insert().values(hire | other))
            own = {"id": uuid4(), "decision_id": other["id"], "note": f"{days} days later"}
            link.execute(outcomes.insert().values(told | own))

    before = ScriptDirectory.from_config(config).get_revision("4d7a0be1c953").down_revision
    command.downgrade(config, str(before))

    with database.read() as session:
        found = session.connection().scalars(sa.select(outcomes.c.note)).all()
    database.dispose()
    assert found == ["2 days later"]


def test_a_migration_that_rebuilds_a_table_keeps_the_rows_below_it(
    bare_database_url: str, tmp_path: Path
) -> None:
    command.upgrade(migrations(bare_database_url), "head")
    fill(bare_database_url)

    command.upgrade(migrations_with(bare_database_url, tmp_path / "more", REBUILD), "head")

    assert set(counts(bare_database_url).values()) == {1}


def test_a_migration_that_breaks_foreign_keys_leaves_everything_as_it_was(
    bare_database_url: str, tmp_path: Path
) -> None:
    command.upgrade(migrations(bare_database_url), "head")
    fill(bare_database_url)
    broken = migrations_with(bare_database_url, tmp_path / "more", ORPHAN)

    with pytest.raises((RuntimeError, sa.exc.IntegrityError)):
        command.upgrade(broken, "head")

    assert set(counts(bare_database_url).values()) == {1}
    command.check(migrations(bare_database_url))


@pytest.mark.parametrize("bare_database_url", ["postgresql"], indirect=True)
def test_a_migration_that_works_for_long_has_time_for_its_next_step(
    bare_database_url: str, tmp_path: Path
) -> None:
    command.upgrade(migrations_with(bare_database_url, tmp_path / "more", SLOW), "head")


def test_two_that_start_at_once_migrate_one_after_the_other(bare_database_url: str) -> None:
    upgrade = (sys.executable, "-m", "alembic", "-x", f"url={bare_database_url}", "upgrade", "head")
    starters = [subprocess.Popen(upgrade, cwd=ROOT) for _ in range(3)]

    assert [starter.wait(60) for starter in starters] == [0, 0, 0]
    command.check(migrations(bare_database_url))
