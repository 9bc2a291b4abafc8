"""A SQLite installation goes to PostgreSQL: every row as it was, or none at all."""

import io
import tracemalloc
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa
from sqlmodel import SQLModel
from starlette.testclient import TestClient

from service.app import build_tools, create_app
from service.core.blobs import Blobs
from service.core.chain import chain_events
from service.core.chain_check import verify_chain
from service.core.db import Database
from service.core.migrations import migrate
from service.domain.accounts.tables import ApiToken, Scope
from service.domain.candidates.tables import Candidate
from service.domain.jobs.tables import SealRule
from service.domain.reviews.tables import Scorecard
from service.domain.submissions.tables import Blob
from service.doors.tools import Tools
from service.operations.migrate_to import Copied, copy_files, migrate_to
from service.operations.starting import opened
from service.operations.trouble import Trouble
from service.settings import Settings
from tests.house.growth import grow
from tests.plays import begin
from tests.reviewing import CARD
from tests.roof.processes import exhibit
from tests.s3 import S3Place
from tests.worlds import World, build_world

HOSTILE = (
    'Robert\'); DROP TABLE "job";-- \\N \\. \t\n\r\\x00 e\u0301 \U0001f469\u200d\U0001f4bb \u202e'
)
ODD = '{"a": [1.10, null, "\\u0000 \\ud800"],\n "a": 1e2}'


@pytest.fixture
def source(tmp_path: Path) -> Iterator[Tools]:
    """At the newest migration, as an installation is."""
    tools = build_tools(Settings(_env_file=None, data_dir=tmp_path / "var"))
    migrate(tools.database)
    yield tools
    tools.database.dispose()


@pytest.fixture
def rich(source: Tools) -> World:
    """Rows in most tables, among them some that are hard to carry."""
    world = build_world(source.database)
    with TestClient(create_app(source), "http://localhost") as client:
        play = begin(client, world, SealRule.OWN_LOCK)
        play.assign("reviewer")
        play.judge("reviewer", CARD)
        play.decide()
        grow(replace(world, submission=world.submission2))
    with source.database.write() as session:
        session.add(Candidate(name=HOSTILE, email="a@example.org", email_key="hostile"))
        chain_events(session)
        connection = session.connection()
        connection.execute(sa.update(Scorecard).values(composite=3.1 + 0.2))
        last = "(SELECT max(rowid) FROM task)"
        connection.exec_driver_sql(f"UPDATE task SET payload = ? WHERE rowid = {last}", (ODD,))
        _add_tokens(connection, world)
    return world


def _add_tokens(connection: sa.Connection, world: World) -> None:
    """The child stands before its parent."""
    parent, child = (
        ApiToken(
            user_id=world.admin.id, name=name, prefix=name, token_digest=name, scopes=[Scope.READ]
        )
        for name in ("parent", "child")
    )
    child.made_with = parent.id
    connection.exec_driver_sql("PRAGMA defer_foreign_keys=ON")
    for token in (child, parent):
        connection.execute(sa.insert(ApiToken).values(token.model_dump()))


def contents(database: Database) -> dict[str, list[str]]:
    """All rows of all tables, as the code reads them, and JSON as its text."""
    found = {}
    with database.read() as session:
        for table in SQLModel.metadata.sorted_tables:
            columns = [
                sa.cast(column, sa.Text) if isinstance(column.type, sa.JSON) else column
                for column in table.columns
            ]
            rows = session.connection().execute(sa.select(*columns))
            found[table.name] = sorted(repr(tuple(row)) for row in rows)
    return found


def is_empty(url: str) -> bool:
    database = Database(url)
    found = contents(database)
    database.dispose()
    return not any(found.values())


def test_every_row_arrives_as_it_was(source: Tools, rich: World, bare_postgresql_url: str) -> None:
    before = contents(source.database)

    count = migrate_to(source, bare_postgresql_url)

    target = Database(bare_postgresql_url)
    with target.read() as session:
        assert list(verify_chain(session)) == []
    assert contents(target) == contents(source.database) == before
    target.dispose()
    assert count == sum(map(len, before.values()))
    assert sum(bool(rows) for rows in before.values()) > 20
    assert repr(HOSTILE) in " ".join(before["candidate"])


def test_what_is_not_empty_is_left_alone(source: Tools, rich: World, postgresql_url: str) -> None:
    target = Database(postgresql_url)
    build_world(target)
    before = contents(target)

    with pytest.raises(Trouble, match="is not empty"):
        migrate_to(source, postgresql_url)

    assert contents(target) == before
    target.dispose()


