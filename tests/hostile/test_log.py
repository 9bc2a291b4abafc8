"""What is sent to us never stands in our log; each request has its one line (I9, rows 25, 136)."""

import json
import logging

import pytest
from starlette.testclient import TestClient

from service.core.logs import ACCESS, Lines
from tests.hostile.calls import CALLS, SUBMISSION_BODY, Full
from tests.hostile.invariants import CANARY, Watch

FAKE = f'{CANARY}\r\n{{"level": "info", "message": "{CANARY} signed in"}}\x1b[2J'
LONG = CANARY * 80_000
JSON = {"Content-Type": "application/json"}


def send_everywhere(client: TestClient, full: Full) -> int:
    """Odd words in every part of every call; says how many requests there were."""
    count = 0
    for call in CALLS:
        url, auth = full.url(call), full.person(call).auth
        headers = auth | JSON | {"If-Match": CANARY, "X-Request-ID": CANARY * 9, "User-Agent": FAKE}
        encoded = {name.encode(): value.encode() for name, value in headers.items()}
        for query in (CANARY, f"token={CANARY}", f"q={CANARY}%0a%0d%1b"):
            client.request(call.method, f"{url}?{query}", headers=auth)
        client.request(call.method, f"{url}/{CANARY}%0a", headers=auth)
        client.request(call.method, url, headers={"Authorization": f"Bearer {CANARY}"})
        for body in (LONG, json.dumps({CANARY: FAKE}), FAKE):
            client.request(call.method, url, headers=encoded, content=body.encode())
        count += 8
    return count


def test_what_is_sent_is_never_logged_and_each_request_has_one_line(
    client: TestClient, watch: Watch, full: Full, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG, logger="exhibit"):
        count = send_everywhere(client, full)

    ours = [one for one in caplog.records if one.name.startswith("exhibit")]
    lines = [Lines().format(record) for record in ours]
    assert len([record for record in ours if record.name == ACCESS]) == count
    assert [line for line in lines if CANARY in line or not line.isprintable()] == []
    assert [line for line in lines if len(line) > 4_000 or not json.loads(line)["message"]] == []
    watch.finish()


def test_what_a_candidate_sends_is_not_logged_either(
    client: TestClient, watch: Watch, caplog: pytest.LogCaptureFixture
) -> None:
    url = f"/api/v1/jobs/{watch.world.job_slug}/submissions"
    body = SUBMISSION_BODY | {"name": CANARY, "statement": CANARY}
    email = f"{CANARY}@example.org"
    form = {"email": email, "password": CANARY, "next": f"/{CANARY}"}
    with caplog.at_level(logging.DEBUG):
        assert client.post(url, json=body | {"email": email}).status_code == 201
        assert client.post("/sign-in", data=form, headers={"Origin": "http://localhost"}).is_error
        client.post("/status", data={"email": email})
        client.post("/reset-password", data={"email": email})

    ours = [one for one in caplog.records if not one.name.startswith(("httpx", "asyncio"))]
    assert ours
    assert [one for one in ours if CANARY.lower() in Lines().format(one).lower()] == []
    watch.finish()
