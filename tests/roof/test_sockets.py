"""Byte by byte against a real server: what arrives slowly, too much, twice or broken."""

from contextlib import suppress

import pytest

from tests.roof.processes import Running, assert_refused, read_all, read_answer, status

pytestmark = pytest.mark.usefixtures("innocent_served")

GET = b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n"
POST = b"POST /health/live HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
LAST = b"GET /health/live HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"


# Where a request ends


@pytest.mark.parametrize(
    "length",
    [
        b"Content-Length: 2\r\nContent-Length: 3",
        b"Content-Length: 2\r\nContent-Length: 2",
        b"Content-Length: +2",
        b"Content-Length: -1",
        b"Content-Length: 0x2",
        b"Content-Length: 2,2",
        b"Content-Length: 1" + b"0" * 30,
        b"Content-Length : 2",
        b"Content-Length: 2\r\nTransfer-Encoding: chunked",
        b"Transfer-Encoding: chunked\r\nContent-Length: 2",
        b"Transfer-Encoding: xchunked",
        b"Transfer-Encoding: chunked, identity",
        b"Transfer-Encoding : chunked",
        b"Transfer-Encoding:\r\n chunked",
        b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
    ],
)
def test_an_unclear_length_is_refused(server: Running, length: bytes) -> None:
    smuggled = b"0\r\n\r\nGET /nobody HTTP/1.1\r\nHost: localhost\r\n\r\n"

    assert_refused(server.exchange(POST + length + b"\r\n\r\n" + smuggled), 400)


def test_http_1_0_has_no_chunks(server: Running) -> None:
    request = (
        POST.replace(b"HTTP/1.1", b"HTTP/1.0") + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
    )

    assert_refused(server.exchange(request), 400)


@pytest.mark.parametrize(
    "body",
    [
        b"0x3\r\nabc\r\n0\r\n\r\n",
        b"fffffffffffffffff\r\nabc\r\n0\r\n\r\n",
        b"3\r\nabcXX0\r\n\r\n",
        b"3\nabc\n0\n\n",
        b"3;a\nb\r\nabc\r\n0\r\n\r\n",
        b"-3\r\nabc\r\n0\r\n\r\n",
        b"3 \r\nabc\r\n0\r\n\r\n",
        b"3\r\nabc\r\n0\r\nAuthorization: Bearer x\r\n\r\n",
    ],
)
def test_broken_chunks_are_refused(server: Running, body: bytes) -> None:
    path = b"POST /api/v1/jobs/x/submissions HTTP/1.1\r\nHost: localhost\r\n"
    head = path + b"Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"

    assert_refused(server.exchange(head + body), 400)


@pytest.mark.parametrize(
    "request_",
    [
        b"GET /health/live HTTP/1.1\nHost: localhost\n\n",
        b"GET /health/live HTTP/1.1\r\nHost: localhost\r\nX: a\r\n b\r\n\r\n",
        b"GET /health/live\r\n\r\n",
        b"GET /health/live HTTP/2.0\r\nHost: localhost\r\n\r\n",
        b"GET /health/live HTTP/1.1\r\nHost: localhost\r\nX\x00Y: a\r\n\r\n",
        b"GET /health/live HTTP/1.1\r\nHost: localhost\r\nX: a\x00b\r\n\r\n",
        b"GET /health live HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET http://localhost/health/live HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET good@evil HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"CONNECT localhost:443 HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"NOSUCH / HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET /caf\xc3\xa9 HTTP/1.1\r\nHost: localhost\r\n\r\n",
    ],
)
def test_what_is_no_plain_request_is_refused(server: Running, request_: bytes) -> None:
    assert_refused(server.exchange(request_), 400)


@pytest.mark.parametrize(
    "hosts",
    [b"", b"Host: localhost\r\nHost: localhost\r\n", b"Host: evil\r\n", b"Host: good@evil\r\n"],
)
def test_one_known_host_is_wanted(server: Running, hosts: bytes) -> None:
    request = b"GET /health/live HTTP/1.1\r\n" + hosts + b"Connection: close\r\n\r\n"

    assert_refused(server.exchange(request), 400)


# Size


