"""Recruiters ask reviewers, reviewers answer, and who is out sees nothing any more."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlmodel import select
from starlette.testclient import TestClient

from service.core.clock import utc_now
from service.domain.accounts.tables import Role, User
from service.domain.reviews.tables import Assignment
from service.domain.submissions.tables import Submission
from tests.reviewing import assign, change, judge, read
from tests.worlds import Person, Sent, World

TODAY = utc_now().date()


def listed(client: TestClient, by: Person, sent: Sent) -> list[dict[str, Any]]:
    answer = read(client, by, sent, "assignments")
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


def inbox(client: TestClient, by: Person, **query: str) -> dict[str, Any]:
    answer = client.get("/api/v1/assignments", params=query, headers=by.auth)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


def test_a_reviewer_sees_a_submission_once_asked(client: TestClient, world: World) -> None:
    sent, me = world.submission, world.outsider
    before = read(client, me, sent, "assignments").status_code
    due = (TODAY + timedelta(days=7)).isoformat()
    made = assign(client, world.recruiter, me, sent, due=due)

    assert before == 404
    assert made.status_code == 201, made.text
    assert made.headers["ETag"] == '"1"'
    body = made.json()
    assert body["reviewer"] == {"id": str(me.id), "name": "Outsider"}
    assert (body["job"], body["due"], body["state"]) == ("engineer", due, "open")
    assert listed(client, me, sent) == [body]
    assert inbox(client, me)["items"] == [body]
    assert inbox(client, world.reviewer)["items"] == []
    one = read(client, me, sent, f"assignments/{body['id']}")
    assert (one.json(), one.headers["ETag"]) == (body, '"1"')
    assert world.reload(Submission, sent.id).version == 1


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("admin", 201),
        ("recruiter", 201),
        ("reviewer", 403),
        ("other_recruiter", 404),
        ("outsider", 404),
    ],
)
def test_only_those_who_hire_ask_reviewers(
    client: TestClient, world: World, name: str, status: int
) -> None:
    assign(client, world.recruiter, world.reviewer, world.submission)
    asked = assign(client, getattr(world, name), world.reviewer2, world.submission)

    assert asked.status_code == status


def test_a_recruiter_who_reviews_elsewhere_hires_only_for_the_own_jobs(
    client: TestClient, world: World
) -> None:
    other, sent = world.other_recruiter, world.submission
    with world.database.write() as session:
        session.get_one(User, other.id).roles = [Role.RECRUITER, Role.REVIEWER]
    made = assign(client, world.recruiter, other, sent).json()
    asked = assign(client, other, world.reviewer, sent)
    dated = change(client, other, sent, made, due=None)
    looked = client.post(
        f"{sent.url}/scorecards/unseal", json={"reason": "Curious."}, headers=other.auth
    )

    assert [answer.status_code for answer in (asked, dated, looked)] == [403, 403, 403]


def test_an_unfit_reviewer_a_past_date_and_asking_twice_are_refused(
    client: TestClient, world: World
) -> None:
    sent, by = world.submission, world.recruiter
    with world.database.write() as session:
        session.get_one(User, world.outsider.id).deactivated_at = datetime.now(UTC)
    nobody = Person(world.job_id, "", "")
    unfit = [assign(client, by, who, sent) for who in (by, world.outsider, nobody)]
    yesterday = (TODAY - timedelta(days=1)).isoformat()
    late = assign(client, by, world.reviewer, sent, due=yesterday)
    today = assign(client, by, world.reviewer, sent, due=TODAY.isoformat())
    twice = assign(client, by, world.reviewer, sent)

    assert {(a.status_code, a.json()["code"]) for a in unfit} == {(422, "no_reviewer")}
    assert (late.status_code, late.json()["code"]) == (422, "due_past")
    assert today.status_code == 201
    assert (twice.status_code, twice.json()["code"]) == (409, "already_assigned")
    assert len(listed(client, by, sent)) == 1


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"reviewer": None},
        {"reviewer": "reviewer@example.org"},
        {"reviewer": 7},
        {"due": "2099-01-01"},
        {"reviewer": "<id>", "due": "2099-02-30"},
        {"reviewer": "<id>", "due": 4_070_908_800},
        {"reviewer": "<id>", "due": "2099-01-01T00:00:00Z"},
        {"reviewer": "<id>", "state": "done"},
        {"reviewer": "<id>", "assigned_by": "me"},
    ],
)
def test_a_malformed_assignment_is_refused(
    client: TestClient, world: World, body: dict[str, Any]
) -> None:
    if body.get("reviewer") == "<id>":
        body = {**body, "reviewer": str(world.reviewer.id)}
    url = f"{world.submission.url}/assignments"
    refused = client.post(url, json=body, headers=world.recruiter.auth)

    assert refused.status_code == 422, refused.text
    with world.database.read() as session:
        assert session.exec(select(Assignment)).all() == []


@pytest.mark.parametrize("state", ["declined", "abstained"])
def test_who_declines_no_longer_sees_the_submission(
    client: TestClient, world: World, state: str
) -> None:
    sent, me = world.submission, world.reviewer
    made = assign(client, world.recruiter, me, sent).json()
    answered = change(client, me, sent, made, state=state, reason="We worked together.")

    assert answered.status_code == 200, answered.text
    assert (answered.json()["state"], answered.headers["ETag"]) == (state, '"2"')
    for what in ("assignments", "scorecards", "summary", "scorecards/mine"):
        assert read(client, me, sent, what).status_code == 404
    assert inbox(client, me)["items"] == []
    (shown,) = listed(client, world.recruiter, sent)
    assert (shown["state"], shown["reason"]) == (state, "We worked together.")


def test_what_is_answered_is_not_answered_again(client: TestClient, world: World) -> None:
    """Through the actions' eyes: a recruiter who also reviews sees the submission throughout."""
    sent, me = world.submission, world.recruiter
    with world.database.write() as session:
        session.get_one(User, me.id).roles = [Role.RECRUITER, Role.REVIEWER]
    made = assign(client, me, me, sent).json()
    assert judge(client, me, sent).status_code == 200
    (done,) = listed(client, me, sent)
    answers = [
        change(client, me, sent, made, state="declined"),
        change(client, me, sent, done, state="declined"),
        change(client, me, sent, done, state="abstained"),
        change(client, me, sent, done, reviewer=str(world.reviewer.id)),
        change(client, me, sent, done, due=TODAY.isoformat()),
    ]

    assert done["state"] == "done"
    assert [a.status_code for a in answers] == [412, 409, 409, 409, 409]
    assert {a.json()["code"] for a in answers[1:]} == {"assignment_ended"}


