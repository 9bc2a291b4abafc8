"""Every call of the API with a request that is right: what hostile ones are made from."""

import json
from dataclasses import dataclass, field
from typing import Any

from httpx2 import Response
from sqlmodel import select
from starlette.testclient import TestClient

from service.core.outbox import Task, TaskState
from service.domain.accounts.tables import ApiToken
from service.domain.reviews.tables import Conflict, ConflictKind, ConflictState
from service.domain.submissions.tables import SubmissionFile
from tests.reviewing import CARD, assign, judge, save
from tests.worlds import Person, World

API = "/api/v1"
PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n"
JOB, SUBMISSION = "/jobs/{slug}", "/submissions/{id}"
ASSIGNMENT, MINE = (
    "/submissions/{id}/assignments/{assignment_id}",
    "/submissions/{id}/scorecards/mine",
)
CONFLICT = "/submissions/{id}/conflicts/{conflict_id}"
REASON = {"reason": "A reason in words."}
Json = dict[str, Any]
AMENDED: Json = {**CARD, "recommendation": "strong_yes", **REASON}


@dataclass(frozen=True)
class Call:
    """`who`: the role that may do it. `etag`: the path that tells the version it asks for.

    `id`: what the `{id}` in its path is the id of.
    """

    name: str
    who: str = "reviewer"
    id: str = "submission"
    body: Json | None = None
    etag: str = ""
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def method(self) -> str:
        return self.name.partition(" ")[0]

    @property
    def path(self) -> str:
        return self.name.partition(" ")[2]


@dataclass(frozen=True)
class Full:
    """A world with something of everything in it, and the ids of that."""

    world: World
    ids: dict[str, str]

    def url(self, call: Call, path: str = "") -> str:
        return API + (path or call.path).format_map(self.ids | {"id": self.ids[call.id]})

    def person(self, call: Call) -> Person:
        found: Person = getattr(self.world, "admin" if call.who == "anyone" else call.who)
        return found

    def body(self, call: Call) -> Json | None:
        """The right body, with the ids of this world."""
        if call.body is None:
            return None
        text = json.dumps(call.body)
        for name, id in self.ids.items():
            text = text.replace(f"<{name}>", id)
        found: Json = json.loads(text)
        return found

    def etag(self, client: TestClient, call: Call) -> str:
        url = self.url(call, call.etag)
        found: str = client.get(url, headers=self.person(call).auth).headers["ETag"]
        return found

    def headers(self, client: TestClient, call: Call) -> dict[str, str]:
        given = {"If-Match": self.etag(client, call)} if call.etag else {}
        return {**self.person(call).auth, **given, **call.headers}

    def send(self, client: TestClient, call: Call, **changes: Any) -> Response:
        """The call as it is right, but for the changes."""
        how: dict[str, Any] = {}
        if "headers" not in changes:
            how["headers"] = self.headers(client, call)
        if (body := self.body(call)) is not None:
            how["json"] = body
        found: Response = client.request(call.method, self.url(call), **(how | changes))
        return found


SUBMISSION_BODY: Json = {
    "name": "Karen Spärck Jones",
    "email": "karen@example.org",
    "consent": True,
    "location": "Cambridge",
    "links": ["https://example.org/karen"],
    "statement": "Words have weights.",
    "evidence": [
        {
            "kind": "research",
            "title": "Inverse document frequency",
            "claim": "It finds.",
            "contribution": "All of it.",
            "link": "https://example.org/idf",
            "started": "2021-03",
            "ended": "2022",
            "files": [],
            "cannot_show": "",
            "vouchers": [{"name": "Roger", "contact": "roger@example.org"}],
        }
    ],
    "answers": {"wrong": "In 1972."},
}
STAGES: Json = {
    "stages": [
        {"key": key, "name": key.title(), "kind": kind}
        for key, kind in (
            *(("new", "new"), ("screen", "review"), ("onsite", "interview"), ("offer", "offer")),
        )
    ]
}
QUESTIONS: Json = {
    "questions": [
        {"key": "wrong", "text": "When?", "kind": "long", "help": "Say.", "required": False},
        {"key": "team", "text": "Which?", "kind": "choice", "options": ["a", "b"]},
    ]
}
RUBRIC: Json = {
    "criteria": [
        {
            "key": "depth",
            "name": "Depth",
            "description": "How deep.",
            "weight": 2,
            "anchors": [
                {"level": 1, "name": "Low", "anchor": "Shallow."},
                {"level": 2, "name": "High", "anchor": "Deep."},
            ],
        }
    ]
}
JOB_BODY: Json = {
    "title": "Engineer",
    "summary": "Short.",
    "description": "Long.",
    "location": "Bern",
    "remote": True,
    "employment_type": "FULL_TIME",
    "closes_at": "2030-01-01T00:00:00Z",
    "timezone": "Europe/Berlin",
    "seal_rule": "own_lock",
    "reviews_wanted": 3,
    "rejection_reasons": [{"key": "depth", "text": "Not deep enough."}],
}
TEAM: Json = {
    "members": [
        {"user_id": "<recruiter>", "lead": True},
        {"user_id": "<reviewer>", "lead": False},
        {"user_id": "<reviewer2>", "lead": False},
    ]
}