@pytest.mark.parametrize("size", [20_000, 2_000_000])
@pytest.mark.parametrize("ends", [True, False])
def test_a_huge_header_is_refused(server: Running, size: int, ends: bool) -> None:
    request = GET + b"X: " + b"a" * size + (b"\r\nConnection: close\r\n\r\n" if ends else b"")

    answer = send_and_read(server, request)

    assert_refused(answer, 431 if size > 100_000 or ends else 408)


def test_ten_thousand_headers_are_refused(server: Running) -> None:
    headers = b"".join(b"X-%d: a\r\n" % number for number in range(10_000))

    assert_refused(send_and_read(server, GET + headers + b"\r\n"), 431)


def test_a_huge_address_is_refused(server: Running) -> None:
    request = b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n"

    assert_refused(send_and_read(server, request), 414)


def send_and_read(server: Running, request: bytes) -> bytes:
    """The server may stop listening before all is sent."""
    with server.connected() as connection:
        with suppress(OSError):
            connection.sendall(request)
        return read_all(connection)


def test_a_body_that_says_it_is_too_large_is_refused_unread(server: Running) -> None:
    path = b"POST /api/v1/jobs/x/submissions HTTP/1.1\r\nHost: localhost\r\n"
    head = path + b"Content-Type: application/json\r\nContent-Length: 44000000\r\n"
    with server.connected() as connection:
        connection.sendall(head + b"Expect: 100-continue\r\n\r\n")
        answer = read_all(connection)

    assert_refused(answer, 413)
    assert b"100 Continue" not in answer


# What else a connection can wish for


def test_wishes_that_are_not_granted(server: Running) -> None:
    odd = server.exchange(GET + b"Expect: 200-maybe\r\nConnection: close\r\n\r\n")
    h2c = server.exchange(
        GET + b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AA\r\n\r\n"
    )
    socket_ = server.exchange(
        GET + b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\r\n"
    )

    assert (status(odd), status(h2c), status(socket_)) == (417, 200, 400)


def test_what_a_client_says_about_itself_is_not_believed(server: Running) -> None:
    """An address that looks like loopback to us may be anybody's behind a proxy."""
    request = b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"

    assert status(server.exchange(request + b"\r\n")) == 200
    assert status(server.exchange(request + b"X-Forwarded-For: 127.0.0.1\r\n\r\n")) == 401


def test_a_kept_connection_goes_on_after_a_refusal(server: Running) -> None:
    with server.connected() as connection:
        connection.sendall(b"GET /nobody HTTP/1.1\r\nHost: localhost\r\n\r\n")
        first = read_answer(connection)
        connection.sendall(b"POST /api/v1/nobody HTTP/1.1\r\nHost: localhost\r\n")
        connection.sendall(b"Content-Length: 3\r\n\r\nabc")
        second = read_answer(connection)
        connection.sendall(LAST)
        third = read_all(connection)

    assert (status(first), status(second), status(third)) == (404, 404, 200)


def test_requests_in_one_piece_are_answered_in_order(server: Running) -> None:
    answer = server.exchange(GET + b"\r\n" + GET.replace(b"live", b"nobody") + b"\r\n" + LAST)

    places = [answer.index(b"HTTP/1.1 200"), answer.index(b"HTTP/1.1 404")]
    assert answer.count(b"HTTP/1.1 ") == 3
    assert places == sorted(places)


def test_an_answer_under_way_is_finished_before_a_broken_request_ends_the_connection(
    server: Running,
) -> None:
    answer = server.exchange(GET + b"\r\n" + b"NOSUCH / HTTP/1.1\r\n\r\n")

    assert answer.startswith(b"HTTP/1.1 200")
    assert answer.count(b"HTTP/1.1 ") == 1
    assert answer.endswith(b'{"status":"alive"}')


def test_no_answer_names_the_server_software(server: Running) -> None:
    answer = server.exchange(LAST).lower()

    assert b"\r\nserver:" not in answer
    assert b"uvicorn" not in answer


def test_a_body_that_comes_after_its_answer_is_not_taken_for_headers(server: Running) -> None:
    with server.connected() as connection:
        connection.sendall(POST + b"Content-Length: 60000\r\n\r\n")
        early = read_answer(connection)
        connection.sendall(b"x" * 60_000)
        server.exchange(LAST)  # by then the body has been read, in one piece or in several
        connection.sendall(LAST)
        late = read_all(connection)

    assert (status(early), status(late)) == (404, 200)
