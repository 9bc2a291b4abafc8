"""Who is not let in at all, and what every answer tells the browser."""

import pytest
from starlette.testclient import TestClient

from service.doors.admission import HEADER_BYTES, HEADER_COUNT, URL_BYTES, known_hosts
from service.doors.security import security_headers
from service.settings import Settings

HEADERS = {
    "content-security-policy",
    "x-content-type-options",
    "referrer-policy",
    "cross-origin-opener-policy",
    "cross-origin-resource-policy",
    "permissions-policy",
    "cache-control",
}


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:80", "127.0.0.1:8000", "[::1]:8000"])
def test_loopback_names_are_answered(visitor: TestClient, host: str) -> None:
    assert visitor.get("/health/live", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "host",
    ["evil.example", "good@evil", "localhost:8000@evil", "", "localhost:", "local host", "*"],
)
def test_other_names_are_refused(visitor: TestClient, host: str) -> None:
    answer = visitor.get("/health/live", headers={"Host": host})

    assert (answer.status_code, answer.json()["code"]) == (400, "wrong_host")


def test_two_host_headers_are_refused(visitor: TestClient) -> None:
    two = [("Host", "localhost"), ("Host", "localhost")]

    assert visitor.get("/health/live", headers=two).status_code == 400


def test_the_host_names_come_from_the_settings() -> None:
    public = Settings(_env_file=None, base_url="https://jobs.example.com:8443/", host="10.1.2.3")
    named = Settings(_env_file=None, hosts=["Jobs.example.com"])
    anywhere = Settings(_env_file=None, host="0.0.0.0")

    assert {"jobs.example.com", "10.1.2.3", "localhost"} <= known_hosts(public)
    assert known_hosts(named) == {"jobs.example.com"}
    assert known_hosts(anywhere) == {"localhost", "127.0.0.1", "[::1]"}


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/health/live", 200),
        ("/nobody", 404),
        ("/api/v1/nobody", 404),
        ("/odd/broken", 500),
        ("/odd/read", 405),
        ("/health/live?x=1", 422),
    ],
)
def test_every_answer_has_the_security_headers(visitor: TestClient, path: str, status: int) -> None:
    answer = visitor.get(path)

    assert answer.status_code == status
    assert set(answer.headers) >= HEADERS
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    assert "unsafe" not in answer.headers["content-security-policy"]
    assert "server" not in answer.headers


def test_refusals_at_the_door_have_the_security_headers_too(visitor: TestClient) -> None:
    answer = visitor.get("/health/live", headers={"Host": "evil.example"})

    assert set(answer.headers) >= HEADERS


def test_https_is_insisted_on_where_people_come_by_it() -> None:
    assert "Strict-Transport-Security" in security_headers("/", is_secure=True)
    assert "Strict-Transport-Security" not in security_headers("/", is_secure=False)


def test_only_static_files_may_be_kept_by_browsers() -> None:
    assert "Cache-Control" not in security_headers("/static/style.css", is_secure=False)
    assert security_headers("/jobs", is_secure=False)["Cache-Control"] == "no-store"


@pytest.mark.parametrize("more", [0, 1])
def test_the_address_may_be_so_long(visitor: TestClient, more: int) -> None:
    path = "/nobody?" + "a" * (URL_BYTES - len("/nobody") + more)

    assert visitor.get(path).status_code == (414 if more else 404)


@pytest.mark.parametrize("more", [0, 1])
def test_there_may_be_so_many_headers(visitor: TestClient, more: int) -> None:
    usual = 5  # what the visitor sends by itself
    headers = {f"X-{number}": "a" for number in range(HEADER_COUNT - usual + more)}

    assert visitor.get("/health/live", headers=headers).status_code == (431 if more else 200)


def test_headers_may_be_so_long(visitor: TestClient) -> None:
    answer = visitor.get("/health/live", headers={"X-Long": "a" * HEADER_BYTES})

    assert (answer.status_code, answer.json()["code"]) == (431, "headers_too_large")


@pytest.mark.parametrize("path", ["/a%00b", "/a%0Ab", "/a%FFb", "/%ED%A0%80"])
def test_an_unreadable_path_is_refused(visitor: TestClient, path: str) -> None:
    answer = visitor.get(path)

    assert (answer.status_code, answer.json()["code"]) == (400, "malformed_path")


def test_wishes_of_http_that_are_unknown_here_are_refused(visitor: TestClient) -> None:
    odd = visitor.get("/health/live", headers={"Expect": "200-maybe"})
    upgrade = visitor.get("/health/live", headers={"Connection": "Upgrade", "Upgrade": "websocket"})

    assert (odd.status_code, upgrade.status_code) == (417, 400)


@pytest.mark.parametrize("header", ["X-HTTP-Method-Override", "X-Method-Override"])
def test_a_method_cannot_be_smuggled_in(visitor: TestClient, header: str) -> None:
    assert visitor.get("/odd/read", headers={header: "POST"}).status_code == 405
