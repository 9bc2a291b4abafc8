"""Stopping: what is under way is finished, also over several processes."""

import re
import time
from pathlib import Path
from urllib.request import urlopen

from service.core.db import Database
from service.core.migrations import migrate
from tests.roof.processes import exhibit, read_all, started

GET = b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n"
UPLOAD = (
    b"POST /api/v1/jobs/nobody/submissions HTTP/1.1\r\nHost: localhost\r\n"
    b"Content-Type: application/json\r\nContent-Length: 10\r\n\r\n"
)


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
