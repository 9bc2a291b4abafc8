"""What people do with reviews in tests, through the API."""

from typing import Any

from starlette.testclient import TestClient

from tests.worlds import Person, Sent

Json = dict[str, Any]

CARD: Json = {
    "recommendation": "yes",
    "confidence": "high",
    "forecast": 80,
    "comment": "Strong.",
    "counter_argument": "One project only.",
    "ratings": [
        {"criterion": "humility", "level": 4, "cites": ["answer:wrong"], "quote": "Often."},
        {"criterion": "depth", "level": None},
    ],
}


def assign(client: TestClient, by: Person, to: Person, sent: Sent, **more: object):
    body = {"reviewer": str(to.id), **more}
    return client.post(f"{sent.url}/assignments", json=body, headers=by.auth)


def change(client: TestClient, by: Person, sent: Sent, assignment: Json, **body: object):
    version = assignment["version"]
    headers = {**by.auth, "If-Match": f'"{version}"'}
    url = f"{sent.url}/assignments/{assignment['id']}"
    return client.patch(url, json=body, headers=headers)


def save(client: TestClient, by: Person, sent: Sent, card: Json, etag: str | None = None):
    condition = {"If-Match": etag} if etag else {"If-None-Match": "*"}
    url = f"{sent.url}/scorecards/mine"
    return client.put(url, json=card, headers={**by.auth, **condition})


def lock(client: TestClient, by: Person, sent: Sent, etag: str):
    headers = {**by.auth, "If-Match": etag}
    return client.post(f"{sent.url}/scorecards/mine/lock", headers=headers)


def judge(client: TestClient, by: Person, sent: Sent, **other: object):
    """Draft and lock at once."""
    saved = save(client, by, sent, {**CARD, **other})
    assert saved.status_code == 200, saved.text
    return lock(client, by, sent, saved.headers["ETag"])


def unseal(client: TestClient, by: Person, sent: Sent, reason: str = "An offer is due today."):
    url = f"{sent.url}/scorecards/unseal"
    return client.post(url, json={"reason": reason}, headers=by.auth)


def read(client: TestClient, by: Person, sent: Sent, what: str):
    return client.get(f"{sent.url}/{what}", headers=by.auth)
