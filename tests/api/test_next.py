"""Reviewers take work without a recruiter's hand, and no seat is ever filled twice."""

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from threading import Barrier
from uuid import UUID

import pytest
from sqlmodel import Session, select
from starlette.testclient import TestClient

from service.core.errors import Unavailable
from service.core.outbox import ActorKind
from service.domain.accounts.actor import Actor
from service.domain.accounts.tables import Role, User
from service.domain.jobs.tables import Job, TeamMember
from service.domain.reviews.actions import take_next
from service.domain.reviews.tables import Assignment, AssignmentState, Unsealing
from service.domain.submissions.tables import Decision, Submission
from tests.reviewing import assign, change, judge, read, unseal
from tests.worlds import Person, Sent, World


def take(client: TestClient, by: Person, slug: str = "engineer", **headers: str):
    return client.post(f"/api/v1/jobs/{slug}/next", headers={**by.auth, **headers})


def wanted(world: World, reviews: int) -> None:
    with world.database.write() as session:
        job = session.get_one(Job, world.job_id)
        job.reviews_wanted, job.reviews_wanted_least = reviews, min(reviews, job.reviews_wanted)


@contextmanager
def changing(world: World, sent: Sent) -> Iterator[Submission]:
    with world.database.write() as session:
        yield session.get_one(Submission, sent.id)


def test_the_least_reviewed_then_the_oldest_is_handed_out(client: TestClient, world: World) -> None:
    assign(client, world.recruiter, world.reviewer2, world.submission)
    taken = take(client, world.reviewer)
    judge(client, world.reviewer, world.submission2)
    oldest = take(client, world.reviewer)

    assert taken.status_code == 200, taken.text
    assert taken.json()["submission_id"] == str(world.submission2.id)
    assert taken.json()["reviewer"]["name"] == "Reviewer"
    assert taken.headers["ETag"] == '"1"'
    assert oldest.json()["submission_id"] == str(world.submission.id)
    assert read(client, world.reviewer, world.submission, "scorecards/mine").status_code == 200
    assert world.reload(Submission, world.submission.id).version == 1


def test_what_one_has_open_is_handed_out_again(client: TestClient, world: World) -> None:
    first, again = take(client, world.reviewer), take(client, world.reviewer)
    judge(client, world.reviewer, world.submission)
    second = take(client, world.reviewer)
    judge(client, world.reviewer, world.submission2)
    nothing = take(client, world.reviewer)

    assert first.json() == again.json()
    assert second.json()["submission_id"] == str(world.submission2.id)
    assert (nothing.status_code, nothing.content) == (204, b"")


def test_a_repeated_key_takes_once(client: TestClient, world: World) -> None:
    first = take(client, world.reviewer, **{"Idempotency-Key": "one"})
    judge(client, world.reviewer, world.submission)
    again = take(client, world.reviewer, **{"Idempotency-Key": "one"})

    assert first.json() == again.json()


def test_what_has_enough_reviews_is_not_handed_out(client: TestClient, world: World) -> None:
    wanted(world, 1)
    got = [take(client, world.reviewer), take(client, world.reviewer2)]
    judge(client, world.reviewer, world.submission)
    nothing = take(client, world.reviewer)

    assert [t.json()["submission_id"] for t in got] == [
        str(world.submission.id),
        str(world.submission2.id),
    ]
    assert nothing.status_code == 204


def test_ended_later_refused_and_looked_at_submissions_are_not_handed_out(
    client: TestClient, world: World
) -> None:
    with changing(world, world.submission) as submission:
        submission.stage_id = world.stages["onsite"]
    with changing(world, world.submission2) as submission:
        submission.decision, submission.decided_at = Decision.REJECTED, datetime.now(UTC)
    assert take(client, world.reviewer).status_code == 204

    with changing(world, world.submission2) as submission:
        submission.decision = submission.decided_at = None
        submission.stage_id = world.stages["screen"]
    taken = take(client, world.reviewer).json()
    change(client, world.reviewer, world.submission2, taken, state="declined")
    assert take(client, world.reviewer).status_code == 204

    with world.database.write() as session:
        session.add(
            Unsealing(
                submission_id=world.submission2.id, user_id=world.reviewer2.id, reason="Before."
            )
        )
    assert take(client, world.reviewer2).status_code == 204


def test_an_open_one_of_an_ended_submission_is_not_handed_out_again(
    client: TestClient, world: World
) -> None:
    take(client, world.reviewer)
    with changing(world, world.submission) as submission:
        submission.decision, submission.decided_at = Decision.HIRED, datetime.now(UTC)

    assert take(client, world.reviewer).json()["submission_id"] == str(world.submission2.id)