def test_somebody_elses_database_is_left_alone(source: Tools, bare_postgresql_url: str) -> None:
    with psycopg.connect(bare_postgresql_url) as connection:
        connection.execute("CREATE TABLE theirs (id integer)")

    with pytest.raises(Trouble, match="it has the table theirs"):
        migrate_to(source, bare_postgresql_url)

    with psycopg.connect(bare_postgresql_url) as connection:
        count = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"
        assert connection.execute(count).fetchone() == (1,)


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("Ada\0Lovelace", "candidate: PostgreSQL text fields cannot contain NUL"),
        ("Ada" * 100, "candidate: value too long for type character varying(200) (row "),
    ],
)
def test_what_cannot_be_carried_is_named_without_what_it_says_and_nothing_is_kept(
    source: Tools, rich: World, bare_postgresql_url: str, name: str, told: str
) -> None:
    with source.database.write() as session:
        session.add(Candidate(name=name, email="b@example.org", email_key="odd"))

    with pytest.raises(Trouble) as trouble:
        migrate_to(source, bare_postgresql_url)

    assert told in str(trouble.value)
    assert "Ada" not in str(trouble.value)
    assert is_empty(bare_postgresql_url)


def test_a_row_that_arrives_as_another_one_is_noticed(
    source: Tools, rich: World, bare_postgresql_url: str
) -> None:
    target = Database(bare_postgresql_url)
    migrate(target)
    target.dispose()
    with psycopg.connect(bare_postgresql_url) as connection:
        connection.execute(
            "CREATE FUNCTION other() RETURNS trigger LANGUAGE plpgsql AS $$"
            "BEGIN NEW.statement = upper(NEW.statement); RETURN NEW; END $$"
        )
        connection.execute(
            "CREATE TRIGGER other BEFORE INSERT ON revision FOR EACH ROW EXECUTE FUNCTION other()"
        )

    with pytest.raises(Trouble, match=r"revision: (\d) rows went, other \1 came"):
        migrate_to(source, bare_postgresql_url)

    assert is_empty(bare_postgresql_url)


def test_nothing_is_carried_while_somebody_has_the_database_open(tmp_path: Path) -> None:
    settings = Settings(_env_file=None, data_dir=tmp_path / "var")
    with opened(settings) as tools:
        migrate(tools.database)
        refused = exhibit(tmp_path, "migrate-to", "postgresql://nobody@127.0.0.1:1/nothing")

    assert refused.returncode == 1
    assert refused.stderr == "exhibit: Exhibit runs on this data folder: stop it first.\n"


def test_it_goes_from_sqlite_to_postgresql_only(
    source: Tools, postgresql_url: str, tmp_path: Path
) -> None:
    with pytest.raises(Trouble, match="Say where to: postgresql://"):
        migrate_to(source, f"sqlite:///{tmp_path / 'other.db'}")
    there = build_tools(source.settings.model_copy(update={"database_url": postgresql_url}))
    with pytest.raises(Trouble, match="with the settings of the old one"):
        migrate_to(there, postgresql_url)
    there.database.dispose()


def test_memory_stays_flat(source: Tools, bare_postgresql_url: str) -> None:
    rows = 10_000
    with source.database.write() as session:
        session.connection().exec_driver_sql(
            "WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers LIMIT ?)"
            " INSERT INTO task (id, created_at, kind, payload, state, due_at, attempts, last_error)"
            " SELECT printf('%032x', n), '2026-01-01 00:00:00.000000', 'mail',"
            " json_object('text', printf('%.4000c', 'a')), 'waiting',"
            " '2026-01-01 00:00:00.000000', 0, '' FROM numbers",
            (rows,),
        )
    tracemalloc.start()
    try:
        count = migrate_to(source, bare_postgresql_url)
        _now, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert count == rows
    assert peak < 20 * 1024 * 1024  # half of what the rows hold


def test_files_go_along_each_once_and_verified(source: Tools, s3: S3Place) -> None:
    stored = source.blobs.put(io.BytesIO(b"a design" * 100_000), limit=10_000_000)
    with source.database.write() as session:
        session.add(Blob(sha256=stored.sha256, size=stored.size, refs=1))
        session.add(Blob(sha256="0" * 64, size=1, refs=1))
        session.add(Blob(sha256="1" * 64, size=1, refs=0))
    store = Blobs(f"{s3.url}/carried", options=s3.options)

    assert copy_files(source, store) == copy_files(source, store) == Copied(count=1, missing=1)
    assert b"".join(store.read(stored.sha256)) == b"a design" * 100_000


def test_the_service_goes_on_where_it_was_carried_to(
    bare_postgresql_url: str, s3: S3Place, tmp_path: Path
) -> None:
    demo = exhibit(tmp_path, "migrate"), exhibit(tmp_path, "demo")
    store = {
        "blobs__s3_endpoint": s3.options["endpoint"],
        "blobs__s3_access_key": s3.options["access_key_id"],
        "blobs__s3_secret_key": s3.options["secret_access_key"],
    }
    place = f"{s3.url}/went-on"

    went = exhibit(tmp_path, "migrate-to", bare_postgresql_url, "--blobs-to", place, **store)
    new = {"database_url": bare_postgresql_url, "blobs__url": place, **store}
    checked = exhibit(tmp_path, "check", **new)

    assert [each.returncode for each in demo] == [0, 0]
    assert went.returncode == 0, went.stderr
    assert went.stdout.startswith("copied ")
    assert checked.returncode == 0, checked.stdout
    assert "wrong" not in checked.stdout
