"""Bare routes beside the service, in the same process: what a call could cost at best."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2
import orjson
from fastapi import FastAPI, Request, Response
from fastapi.concurrency import run_in_threadpool
from starlette.types import ASGIApp, Receive, Scope, Send

from bench.recordings import Player, Recording, recording
from service.doors.tools import Tools

PREFIX = "/floor"
ROW = "CREATE TABLE IF NOT EXISTS floor_row (id VARCHAR(32) PRIMARY KEY, size INTEGER NOT NULL)"


class Beside:
    """The floor under its own path; all else is the service's, untouched."""

    def __init__(self, service: ASGIApp, floor: ASGIApp) -> None:
        self.service, self.floor = service, floor

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_floor = scope["type"] == "http" and scope["path"].startswith(PREFIX)
        await (self.floor if is_floor else self.service)(scope, receive, send)


def build_floor(tools: Tools, service: ASGIApp) -> FastAPI:
    """The routes, and the one by which a call's SQL is taken down."""
    app = FastAPI(openapi_url=None)
    player, recordings = Player(tools.database), dict[str, list[Recording]]()
    folder = tools.settings.data_dir / "floor"
    folder.mkdir(exist_ok=True)
    with player.transaction(writes=True) as connection:
        connection.execute(ROW)

    @app.get(f"{PREFIX}/empty")
    def empty() -> dict[str, str]:
        """As anybody would write it: a plain function, like all of the service's."""
        return {}

    @app.post(f"{PREFIX}/recordings/{{name}}")
    async def record(name: str, request: Request, rehearsal: bool = False) -> Response:
        asked = orjson.loads(await request.body())
        recordings[name] = [
            await _record(tools, service, one, rehearsal=rehearsal) for one in asked
        ]
        return Response(status_code=204)

    @app.get(f"{PREFIX}/recordings/{{name}}/{{number}}")
    async def show(name: str, number: int) -> Response:
        said = [(one.statement, one.values) for one in recordings[name][number].statements]
        return Response(orjson.dumps(said, str), media_type="application/json")

    @app.api_route(f"{PREFIX}/replays/{{name}}/{{number}}", methods=["GET", "PUT", "POST"])
    async def replay(name: str, number: int, request: Request) -> Response:
        if body := await request.body():
            orjson.loads(body)
        found = await run_in_threadpool(player.play, recordings[name][number])
        return Response(found, media_type="application/json")

    @app.post(f"{PREFIX}/submit")
    async def submit(request: Request) -> Response:
        body = await request.body()
        found = await run_in_threadpool(_keep, player, folder, body)
        return Response(found, 201, media_type="application/json")

    return app


def _keep(player: Player, folder: Path, body: bytes) -> bytes:
    """The same bytes on the disk, then one row."""
    id = uuid4().hex
    with (folder / id).open("wb") as file:
        file.write(body)
        file.flush()
        os.fsync(file.fileno())
    with player.transaction(writes=True) as connection:
        cursor = connection.cursor()
        # The id is our own.
        cursor.execute(f"INSERT INTO floor_row VALUES ('{id}', {len(body)})")  # noqa: S608
    return orjson.dumps({"id": id, "size": len(body)})


async def _record(
    tools: Tools, service: ASGIApp, asked: Mapping[str, Any], *, rehearsal: bool
) -> Recording:
    transport = httpx2.ASGITransport(service)
    async with httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        with recording(tools.database, rehearsal=rehearsal) as taken:
            answer = await client.request(
                asked["method"],
                asked["path"],
                headers=asked["headers"],
                content=(asked.get("body") or "").encode(),
            )
    if answer.status_code != 503 if rehearsal else not answer.is_success:  # noqa: PLR2004
        raise RuntimeError(f"{answer.status_code} {answer.text[:500]}")
    return taken
