"""Byte by byte against a real server: what arrives too slowly, or never."""

import time

import pytest

from tests.roof.processes import (
    BODY_SECONDS,
    HEADER_SECONDS,
    PLENTY,
    Running,
    assert_refused,
    read_all,
    read_answer,
    status,
)

pytestmark = pytest.mark.usefixtures("innocent_served")

GET = b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n"


def test_a_silent_connection_is_closed(server: Running) -> None:
    with server.connected() as connection:
        began = time.monotonic()
        answer = read_all(connection)

    assert answer == b""
    assert HEADER_SECONDS * 0.8 < time.monotonic() - began < PLENTY


@pytest.mark.parametrize("begun", [b"G", b"GET /health/live HTTP/1.1\r\nHost: local", b"\r\n"])
def test_headers_that_never_end_are_refused_in_time(server: Running, begun: bytes) -> None:
    with server.connected() as connection:
        began = time.monotonic()
        connection.sendall(begun)
        answer = read_all(connection)

    assert time.monotonic() - began < PLENTY
    assert begun == b"\r\n" or status(answer) == 408


def test_headers_byte_by_byte_do_not_win_time(server: Running) -> None:
    with server.connected(seconds=0.1) as connection:
        began = time.monotonic()
        connection.sendall(GET)
        answer = b""
        while not answer and time.monotonic() - began < PLENTY:
            try:
                connection.sendall(b"X")
                answer = connection.recv(1000)
            except TimeoutError:
                continue
            except OSError:
                break

    assert answer.startswith(b"HTTP/1.1 408")


def test_the_second_request_of_a_connection_has_a_deadline_too(server: Running) -> None:
    with server.connected() as connection:
        connection.sendall(GET + b"\r\n")
        first = read_answer(connection)
        connection.sendall(b"GET /hea")
        began = time.monotonic()
        second = read_all(connection)

    assert (status(first), status(second)) == (200, 408)
    assert time.monotonic() - began < PLENTY


def test_a_body_that_never_ends_is_refused_in_time(server: Running) -> None:
    request = b"POST /api/v1/jobs/x/submissions HTTP/1.1\r\nHost: localhost\r\n"
    with server.connected() as connection:
        began = time.monotonic()
        connection.sendall(
            request + b"Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{"
        )
        answer = read_all(connection)

    assert_refused(answer, 408)
    assert BODY_SECONDS * 0.8 < time.monotonic() - began < PLENTY


def test_a_body_byte_by_byte_does_not_win_time(server: Running) -> None:
    request = b"POST /api/v1/jobs/x/submissions HTTP/1.1\r\nHost: localhost\r\n"
    with server.connected(seconds=0.1) as connection:
        began = time.monotonic()
        connection.sendall(
            request + b"Content-Type: application/json\r\nContent-Length: 10000\r\n\r\n"
        )
        answer = b""
        while not answer and time.monotonic() - began < PLENTY:
            try:
                connection.sendall(b" ")
                answer = connection.recv(1000)
            except TimeoutError:
                continue
            except OSError:
                break

    assert answer.startswith(b"HTTP/1.1 408")
