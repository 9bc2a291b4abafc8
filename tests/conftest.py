"""Every test that asks for a database runs on both, each time on a fresh one, and commits."""

import gc
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from hypothesis import settings as hypothesis_settings

from service.app import build_tools, create_app
from service.core.db import Database
from service.doors.tools import Tools
from service.settings import Settings
from tests.contract import check_answer
from tests.databases import (
    copy_sqlite,
    create_tables,
    empty_postgresql,
    recreate_postgresql,
)
from tests.meetings import Other
from tests.postgresql import run_server
from tests.worlds import World, build_world

BOTH = ("sqlite", "postgresql")

hypothesis_settings.register_profile("quick", max_examples=25, derandomize=True, deadline=None)
hypothesis_settings.register_profile("full", max_examples=1_000, deadline=None, print_blob=True)


def pytest_configure() -> None:
    """Choose the property tests' depth; keep the developer's own settings out of the tests."""
    hypothesis_settings.load_profile(os.environ.get("EXHIBIT_TEST_PROFILE", "quick"))
    for name in [name for name in os.environ if name.startswith("EXHIBIT_")]:
        if name != "EXHIBIT_TEST_PROFILE":  # xdist's workers read it again
            del os.environ[name]


def pytest_collection_finish() -> None:
    """What was collected stays to the end: no time is spent on looking for garbage in it."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "exhibit.db"
    create_tables(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """The URL of a server's database `postgres`; one server per worker, started when needed."""
    with run_server() as url:
        yield url


@pytest.fixture(scope="session")
def postgresql_template(postgresql_server: str) -> str:
    url = recreate_postgresql(postgresql_server, "exhibit")
    create_tables(url)
    return url


@pytest.fixture(scope="session")
def sqlite_place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same for every test, so that one engine serves all of them."""
    return tmp_path_factory.mktemp("sqlite") / "exhibit.db"


@pytest.fixture
def sqlite_url(sqlite_template: Path, sqlite_place: Path) -> str:
    """For what only SQLite has; all else asks for `database`."""
    return copy_sqlite(sqlite_template, sqlite_place)


@pytest.fixture
def postgresql_url(postgresql_template: str) -> str:
    """For what only PostgreSQL has; all else asks for `database`."""
    empty_postgresql(postgresql_template)
    return postgresql_template


@pytest.fixture(params=BOTH)
def database_url(request: pytest.FixtureRequest) -> str:
    """A database with tables and without rows: one test, two runs."""
    return str(request.getfixturevalue(f"{request.param}_url"))


@pytest.fixture(params=BOTH)
def bare_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database without tables, for migrations and first starts."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'bare.db'}"
    return recreate_postgresql(request.getfixturevalue("postgresql_server"), "bare")


@pytest.fixture(scope="session")
def engines() -> Callable[[str], Database]:
    """One for each URL: statements are compiled once in all tests, not in each."""
    return cache(Database)


@pytest.fixture
def database(database_url: str, engines: Callable[[str], Database]) -> Iterator[Database]:
    database = engines(database_url)
    yield database
    database.dispose()


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    return Settings(database_url=database_url, data_dir=tmp_path / "var", _env_file=None)


@pytest.fixture
def tools(settings: Settings, engines: Callable[[str], Database]) -> Iterator[Tools]:
    tools = build_tools(settings, key="a key for tests, long enough for it")
    database = engines(settings.database)
    yield replace(tools, database=database)
    database.dispose()


@pytest.fixture
def client(tools: Tools) -> Iterator[TestClient]:
    """A real application on a fresh database; what fails in it fails the test.

    So does an answer of the API that is not as its document says.
    """
    with TestClient(create_app(tools), "http://localhost", follow_redirects=False) as client:
        client.event_hooks = {"request": [], "response": [check_answer]}
        yield client


@pytest.fixture
def world(database: Database) -> World:
    return build_world(database)


@pytest.fixture
def others(database_url: str) -> Iterator[Callable[[], Other]]:
    """Somebody else's transactions, as many as a test asks for; PostgreSQL only."""
    made: list[Other] = []

    def another() -> Other:
        made.append(Other(database_url))
        return made[-1]

    yield another
    for one in made:
        one.close()
