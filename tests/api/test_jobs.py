"""Jobs over the API."""

from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import event

from service.domain.accounts.actor import Actor
from service.domain.accounts.tables import User
from service.domain.jobs.actions import create_job, set_rubric
from service.domain.jobs.inputs import NewJob, RubricInput
from service.doors.tools import Tools
from tests.worlds import Person, World

API = "/api/v1/jobs"
ANCHORS = [{"name": "None", "anchor": "Nothing."}, {"name": "Much", "anchor": "A lot."}]
RUBRIC = {"criteria": [{"key": "depth", "name": "Depth", "anchors": ANCHORS}]}
STAFF_ONLY = {"rubric", "stages", "team", "rejection_reasons", "seal_rule", "reviews_wanted"}


def version(number: int, person: Person) -> dict[str, str]:
    return {**person.auth, "If-Match": f'"{number}"'}


def test_a_job_goes_from_draft_to_open_to_closed(client: TestClient, world: World) -> None:
    me = world.recruiter
    made = client.post(API, json={"slug": "sre", "title": "SRE"}, headers=me.auth)
    url = f"{API}/sre"
    hidden = client.get(url)
    early = client.post(f"{url}/open", headers=version(1, me))
    described = client.patch(url, json={"description": "Work."}, headers=version(1, me))
    rubric = client.put(f"{url}/rubric", json=RUBRIC, headers=version(2, me))
    opened = client.post(f"{url}/open", headers=version(3, me))
    shown = client.get(url)
    closed = client.post(f"{url}/close", headers=version(4, me))

    assert (made.status_code, made.headers["location"]) == (201, url)
    assert (hidden.status_code, early.status_code) == (404, 409)
    problem = early.json()
    assert problem["code"] == "job_incomplete"
    assert [one["pointer"] for one in problem["errors"]] == ["/description", "/rubric"]
    steps = (described, rubric, opened, closed)
    assert [(one.status_code, one.headers["etag"]) for one in steps] == [
        (200, '"2"'),
        (200, '"3"'),
        (200, '"4"'),
        (200, '"5"'),
    ]
    assert (shown.status_code, shown.json()["taking"]) == (200, True)
    assert client.get(url).status_code == 404
    assert client.get(url, headers=me.auth).json()["state"] == "closed"


def test_strangers_see_the_form_and_staff_the_whole(client: TestClient, world: World) -> None:
    url = f"{API}/engineer"
    public, staff = client.get(url), client.get(url, headers=world.reviewer.auth)

    assert [one["key"] for one in public.json()["questions"]] == ["wrong"]
    assert not STAFF_ONLY & set(public.json())
    assert "etag" not in public.headers
    assert set(staff.json()) > STAFF_ONLY
    assert staff.headers["etag"] == '"1"'
    assert (public.headers["vary"], staff.headers["vary"]) == ("Authorization", "Authorization")
    team = {one["name"]: one["lead"] for one in staff.json()["team"]}
    assert team == {"Recruiter": True, "Reviewer": False, "Reviewer2": False}
    assert [one["key"] for one in staff.json()["stages"]][:2] == ["new", "screen"]
    assert staff.json()["rubric"]["number"] == 1
    assert client.get(url, headers={"Authorization": "Bearer exh_nobody"}).status_code == 401


def test_what_is_shown_can_be_sent_back(client: TestClient, world: World) -> None:
    me = world.recruiter
    shown = client.get(f"{API}/engineer", headers=me.auth).json()
    criteria = [{k: v for k, v in one.items() if k != "id"} for one in shown["rubric"]["criteria"]]
    stages = [{k: v for k, v in one.items() if k != "id"} for one in shown["stages"]]
    members = [{"user_id": one["user_id"], "lead": one["lead"]} for one in shown["team"]]
    bodies = {
        "rubric": {"criteria": criteria},
        "stages": {"stages": stages},
        "questions": {"questions": shown["questions"]},
        "team": {"members": members},
    }
    for part, body in bodies.items():
        tag = client.get(f"{API}/engineer", headers=me.auth).headers["etag"]
        headers = {**me.auth, "If-Match": tag}
        answer = client.put(f"{API}/engineer/{part}", json=body, headers=headers)
        assert answer.status_code == 200, answer.text
        assert answer.json()[part] == shown[part]


