"""Staying in step with lists: what is told of what one may not see, or no longer, is nothing."""

import base64
from uuid import UUID

import pytest
from sqlmodel import select
from starlette.testclient import TestClient

from service.core.clock import utc_now
from service.core.outbox import Task, TaskState
from service.core.paging import decode_cursor, encode_cursor
from service.domain.jobs.tables import TeamMember
from service.domain.submissions.tables import Revision
from service.doors import short_lists
from tests.house.growth import grow
from tests.listing import URL, chain, walk
from tests.reviewing import assign, change, judge
from tests.worlds import Person, World

API = "/api/v1"
JOBS = f"{API}/jobs"


def tell(client: TestClient, sync: str, url: str = JOBS) -> list[dict[str, object]]:
    """What a stranger is told."""
    items: list[dict[str, object]] = client.get(url, params={"updated_since": sync}).json()["items"]
    return items


def do(client: TestClient, by: Person, method: str, path: str, body: object = None) -> None:
    headers = {**by.auth, "If-Match": "*"}
    done = client.request(method, API + path, json=body, headers=headers)
    assert done.is_success, done.text


def test_a_stranger_is_told_of_public_jobs_and_of_what_is_public_in_them(
    client: TestClient, world: World
) -> None:
    first = client.get(JOBS).json()
    own = f"/jobs/{world.job_slug}"

    do(client, world.recruiter, "POST", "/jobs", {"slug": "secret", "title": "Secret"})
    do(client, world.recruiter, "PATCH", own, {"reviews_wanted": 3})
    do(client, world.recruiter, "PUT", f"{own}/team", team(world, world.recruiter))
    for since in (first["sync"], "2020-01-01T00:00:00Z"):
        assert tell(client, since) == []
    do(client, world.recruiter, "PATCH", own, {"title": "Tester"})
    assert [job["title"] for job in tell(client, first["sync"])] == ["Tester"]
    do(client, world.recruiter, "POST", f"{own}/close")
    tombstone = {"id": first["items"][0]["id"], "deleted": True}
    assert tell(client, first["sync"]) == [tombstone]
    chain(world)
    later = client.get(JOBS, params={"updated_since": first["sync"]}).json()["sync"]
    do(client, world.recruiter, "PATCH", own, {"title": "Nobody’s business"})
    assert tell(client, later) == []


def team(world: World, *people: Person) -> dict[str, object]:
    return {"members": [{"user_id": str(one.id), "lead": True} for one in people]}


def test_who_left_a_team_is_told_that_and_nothing_of_what_comes_after(
    client: TestClient, world: World
) -> None:
    me, own = world.recruiter, f"/jobs/{world.job_slug}"
    do(client, world.admin, "POST", f"{own}/close")
    lists = (JOBS, URL)
    chain(world)
    before = [walk(client, me, url)[1] for url in lists]
    do(client, world.admin, "PUT", f"{own}/team", team(world, world.other_recruiter))
    chain(world)
    left = [walk(client, me, url, updated_since=s) for url, s in zip(lists, before, strict=True)]
    do(
        client,
        world.admin,
        "PUT",
        f"{own}/team",
        team(world, world.other_recruiter, world.outsider),
    )
    do(client, world.other_recruiter, "PATCH", own, {"title": "Other"})
    move = {"to": "screen"}
    do(client, world.other_recruiter, "POST", f"/submissions/{world.submission.id}/moves", move)

    assert [len(told) for told, _ in left] == [1, 2]
    assert all(row["deleted"] for told, _ in left for row in told)
    for url, (_, sync) in zip(lists, left, strict=True):
        assert walk(client, me, url, updated_since=sync)[0] == []


def test_a_reviewer_learns_nothing_of_other_reviewers_or_after_the_own_review(
    client: TestClient, world: World
) -> None:
    me, sent = world.reviewer, world.submission
    mine = assign(client, world.recruiter, me, sent).json()
    chain(world)
    _, sync = walk(client, me)

    assign(client, world.recruiter, world.reviewer2, sent)
    assert walk(client, me, updated_since=sync)[0] == []
    assert len(walk(client, world.recruiter, updated_since="2020-01-01T00:00:00Z")[0]) == 2
    change(client, me, sent, mine, state="declined")
    chain(world)
    (lost,), sync = walk(client, me, updated_since=sync)
    do(client, world.recruiter, "POST", f"/submissions/{sent.id}/moves", {"to": "screen"})
    assert lost == {"id": str(sent.id), "deleted": True}
    assert walk(client, me, updated_since=sync)[0] == []


