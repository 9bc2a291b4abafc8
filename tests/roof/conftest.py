"""The whole site in this process, with a few routes that misbehave on purpose."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI, Request, Response
from starlette.responses import StreamingResponse
from starlette.routing import BaseRoute
from starlette.testclient import TestClient

from service.app import build_tools, create_app
from service.doors.refusals import show_fault
from service.doors.tools import Tools
from service.settings import Limits, Settings
from tests.conftest import BOTH
from tests.databases import recreate_postgresql
from tests.roof.processes import (
    BODY_SECONDS,
    HEADER_SECONDS,
    PLENTY,
    Running,
    exhibit,
    started,
)
from tests.roof.serving import Servers, serving
from tests.s3 import S3Place, open_s3
from tests.worlds import World

LAST = b"GET /health/live HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"


@pytest.fixture
def tight_tools(tmp_path: Path, sqlite_url: str) -> Iterator[Tools]:
    limits = Limits(json_bytes=2048, submission_bytes=4096, body_seconds=0.3)
    settings = Settings(
        _env_file=None, data_dir=tmp_path / "var", database_url=sqlite_url, limits=limits
    )
    tools = build_tools(settings)
    yield tools
    tools.database.dispose()


@pytest.fixture
def site(tight_tools: Tools) -> FastAPI:
    app = create_app(tight_tools)
    odd = FastAPI()
    odd.exception_handler(Exception)(show_fault)

    @odd.get("/broken")
    def broken() -> Response:
        raise RuntimeError("ada@example.org")

    @odd.get("/half")
    async def half() -> Response:
        async def pieces() -> AsyncIterator[bytes]:
            yield b"begun"
            await asyncio.sleep(0)
            raise RuntimeError("ada@example.org")

        return StreamingResponse(pieces())

    @odd.get("/header")
    def header() -> Response:
        return Response(headers={"X-Name": "Ada\r\nSet-Cookie: a=b"})

    @odd.post("/read")
    async def read(request: Request) -> Response:
        return Response(str(len(await request.body())))

    @odd.post("/unread/{name}")
    def unread(name: str) -> Response:
        return Response(name)

    app.router.routes.insert(0, _mounted(app, odd))
    return app


def _mounted(app: FastAPI, odd: FastAPI) -> BaseRoute:
    app.mount("/odd", odd)
    return app.router.routes.pop()


@pytest.fixture
def visitor(site: FastAPI) -> Iterator[TestClient]:
    with TestClient(site, "http://localhost") as client:
        yield client


@pytest.fixture
def bare_tools(bare_database_url: str, tmp_path: Path) -> Iterator[Tools]:
    """Before the first migration, on both databases."""
    settings = Settings(_env_file=None, data_dir=tmp_path / "var", database_url=bare_database_url)
    tools = build_tools(settings)
    yield tools
    tools.database.dispose()


@pytest.fixture
def bare_postgresql_url(postgresql_server: str) -> str:
    return recreate_postgresql(postgresql_server, "bare")


@pytest.fixture(scope="session")
def s3() -> Iterator[S3Place]:
    with open_s3() as place:
        yield place


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("sockets")
    person = ("--name", "Ada", "--email", "ada@example.org", "--password", "correct horse staple")
    assert exhibit(folder, "init", *person).returncode == 0
    seconds = {
        "limits__header_seconds": str(HEADER_SECONDS),
        "limits__body_seconds": str(BODY_SECONDS),
    }
    with started(folder, **seconds) as running:
        yield running


@pytest.fixture
def innocent_served(server: Running) -> Iterator[None]:
    """After whatever a test did, the next client is served."""
    yield
    began = time.monotonic()
    assert server.exchange(LAST).startswith(b"HTTP/1.1 200")
    assert time.monotonic() - began < PLENTY


@pytest.fixture(scope="module", params=BOTH)
def servers(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Servers]:
    """Two processes on PostgreSQL; one on SQLite, where old versions allow no more."""
    folder = tmp_path_factory.mktemp("served")
    url, processes = f"sqlite:///{folder / 'served.db'}", 1
    if request.param == "postgresql":
        url = recreate_postgresql(request.getfixturevalue("postgresql_server"), "served")
        processes = 2
    with serving(folder, url, processes) as servers:
        yield servers


@pytest.fixture
def served(servers: Servers) -> World:
    """A world that these servers serve."""
    return servers.fresh_world()
