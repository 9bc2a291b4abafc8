"""A real `exhibit` process on loopback, and raw sockets to talk to it."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

HEADER_SECONDS = 1.0
BODY_SECONDS = 1.0
PLENTY = 6.0  # for a busy machine, and far from "for ever"
SECONDS = 60  # for a process to start or to stop on a busy machine


@dataclass
class Running:
    """A process that has said where it is."""

    process: subprocess.Popen[str]
    said: dict[str, str]

    @property
    def address(self) -> str:
        return self.said["address"]

    def stop(self, number: int = signal.SIGINT) -> int:
        self.process.send_signal(number)
        return self.process.wait(SECONDS)

    @contextmanager
    def connected(self, seconds: float = 10) -> Iterator[socket.socket]:
        parts = urlsplit(self.address)
        with socket.create_connection((parts.hostname, parts.port), seconds) as connection:
            yield connection

    def exchange(self, request: bytes) -> bytes:
        """Send these very bytes, and read until the server hangs up."""
        with self.connected() as connection:
            connection.sendall(request)
            return read_all(connection)


def read_all(connection: socket.socket) -> bytes:
    answer = b""
    try:
        while piece := connection.recv(65_536):
            answer += piece
    except ConnectionResetError:
        pass
    return answer


def read_answer(connection: socket.socket) -> bytes:
    """One whole answer with a Content-Length; the connection stays open."""
    answer = b""
    while b"\r\n\r\n" not in answer:
        answer += connection.recv(1) or b"\r\n\r\n"
    head = answer.lower().partition(b"content-length: ")[2]
    length = int(head.partition(b"\r\n")[0])
    while length > 0 and (piece := connection.recv(length)):
        answer, length = answer + piece, length - len(piece)
    return answer


def environment(folder: Path, **settings: str) -> dict[str, str]:
    names = {f"EXHIBIT_{name.upper()}": value for name, value in settings.items()}
    fixed = {"EXHIBIT_DATA_DIR": str(folder / "var"), "EXHIBIT_PORT": "0"}
    fixed["PYTHONPATH"] = str(Path(__file__).resolve().parents[2])
    return {**os.environ, **fixed, **names}


def exhibit(folder: Path, *words: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run one command to its end, in `folder`, where no .env is."""
    return subprocess.run(
        [sys.executable, "-m", "service", *words],
        cwd=folder,
        env=environment(folder, **settings),
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )


@contextmanager
def started(folder: Path, *words: str, until: str = "token", **settings: str) -> Iterator[Running]:
    """Start `exhibit run` (or other words) and read what it prints, until that line."""
    with (folder / "errors.log").open("a") as errors:
        process = subprocess.Popen(
            [sys.executable, "-m", "service", *(words or ("run",))],
            cwd=folder,
            env=environment(folder, **settings),
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
    try:
        yield Running(process, _listen(process, folder, until))
    finally:
        if process.poll() is None:
            process.kill()
        process.wait(SECONDS)
        if process.stdout:
            process.stdout.close()


def _listen(process: subprocess.Popen[str], folder: Path, until: str) -> dict[str, str]:
    said: dict[str, str] = {}
    for line in process.stdout or ():
        name, _, value = line.strip().partition(": ")
        said[name] = value
        if name == until:
            return said
    raise AssertionError((folder / "errors.log").read_text()[-2000:])


def status(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


def assert_refused(answer: bytes, *expected: int) -> None:
    assert status(answer) in expected, answer[:300]
    assert b"application/problem+json" in answer
    assert b"nosniff" in answer
    assert answer.count(b"HTTP/1.1 ") == 1