def test_another_reviewer_takes_the_place(client: TestClient, world: World) -> None:
    sent, by = world.submission, world.recruiter
    due = (TODAY + timedelta(days=3)).isoformat()
    made = assign(client, by, world.reviewer, sent, due=due).json()
    change(client, world.reviewer, sent, made, state="declined", reason="Busy.")
    (declined,) = listed(client, by, sent)
    body = {"reviewer": str(world.reviewer2.id)}
    replaced = change(client, by, sent, declined, **body)
    back = change(client, by, sent, replaced.json(), reviewer=str(world.outsider.id))

    assert replaced.status_code == 200, replaced.text
    assert replaced.json()["state"] == "reassigned"
    following = replaced.json()["following"]
    assert following["reviewer"]["name"] == "Reviewer2"
    assert (following["state"], following["due"]) == ("open", due)
    assert [a["state"] for a in listed(client, by, sent)] == ["reassigned", "open"]
    assert [a["id"] for a in listed(client, world.reviewer2, sent)] == [following["id"]]
    assert back.json()["code"] == "assignment_ended"
    again = change(client, by, sent, following, reviewer=str(world.reviewer.id))
    assert (again.status_code, again.json()["code"]) == (409, "already_assigned")


def test_an_open_assignment_is_taken_from_its_reviewer(client: TestClient, world: World) -> None:
    sent, by = world.submission, world.recruiter
    made = assign(client, by, world.reviewer, sent).json()
    replaced = change(client, by, sent, made, reviewer=str(world.reviewer2.id), due=None)

    assert replaced.status_code == 200
    assert read(client, world.reviewer, sent, "assignments").status_code == 404
    assert read(client, world.reviewer2, sent, "scorecards/mine").status_code == 200


