"""Ids, log lines, figures, and what a visitor sees when we fail."""

import logging
import re

import pytest
from starlette.testclient import TestClient

from service.core.logs import Lines


def test_every_answer_carries_an_id(visitor: TestClient) -> None:
    made = visitor.get("/health/live").headers["x-request-id"]
    kept = visitor.get("/health/live", headers={"X-Request-ID": "abc-1.2"}).headers["x-request-id"]
    odd = visitor.get("/health/live", headers={"X-Request-ID": "a b<script>"})

    assert re.fullmatch(r"[0-9a-f]{32}", made)
    assert kept == "abc-1.2"
    assert re.fullmatch(r"[0-9a-f]{32}", odd.headers["x-request-id"])


def test_our_failure_is_a_calm_problem_and_a_log_line_without_words(
    visitor: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, logger="exhibit"):
        answer = visitor.get("/odd/broken", headers={"X-Request-ID": "the-id"})

    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == "internal_error"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "ada" not in answer.text
    lines = [Lines().format(record) for record in caplog.records]
    assert any("RuntimeError" in line for line in lines)
    assert not any("ada@" in line for line in lines)


def test_an_answer_with_control_characters_in_a_header_is_not_sent(visitor: TestClient) -> None:
    answer = visitor.get("/odd/header")

    assert answer.status_code == 500
    assert "set-cookie" not in answer.headers


def test_the_log_and_the_figures_name_the_route_never_the_path(
    visitor: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, logger="exhibit"):
        visitor.post("/odd/unread/zoe?who=lovelace")
        visitor.get("/nobody/zoe")

    lines = " ".join(Lines().format(record) for record in caplog.records)
    assert '"route": "/odd/unread/{name}"' in lines
    assert "zoe" not in lines
    assert "lovelace" not in lines
