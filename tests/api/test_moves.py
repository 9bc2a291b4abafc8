"""Recruiters move submissions, end them, take ends back, and say how hires turned out."""

import json

import pytest
from sqlmodel import Session, col, select
from starlette.testclient import TestClient

from service.core.clock import utc_now
from service.core.outbox import EventDetail, EventRow
from service.domain.accounts.tables import ApiToken, Scope
from service.domain.jobs.tables import Job, Stage, StageKind
from service.domain.outcomes.tables import Outcome
from service.domain.pipeline.tables import DecisionRecord, Move
from service.domain.submissions.tables import Access, Submission
from tests.exporting import take
from tests.worlds import Person, World


def move(client: TestClient, world: World, by: Person, to: str, version: int = 1, **more: object):
    headers = {**by.auth, "If-Match": f'"{version}"'}
    body = {"to": to, **more}
    return client.post(f"{world.submission.url}/moves", json=body, headers=headers)


def reopen(client: TestClient, world: World, by: Person, version: int, reason: str = "Mistake."):
    headers = {**by.auth, "If-Match": f'"{version}"'}
    return client.post(f"{world.submission.url}/reopen", json={"reason": reason}, headers=headers)


def own_events(session: Session, world: World) -> list[EventRow]:
    query = select(EventRow).where(EventRow.subject_id == world.submission.id)
    return list(session.exec(query.order_by(col(EventRow.id))))


def test_a_recruiter_moves_a_submission(client: TestClient, world: World) -> None:
    moved = move(client, world, world.recruiter, "screen", reason="Strong.", note="Call soon.")

    assert moved.status_code == 201, moved.text
    body = moved.json()
    assert (body["kind"], body["to"], body["note"]) == ("move", "screen", "Call soon.")
    assert moved.headers["ETag"] == '"2"'
    submission = world.reload(Submission, world.submission.id)
    assert (submission.stage_id, submission.version) == (world.stages["screen"], 2)
    with world.database.read() as session:
        row = session.exec(select(Move)).one()
        assert (row.from_stage_id, row.moved_by) == (world.stages["new"], world.recruiter.id)
        (event,) = own_events(session, world)
        assert event.name == "submission.moved"
        assert event.payload["move_id"] == str(row.id)
        detail = session.get_one(EventDetail, event.id).detail
        assert detail == {
            "before": {"stage": "new"},
            "after": {"stage": "screen"},
            "reason": "Strong.",
            "note": "Call soon.",
        }


@pytest.mark.parametrize(
    ("name", "status"),
    [("admin", 201), ("recruiter", 201), ("other_recruiter", 404), ("outsider", 404)],
)
def test_who_may_move(client: TestClient, world: World, name: str, status: int) -> None:
    assert move(client, world, getattr(world, name), "screen").status_code == status


def test_a_reviewer_who_sees_a_submission_may_not_move_it(client: TestClient, world: World) -> None:
    with world.database.write() as session:
        seen = Access(
            submission_id=world.submission.id,
            user_id=world.reviewer.id,
            assigned=True,
            changed_at=utc_now(),
        )
        session.add(seen)

    assert move(client, world, world.reviewer, "screen").status_code == 403
    assert world.reload(Submission, world.submission.id).version == 1


def test_a_token_for_reading_may_not_move(client: TestClient, world: World) -> None:
    with world.database.write() as session:
        query = select(ApiToken).where(ApiToken.user_id == world.recruiter.id)
        session.exec(query).one().scopes = [Scope.READ]

    assert move(client, world, world.recruiter, "screen").status_code == 403


def test_a_move_says_which_version_it_moves(client: TestClient, world: World) -> None:
    url, auth = f"{world.submission.url}/moves", world.recruiter.auth
    expected = {None: 428, '"7"': 412, 'W/"1"': 412, "rubbish": 400, '"7", "1"': 201, "*": 201}
    to = iter(["screen", "screen", "screen", "screen", "screen", "onsite"])

    for tag, status in expected.items():
        headers = {**auth, "If-Match": tag} if tag else auth
        assert client.post(url, json={"to": next(to)}, headers=headers).status_code == status, tag


def test_there_is_nothing_to_do_in_the_same_stage(client: TestClient, world: World) -> None:
    refused = move(client, world, world.recruiter, "new")

    assert (refused.status_code, refused.json()["code"]) == (409, "already_there")


