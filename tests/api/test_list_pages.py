"""The list page by page, and how a client stays in step with it."""

import hashlib
from datetime import timedelta

import pytest
from sqlmodel import select
from starlette.testclient import TestClient

from service.core import outbox
from service.core.clock import utc_now
from service.core.outbox import Event
from service.domain.accounts.actor import SYSTEM
from service.domain.accounts.tables import SignIn
from service.domain.jobs.events import JobTeamSet
from service.domain.jobs.tables import TeamMember
from service.domain.submissions.actions import set_access
from service.domain.submissions.tables import Access, Submission
from tests.listing import URL, chain, judge, names, scored, send, walk
from tests.worlds import Person, World


@pytest.mark.parametrize("sort", ["submitted", "-submitted", "name", "-name", "score", "-score"])
def test_paging_loses_and_doubles_nobody_who_was_there_throughout(
    client: TestClient, world: World, sort: str
) -> None:
    scored(world)
    there = set(names(client, world.recruiter))
    seen: list[str] = []
    url, step = f"{URL}?sort={sort}&limit=2", 0

    while url:
        page = client.get(url, headers=world.recruiter.auth)
        seen += [item["name"] for item in page.json()["items"]]
        with world.database.write() as session:
            send(session, world, f"New{step}", days=-step)
            moved = session.get_one(Submission, world.submission.id)
            moved.stage_id = world.stages["screen" if step % 2 else "onsite"]
        url, step = page.links["next"]["url"] if "next" in page.links else "", step + 1
        assert bool(url) == (page.json()["next_cursor"] is not None)

    assert len(seen) == len(set(seen))
    assert there <= set(seen)


def test_a_cursor_is_good_for_one_caller_and_one_question(client: TestClient, world: World) -> None:
    auth = world.recruiter.auth
    cursor = client.get(URL, params={"limit": 1}, headers=auth).json()["next_cursor"]

    def ask(by: Person, **query: str) -> int:
        return client.get(URL, params={"cursor": cursor, **query}, headers=by.auth).status_code

    assert ask(world.recruiter) == ask(world.recruiter, limit="1") == 200
    assert ask(world.admin) == ask(world.recruiter, sort="name") == 400
    assert ask(world.recruiter, stage="new") == ask(world.recruiter, cursor=cursor[:-2]) == 400
    assert ask(world.recruiter, cursor="é") == ask(world.recruiter, cursor="") == 400
    assert ask(world.recruiter, updated_since=cursor) == 400


def move(client: TestClient, world: World, to: str) -> None:
    headers = {**world.recruiter.auth, "If-Match": "*"}
    moved = client.post(f"{world.submission.url}/moves", json={"to": to}, headers=headers)
    assert moved.status_code == 201


def test_sync_tells_what_changed_since_the_walk_began(client: TestClient, world: World) -> None:
    items, sync = walk(client, world.recruiter)
    assert len(items) == 2
    assert walk(client, world.recruiter, updated_since=sync)[0] == []

    move(client, world, "screen")
    changed, later = walk(client, world.recruiter, updated_since=sync)
    assert [item["stage"] for item in changed] == ["screen"]
    # Not numbered yet, so told again; then no more.
    assert len(walk(client, world.recruiter, updated_since=later)[0]) == 1
    chain(world)
    _, done = walk(client, world.recruiter, updated_since=later)
    assert walk(client, world.recruiter, updated_since=done)[0] == []


def test_what_changes_while_one_pages_is_told_next_time(client: TestClient, world: World) -> None:
    auth = world.recruiter.auth
    first = client.get(URL, params={"limit": 1}, headers=auth).json()
    move(client, world, "screen")
    chain(world)
    rest = client.get(URL, params={"cursor": first["next_cursor"]}, headers=auth).json()

    changed, _ = walk(client, world.recruiter, updated_since=rest["sync"])

    assert [item["id"] for item in changed] == [str(world.submission.id)]


def test_what_leaves_the_filter_reads_as_a_tombstone(client: TestClient, world: World) -> None:
    _, sync = walk(client, world.recruiter, stage="new")

    move(client, world, "screen")

    told, _ = walk(client, world.recruiter, stage="new", updated_since=sync)
    assert told == [{"id": str(world.submission.id), "deleted": True}]


def test_lost_and_won_access_is_told_to_a_reviewer(client: TestClient, world: World) -> None:
    def assign(assigned: bool) -> None:
        with world.database.write() as session:
            submission = session.get_one(Submission, world.submission.id)
            set_access(session, SYSTEM, submission, world.reviewer.id, assigned=assigned)

    _, sync = walk(client, world.reviewer)
    assign(assigned=True)
    (won,), sync = walk(client, world.reviewer, updated_since=sync)
    assert won["name"] == "Ada"
    assign(assigned=False)
    tombstone = {"id": str(world.submission.id), "deleted": True}
    assert walk(client, world.reviewer, updated_since=sync)[0] == [tombstone]
    assert walk(client, world.reviewer, updated_since="2020-01-01T00:00:00Z")[0] == [tombstone]
    assert walk(client, world.outsider, updated_since="2020-01-01T00:00:00Z")[0] == []


def test_a_recruiter_who_left_the_team_is_told_what_is_gone(
    client: TestClient, world: World
) -> None:
    _, sync = walk(client, world.recruiter)
    with world.database.write() as session:
        mine = select(TeamMember).where(TeamMember.user_id == world.recruiter.id)
        session.exec(mine).one().left_at = utc_now()
        outbox.record(session, SYSTEM, world.job_id, JobTeamSet(job_id=world.job_id))

    told, _ = walk(client, world.recruiter, updated_since=sync)

    both = {str(world.submission.id), str(world.submission2.id)}
    assert {item["id"] for item in told} == both
    assert all(item.get("deleted") for item in told)


def test_a_locked_scorecard_is_no_change_of_the_submission(
    client: TestClient, world: World
) -> None:

    class Locked(Event):
        name = "scorecard.locked"

    _, sync = walk(client, world.recruiter)
    with world.database.write() as session:
        judge(session, world, world.submission.id, 3.0, by=world.reviewer.id)
        outbox.record(session, SYSTEM, world.submission.id, Locked())

    assert walk(client, world.recruiter, updated_since=sync)[0] == []


def test_the_page_shows_lines_only(client: TestClient, world: World) -> None:
    with world.database.write() as session:
        lost = Access(
            submission_id=world.submission.id,
            user_id=world.reviewer.id,
            assigned=False,
            changed_at=utc_now(),
        )
        session.add(lost)
        signed_in = SignIn(
            user_id=world.reviewer.id,
            token_digest=hashlib.sha256(b"cookie").hexdigest(),
            last_seen_at=utc_now(),
            expires_at=utc_now() + timedelta(hours=1),
        )
        session.add(signed_in)
    since = {"updated_since": "2020-01-01T00:00:00Z"}

    page = client.get("/desk/submissions", params=since, headers={"Cookie": "exhibit=cookie"})

    assert walk(client, world.reviewer, **since)[0] != []
    assert page.status_code == 200
    assert str(world.submission.id) not in page.text
