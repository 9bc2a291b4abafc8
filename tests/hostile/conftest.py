"""A world in which every call of the API has something to work on, and room for many tries."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from service.app import build_tools, create_app
from service.core.db import Database
from service.doors.tools import Tools
from service.settings import Rates, Settings
from tests.hostile.calls import Full, fill
from tests.hostile.invariants import Watch
from tests.worlds import World, build_world

MANY = "100000/minute"
KEY = "a key for tests, long enough for it"


def roomy(database_url: str, folder: Path) -> Settings:
    rates = Rates(submissions=MANY, submissions_everywhere=MANY, per_email=MANY)
    return Settings(database_url=database_url, data_dir=folder, rates=rates, _env_file=None)


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    return roomy(database_url, tmp_path / "var")


@pytest.fixture
def watch(client: TestClient, world: World, tools: Tools) -> Watch:
    return Watch(client, world, tools.settings.data_dir)


@pytest.fixture
def full(client: TestClient, world: World) -> Full:
    return fill(client, world)


@pytest.fixture
def twins(sqlite_url: str, postgresql_url: str, tmp_path: Path) -> Iterator[list[Watch]]:
    """Two sites that differ in their database only."""
    with ExitStack() as held:
        watches = []
        for name, url in (("sqlite", sqlite_url), ("postgresql", postgresql_url)):
            tools = build_tools(roomy(url, tmp_path / name), key=KEY)
            held.callback(tools.database.dispose)
            database = Database(url)
            held.callback(database.dispose)
            client = TestClient(create_app(tools), "http://localhost", follow_redirects=False)
            held.enter_context(client)
            watches.append(Watch(client, build_world(database), tools.settings.data_dir))
        yield watches
