"""Whose address counts, with and without a proxy in front."""

from collections.abc import Iterator

import pytest
from fastapi import FastAPI, Request
from starlette.testclient import TestClient

from service.doors.proxy import ProxyHeaders


@pytest.fixture
def behind_proxy() -> Iterator[TestClient]:
    app = FastAPI()

    @app.get("/")
    def who(request: Request) -> list[str]:
        return [request.client.host if request.client else "", request.url.scheme]

    app.add_middleware(ProxyHeaders)
    with TestClient(app) as client:
        yield client


@pytest.mark.parametrize(
    ("headers", "seen"),
    [
        ([], ["testclient", "http"]),
        ([("X-Forwarded-For", "203.0.113.9")], ["203.0.113.9", "http"]),
        ([("X-Forwarded-For", "127.0.0.1, 203.0.113.9")], ["203.0.113.9", "http"]),
        (
            [("X-Forwarded-For", "127.0.0.1"), ("X-Forwarded-For", "203.0.113.9")],
            ["203.0.113.9", "http"],
        ),
        ([("X-Forwarded-Proto", "https")], ["testclient", "https"]),
        ([("X-Forwarded-Proto", "gopher")], ["testclient", "http"]),
    ],
)
def test_only_what_the_proxy_itself_saw_counts(
    behind_proxy: TestClient, headers: list[tuple[str, str]], seen: list[str]
) -> None:
    assert behind_proxy.get("/", headers=headers).json() == seen
