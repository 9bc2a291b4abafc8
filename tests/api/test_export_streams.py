"""Exports stream: from one instant, with flat memory, and never half a file as a whole one."""

import contextlib
import resource
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import anyio
import pytest
import sqlalchemy as sa
from sqlmodel import update
from starlette.requests import ClientDisconnect
from starlette.testclient import TestClient

from service.core.csv_rows import stream
from service.core.db import Database
from service.domain.accounts.actor import Actor
from service.domain.accounts.tables import User
from service.domain.candidates.tables import Candidate
from service.domain.desk.exports import (
    stream_submissions,
)
from service.domain.desk.inputs import ExportFilter
from service.domain.submissions.tables import Revision, Submission
from service.doors import exports
from service.doors.tools import Tools
from tests.exporting import URL, fill, rows_of
from tests.worlds import World


class Reader:
    """A client at the wire: it may do something, or leave, when the first piece has come."""

    def __init__(
        self,
        client: TestClient,
        world: World,
        file: str,
        *,
        on_first: Callable[[], None] | None = None,
        leaves: bool = False,
        stalls: bool = False,
    ) -> None:
        self.app: Callable[..., Awaitable[None]] = client.app
        self.scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": "GET",
            "scheme": "http",
            "path": f"{URL}/{file}",
            "raw_path": f"{URL}/{file}".encode(),
            "root_path": "",
            "query_string": b"",
            "headers": [
                (b"host", b"localhost"),
                (b"authorization", world.recruiter.auth["Authorization"].encode()),
            ],
            "client": ("127.0.0.1", 1),
            "server": ("localhost", 80),
            "state": {},
        }
        self.on_first, self.leaves, self.stalls = on_first, leaves, stalls
        self.pieces: list[bytes] = []
        self.is_whole = False

    def read(self) -> bytes:
        anyio.run(self._read)
        return b"".join(self.pieces)

    async def _read(self) -> None:
        gone, self.asked = anyio.Event(), False

        async def receive() -> dict[str, Any]:
            if not self.asked:
                self.asked = True
                return {"type": "http.request", "body": b"", "more_body": False}
            await gone.wait()
            return {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            if message["type"] != "http.response.body":
                return
            self.is_whole = not message.get("more_body", False)
            self.pieces.append(message.get("body", b""))
            if len(self.pieces) == 1 and self.on_first:
                await anyio.to_thread.run_sync(self.on_first)
            if self.stalls:
                await anyio.sleep_forever()
            if self.leaves:
                gone.set()
                await anyio.lowlevel.checkpoint()

        with anyio.fail_after(60):
            await self.app(self.scope, receive, send)


END_TRANSACTIONS = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE pid <> pg_backend_pid() AND datname = current_database() AND state = 'idle in transaction'
"""


def damage(database: Database, statement: str) -> None:
    """What a crash of the database or a broken disk does."""
    with database.write() as session:
        session.connection().execute(sa.text(statement))


def idle(tools: Tools) -> bool:
    """Whether nothing is held any more: no connection, no turn."""
    pool: Any = tools.database.engine.pool
    return pool.checkedout() == 0 and exports._turns._value == exports.MOST_AT_ONCE


def test_an_export_shows_one_instant_and_blocks_no_writer(
    client: TestClient, world: World, tools: Tools
) -> None:
    fill(world.database, world, 1_000)

    def change() -> None:
        with world.database.write() as session:
            moved = update(Submission).values(stage_id=world.stages["offer"])
            session.exec(moved)
            session.exec(update(Revision).values(name="changed"))
        fill_one = Candidate(name="New", email="new@x", email_key="new@x")
        with world.database.write() as session:
            session.add(fill_one)

    reader = Reader(client, world, "submissions.csv", on_first=change)
    rows = rows_of(reader.read().decode())

    assert (reader.is_whole, len(rows)) == (True, 1_002)
    assert {row["stage"] for row in rows} == {"new"}
    assert "changed" not in {row["name"] for row in rows}
    assert idle(tools)


def test_a_reader_who_leaves_frees_everything(
    client: TestClient, world: World, tools: Tools
) -> None:
    fill(world.database, world, 2_000)
    reader = Reader(client, world, "submissions.csv", leaves=True)

    text = reader.read()

    assert not reader.is_whole
    assert 0 < len(text) < 1_000_000
    assert idle(tools)


def test_a_reader_who_takes_nothing_is_given_up(
    client: TestClient, world: World, tools: Tools, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports, "STALL_SECONDS", 0.2)
    fill(world.database, world, 100)
    reader = Reader(client, world, "submissions.csv", stalls=True)

    with contextlib.suppress(OSError, ClientDisconnect):
        reader.read()

    assert (reader.is_whole, len(reader.pieces)) == (False, 1)
    assert idle(tools)


def test_a_failure_on_the_way_never_looks_like_a_whole_file(
    client: TestClient, world: World, tools: Tools
) -> None:
    fill(world.database, world, 1_000)
    if world.database.is_sqlite:
        damage(world.database, "UPDATE revision SET links = '{' WHERE name = 'N5'")
        reader = Reader(client, world, "submissions.csv")
    else:
        reader = Reader(
            client,
            world,
            "submissions.csv",
            on_first=lambda: damage(world.database, END_TRANSACTIONS),
        )

    text = reader.read()

    assert len(text) > 60_000
    assert not reader.is_whole
    assert idle(tools)
    found = client.get(f"{URL}/evidence.csv", headers=world.recruiter.auth)
    assert found.status_code == 200


def test_not_more_than_some_run_at_once(client: TestClient, world: World, tools: Tools) -> None:
    for _ in range(exports.MOST_AT_ONCE):
        assert exports._turns.acquire(blocking=False)
    try:
        refused = client.get(f"{URL}/submissions.csv", headers=world.recruiter.auth)
    finally:
        exports._turns.release(exports.MOST_AT_ONCE)

    assert (refused.status_code, refused.json()["code"]) == (429, "too_many_exports")
    assert refused.headers["retry-after"] == "30"
    assert idle(tools)


def resident() -> int:
    """Bytes of memory the process holds: now, or where the system does not tell, at most so far."""
    now = Path("/proc/self/statm")
    if now.exists():
        return int(now.read_text().split()[1]) * resource.getpagesize()
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def test_memory_stays_flat_over_twenty_thousand_rows(database: Database, world: World) -> None:
    for part in range(20):
        fill(database, world, 1_000, first=part * 1_000)

    with database.read() as session:
        me = Actor.of(session.get_one(User, world.recruiter.id))
        export = stream_submissions(session, me, ExportFilter(job="engineer"))
        pieces = stream(export.columns, ([str(row["statement"])] for row in export.rows))
        length, before = len(next(pieces)), resident()
        growth = 0
        for piece in pieces:
            length += len(piece)
            growth = max(growth, resident() - before)
        export.close()

    assert length > 20_000 * 1_500
    assert growth < 10 * 1024 * 1024