def test_who_takes_a_declined_seat_takes_that_persons_place(
    client: TestClient, world: World
) -> None:
    sent = world.submission
    wanted(world, 1)
    taken = take(client, world.reviewer).json()
    change(client, world.reviewer, sent, taken, state="declined")
    second = take(client, world.reviewer2)
    before = read(client, world.recruiter, sent, "summary").json()["sealed"]
    judge(client, world.reviewer2, sent)
    after = read(client, world.recruiter, sent, "summary").json()["sealed"]

    states = read(client, world.recruiter, sent, "assignments").json()["items"]
    assert second.json()["submission_id"] == str(sent.id)
    assert [a["state"] for a in states] == ["reassigned", "done"]
    assert (before, after) == (True, False)


@pytest.mark.parametrize(
    ("name", "status"),
    [("reviewer", 200), ("outsider", 403), ("recruiter", 403), ("admin", 403)],
)
def test_only_reviewers_of_the_team_take_work(
    client: TestClient, world: World, name: str, status: int
) -> None:
    assert take(client, getattr(world, name)).status_code == status
    assert take(client, getattr(world, name), "another-job").status_code == 404


def test_who_looked_early_and_reviews_as_well_is_not_handed_that_one(
    client: TestClient, world: World
) -> None:
    with world.database.write() as session:
        session.get_one(User, world.recruiter.id).roles = [Role.RECRUITER, Role.REVIEWER]
    assert unseal(client, world.recruiter, world.submission).status_code == 200

    taken = take(client, world.recruiter)
    assert taken.json()["submission_id"] == str(world.submission2.id)


def test_who_may_have_seen_scores_takes_no_seat_that_opens_later(
    client: TestClient, world: World
) -> None:
    sent, double = world.submission, world.recruiter
    with world.database.write() as session:
        session.get_one(User, double.id).roles = [Role.RECRUITER, Role.REVIEWER]
    wanted(world, 1)
    assign(client, double, world.reviewer, sent)
    judge(client, world.reviewer, sent)
    seen = read(client, double, sent, "summary").json()
    wanted(world, 3)
    sealed = read(client, double, sent, "summary").json()
    taken = take(client, double)
    asked = assign(client, double, double, sent)

    assert (seen["n"], sealed["n"]) == (1, None)
    assert taken.json()["submission_id"] == str(world.submission2.id)
    assert (asked.status_code, asked.json()["code"]) == (409, "scores_seen")
    assert take(client, world.reviewer2).json()["submission_id"] == str(sent.id)


def test_who_left_the_team_has_seen_what_was_open_then(client: TestClient, world: World) -> None:
    sent, gone = world.submission, world.recruiter
    with world.database.write() as session:
        session.get_one(User, gone.id).roles = [Role.RECRUITER, Role.REVIEWER]
    wanted(world, 1)
    assign(client, gone, world.reviewer, sent)
    judge(client, world.reviewer, sent)
    with world.database.write() as session:
        mine = select(TeamMember).where(TeamMember.user_id == gone.id)
        session.exec(mine).one().left_at = datetime.now(UTC)
    asked = assign(client, world.admin, gone, sent)

    assert (asked.status_code, asked.json()["code"]) == (409, "scores_seen")


def test_many_at_once_never_fill_a_seat_twice(world: World) -> None:
    with world.database.write() as session:
        reviewers = [add_reviewer(session, world, number) for number in range(8)]
    start = Barrier(2 * len(reviewers))

    def take_one(reviewer: UUID) -> UUID | None:
        actor = Actor(ActorKind.USER, reviewer, roles=frozenset({Role.REVIEWER}))
        start.wait()
        while True:
            try:
                with world.database.write() as session:
                    taken = take_next(session, actor, session.get_one(Job, world.job_id))
                    return taken.submission_id if taken else None
            except Unavailable:
                continue

    # Everybody asks twice at the same time: two submissions with two seats each are four takes.
    with ThreadPoolExecutor(2 * len(reviewers)) as pool:
        got = list(pool.map(take_one, [*reviewers, *reviewers]))

    with world.database.read() as session:
        rows = session.exec(select(Assignment)).all()
    seats = Counter(row.submission_id for row in rows)
    assert seats == {world.submission.id: 2, world.submission2.id: 2}
    assert {row.state for row in rows} == {AssignmentState.OPEN}
    answers = list(zip(got[: len(reviewers)], got[len(reviewers) :], strict=True))
    given = {row.reviewer_id: row.submission_id for row in rows}
    expected = [given.get(reviewer) for reviewer in reviewers]
    assert len(given) == 4
    assert answers == [(submission_id, submission_id) for submission_id in expected]


def add_reviewer(session: Session, world: World, number: int) -> UUID:
    email = f"reviewer-{number}@example.com"
    user = User(email=email, email_key=email, name=email, roles=[Role.REVIEWER])
    session.add(user)
    session.flush()
    session.add(TeamMember(job_id=world.job_id, user_id=user.id))
    return user.id