def test_a_stage_with_submissions_stays(client: TestClient, world: World) -> None:
    body = {"stages": [{"key": "screen", "name": "Screen"}]}
    answer = client.put(f"{API}/engineer/stages", json=body, headers=version(1, world.recruiter))

    assert (answer.status_code, answer.json()["code"]) == (409, "stage_in_use")
    assert "“New”" in answer.json()["detail"]


def test_every_change_asks_for_the_version_and_the_right(client: TestClient, world: World) -> None:
    bodies: dict[tuple[str, str], Any] = {
        ("PATCH", ""): {"title": "X"},
        ("PUT", "/stages"): {"stages": [{"key": "new", "name": "New"}]},
        ("PUT", "/questions"): {"questions": []},
        ("PUT", "/rubric"): RUBRIC,
        ("PUT", "/team"): {"members": [{"user_id": str(world.recruiter.id), "lead": True}]},
        ("POST", "/open"): None,
        ("POST", "/close"): None,
    }
    for (method, path), body in bodies.items():
        url = f"{API}/engineer{path}"
        tries = [
            ({}, 401),
            (world.recruiter.auth, 428),
            (version(9, world.recruiter), 412),
            (version(1, world.reviewer), 403),
            (version(1, world.other_recruiter), 403),
        ]
        for headers, status in tries:
            answer = client.request(method, url, json=body, headers=headers)
            assert (path, answer.status_code) == (path, status)
    refused = client.post(API, json={"slug": "x1", "title": "X"}, headers=world.reviewer.auth)
    assert refused.status_code == 403


@pytest.mark.parametrize(
    ("path", "body", "pointer"),
    [
        ("", {"timezone": "../../etc/passwd"}, "/timezone"),
        ("", {"reviews_wanted": 2.5}, "/reviews_wanted"),
        ("", {"slug": "other"}, "/slug"),
        ("", {"title": None}, "/title"),
        ("/stages", {"stages": [{"key": "hired", "name": "Hired"}]}, "/stages/0/key"),
        (
            "/questions",
            {"questions": [{"key": "a", "text": "A", "kind": "choice"}]},
            "/questions/0",
        ),
        ("/rubric", {"criteria": []}, "/criteria"),
        ("/team", {"members": [{"user_id": "x"}]}, "/members/0/user_id"),
    ],
)
def test_what_makes_no_sense_is_refused_at_its_place(
    client: TestClient, world: World, path: str, body: dict[str, Any], pointer: str
) -> None:
    method = "PUT" if path else "PATCH"
    headers = version(1, world.recruiter)
    answer = client.request(method, f"{API}/engineer{path}", json=body, headers=headers)

    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer)


def test_a_slug_is_taken_once_and_odd_ones_are_not_found(client: TestClient, world: World) -> None:
    again = client.post(API, json={"slug": "engineer", "title": "X"}, headers=world.recruiter.auth)

    assert (again.status_code, again.json()["code"]) == (409, "slug_taken")
    for slug in ("nothing", "Engineer", "a" * 500, "%F0%9F%98%80"):
        assert client.get(f"{API}/{slug}").status_code == 404


def test_the_list_pages_filters_and_asks_as_much_for_one_as_for_three(
    client: TestClient, world: World, tools: Tools
) -> None:
    with world.database.write() as session:
        me = Actor.of(session.get_one(User, world.admin.id))
        for slug in ("one", "two"):
            job = create_job(session, me, NewJob(slug=slug, title=slug))
            set_rubric(session, me, job, RubricInput.model_validate(RUBRIC).criteria)
    counts = []
    for limit in (1, 3):
        asked: list[str] = []

        def count(_c: Any, _cursor: Any, text: str, *_: Any, asked: list[str] = asked) -> None:
            asked.append(text)

        event.listen(tools.database.engine, "before_cursor_execute", count)
        answer = client.get(f"{API}?limit={limit}", headers=world.admin.auth)
        event.remove(tools.database.engine, "before_cursor_execute", count)
        assert len(answer.json()["items"]) == limit
        counts.append(len(asked))
    assert counts[0] == counts[1]
    assert [one["slug"] for one in client.get(API).json()["items"]] == ["engineer"]
    drafts = client.get(f"{API}?state=draft&limit=1", headers=world.admin.auth)
    rest = client.get(drafts.links["next"]["url"], headers=world.admin.auth)
    assert [one["slug"] for one in drafts.json()["items"] + rest.json()["items"]] == ["two", "one"]
    assert client.get(f"{API}?state=lost").status_code == 422