def test_a_date_is_set_and_taken_away(client: TestClient, world: World) -> None:
    sent, by = world.submission, world.recruiter
    made = assign(client, by, world.reviewer, sent).json()
    day = (TODAY + timedelta(days=30)).isoformat()
    dated = change(client, by, sent, made, due=day)
    stale = change(client, by, sent, made, due=None)
    bare = change(client, by, sent, dated.json(), due=None)
    late = change(client, by, sent, bare.json(), due="2020-01-01")

    assert (dated.json()["due"], bare.json()["due"]) == (day, None)
    assert [a.status_code for a in (dated, stale, bare, late)] == [200, 412, 200, 422]


def test_each_may_only_do_the_own_part(client: TestClient, world: World) -> None:
    sent, by, me = world.submission, world.recruiter, world.reviewer
    made = assign(client, by, me, sent).json()
    assign(client, by, world.reviewer2, sent)
    answers = [
        change(client, by, sent, made, state="declined"),
        change(client, me, sent, made, reviewer=str(world.outsider.id)),
        change(client, me, sent, made, due=TODAY.isoformat()),
        change(client, world.reviewer2, sent, made, state="declined"),
        change(client, me, world.submission2, made, state="declined"),
        change(client, by, world.submission2, made, due=TODAY.isoformat()),
        client.patch(f"{sent.url}/assignments/{made['id']}", json={"due": None}, headers=by.auth),
    ]

    assert [a.status_code for a in answers] == [403, 403, 403, 404, 404, 404, 428]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"reason": "x"},
        {"state": None},
        {"state": "done"},
        {"state": "open"},
        {"state": "reassigned"},
        {"state": "declined", "due": "2099-01-01"},
        {"state": "declined", "reviewer": "0190c0de-0000-7000-8000-000000000000"},
        {"state": "declined", "reason": "x" * 2_001},
        {"reviewer": "nobody"},
        {"version": 2},
    ],
)
def test_an_unclear_change_is_refused(
    client: TestClient, world: World, body: dict[str, Any]
) -> None:
    made = assign(client, world.recruiter, world.reviewer, world.submission).json()
    refused = change(client, world.reviewer, world.submission, made, **body)

    assert refused.status_code == 422, refused.text
    assert listed(client, world.recruiter, world.submission) == [made]


def test_reviewers_see_each_other_only_once_scores_are_open(
    client: TestClient, world: World
) -> None:
    sent = world.submission
    for person in (world.reviewer, world.reviewer2):
        assign(client, world.recruiter, person, sent)
    before = listed(client, world.reviewer, sent)
    judge(client, world.reviewer2, sent)
    other_locked = listed(client, world.reviewer, sent)
    judge(client, world.reviewer, sent)
    open_now = listed(client, world.reviewer, sent)

    assert [a["reviewer"]["name"] for a in before] == ["Reviewer"]
    assert other_locked == before
    assert [a["state"] for a in open_now] == ["done", "done"]
    hidden = read(client, world.outsider, sent, f"assignments/{before[0]['id']}")
    assert hidden.status_code == 404


def test_the_inbox_is_paged_by_date_and_says_what_left_it(client: TestClient, world: World) -> None:
    me, by = world.reviewer, world.recruiter
    first = assign(client, by, me, world.submission).json()
    second = assign(client, by, me, world.submission2, due=date(2099, 1, 1).isoformat()).json()
    page = client.get("/api/v1/assignments?limit=1", headers=me.auth)
    rest = client.get(page.links["next"]["url"], headers=me.auth).json()
    change(client, me, world.submission, first, state="declined")
    since = inbox(client, me, updated_since="2020-01-01T00:00:00Z")["items"]

    assert page.json()["items"] == [second]
    assert (rest["items"], rest["next_cursor"]) == ([first], None)
    assert inbox(client, me)["items"] == [second]
    assert since == [second, {"id": first["id"], "deleted": True}]
    unknown = client.get("/api/v1/assignments?reviewer=me", headers=me.auth)
    assert unknown.status_code == 422
