"""Exports to real sockets: who leaves early frees everything, who reads slowly holds up nobody."""

import csv
import io
import socket
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from http.client import HTTPResponse
from urllib.parse import urlsplit

import pytest
import sqlalchemy as sa

from service.doors.exports import MOST_AT_ONCE
from tests.exporting import fill
from tests.patience import until
from tests.roof.proc import connections, memory, threads
from tests.roof.serving import Servers
from tests.worlds import World

ROWS = 6_000  # 10 MB, far more than what sockets and servers keep of a stream
URL = "/api/v1/exports/submissions.csv"
GROWTH = 30_000  # KiB
STAGE = 2  # the third column
ROUNDS = 3

READING = """
SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()
AND pid <> pg_backend_pid() AND state <> 'idle'
"""


@pytest.fixture
def filled(servers: Servers, served: World) -> World:
    for first in range(0, ROWS, 1_000):
        fill(servers.database, served, 1_000, first)
    return served


@contextmanager
def export(servers: Servers, world: World) -> Iterator[HTTPResponse]:
    """An answer whose first bytes are read, and whose rest waits in small buffers."""
    parts = urlsplit(servers.running[0].address)
    with socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16_384)
        connection.settimeout(60)
        connection.connect((parts.hostname, parts.port))
        token = world.recruiter.auth["Authorization"]
        head = f"GET {URL} HTTP/1.1\r\nHost: localhost\r\nAuthorization: {token}\r\n\r\n"
        connection.sendall(head.encode())
        with closing(HTTPResponse(connection)) as answer:
            answer.begin()
            assert answer.status == 200
            assert answer.readline().startswith(b"id,job,stage,")
            yield answer


def reads_now(servers: Servers) -> bool:
    """Whether a transaction of a server is open that sees the database as it was."""
    if not servers.database.is_sqlite:
        with servers.database.read() as session:
            return bool(session.connection().execute(sa.text(READING)).scalar_one())
    with servers.database.write() as session:  # a reader from before keeps the log from its end
        session.connection().execute(sa.text("UPDATE candidate SET updated_at = updated_at"))
    file = servers.database.url.database or ""
    with servers.database.turn(), closing(sqlite3.connect(file, timeout=0)) as connection:
        return bool(connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0])


def test_readers_who_leave_free_everything(servers: Servers, filled: World) -> None:
    pid, needed = servers.running[0].process.pid, []
    port = int(servers.running[0].address.rpartition(":")[2])
    for _ in range(ROUNDS):
        with ExitStack() as readers:
            for _ in range(MOST_AT_ONCE):
                readers.enter_context(export(servers, filled))
            one_more = servers.clients[0].get(URL, headers=filled.recruiter.auth)
            assert (one_more.status_code, reads_now(servers)) == (429, True)
        until(lambda: not reads_now(servers))
        until(lambda: connections(port) <= 1)  # of the one that got the 429
        needed.append((memory(pid), threads(pid)))

    with export(servers, filled) as answer:  # and there is a turn again
        rest = answer.read()
    assert len(rest) > ROWS * 1_500
    assert needed[-1][0] - needed[0][0] < GROWTH
    assert needed[-1][1] <= needed[0][1] + 2


def test_a_slow_reader_blocks_no_writer_and_gets_one_instant(
    servers: Servers, filled: World
) -> None:
    pid, auth = servers.running[0].process.pid, filled.recruiter.auth
    before = memory(pid)
    with export(servers, filled) as answer:
        moved = servers.clients[-1].post(
            f"{filled.submission.url}/moves",
            json={"to": "screen"},
            headers={**auth, "If-Match": '"1"'},
            timeout=4,
        )
        growth = memory(pid) - before
        text = answer.read().decode()
    until(lambda: not reads_now(servers))

    stages = Counter(row[STAGE] for row in csv.reader(io.StringIO(text, newline="")))
    assert moved.status_code == 201
    assert growth < GROWTH
    assert stages == {"new": ROWS + 2}