# In an order in which each leaves the next one something to do.
CALLS = [
    Call("GET /me"),
    Call("GET /colleagues"),
    Call("GET /users", "admin"),
    Call(
        "POST /users",
        "admin",
        body={"email": "new@example.org", "name": "New", "roles": ["reviewer"]},
    ),
    Call("GET /users/{id}", "admin", "outsider"),
    Call(
        "PATCH /users/{id}",
        "admin",
        "outsider",
        {"name": "Changed", "email": "changed@example.org", "roles": ["reviewer"]},
        "/users/{id}",
    ),
    Call("POST /users/{id}/deactivate", "admin", "outsider", etag="/users/{id}"),
    Call("POST /users/{id}/reactivate", "admin", "gone", etag="/users/{id}"),
    Call("GET /tokens"),
    Call(
        "POST /tokens",
        body={"name": "New", "scopes": ["read"], "expires_at": "2030-01-01T00:00:00Z"},
    ),
    Call("POST /tokens/{id}/revoke", "admin", "api_token"),
    Call("GET /jobs", "anyone"),
    Call("GET /jobs/{slug}", "anyone"),
    Call("POST /jobs", "recruiter", body={"slug": "other", **JOB_BODY}),
    Call("PATCH /jobs/{slug}", "recruiter", body=JOB_BODY, etag=JOB),
    Call("PUT /jobs/{slug}/stages", "recruiter", body=STAGES, etag=JOB),
    Call("PUT /jobs/{slug}/questions", "recruiter", body=QUESTIONS, etag=JOB),
    Call("PUT /jobs/{slug}/team", "recruiter", body=TEAM, etag=JOB),
    Call("GET /submissions"),
    Call("GET /exports/{table}.{format}", "recruiter"),
    Call("GET /submissions/{id}"),
    Call("GET /submissions/{id}/revisions"),
    Call("GET /submissions/{id}/revisions/{revision_id}", "recruiter"),
    Call("GET /submissions/{id}/files/{file_id}", "recruiter"),
    Call("HEAD /submissions/{id}/files/{file_id}", "recruiter"),
    Call("GET /submissions/{id}/history"),
    Call("GET /submissions/{id}/assignments"),
    Call("GET /submissions/{id}/assignments/{assignment_id}"),
    Call("PATCH " + ASSIGNMENT, "recruiter", body={"due": "2030-02-01"}, etag=ASSIGNMENT),
    Call("GET /assignments"),
    Call("GET /submissions/{id}/conflicts"),
    Call(
        "POST /submissions/{id}/conflicts",
        body={"user": "<reviewer2>", "kind": "personal", "words": "They are friends."},
    ),
    Call("GET " + CONFLICT, "recruiter"),
    Call("PATCH " + CONFLICT, "recruiter", body={"state": "dismissed", **REASON}, etag=CONFLICT),
    Call("GET /submissions/{id}/scorecards"),
    Call("GET /submissions/{id}/summary"),
    Call("GET /submissions/{id}/scorecards/mine"),
    Call("PUT /submissions/{id}/scorecards/mine", body={"revision": 1, **CARD}, etag=MINE),
    Call("POST /submissions/{id}/scorecards/mine/lock", etag=MINE),
    Call(
        "POST /submissions/{id}/scorecards/{scorecard_id}/discussions",
        "recruiter",
        "hired",
        {"argument": "Nobody else did it.", "answer": "We need a team."},
    ),
    Call("GET /jobs/{slug}/rejections", "recruiter"),
    Call("POST /submissions/{id}/scorecards/mine/amendments", "reviewer", "hired", AMENDED, MINE),
    Call("POST /submissions/{id}/scorecards/unseal", "recruiter", body=REASON),
    Call(
        "POST /submissions/{id}/assignments",
        "recruiter",
        body={"reviewer": "<reviewer2>", "due": "2030-01-01"},
    ),
    Call("POST /jobs/{slug}/next"),
    Call(
        "POST /submissions/{id}/revisions/{revision_id}/confirm",
        "recruiter",
        body=REASON,
        etag=SUBMISSION,
    ),
    Call(
        "POST /submissions/{id}/moves",
        "recruiter",
        body={"to": "screen", "reason": None, "note": "Good."},
        etag=SUBMISSION,
    ),
    Call("GET /submissions/{id}/outcome", "recruiter", "hired"),
    Call(
        "PUT /submissions/{id}/outcome",
        "recruiter",
        "hired",
        {"at": "2026-01-01", "succeeded": True, "note": "Well."},
        "/submissions/{id}/outcome",
    ),
    Call("POST /submissions/{id}/reopen", "recruiter", "hired", REASON, SUBMISSION),
    Call("PUT /jobs/{slug}/rubric", "recruiter", body=RUBRIC, etag=JOB),
    Call("POST /jobs/{slug}/submissions", "anyone", body=SUBMISSION_BODY),
    Call("GET /receipts/{token}", "anyone"),
    Call("GET /outbox", "admin"),
    Call("POST /outbox/{id}/retry", "admin", "task"),
    Call("POST /jobs/{slug}/close", "recruiter", etag=JOB),
    Call("POST /jobs/{slug}/open", "recruiter", etag=JOB),
]
# Passwords are slow on purpose, so this one has tests of its own.
APART = {"POST /me/password"}