def test_a_reviewer_on_the_team_is_told_of_no_submission_when_leaving_it(
    client: TestClient, world: World
) -> None:
    _, sync = walk(client, world.reviewer)
    do(client, world.admin, "PUT", f"/jobs/{world.job_slug}/team", team(world, world.recruiter))

    with world.database.read() as session:
        mine = select(TeamMember).where(TeamMember.user_id == world.reviewer.id)
        assert session.exec(mine).one().left_at is not None
    assert walk(client, world.reviewer, updated_since=sync)[0] == []
    assert walk(client, world.reviewer, updated_since="2020-01-01T00:00:00Z")[0] == []


def test_what_opens_later_is_told_though_it_happened_before(
    client: TestClient, world: World
) -> None:
    me, sent = world.reviewer, world.submission
    for reviewer in (me, world.reviewer2):
        assign(client, world.recruiter, reviewer, sent)
    judge(client, world.reviewer2, sent)
    chain(world)
    parts = ("scorecards", "assignments", "history")
    before = {part: walk(client, me, f"{sent.url}/{part}") for part in parts}
    judge(client, me, sent)

    for part, (rows, sync) in before.items():
        url = f"{sent.url}/{part}"
        told, now = (walk(client, me, url, **q)[0] for q in ({"updated_since": sync}, {}))
        assert {row["id"] for row in now} - {row["id"] for row in rows} != set()
        held = {row["id"]: row for row in (*rows, *told)}
        assert held == {row["id"]: row for row in now}, part


def test_a_short_list_that_is_long_is_paged_and_has_no_sync(
    client: TestClient, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(short_lists, "MOST_TOLD", 2)
    for _ in range(4):
        grow(world)
    url = f"{world.submission.url}/revisions"
    seen, next = [], {"limit": "1"}
    while True:
        page = client.get(url, params=next, headers=world.admin.auth).json()
        seen += [row["number"] for row in page["items"]]
        if page["next_cursor"] is None:
            break
        next["cursor"] = page["next_cursor"]

    assert seen == [1, 2, 3, 4, 5]
    assert page["sync"] is None


def test_two_cursors_of_the_longest_short_list_fit_into_a_url(
    client: TestClient, world: World
) -> None:
    for _ in range(short_lists.MOST_TOLD - 1):
        grow(world)
    url = f"{world.submission.url}/revisions"
    rows, sync = walk(client, world.admin, url, limit=200)
    with world.database.write() as session:
        for row in rows:
            session.get_one(Revision, UUID(row["id"])).name = "Another"

    told, _ = walk(client, world.admin, url, limit=80, updated_since=sync)

    assert len(told) == len(rows) == short_lists.MOST_TOLD


@pytest.mark.parametrize("state", list(TaskState))
def test_work_comes_to_a_state_and_leaves_it(
    client: TestClient, world: World, state: TaskState
) -> None:
    after = {
        TaskState.WAITING: TaskState.DONE,
        TaskState.GIVEN_UP: TaskState.WAITING,
        TaskState.DONE: None,
    }[state]
    url = f"{API}/outbox"
    _, sync = walk(client, world.admin, url, state=state)
    with world.database.write() as session:
        task = Task(kind="x", payload={}, state=state, done_at=utc_now())
        session.add(task)
        session.flush()
        id = task.id
    told, later = walk(client, world.admin, url, state=state, updated_since=sync)
    assert [row["id"] for row in told if row["id"] == str(id)] == [str(id)]
    if after is TaskState.WAITING:
        do(client, world.admin, "POST", f"/outbox/{id}/retry")
    elif after:
        with world.database.write() as session:
            session.get_one(Task, id).state = after
    told, _ = walk(client, world.admin, url, state=state, updated_since=later)
    assert ({"id": str(id), "deleted": True} in told) is (after is not None)


def test_a_token_that_ended_is_told_of(client: TestClient, world: World) -> None:
    url = f"{API}/tokens"
    rows, sync = walk(client, world.admin, url)
    chain(world)
    token = next(row for row in rows if row["user_id"] == str(world.reviewer.id))
    do(client, world.admin, "POST", f"/tokens/{token['id']}/revoke")
    do(client, world.admin, "POST", f"/users/{world.outsider.id}/deactivate")

    told, _ = walk(client, world.admin, url, updated_since=sync)

    assert all(row["revoked_at"] for row in told)
    assert {row["user_id"] for row in told} == {str(world.reviewer.id), str(world.outsider.id)}


def test_nobody_reads_a_cursor_and_no_two_are_alike() -> None:
    place = ("row", 123_456_789, "Ada Lovelace")
    one, other = (encode_cursor("a key", "who asks what", place) for _ in range(2))

    assert one != other
    assert decode_cursor("a key", "who asks what", one) == place
    plain = base64.urlsafe_b64decode(one + "=" * (-len(one) % 4))
    assert b"Ada" not in plain
    assert b"123456789" not in plain
