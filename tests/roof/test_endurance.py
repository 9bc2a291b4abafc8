"""A server that is treated badly for long needs no more for it, and serves the others as before."""

import random
import resource
import socket
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

from tests.depth import FULL
from tests.patience import until
from tests.roof.proc import connections, memory
from tests.roof.processes import Running, read_all
from tests.roof.serving import Servers
from tests.worlds import World

ROUNDS, IDLE = (10_000, 3_000) if FULL else (600, 200)
GROWTH = 24_000  # KiB
LARGEST_FILE = 6 * 1024 * 1024
BODY = b"x" * (12 * 1024 * 1024)
PARTS = (b"GET", b"POST", b"PUT", b"PATCH", b"DELETE", b"HEAD", b"OPTIONS", b"BREW", b"")
PATHS = (
    b"/",
    b"/api/v1/submissions",
    b"/jobs/engineer/apply",
    b"/sign-in",
    b"/desk",
    b"/%00",
    b"\xff",
)
HEADS = (
    b"Host: localhost", b"Host: evil", b"Content-Length: 5", b"Content-Length: -1",
    b"Transfer-Encoding: chunked", b"Content-Type: multipart/form-data; boundary=b",
    b"Content-Type: application/json", b"Authorization: Bearer exh_wrong", b"Cookie: exhibit=wrong",
    b"Expect: 100-continue", b"Range: bytes=0-1,2-3", b"If-Match: *", b"X: " + b"y" * 9_000,
)  # fmt: skip
BODIES = (b"", b"{}", b"[" * 2_000, b"--b\r\n\r\n", b"5\r\nhello\r\n0\r\n\r\n", b"\x00" * 500)


def bad_request(chance: random.Random) -> bytes:
    """Well-made enough to be looked at, or not even that."""
    heads = b"\r\n".join(chance.sample(HEADS, chance.randrange(6)))
    line = b" ".join([chance.choice(PARTS), chance.choice(PATHS), b"HTTP/1.1"])
    whole = line + b"\r\n" + heads + b"\r\n\r\n" + chance.choice(BODIES)
    return whole[: chance.randrange(1, len(whole) + 1)] if chance.random() < 0.2 else whole


def send(running: Running, request: bytes) -> None:
    """And leave, whether it is answered or waited for."""
    with running.connected() as connection:
        connection.sendall(request)
        connection.shutdown(socket.SHUT_WR)
        read_all(connection)


def files_of(pid: int) -> int:
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))


def test_bad_requests_and_idle_connections_cost_nothing_that_stays(servers: Servers) -> None:
    running, client = servers.running[0], servers.clients[0]
    pid, port = running.process.pid, urlsplit(running.address).port or 0
    chance = random.Random(1)  # the same every time

    def treat(_number: int) -> tuple[int, int]:
        with ThreadPoolExecutor(8) as crowd:
            list(crowd.map(lambda each: send(running, each), bad))
        until(lambda: connections(port) <= 1)
        return memory(pid), files_of(pid)

    bad = [bad_request(chance) for _ in range(ROUNDS // 3)]
    needed = [treat(number) for number in range(4)]  # the first one fills caches
    with ExitStack() as idle:
        for _ in range(IDLE):
            idle.enter_context(running.connected())
        answers = [client.get("/health/live").status_code for _ in range(50)]
        crowded = memory(pid)
    until(lambda: connections(port) <= 1)

    assert set(answers) == {200}
    assert max(needed[-1][0], crowded) - needed[0][0] < GROWTH
    assert needed[-1][1] <= needed[0][1] + 2
    assert files_of(pid) <= needed[0][1] + 2


def test_a_disk_without_room_is_said_and_passes(servers: Servers, served: World) -> None:
    """Full for large files only: so the log and the database go on, as on a disk nearly full."""
    running, client = servers.running[0], servers.clients[0]
    url = f"/api/v1/jobs/{served.job_slug}/submissions"
    form = {"name": "Eve", "email": "eve@example.org", "consent": "yes", "claim": "It works."}
    whole = resource.prlimit(running.process.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(running.process.pid, resource.RLIMIT_FSIZE, (LARGEST_FILE, whole[1]))
    once = {"Connection": "close"}  # what is refused on its way leaves a connection half used
    refused = client.post(url, data=form, files={"files": ("notes.txt", BODY)}, headers=once)
    small = client.post(url, data=form, files={"files": ("notes.txt", b"Small.")})
    resource.prlimit(running.process.pid, resource.RLIMIT_FSIZE, whole)
    later = client.post(
        url, data={**form, "email": "ida@example.org"}, files={"files": ("notes.txt", BODY)}
    )
    kept = [file.stat().st_size for file in (servers.folder / "var").rglob("*") if file.is_file()]

    assert (refused.status_code, refused.headers.get("retry-after")) == (503, "5")
    assert (small.status_code, later.status_code) == (201, 201)
    assert kept.count(len(BODY)) == 1
    listed = client.get("/api/v1/submissions", headers=served.admin.auth).json()["items"]
    assert {"eve@example.org", "ida@example.org"} <= {one["email"] for one in listed}


def test_a_disk_without_any_room_is_said_and_passes(servers: Servers, served: World) -> None:
    """Not even the log of SQLite can grow, nor a file of a few bytes be kept."""
    running, client = servers.running[0], servers.clients[0]
    url = f"/api/v1/jobs/{served.job_slug}/submissions"
    form = {"name": "Eve", "email": "eve@example.org", "consent": "yes", "claim": "It works."}
    whole = resource.prlimit(running.process.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(running.process.pid, resource.RLIMIT_FSIZE, (0, whole[1]))
    with_file = client.post(url, data=form, files={"files": ("notes.txt", b"Small.")})
    without = client.post(url, data=form)
    read = client.get("/api/v1/submissions", headers=served.admin.auth)
    resource.prlimit(running.process.pid, resource.RLIMIT_FSIZE, whole)
    later = client.post(url, data=form, files={"files": ("notes.txt", b"Small.")})

    in_the_file = 503 if servers.database.is_sqlite else 201  # PostgreSQL has a disk of its own
    assert (with_file.status_code, without.status_code) == (503, in_the_file)
    assert (read.status_code, later.status_code) == (200, 201)
