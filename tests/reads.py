"""Every read of the API by which a score could leak, and its answers made comparable."""

from collections.abc import Iterable
from functools import cache
from typing import Any
from uuid import UUID

from service.api.app import build_api

LISTS = (
    "/assignments?updated_since=2020-01-01T00:00:00Z",
    "/submissions?min_score=1",
    "/submissions?min_score=2.6&sort=score",
    "/submissions?sort=-score&limit=1",
    "/submissions?updated_since=2020-01-01T00:00:00Z",
)
EXPORTS = (
    "/exports/submissions.csv",
    "/exports/submissions.jsonl",
    "/exports/scorecards.csv",
    "/exports/ratings.jsonl",
    "/exports/evidence.jsonl",
    "/exports/history.jsonl",
)


def paths_about(submission_id: UUID, assignment_ids: Iterable[UUID]) -> list[str]:
    """What to read about one submission, under the API's root."""
    own = [path.replace("{id}", str(submission_id)) for path in about_one()]
    assignments = [f"/submissions/{submission_id}/assignments/{id}" for id in assignment_ids]
    return [*own, *assignments, *LISTS, *EXPORTS]


@cache
def about_one() -> list[str]:
    """Every read about one submission that the API has: a new one from its first day."""
    paths = build_api().openapi()["paths"]
    return [
        path
        for path, calls in paths.items()
        if "get" in calls and path.startswith("/submissions/{id}") and path.count("{") == 1
    ]


def steady(answer: Any) -> tuple[int, str | None, object]:
    """An answer without its cursors, of which no two are alike."""
    etag = answer.headers.get("ETag")
    if answer.headers.get("content-type") != "application/json":
        return answer.status_code, etag, answer.content
    body = answer.json()
    if body.pop("sync", None) or body.get("next_cursor"):
        body["next_cursor"] = body["next_cursor"] is not None
        return answer.status_code, etag, body
    return answer.status_code, etag, answer.content