def test_a_stage_of_another_job_an_unknown_and_an_archived_one_are_refused(
    client: TestClient, world: World
) -> None:
    with world.database.write() as session:
        other = Job(slug="other", title="Other")
        session.add(other)
        session.flush()
        kind = StageKind.REVIEW
        session.add(Stage(job_id=other.id, key="panel", name="Panel", kind=kind, position=0))
        session.get_one(Stage, world.stages["onsite"]).archived_at = utc_now()

    for key in ("panel", "nowhere", "onsite"):
        refused = move(client, world, world.recruiter, key)
        assert (refused.status_code, refused.json()["code"]) == (422, "stage_elsewhere")
        assert key not in refused.text


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"to": None},
        {"to": 3},
        {"to": ""},
        {"to": "x" * 41},
        {"to": "screen", "stage": "onsite"},
        {"to": "screen", "note": "x" * 5_001},
        {"to": "screen", "reason": "a\x00b"},
        {"to": "screen", "note": "\ud800"},
        [],
    ],
)
def test_what_is_wrong_with_a_move_is_said_and_nothing_is_kept(
    client: TestClient, world: World, body: object
) -> None:
    headers = {**world.recruiter.auth, "If-Match": '"1"', "Content-Type": "application/json"}
    refused = client.post(
        f"{world.submission.url}/moves", content=json.dumps(body), headers=headers
    )

    assert refused.status_code == 422
    assert refused.headers["content-type"] == "application/problem+json"
    with world.database.read() as session:
        assert own_events(session, world) == []


def test_a_rejection_takes_a_reason_of_the_jobs_list(client: TestClient, world: World) -> None:
    for reason in (None, "no", ""):
        refused = move(client, world, world.recruiter, "rejected", reason=reason)
        assert (refused.status_code, refused.json()["code"]) == (422, "reason_needed")
        assert refused.json()["errors"][0] == {
            "pointer": "/reason",
            "detail": "Choose one of the job's reasons to reject.",
        }

    ended = move(client, world, world.recruiter, "rejected", reason="depth")

    assert (ended.status_code, ended.json()["kind"]) == (201, "decision")
    submission = world.reload(Submission, world.submission.id)
    assert (submission.decision, submission.stage_id) == ("rejected", world.stages["new"])
    assert submission.decided_at is not None
    with world.database.read() as session:
        (event,) = own_events(session, world)
        assert (event.name, event.payload["decision"]) == ("submission.decided", "rejected")


def test_an_ended_submission_stays_until_it_is_reopened(client: TestClient, world: World) -> None:
    move(client, world, world.recruiter, "hired")

    for to in ("screen", "hired", "rejected"):
        refused = move(client, world, world.recruiter, to, version=2, reason="depth")
        assert (refused.status_code, refused.json()["code"]) == (409, "already_decided")
    opened = reopen(client, world, world.recruiter, 2)
    assert (opened.status_code, opened.json()["taken_back_reason"]) == (200, "Mistake.")
    assert opened.headers["ETag"] == '"3"'
    assert move(client, world, world.recruiter, "screen", version=3).status_code == 201
    with world.database.read() as session:
        names = [event.name for event in own_events(session, world)]
        assert names == ["submission.decided", "submission.reopened", "submission.moved"]
        record = session.exec(select(DecisionRecord)).one()
        assert (record.decision, record.taken_back_by) == ("hired", world.recruiter.id)


def test_only_what_has_ended_can_be_reopened_and_only_by_who_moves(
    client: TestClient, world: World
) -> None:
    refused = reopen(client, world, world.recruiter, 1)

    assert (refused.status_code, refused.json()["code"]) == (409, "not_decided")
    assert reopen(client, world, world.other_recruiter, 1).status_code == 404
    assert reopen(client, world, world.recruiter, 1, reason=" ").status_code == 422


def test_staff_withdraw_for_somebody_with_a_word_why(client: TestClient, world: World) -> None:
    refused = move(client, world, world.recruiter, "withdrawn")
    done = move(client, world, world.recruiter, "withdrawn", reason="withdrawn on request")

    assert (refused.status_code, refused.json()["code"]) == (422, "reason_needed")
    assert (done.status_code, done.json()["to"]) == (201, "withdrawn")
    with world.database.read() as session:
        assert [event.name for event in own_events(session, world)] == ["submission.withdrawn"]


def test_a_repeated_key_moves_once(client: TestClient, world: World) -> None:
    headers = {**world.recruiter.auth, "If-Match": '"1"', "Idempotency-Key": "k1"}
    url = f"{world.submission.url}/moves"

    first, again = (client.post(url, json={"to": "screen"}, headers=headers) for _ in "12")
    other = client.post(url, json={"to": "onsite"}, headers=headers)

    assert (first.status_code, again.status_code, other.status_code) == (201, 201, 422)
    assert (first.json(), first.headers["ETag"]) == (again.json(), again.headers["ETag"])
    assert world.reload(Submission, world.submission.id).version == 2


def test_a_hire_gets_an_outcome_once_and_then_by_version(client: TestClient, world: World) -> None:
    url, auth = f"{world.submission.url}/outcome", world.recruiter.auth
    told = {"at": "2026-01-31", "succeeded": True, "note": "Leads a team."}
    first = {**auth, "If-None-Match": "*"}
    assert client.put(url, json=told, headers=first).json()["code"] == "not_hired"
    assert move(client, world, world.recruiter, "hired").status_code == 201
    assert client.get(url, headers=auth).status_code == 404
    assert client.put(url, json=told, headers=auth).status_code == 428
    assert client.put(url, json=told, headers={**auth, "If-Match": '"1"'}).status_code == 412

    kept = client.put(url, json=told, headers=first)

    assert (kept.status_code, kept.headers["ETag"]) == (200, '"1"')
    assert client.put(url, json=told, headers=first).status_code == 412
    changed = {"at": "2026-02-01", "succeeded": False}
    again = client.put(url, json=changed, headers={**auth, "If-Match": '"1"'})
    assert (again.status_code, again.headers["ETag"]) == (200, '"2"')
    read = client.get(url, headers=auth)
    assert (read.json()["succeeded"], read.json()["note"]) == (False, "")
    with world.database.read() as session:
        names = [event.name for event in own_events(session, world)]
        assert names == ["submission.decided", "outcome.recorded", "outcome.recorded"]


