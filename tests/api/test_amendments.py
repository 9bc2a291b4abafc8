"""What was locked stays: later words stand beside it with a reason, and open nothing."""

import json

import pytest
from sqlmodel import Session
from starlette.testclient import TestClient

from service.domain.accounts.tables import Role, User
from service.domain.jobs.tables import Job, SealRule
from service.domain.submissions.tables import Evidence, Revision, Source, Submission
from tests.reviewing import CARD, Json, assign, judge, read, save
from tests.worlds import Person, Sent, World

SECRET = "Ask for the reference of 2019."
RATINGS = [
    {"criterion": "humility", "level": 2, "cites": ["statement"], "place": "Line 3"},
    {"criterion": "depth", "level": 4, "cites": [1]},
]
LATER: Json = {
    **CARD,
    "recommendation": "no",
    "reason": "The others saw more.",
    "ratings": RATINGS,
}


def amend(client: TestClient, by: Person, sent: Sent, etag: str, **other: object):
    headers = {**by.auth, "If-Match": etag}
    url = f"{sent.url}/scorecards/mine/amendments"
    return client.post(url, json={**LATER, **other}, headers=headers)


@pytest.fixture
def assigned(client: TestClient, world: World) -> World:
    for person in (world.reviewer, world.reviewer2):
        assert assign(client, world.recruiter, person, world.submission).status_code == 201
    return world


def add_revision(session: Session, world: World) -> None:
    submission = session.get_one(Submission, world.submission.id)
    revision = Revision(
        submission_id=submission.id,
        number=2,
        source=Source.API,
        name="Ada",
        email="ada@example.org",
        answers=[{"key": "wrong", "question": "When?", "kind": "long", "value": "Daily."}],
    )
    session.add(revision)
    session.flush()
    for number in (1, 2):
        session.add(Evidence(revision_id=revision.id, number=number, title=f"Thing {number}"))
    submission.revision = 2


def test_an_amendment_stands_beside_what_was_locked(client: TestClient, assigned: World) -> None:
    sent, me = assigned.submission, assigned.reviewer
    locked = judge(client, me, sent)
    amended = amend(client, me, sent, locked.headers["ETag"])
    judge(client, assigned.reviewer2, sent)
    [card, _other] = read(client, assigned.reviewer2, sent, "scorecards").json()["items"]
    summary = read(client, assigned.recruiter, sent, "summary").json()

    assert amended.status_code == 201, amended.text
    assert amended.headers["ETag"] != locked.headers["ETag"]
    assert (card["recommendation"], card["composite"]) == ("yes", 4.0)
    [later] = card["amendments"]
    assert (later["number"], later["reason"], later["revision"]) == (1, LATER["reason"], 1)
    assert (later["recommendation"], later["composite"]) == ("no", pytest.approx(8 / 3))
    assert [(r["criterion"], r["name"], r["level"], r["place"]) for r in later["ratings"]] == [
        ("humility", "Humility", 2, "Line 3"),
        ("depth", "Depth", 4, ""),
    ]
    assert summary["recommendations"]["yes"] == 2
    assert [one["mean"] for one in summary["criteria"]] == [4.0, None]


def test_who_amends_says_which_version_and_why_and_all_of_it(
    client: TestClient, assigned: World
) -> None:
    sent, me = assigned.submission, assigned.reviewer
    draft = save(client, assigned.reviewer2, sent, CARD)
    etag = judge(client, me, sent).headers["ETag"]
    url, auth = f"{sent.url}/scorecards/mine/amendments", me.auth
    answers = [
        client.post(url, json=LATER, headers=auth),
        amend(client, me, sent, '"99"'),
        amend(client, me, sent, etag, reason=" "),
        amend(client, me, sent, etag, rubric=1),
        amend(client, me, sent, etag, ratings=[{"criterion": "depth", "level": 5, "cites": [1]}]),
        amend(client, me, sent, etag, ratings=RATINGS[:1]),
        amend(client, me, sent, etag, confidence=None),
        amend(client, assigned.reviewer2, sent, draft.headers["ETag"]),
        amend(client, assigned.recruiter, sent, '"1"'),
        amend(client, assigned.outsider, sent, '"1"'),
    ]

    codes = [(answer.status_code, answer.json()["code"]) for answer in answers]
    assert codes == [
        (428, "precondition_required"),
        (412, "stale"),
        (422, "invalid"),
        (422, "invalid"),
        (422, "scorecard_invalid"),
        (409, "scorecard_incomplete"),
        (409, "scorecard_incomplete"),
        (409, "scorecard_not_locked"),
        (403, "not_assigned"),
        (404, "not_found"),
    ]
    assert read(client, me, sent, "scorecards/mine").json()["amendments"] == []


