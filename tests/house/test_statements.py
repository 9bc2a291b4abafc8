"""A call or page asks the database at most twelve times, but for those that are listed here."""

from collections.abc import Callable
from functools import partial
from typing import Any

import httpx2
from fastapi.testclient import TestClient

from service.doors.tools import Tools
from tests.house.calls import ANCHORS
from tests.house.counting import counted, sign_in
from tests.reviewing import CARD, Json
from tests.sending import send_with_files
from tests.worlds import Person, World

LIMIT = 12
API = "/api/v1"
EVIDENCE = [{"claim": f"I did it {times}."} for times in ("once", "twice", "thrice")]
FILES = {f"{name}.txt": name.encode() for name in ("a", "b", "c")}
RATING, WITHOUT = CARD["ratings"]
CITING = {**CARD, "ratings": [{**RATING, "cites": ["1"], "quote": ""}, WITHOUT]}
OF_JOB: dict[str, Json] = {
    "questions": {"questions": [{"key": "why", "text": "Why?", "kind": "long"}]},
    "rubric": {"criteria": [{"key": "a", "name": "A", "anchors": ANCHORS}]},
    "stages": {
        "stages": [
            {"key": "new", "name": "New", "kind": "new"},
            {"key": "screen", "name": "Talk", "kind": "review"},
        ]
    },
}
READ = ("", "/history", "/assignments", "/scorecards", "/summary", "/revisions")
LISTS = ("/submissions", "/submissions?q=once", "/jobs", "/assignments", "/me", "/colleagues")

# How often on SQLite, and on PostgreSQL. Whoever makes it ask less lowers the figure.
ABOVE = {
    "submit": (32, 31),  # in two transactions, with a file's row each time
    "assign": (19, 20),  # reads rights, job and people one by one, and writes access
    "reassign": (26, 26),  # the same for two reviewers
    "draft": (25, 25),  # reads scorecard, revision and rubric twice, links one by one
    "lock": (22, 22),  # reads all that the draft did, and freezes it
    "next": (21, 22),  # chooses, then assigns
    "submission page": (28, 27),  # asks each feature for its part
    "job": (17, 17),  # reads the parts again to answer with them, as all of these do
    "job questions": (17, 17),
    "job rubric": (18, 18),
    "job stages": (21, 21),
    "job team": (17, 17),
}


def test_nothing_asks_more_than_twelve_times_but_what_is_listed(
    client: TestClient, world: World, tools: Tools
) -> None:
    walk = Walk(client, world, tools)
    walk.assign()
    walk.review()
    walk.move()
    walk.look()
    walk.change_job()

    which = 0 if tools.database.is_sqlite else 1
    most = dict.fromkeys(walk.counts, LIMIT) | {name: two[which] for name, two in ABOVE.items()}
    assert {name: count for name, count in walk.counts.items() if count > most[name]} == {}
    assert {name for name, count in walk.counts.items() if count > LIMIT} == set(ABOVE)


class Walk:
    """A submission with three exhibits, three files and two reviewers, and all that is called."""

    def __init__(self, client: TestClient, world: World, tools: Tools) -> None:
        self.client, self.world, self.tools = client, world, tools
        self.counts: dict[str, int] = {}
        send = partial(send_with_files, client, world, FILES, evidence=EVIDENCE)
        self.url = f"{API}/submissions/{self.count('submit', send)}"
        self.job = f"{API}/jobs/{world.job_slug}"

    def assign(self) -> None:
        """Two are asked, and one of them is put in another's place."""
        lead, url = self.world.recruiter, f"{self.url}/assignments"
        for person in (self.world.reviewer, self.world.outsider):
            made = self.call("assign", "POST", url, lead, {"reviewer": str(person.id)}).json()
        other = {"reviewer": str(self.world.reviewer2.id)}
        self.call("reassign", "PATCH", f"{url}/{made['id']}", lead, other, f'"{made["version"]}"')

    def review(self) -> None:
        """Both save twice, look, and lock."""
        own = f"{self.url}/scorecards/mine"
        for me in (self.world.reviewer, self.world.reviewer2):
            first = self.call("draft", "PUT", own, me, CITING)
            again = self.call(
                "draft", "PUT", own, me, {**CITING, "forecast": 70}, first.headers["ETag"]
            )
            self.call("own scorecard", "GET", own, me)
            self.page(f"{self.url.removeprefix(API)}/scorecard", me, "scorecard page")
            self.call("lock", "POST", f"{own}/lock", me, etag=again.headers["ETag"])
            self.page(self.url.removeprefix(API), me, "submission page")
        self.call("next", "POST", f"{self.job}/next", self.world.reviewer)

    def move(self) -> None:
        lead = self.world.recruiter
        etag = self.client.get(self.url, headers=lead.auth).headers["ETag"]
        self.call("move", "POST", f"{self.url}/moves", lead, {"to": "screen"}, etag)

    def look(self) -> None:
        lead = self.world.recruiter
        for path in READ:
            self.call(f"submission{path}", "GET", self.url + path, lead)
        for path in LISTS:
            self.call(path, "GET", API + path, lead)
        for path in ("", "/submissions", "/jobs", f"/jobs/{self.world.job_slug}"):
            self.page(path, lead)
        self.page(self.url.removeprefix(API), lead, "submission page")

    def change_job(self) -> None:
        lead = self.world.recruiter
        team = [{"user_id": str(lead.id), "lead": True}]
        for name, body in {"": {"title": "B"}, **OF_JOB, "team": {"members": team}}.items():
            etag = self.client.get(self.job, headers=lead.auth).headers["ETag"]
            method, url = ("PUT", f"{self.job}/{name}") if name else ("PATCH", self.job)
            self.call(f"job {name}".strip(), method, url, lead, body, etag)

    def call(
        self,
        name: str,
        method: str,
        url: str,
        by: Person,
        json: Json | None = None,
        etag: str | None = None,
    ) -> httpx2.Response:
        headers = dict(by.auth)
        if etag is not None:
            headers["If-Match"] = etag
        elif method == "PUT":
            headers["If-None-Match"] = "*"
        elif method == "POST":
            headers["Idempotency-Key"] = f"{name} {len(self.counts)}"
        send = partial(self.client.request, method, url, json=json, headers=headers)
        answer: httpx2.Response = self.count(name, send)
        assert answer.is_success, f"{name}: {answer.text}"
        return answer

    def page(self, path: str, by: Person, name: str | None = None) -> None:
        headers = sign_in(self.world, by)
        look = partial(self.client.get, f"/desk{path}", headers=headers)
        answer = self.count(name or f"/desk{path}", look)
        assert answer.is_success, answer.text

    def count(self, name: str, call: Callable[[], Any]) -> Any:
        """What the call gives. Of a call that is made again, the dearest counts."""
        with counted(self.tools) as asked:
            answer = call()
        self.counts[name] = max(len(asked), self.counts.get(name, 0))
        return answer