@pytest.mark.parametrize(
    "told",
    [
        {"at": "2026-01-31"},
        {"at": "2026-02-30", "succeeded": True},
        {"at": "253402300800", "succeeded": True},
        {"at": 1_700_000_000, "succeeded": True},
        {"at": "2999-01-01", "succeeded": True},
        {"at": "2026-01-31", "succeeded": 1},
        {"at": "2026-01-31", "succeeded": "true"},
        {"at": "2026-01-31", "succeeded": True, "recorded_by": "me"},
    ],
)
def test_an_outcome_is_a_day_that_has_come_and_yes_or_no(
    client: TestClient, world: World, told: dict[str, object]
) -> None:
    move(client, world, world.recruiter, "hired")
    headers = {**world.recruiter.auth, "If-None-Match": "*"}

    refused = client.put(f"{world.submission.url}/outcome", json=told, headers=headers)

    assert refused.status_code == 422


def test_a_hire_that_was_taken_back_has_no_outcome(client: TestClient, world: World) -> None:
    url, auth = f"{world.submission.url}/outcome", world.recruiter.auth
    move(client, world, world.recruiter, "hired")
    told = {"at": "2026-01-31", "succeeded": True}
    assert client.put(url, json=told, headers={**auth, "If-None-Match": "*"}).status_code == 200
    assert "2026-01-31" in take(client, world.recruiter, "submissions.csv")
    reopen(client, world, world.recruiter, 2)

    assert client.get(url, headers=auth).status_code == 404
    assert "2026-01-31" not in take(client, world.recruiter, "submissions.csv")


def test_another_hire_of_the_same_person_has_an_outcome_of_its_own(
    client: TestClient, world: World
) -> None:
    url, auth = f"{world.submission.url}/outcome", world.recruiter.auth
    first = {**auth, "If-None-Match": "*"}
    move(client, world, world.recruiter, "hired")
    client.put(url, json={"at": "2026-01-31", "succeeded": False}, headers=first)
    reopen(client, world, world.recruiter, 2)
    move(client, world, world.recruiter, "hired", 3)
    before = client.get(url, headers=auth)
    exported = take(client, world.recruiter, "submissions.csv")
    late = client.put(
        url, json={"at": "2026-03-31", "succeeded": True}, headers={**auth, "If-Match": '"1"'}
    )
    told = client.put(url, json={"at": "2026-03-31", "succeeded": True}, headers=first)

    assert (before.status_code, "2026-01-31" in exported) == (404, False)
    assert (late.status_code, told.status_code) == (412, 200)
    again = client.put(
        url, json={"at": "2026-04-30", "succeeded": False}, headers={**auth, "If-Match": '"1"'}
    )
    assert (told.headers["ETag"], again.status_code) == ('"2"', 412)
    assert client.get(url, headers=auth).json()["at"] == "2026-03-31"
    assert "2026-03-31" in take(client, world.recruiter, "submissions.csv")
    with world.database.read() as session:
        kept = session.exec(select(Outcome).order_by(col(Outcome.id))).all()
    assert [(one.at.month, one.succeeded) for one in kept] == [(1, False), (3, True)]


def test_what_is_said_of_one_hire_is_not_written_to_another(
    client: TestClient, world: World
) -> None:
    url, auth = f"{world.submission.url}/outcome", world.recruiter.auth
    first = {**auth, "If-None-Match": "*"}
    one = move(client, world, world.recruiter, "hired").json()["id"]
    reopen(client, world, world.recruiter, 2)
    two = move(client, world, world.recruiter, "hired", 3).json()["id"]
    told = {"at": "2026-01-31", "succeeded": False}
    late = client.put(url, json={**told, "hire": one}, headers=first)
    right = client.put(url, json={**told, "hire": two}, headers=first)
    late_again = client.put(url, json={**told, "hire": one}, headers={**auth, "If-Match": "*"})

    assert (late.status_code, late_again.status_code) == (412, 412)
    assert (right.status_code, right.json()["hire"]) == (200, two)


def test_a_reviewer_reads_no_outcome(client: TestClient, world: World) -> None:
    with world.database.write() as session:
        seen = Access(
            submission_id=world.submission.id,
            user_id=world.reviewer.id,
            assigned=True,
            changed_at=utc_now(),
        )
        session.add(seen)
    url = f"{world.submission.url}/outcome"
    told = {"at": "2026-01-31", "succeeded": True}
    headers = {**world.reviewer.auth, "If-None-Match": "*"}

    assert client.get(url, headers=world.reviewer.auth).status_code == 403
    assert client.put(url, json=told, headers=headers).status_code == 403