def test_a_scorecard_is_amended_twenty_times_at_most(client: TestClient, assigned: World) -> None:
    sent, me = assigned.submission, assigned.reviewer
    etag = judge(client, me, sent).headers["ETag"]
    for _ in range(20):
        etag = amend(client, me, sent, etag).headers["ETag"]
    refused = amend(client, me, sent, etag)

    assert (refused.status_code, refused.json()["code"]) == (409, "amended_too_often")


def test_an_amendment_opens_nothing_and_tells_nothing_of_itself(
    client: TestClient, assigned: World
) -> None:
    with assigned.database.write() as session:
        session.get_one(Job, assigned.job_id).seal_rule = SealRule.ALL_LOCKED
    sent, me = assigned.submission, assigned.reviewer
    etag = judge(client, me, sent).headers["ETag"]
    amend(client, me, sent, etag)

    for person in (assigned.reviewer2, assigned.recruiter, assigned.admin):
        listed = read(client, person, sent, "scorecards").json()
        assert (listed["sealed"], listed["items"]) == (True, [])
        for what in ("history", "assignments", "summary"):
            assert LATER["reason"] not in read(client, person, sent, what).text
    for table in ("scorecards", "history"):
        assert (
            LATER["reason"]
            not in client.get(
                f"/api/v1/exports/{table}.jsonl", headers=assigned.recruiter.auth
            ).text
        )


def test_words_for_the_recruiter_alone_reach_no_fellow_reviewer(
    client: TestClient, assigned: World
) -> None:
    sent, me, double = assigned.submission, assigned.reviewer, assigned.recruiter
    with assigned.database.write() as session:
        session.get_one(User, double.id).roles = [Role.RECRUITER, Role.REVIEWER]
    assert assign(client, assigned.admin, double, sent).status_code == 201
    etag = judge(client, me, sent, recruiter_comment=SECRET).headers["ETag"]
    amend(client, me, sent, etag, recruiter_comment=SECRET)
    for person in (assigned.reviewer2, double):
        judge(client, person, sent)

    def told(person: Person) -> list[str]:
        faces = [read(client, person, sent, what).text for what in ("scorecards", "history")]
        exports = [
            client.get(f"/api/v1/exports/{table}.jsonl", headers=person.auth).text
            for table in ("scorecards", "ratings", "submissions", "history")
        ]
        return [face for face in (*faces, *exports) if SECRET in face]

    mine = read(client, me, sent, "scorecards/mine").json()
    assert (told(assigned.reviewer2), told(double)) == ([], [])
    assert len(told(assigned.admin)) == 2
    assert (mine["recruiter_comment"], mine["amendments"][0]["recruiter_comment"]) == (
        SECRET,
        SECRET,
    )


def test_what_the_candidate_added_since_is_named(client: TestClient, assigned: World) -> None:
    sent, me = assigned.submission, assigned.reviewer
    locked = judge(client, me, sent)
    draft = save(client, assigned.reviewer2, sent, CARD)
    with assigned.database.write() as session:
        add_revision(session, assigned)
    mine = read(client, me, sent, "scorecards/mine").json()
    [listed] = read(client, me, sent, "scorecards").json()["items"]
    other = read(client, assigned.reviewer2, sent, "scorecards/mine").json()
    newest = [{**RATINGS[0], "cites": [2]}, RATINGS[1]]
    amended = amend(client, me, sent, locked.headers["ETag"], revision=2, ratings=newest)

    difference = {"added": ["2"], "changed": ["1", "answer:wrong"], "gone": ["statement"]}
    assert (locked.json()["difference"], draft.json()["difference"]) == (None, None)
    assert [one["difference"] for one in (mine, listed, other)] == [difference] * 3
    assert amended.json()["difference"] is None
    assert (amended.json()["newer_revision"], amended.json()["revision"]) == (True, 1)
    assert [one["revision"] for one in amended.json()["amendments"]] == [2]


def test_amendments_come_out_with_their_scorecard(client: TestClient, assigned: World) -> None:
    sent, me = assigned.submission, assigned.reviewer
    etag = judge(client, me, sent).headers["ETag"]
    amend(client, me, sent, etag)
    judge(client, assigned.reviewer2, sent)
    lines = client.get("/api/v1/exports/scorecards.jsonl", headers=assigned.recruiter.auth)
    first, second = map(json.loads, lines.text.splitlines())

    assert (first["recommendation"], second["amendments"]) == ("yes", [])
    [later] = first["amendments"]
    assert (later["recommendation"], later["reason"]) == ("no", LATER["reason"])
    assert [rating["level"] for rating in later["ratings"]] == [2, 4]