def fill(client: TestClient, world: World) -> Full:
    """Assignments, a draft, a waiting revision with a file, a championed hire with an outcome."""
    recruiter, admin = world.recruiter.auth, world.admin.auth
    assigned = assign(client, world.recruiter, world.reviewer, world.submission).json()
    assign(client, world.recruiter, world.reviewer, world.submission2)
    save(client, world.reviewer, world.submission, CARD)
    card = judge(client, world.reviewer, world.submission2, recommendation="strong_yes").json()
    client.post(
        f"{world.submission2.url}/scorecards/mine/amendments",
        json=AMENDED,
        headers={**world.reviewer.auth, "If-Match": "*"},
    )
    more = client.post(
        f"{API}/jobs/{world.job_slug}/submissions",
        data={"name": "Ada", "email": "ada@example.org", "consent": "yes", "claim": "More."},
        files={"files": ("more.pdf", PDF)},
    )
    hired = f"{world.submission2.url}"
    client.post(f"{hired}/moves", json={"to": "hired"}, headers={**recruiter, "If-Match": "*"})
    client.put(
        f"{hired}/outcome",
        json={"at": "2026-01-01", "succeeded": True},
        headers={**recruiter, "If-None-Match": "*"},
    )
    gone = client.post(
        f"{API}/users",
        json={"email": "gone@example.org", "name": "Gone", "roles": ["reviewer"]},
        headers=admin,
    ).json()["id"]
    client.post(f"{API}/users/{gone}/deactivate", headers={**admin, "If-Match": "*"})
    with world.database.write() as session:
        task = Task(kind="event", payload={}, state=TaskState.GIVEN_UP, last_error="It failed.")
        conflict = Conflict(
            submission_id=world.submission.id,
            user_id=world.outsider.id,
            state=ConflictState.SUSPECTED,
            kind=ConflictKind.OTHER,
            words="They are friends.",
        )
        session.add_all([task, conflict])
        session.flush()
        file = session.exec(select(SubmissionFile)).one()
        token = session.exec(select(ApiToken).where(ApiToken.user_id == world.reviewer2.id)).one()
        ids = {
            "slug": world.job_slug,
            "submission": str(world.submission.id),
            "hired": str(world.submission2.id),
            "assignment_id": assigned["id"],
            "conflict_id": str(conflict.id),
            "scorecard_id": card["id"],
            "revision_id": more.json()["id"],
            "file_id": str(file.id),
            "token": more.headers["location"].rpartition("/")[2],
            "outsider": str(world.outsider.id),
            "reviewer": str(world.reviewer.id),
            "reviewer2": str(world.reviewer2.id),
            "recruiter": str(world.recruiter.id),
            "gone": gone,
            "task": str(task.id),
            "table": "submissions",
            "format": "csv",
        }
        return Full(world, ids | {"api_token": str(token.id)})
