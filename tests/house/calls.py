"""Every call of the API, from its OpenAPI document, with a body that it takes."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import httpx2
from fastapi import FastAPI
from fastapi.testclient import TestClient

from service.api.app import build_api
from service.core.db import new_id
from service.doors.submission_intake import receipt_path
from service.doors.tools import Tools
from tests.worlds import World

PREFIX = "/api/v1"
SOMEBODY = "00000000-0000-7000-8000-000000000001"
ANCHORS = [{"name": "Low", "anchor": "Little."}, {"name": "High", "anchor": "Much."}]

BODIES: dict[str, dict[str, Any]] = {
    "POST /me/password": {"old": "an old password", "new": "a new password of words"},
    "POST /users": {"email": "new@example.org", "name": "New", "roles": ["reviewer"]},
    "PATCH /users/{id}": {"name": "Another"},
    "POST /tokens": {"name": "New"},
    "POST /jobs": {"slug": "another", "title": "Another"},
    "PATCH /jobs/{slug}": {"title": "Another"},
    "PUT /jobs/{slug}/stages": {"stages": [{"key": "new", "name": "New", "kind": "new"}]},
    "PUT /jobs/{slug}/questions": {"questions": []},
    "PUT /jobs/{slug}/rubric": {"criteria": [{"key": "a", "name": "A", "anchors": ANCHORS}]},
    "PUT /jobs/{slug}/team": {"members": [{"user_id": SOMEBODY, "lead": True}]},
    "POST /submissions/{id}/moves": {"to": "screen"},
    "POST /submissions/{id}/reopen": {"reason": "A mistake."},
    "PUT /submissions/{id}/outcome": {"at": "2026-01-01", "succeeded": True},
    "POST /submissions/{id}/assignments": {"reviewer": SOMEBODY},
    "PATCH /submissions/{id}/assignments/{assignment_id}": {"state": "declined"},
    "POST /submissions/{id}/conflicts": {"user": SOMEBODY, "words": "We are friends."},
    "PATCH /submissions/{id}/conflicts/{conflict_id}": {"state": "dismissed", "reason": "No."},
    "POST /submissions/{id}/scorecards/{scorecard_id}/discussions": {
        "argument": "Nobody else did it.",
        "answer": "We need something else.",
    },
    "POST /submissions/{id}/scorecards/unseal": {"reason": "An offer is due."},
    "PUT /submissions/{id}/scorecards/mine": {"comment": "So far."},
    "POST /submissions/{id}/scorecards/mine/amendments": {"reason": "I saw more."},
    "POST /submissions/{id}/revisions/{revision_id}/confirm": {"reason": "They called."},
    "POST /jobs/{slug}/submissions": {
        "name": "Eve",
        "email": "eve@example.org",
        "evidence": [{"claim": "It works."}],
        "answers": {},
        "consent": True,
    },
}


@dataclass(frozen=True, eq=False)
class Call:
    """One operation of the API."""

    method: str
    path: str
    about: Mapping[str, Any]

    @property
    def name(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def takes_json(self) -> bool:
        return "application/json" in self.about.get("requestBody", {}).get("content", {})

    def takes_header(self, name: str) -> bool:
        return any(
            (one["in"], one["name"].lower()) == ("header", name)
            for one in self.about.get("parameters", ())
        )

    @property
    def gives_list(self) -> bool:
        """Whether its answer has `items`."""
        schema = self.about["responses"].get("200", {}).get("content", {})
        shape = schema.get("application/json", {}).get("schema", {})
        name = str(shape.get("$ref", "")).rpartition("/")[2]
        return "items" in SCHEMA["components"]["schemas"].get(name, {}).get("properties", {})

    def url(self, world: World, tools: Tools) -> str:
        """Where the world has such a thing, if it has."""
        if self.path == "/receipts/{token}":
            return PREFIX + receipt_path(tools, world.submission.id)
        known = {
            "/jobs/{slug}": world.job_slug,
            "/users/{id}": world.outsider.id,
            "/submissions/{id}": world.submission.id,
        }
        path = self.path
        for pattern, value in known.items():
            if path.startswith(pattern):
                path = pattern.rpartition("/")[0] + f"/{value}" + path.removeprefix(pattern)
        for name, value in {
            "revision_id": world.submission.revision_id,
            "table": "submissions",
            "format": "csv",
            "assignment_id": new_id(),
            "conflict_id": new_id(),
            "file_id": new_id(),
            "scorecard_id": new_id(),
            "id": new_id(),
        }.items():
            path = path.replace(f"{{{name}}}", str(value))
        return PREFIX + path

    def send(
        self,
        client: TestClient,
        url: str,
        headers: Mapping[str, str],
        *,
        conditional: bool = True,
        **more: object,
    ) -> httpx2.Response:
        """The call with a good body, `more` fields in it, and with its condition."""
        sent = dict(headers)
        if conditional and self.takes_header("if-match"):
            sent["If-Match"] = '"1"'
        json = {**BODIES[self.name], **more} if self.takes_json else None
        return client.request(self.method, url, json=json, headers=sent)


def _calls(schema: Mapping[str, Any]) -> Iterator[Call]:
    for path, item in schema["paths"].items():
        for method, about in item.items():
            yield Call(method.upper(), path, about)


_API: FastAPI = build_api()
SCHEMA = _API.openapi()
CALLS = list(_calls(SCHEMA))
