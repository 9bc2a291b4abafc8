"""What a failing handler does to the connection: nothing, or a visible end."""

import socket
import time
from collections.abc import Iterator
from threading import Thread

import pytest
from fastapi import FastAPI

from service.doors.tools import Tools
from service.server import Ending, QuietServer, config_for
from tests.roof.processes import read_all, read_answer


@pytest.fixture
def port(site: FastAPI, tight_tools: Tools) -> Iterator[int]:
    """The site with its misbehaving routes, behind the server we ship."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = QuietServer(config_for(tight_tools.settings, site), Ending())
        thread = Thread(target=server.run, args=([listener],))
        thread.start()
        yield listener.getsockname()[1]
        server.should_exit = True
        thread.join(30)


def get(path: str, *, last: bool = False) -> bytes:
    end = b"Connection: close\r\n\r\n" if last else b"\r\n"
    return f"GET {path} HTTP/1.1\r\nHost: localhost\r\n".encode() + end


def test_a_kept_connection_serves_the_next_request_after_our_failure(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port), 10) as connection:
        connection.sendall(get("/odd/broken"))
        failed = read_answer(connection)
        began = time.monotonic()
        connection.sendall(get("/health/live", last=True))
        served = read_all(connection)

    assert failed.startswith(b"HTTP/1.1 500")
    assert served.startswith(b"HTTP/1.1 200")
    assert time.monotonic() - began < 5


def test_half_an_answer_never_looks_whole(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port), 10) as connection:
        connection.sendall(get("/odd/half"))
        answer = read_all(connection)

    assert b"begun" in answer
    assert not answer.endswith(b"0\r\n\r\n")


def test_a_header_nobody_can_send_is_our_failure_and_the_connection_stays(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port), 10) as connection:
        connection.sendall(get("/odd/header"))
        failed = read_answer(connection)
        connection.sendall(get("/health/live", last=True))
        served = read_all(connection)

    assert failed.startswith(b"HTTP/1.1 500")
    assert b"set-cookie" not in failed.lower()
    assert served.startswith(b"HTTP/1.1 200")


def test_the_answer_to_a_refused_body_arrives_while_it_is_still_being_sent(port: int) -> None:
    """The next request on the same connection is served as well."""
    size = 1_000_000
    head = f"POST /odd/read HTTP/1.1\r\nHost: localhost\r\nContent-Length: {size}\r\n\r\n"
    with socket.create_connection(("127.0.0.1", port), 10) as connection:
        connection.sendall(head.encode() + b"a" * (size // 2))
        refused = read_answer(connection)
        connection.sendall(b"a" * (size // 2) + get("/health/live", last=True))
        served = read_all(connection)

    assert refused.startswith(b"HTTP/1.1 413")
    assert served.startswith(b"HTTP/1.1 200")
