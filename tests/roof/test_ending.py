"""Stopping: what is under way is finished, also over several processes."""

import re
import signal
import socket
import time
from http.client import HTTPResponse
from pathlib import Path
from urllib.request import urlopen

from service.core.db import Database
from service.core.migrations import migrate
from tests.depth import FULL
from tests.exporting import fill
from tests.roof.processes import Running, exhibit, read_all, started
from tests.worlds import build_world

GET = b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n"
UPLOAD = (
    b"POST /api/v1/jobs/nobody/submissions HTTP/1.1\r\nHost: localhost\r\n"
    b"Content-Type: application/json\r\nContent-Length: 10\r\n\r\n"
)
ROWS = 4_000
MOST_SECONDS = 30


def test_a_request_under_way_is_answered_before_the_end(tmp_path: Path) -> None:
    person = ("--name", "Ada", "--email", "ada@example.org", "--password", "correct horse staple")
    exhibit(tmp_path, "init", *person)
    with started(tmp_path) as running, running.connected() as busy, running.connected() as idle:
        idle.sendall(GET)
        assert idle.recv(12) == b"HTTP/1.1 200"
        busy.sendall(UPLOAD + b'{"name"')
        running.process.send_signal(2)
        read_all(idle)  # closed: the server has heard the signal
        busy.sendall(b": 1")
        answer = read_all(busy)
        began = time.monotonic()
        code = running.process.wait(30)

    assert answer.startswith((b"HTTP/1.1 400", b"HTTP/1.1 404"))
    assert code == 0
    assert time.monotonic() - began < 30


def test_several_processes_serve_count_together_and_stop(
    tmp_path: Path, bare_postgresql_url: str
) -> None:
    database = Database(bare_postgresql_url)
    migrate(database)
    database.dispose()
    words, calls = ("serve", "--workers", "2"), 20
    with started(tmp_path, *words, until="address", database_url=bare_postgresql_url) as running:
        for _ in range(calls):
            with urlopen(f"{running.address}/health/live", timeout=30) as answer:
                assert answer.status == 200
        with urlopen(f"{running.address}/metrics", timeout=30) as answer:
            text = answer.read().decode()
        code = running.stop()

    counted = re.findall(r'exhibit_requests_total\{.*route="/health/live".*\} (\S+)', text)
    assert [float(number) for number in counted] == [calls]
    assert code == 0


def test_an_export_a_letter_and_an_upload_under_way_hold_up_no_end(
    bare_database_url: str, tmp_path: Path
) -> None:
    """The export is read to its end, unless its reader stalls: that is waited for at full length.

    The worker is with a mail server that says nothing; what it has in hand is done again later.
    """
    stalls = FULL
    database = Database(bare_database_url)
    migrate(database)
    world = build_world(database)
    fill(database, world, ROWS)
    database.dispose()
    with socket.create_server(("127.0.0.1", 0)) as post, socket.socket() as reader:
        mail = {
            "mail__host": "127.0.0.1",
            "mail__port": str(post.getsockname()[1]),
            "mail__security": "none",
        }
        with started(tmp_path, "run", database_url=bare_database_url, **mail) as running:
            send_one(running)
            post.settimeout(MOST_SECONDS)
            worker, _ = post.accept()
            export = begin_export(running, reader)
            with worker, running.connected(MOST_SECONDS) as busy:
                busy.sendall(UPLOAD + b'{"name"')
                running.process.send_signal(signal.SIGTERM)
                began = time.monotonic()
                busy.sendall(b": 1")
                answer = read_all(busy)
                rest = b"" if stalls else export.read()
                code = running.process.wait(2 * MOST_SECONDS)
            took = time.monotonic() - began

    assert (code, answer[:9]) == (0, b"HTTP/1.1 ")
    assert stalls or len(rest) > ROWS * 1_500
    assert took < MOST_SECONDS


def send_one(running: Running) -> None:
    body = b"name=Ida&email=ida%40example.org&consent=on&title=Work"
    with urlopen(f"{running.address}/api/v1/jobs/engineer/submissions", body, 30) as sent:
        assert sent.status == 201


def begin_export(running: Running, reader: socket.socket) -> HTTPResponse:
    """With its first line read, and the rest in small buffers."""
    host, _, port = running.address.removeprefix("http://").partition(":")
    reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16_384)
    reader.settimeout(60)
    reader.connect((host, int(port)))
    head = f"Host: localhost\r\nAuthorization: Bearer {running.said['token']}\r\n\r\n"
    reader.sendall(f"GET /api/v1/exports/submissions.csv HTTP/1.1\r\n{head}".encode())
    answer = HTTPResponse(reader)
    answer.begin()
    assert answer.status == 200
    assert answer.readline().startswith(b"id,job,stage,")
    return answer
