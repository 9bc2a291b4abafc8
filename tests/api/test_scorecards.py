"""Reviewers draft, lock and only then see the others; nobody is told a score before that."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import event
from sqlmodel import Session, col, select
from starlette.testclient import TestClient

from service.core.outbox import EventDetail, EventRow
from service.domain.accounts.tables import Role, User
from service.domain.jobs.tables import Criterion, Job, Rubric, SealRule
from service.domain.reviews.tables import Assignment, AssignmentState, Rating, Scorecard
from service.domain.submissions.tables import Evidence, Revision, Source, Submission
from service.doors.tools import Tools
from tests.reviewing import CARD, assign, change, judge, lock, read, save, unseal
from tests.worlds import Person, World

SEALED_SUMMARY = {
    "sealed": True,
    "n": None,
    "rubrics": None,
    "recommendations": None,
    "share_yes": None,
    "disagreement": None,
    "forecast_mean": None,
    "composite_mean": None,
    "composites": None,
    "share_without_evidence": None,
    "criteria": None,
    "judgements": None,
    "champions": None,
}


def pointers(answer: Any) -> list[str]:
    return [error["pointer"] for error in answer.json()["errors"]]


def events_of(world: World) -> list[tuple[str, dict[str, object]]]:
    """Names, and what else the facts hold."""
    with world.database.read() as session:
        query = select(EventRow).where(EventRow.subject_id == world.submission.id)
        rows = session.exec(query.order_by(col(EventRow.id))).all()
        details = [session.get_one(EventDetail, row.id).detail for row in rows]
        return [(r.name, {**r.payload, **d}) for r, d in zip(rows, details, strict=True)]


@pytest.fixture
def assigned(client: TestClient, world: World) -> World:
    """Both reviewers are asked to review the first submission."""
    for person in (world.reviewer, world.reviewer2):
        assert assign(client, world.recruiter, person, world.submission).status_code == 201
    return world


@pytest.fixture
def statements(tools: Tools) -> Iterator[list[str]]:
    """What the application asks its database."""
    seen: list[str] = []

    def note(_c: Any, _cursor: Any, statement: str, _p: Any, _context: Any, _many: Any) -> None:
        seen.append(statement)

    event.listen(tools.database.engine, "before_cursor_execute", note)
    yield seen
    event.remove(tools.database.engine, "before_cursor_execute", note)


def test_a_reviewer_gets_a_form_to_fill(client: TestClient, assigned: World) -> None:
    form = read(client, assigned.reviewer, assigned.submission, "scorecards/mine")

    assert form.status_code == 200
    assert "ETag" not in form.headers
    body = form.json()
    anchors = [
        {"level": level, "name": f"Level {level}", "anchor": f"What {level} looks like."}
        for level in (1, 2, 3, 4)
    ]
    blank: dict[str, object] = {
        "level": None,
        "rated": False,
        "cites": [],
        "quote": "",
        "place": "",
        "comment": "",
    }
    assert body["ratings"] == [
        {
            "criterion": key,
            "name": key.title(),
            "description": "",
            "weight": weight,
            "anchors": anchors,
            **blank,
        }
        for key, weight in (("humility", 2), ("depth", 1))
    ]
    evidence_id = str(assigned.submission.evidence_id)
    assert body["evidence"] == [{"number": 1, "id": evidence_id, "title": "A compiler"}]
    assert body["answers"] == [{"key": "wrong", "question": "When?"}]
    assert (body["revision"], body["rubric"], body["statement"]) == (1, 1, True)
    assert (body["id"], body["state"], body["recommendation"]) == (None, None, None)


def test_a_reviewer_drafts_locks_and_only_then_sees_the_others(
    client: TestClient, assigned: World
) -> None:
    sent, me = assigned.submission, assigned.reviewer
    assert judge(client, assigned.reviewer2, sent).status_code == 200
    before = [read(client, me, sent, what).json() for what in ("scorecards", "summary")]
    locked = judge(client, me, sent, recommendation="strong_no", forecast=None)
    after = read(client, me, sent, "scorecards").json()
    summary = read(client, me, sent, "summary").json()

    assert before[0].pop("sync")
    assert before == [{"sealed": True, "items": [], "next_cursor": None}, SEALED_SUMMARY]
    assert locked.status_code == 200
    assert (locked.json()["state"], locked.json()["composite"]) == ("locked", 4.0)
    assert after["sealed"] is False
    assert [card["reviewer"]["name"] for card in after["items"]] == ["Reviewer2", "Reviewer"]
    assert after["items"][0]["ratings"] == [
        {
            "criterion": "humility",
            "name": "Humility",
            "level": 4,
            "cites": ["answer:wrong"],
            "quote": "Often.",
            "place": "",
            "comment": "",
        },
        {
            "criterion": "depth",
            "name": "Depth",
            "level": None,
            "cites": [],
            "quote": "",
            "place": "",
            "comment": "",
        },
    ]
    assert (summary["sealed"], summary["n"], summary["share_yes"]) == (False, 2, 0.5)
    assert summary["forecast_mean"] == 80.0
    assert assigned.reload(Submission, sent.id).version == 1


def test_when_all_must_have_locked_the_own_lock_is_not_enough(
    client: TestClient, assigned: World
) -> None:
    with assigned.database.write() as session:
        session.get_one(Job, assigned.job_id).seal_rule = SealRule.ALL_LOCKED
    sent = assigned.submission
    judge(client, assigned.reviewer, sent)
    own = read(client, assigned.reviewer, sent, "scorecards").json()
    recruiter = read(client, assigned.recruiter, sent, "summary").json()
    judge(client, assigned.reviewer2, sent)

    assert (own["sealed"], len(own["items"])) == (True, 1)
    assert recruiter == SEALED_SUMMARY
    for person in (assigned.reviewer, assigned.reviewer2, assigned.recruiter, assigned.admin):
        assert read(client, person, sent, "summary").json()["n"] == 2


def test_a_sealed_summary_is_the_same_without_and_with_scorecards(
    client: TestClient, assigned: World
) -> None:
    before = read(client, assigned.recruiter, assigned.submission, "summary")
    judge(client, assigned.reviewer, assigned.submission)
    after = read(client, assigned.recruiter, assigned.submission, "summary")

    assert before.content == after.content
    assert after.json() == SEALED_SUMMARY
    assert before.headers.keys() == after.headers.keys()


def test_a_draft_is_kept_as_it_was_written_and_stays_its_authors(
    client: TestClient, assigned: World
) -> None:
    sent, me = assigned.submission, assigned.reviewer
    begun = save(client, me, sent, {"comment": "First\r\nlook 🙂", "ratings": []})
    rating = {"criterion": "depth", "level": 2, "cites": [1, "statement"], "comment": "Ok."}
    unsure = {"criterion": "humility", "comment": "Not sure yet."}
    again = save(client, me, sent, {"ratings": [rating, unsure]}, begun.headers["ETag"])
    shown = read(client, me, sent, "scorecards/mine")

    assert begun.json()["comment"] == "First\nlook 🙂"
    assert (begun.headers["ETag"], again.headers["ETag"]) == ('"1"', '"2"')
    assert shown.headers["ETag"] == again.headers["ETag"]
    assert shown.json() == again.json()
    humility, depth = shown.json()["ratings"]
    assert shown.json()["comment"] == ""
    assert (depth["level"], depth["cites"], depth["rated"]) == (2, ["1", "statement"], True)
    assert (humility["level"], humility["comment"]) == (None, "Not sure yet.")
    assert humility["rated"] is False
    for other in (assigned.reviewer2, assigned.recruiter, assigned.admin):
        assert read(client, other, sent, "scorecards").json()["items"] == []


def test_only_whom_somebody_asked_has_a_scorecard(client: TestClient, assigned: World) -> None:
    sent = assigned.submission
    answers = {
        name: (read(client, who, sent, "scorecards/mine"), save(client, who, sent, CARD))
        for name, who in (("recruiter", assigned.recruiter), ("outsider", assigned.outsider))
    }

    assert [answer.status_code for answer in answers["recruiter"]] == [403, 403]
    assert {answer.json()["code"] for answer in answers["recruiter"]} == {"not_assigned"}
    assert [answer.status_code for answer in answers["outsider"]] == [404, 404]


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"recommendation": "maybe"}, "/recommendation"),
        ({"confidence": "HIGH"}, "/confidence"),
        ({"forecast": 101}, "/forecast"),
        ({"forecast": -1}, "/forecast"),
        ({"forecast": 50.0}, "/forecast"),
        ({"forecast": "50"}, "/forecast"),
        ({"forecast": True}, "/forecast"),
        ({"revision": 2}, "/revision"),
        ({"revision": 0}, "/revision"),
        ({"revision": 10**15}, "/revision"),
        ({"comment": "a\u0000b"}, "/comment"),
        ({"comment": "x" * 20_001}, "/comment"),
        ({"composite": 4.0}, "/composite"),
        ({"reviewer_id": "me"}, "/reviewer_id"),
        ({"state": "locked"}, "/state"),
        ({"ratings": None}, "/ratings"),
        ({"ratings": {}}, "/ratings"),
        ({"ratings": [{"criterion": "charm", "level": 1}]}, "/ratings/0/criterion"),
        ({"ratings": [{"criterion": "depth", "level": 5}]}, "/ratings/0/level"),
        ({"ratings": [{"criterion": "depth", "level": 0}]}, "/ratings/0/level"),
        ({"ratings": [{"criterion": "depth", "level": 3.0}]}, "/ratings/0/level"),
        ({"ratings": [{"criterion": "depth", "level": "3"}]}, "/ratings/0/level"),
        ({"ratings": [{"criterion": "depth", "level": True}]}, "/ratings/0/level"),
        ({"ratings": [{"criterion": "depth", "weight": 100}]}, "/ratings/0/weight"),
        ({"ratings": [{"criterion": "depth"}, {"criterion": "depth"}]}, "/ratings/1/criterion"),
        ({"ratings": [{"criterion": "depth", "cites": [2]}]}, "/ratings/0/cites/0"),
        ({"ratings": [{"criterion": "depth", "cites": ["01"]}]}, "/ratings/0/cites/0"),
        ({"ratings": [{"criterion": "depth", "cites": ["answer:x"]}]}, "/ratings/0/cites/0"),
        ({"ratings": [{"criterion": "depth", "cites": ["the rest"]}]}, "/ratings/0/cites/0"),
        ({"ratings": [{"criterion": "depth", "cites": [1, "1"]}]}, "/ratings/0/cites/1"),
    ],
)
def test_what_is_wrong_is_refused_and_nothing_is_kept(
    client: TestClient, assigned: World, change: dict[str, Any], pointer: str
) -> None:
    refused = save(client, assigned.reviewer, assigned.submission, {**CARD, **change})

    assert refused.status_code == 422, refused.text
    assert pointers(refused)[0] == pointer
    with assigned.database.read() as session:
        assert session.exec(select(Scorecard)).all() == []
        assert session.exec(select(Rating)).all() == []


def test_evidence_is_cited_by_number_or_id_and_stored_by_number(
    client: TestClient, assigned: World
) -> None:
    sent = assigned.submission
    cites = [str(sent.evidence_id), "statement", "answer:wrong"]
    card = {"ratings": [{"criterion": "depth", "level": 1, "cites": cites}]}
    saved = save(client, assigned.reviewer, sent, card)
    other = str(assigned.submission2.evidence_id)
    elsewhere = {"ratings": [{"criterion": "depth", "level": 1, "cites": [other]}]}
    refused = save(client, assigned.reviewer, sent, elsewhere, saved.headers["ETag"])

    assert saved.json()["ratings"][1]["cites"] == ["1", "statement", "answer:wrong"]
    assert pointers(refused) == ["/ratings/0/cites/0"]


def test_a_lock_lists_all_that_is_missing(client: TestClient, assigned: World) -> None:
    sent, me = assigned.submission, assigned.reviewer
    ratings = [{"criterion": "depth", "level": 3}]
    begun = save(client, me, sent, {"comment": "Begun.", "ratings": ratings})
    refused = lock(client, me, sent, begun.headers["ETag"])

    assert (refused.status_code, refused.json()["code"]) == (409, "scorecard_incomplete")
    assert pointers(refused) == [
        "/recommendation",
        "/confidence",
        "/ratings/0/level",
        "/ratings/1/cites",
    ]
    never = lock(client, assigned.reviewer2, sent, '"1"')
    assert (never.status_code, never.json()["code"]) == (409, "scorecard_incomplete")


def test_a_locked_scorecard_stays_as_it_is(client: TestClient, assigned: World) -> None:
    sent, me = assigned.submission, assigned.reviewer
    locked = judge(client, me, sent)
    etag = locked.headers["ETag"]
    refused = [
        save(client, me, sent, CARD),
        save(client, me, sent, CARD, etag),
        save(client, me, sent, CARD, '"1"'),
        lock(client, me, sent, etag),
        lock(client, me, sent, '"2"'),
    ]

    assert {(r.status_code, r.json()["code"]) for r in refused} == {(409, "scorecard_locked")}
    shown = read(client, me, sent, "scorecards/mine")
    assert (shown.json(), shown.headers["ETag"]) == (locked.json(), etag)


def test_nothing_shown_gives_no_composite(client: TestClient, assigned: World) -> None:
    ratings = [{"criterion": key, "level": None} for key in ("humility", "depth")]
    locked = judge(client, assigned.reviewer, assigned.submission, ratings=ratings)
    summary = read(client, assigned.reviewer, assigned.submission, "summary").json()

    assert (locked.status_code, locked.json()["composite"]) == (200, None)
    assert (summary["n"], summary["composite_mean"]) == (1, None)
    assert [row["not_shown"] for row in summary["criteria"]] == [1, 1]
    assert [row["mean"] for row in summary["criteria"]] == [None, None]


def test_a_change_says_which_version_it_changes(client: TestClient, assigned: World) -> None:
    sent, me = assigned.submission, assigned.reviewer
    url = f"{sent.url}/scorecards/mine"
    too_early = save(client, me, sent, CARD, '"1"')
    saved = save(client, me, sent, CARD)
    answers = [
        client.put(url, json=CARD, headers=me.auth),
        client.post(f"{url}/lock", headers=me.auth),
        save(client, me, sent, CARD),
        save(client, me, sent, CARD, '"99"'),
        lock(client, me, sent, '"99"'),
        save(client, me, sent, CARD, saved.headers["ETag"]),
        lock(client, me, sent, saved.headers["ETag"]),
    ]

    assert too_early.status_code == 412
    assert [a.status_code for a in answers] == [428, 428, 412, 412, 412, 200, 412]


def test_what_the_candidate_adds_later_does_not_change_what_was_judged(
    client: TestClient, assigned: World
) -> None:
    sent, me = assigned.submission, assigned.reviewer
    judge(client, me, sent)
    begun = save(client, assigned.reviewer2, sent, {"comment": "Begun."})
    with assigned.database.write() as session:
        add_revision(session, assigned)
    mine = read(client, me, sent, "scorecards/mine").json()
    listed = read(client, me, sent, "scorecards").json()["items"]
    draft = read(client, assigned.reviewer2, sent, "scorecards/mine").json()
    cite = {"ratings": [{"criterion": "depth", "level": 1, "cites": [2]}]}
    newest = save(client, assigned.reviewer2, sent, cite, begun.headers["ETag"])
    first = save(client, assigned.reviewer2, sent, {**cite, "revision": 1}, newest.headers["ETag"])

    assert (mine["revision"], mine["newer_revision"]) == (1, True)
    assert [(card["revision"], card["newer_revision"]) for card in listed] == [(1, True)]
    assert (draft["revision"], draft["newer_revision"]) == (1, True)
    assert (newest.json()["revision"], newest.json()["newer_revision"]) == (2, False)
    assert pointers(first) == ["/ratings/0/cites/0"]


def add_revision(session: Session, world: World) -> None:
    submission = session.get_one(Submission, world.submission.id)
    revision = Revision(
        submission_id=submission.id, number=2, source=Source.API, name="A", email="a@example.org"
    )
    session.add(revision)
    session.flush()
    for number in (1, 2):
        session.add(Evidence(revision_id=revision.id, number=number, title=f"Thing {number}"))
    submission.revision = 2


def test_a_new_rubric_is_judged_by_and_an_old_scorecard_keeps_its_own(
    client: TestClient, assigned: World
) -> None:
    sent = assigned.submission
    judge(client, assigned.reviewer, sent)
    draft = save(client, assigned.reviewer2, sent, CARD)
    with assigned.database.write() as session:
        add_rubric(session, assigned)
    locked = read(client, assigned.reviewer, sent, "scorecards/mine").json()
    shown = read(client, assigned.reviewer2, sent, "scorecards/mine").json()
    too_late = lock(client, assigned.reviewer2, sent, draft.headers["ETag"])
    ratings = [
        {"criterion": "depth", "level": 2, "cites": [1]},
        {"criterion": "speed", "level": 1, "cites": [1]},
    ]
    card = {**CARD, "rubric": 2, "ratings": ratings}
    saved = save(client, assigned.reviewer2, sent, card, draft.headers["ETag"])
    again = lock(client, assigned.reviewer2, sent, saved.headers["ETag"])
    summary = read(client, assigned.recruiter, sent, "summary").json()

    assert (locked["rubric"], [r["criterion"] for r in locked["ratings"]]) == (
        1,
        ["humility", "depth"],
    )
    assert (shown["rubric"], shown["rubric_changed"]) == (2, True)
    assert [(r["criterion"], r["level"], r["rated"]) for r in shown["ratings"]] == [
        ("depth", None, False),
        ("speed", None, False),
    ]
    earlier = [(r["criterion"], r["level"], r["quote"]) for r in shown["earlier_ratings"]]
    assert earlier == [("humility", 4, "Often."), ("depth", None, "")]
    assert (locked["earlier_ratings"], again.json()["earlier_ratings"]) == ([], [])
    assert (too_late.status_code, too_late.json()["code"]) == (409, "rubric_changed")
    assert (again.status_code, again.json()["rubric"], again.json()["composite"]) == (200, 2, 1.5)
    assert [(row["rubric"], row["criterion"]) for row in summary["criteria"]] == [
        (2, "depth"),
        (2, "speed"),
        (1, "humility"),
        (1, "depth"),
    ]


def test_levels_are_never_read_by_another_rubric_than_the_form_showed(
    client: TestClient, assigned: World
) -> None:
    sent, me = assigned.submission, assigned.reviewer
    depth = {**CARD, "ratings": [{"criterion": "depth", "level": 2, "cites": [1]}]}
    form = read(client, me, sent, "scorecards/mine").json()
    drafted = save(client, assigned.reviewer2, sent, depth)
    with assigned.database.write() as session:
        add_rubric(session, assigned)
    etag = drafted.headers["ETag"]
    silent = [save(client, me, sent, depth), save(client, assigned.reviewer2, sent, depth, etag)]
    old = save(client, me, sent, {**depth, "rubric": form["rubric"]})
    new = read(client, me, sent, "scorecards/mine").json()
    saved = save(client, me, sent, {**depth, "rubric": new["rubric"]})

    assert drafted.status_code == 200
    for answer in silent:
        assert (answer.status_code, answer.json()["code"]) == (422, "rubric_unnamed")
        assert pointers(answer) == ["/rubric"]
        assert "the newest is 2" in answer.json()["detail"]
    assert (old.status_code, old.json()["code"]) == (409, "rubric_changed")
    assert (new["rubric"], saved.status_code) == (2, 200)


def test_what_was_read_under_a_newer_rubric_locks_nothing_when_it_is_sent_back(
    client: TestClient, assigned: World
) -> None:
    sent, me = assigned.submission, assigned.reviewer
    rating = {"criterion": "depth", "level": 2, "cites": ["1"], "comment": "Deep."}
    drafted = save(client, me, sent, {**CARD, "ratings": [rating]})
    with assigned.database.write() as session:
        add_rubric(session, assigned)
    read_back = read(client, me, sent, "scorecards/mine").json()
    fields = ("criterion", "level", "rated", "cites", "quote", "place", "comment")
    ratings = [{name: one[name] for name in fields} for one in read_back["ratings"]]
    card = {**CARD, "rubric": read_back["rubric"], "ratings": ratings}
    saved = save(client, me, sent, card, drafted.headers["ETag"])
    locked = lock(client, me, sent, saved.headers["ETag"])
    unclear = {**card, "ratings": [{**rating, "rated": False}]}

    assert saved.status_code == 200
    assert [(r["rated"], r["cites"], r["comment"]) for r in saved.json()["ratings"]] == [
        (False, ["1"], "Deep."),
        (False, [], ""),
    ]
    assert (locked.status_code, pointers(locked)) == (
        409,
        ["/ratings/0/level", "/ratings/1/level"],
    )
    assert save(client, me, sent, unclear, saved.headers["ETag"]).status_code == 422


def add_rubric(session: Session, world: World) -> None:
    rubric = Rubric(job_id=world.job_id, number=2)
    session.add(rubric)
    session.flush()
    anchors: list[dict[str, object]] = [{"level": 1, "anchor": "A"}, {"level": 2, "anchor": "B"}]
    for position, key in enumerate(("depth", "speed")):
        session.add(
            Criterion(
                rubric_id=rubric.id, key=key, name=key.title(), position=position, anchors=anchors
            )
        )


def test_without_a_rubric_there_is_nothing_to_judge_by(client: TestClient, assigned: World) -> None:
    with assigned.database.write() as session:
        for table in (Criterion, Rubric):
            for row in session.exec(select(table)):
                session.delete(row)
            session.flush()
    form = read(client, assigned.reviewer, assigned.submission, "scorecards/mine")
    refused = save(client, assigned.reviewer, assigned.submission, CARD)

    assert (form.status_code, form.json()["rubric"], form.json()["ratings"]) == (200, None, [])
    assert (refused.status_code, refused.json()["code"]) == (409, "no_rubric")


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("admin", 200),
        ("recruiter", 200),
        ("reviewer", 403),
        ("other_recruiter", 404),
        ("outsider", 404),
    ],
)
def test_an_early_look_is_for_those_who_hire_and_only_for_the_one_who_asks(
    client: TestClient, assigned: World, name: str, status: int
) -> None:
    sent, me = assigned.submission, getattr(assigned, name)
    judge(client, assigned.reviewer2, sent)
    unsealed = unseal(client, me, sent)
    sees = [
        person
        for person in (assigned.admin, assigned.recruiter, assigned.reviewer)
        if not read(client, person, sent, "summary").json()["sealed"]
    ]

    assert unsealed.status_code == status
    assert sees == ([me] if status == 200 else [])
    if status == 200:
        assert unsealed.json() == {"sealed": False}
        assert unseal(client, me, sent, "Again.").status_code == 200
    looks = [facts["reason"] for event, facts in events_of(assigned) if event == "scores.unsealed"]
    assert looks == (["An offer is due today.", "Again."] if status == 200 else [])


@pytest.mark.parametrize("state", list(AssignmentState))
def test_who_has_yet_to_judge_never_looks_early(
    client: TestClient, assigned: World, state: AssignmentState
) -> None:
    sent = assigned.submission
    judge(client, assigned.reviewer2, sent)
    give_role(assigned, assigned.recruiter, "reviewer")
    assert unseal(client, assigned.recruiter, sent).status_code == 200
    with assigned.database.write() as session:
        row = Assignment(submission_id=sent.id, reviewer_id=assigned.recruiter.id, state=state)
        session.add(row)
    refused = unseal(client, assigned.recruiter, sent)
    sealed = read(client, assigned.recruiter, sent, "summary").json()["sealed"]

    unlocked = state in ("open", "declined", "abstained")
    assert refused.status_code == (403 if unlocked else 200)
    assert not unlocked or refused.json()["code"] == "own_review_open"
    assert sealed is unlocked


def give_role(world: World, person: Person, role: str) -> None:
    with world.database.write() as session:
        user = session.get_one(User, person.id)
        user.roles = [*user.roles, Role(role)]


def test_a_reason_is_needed_to_look_early(client: TestClient, assigned: World) -> None:
    url = f"{assigned.submission.url}/scorecards/unseal"
    for body in ({}, {"reason": ""}, {"reason": " \n"}, {"reason": None}, {"why": "x"}):
        refused = client.post(url, json=body, headers=assigned.recruiter.auth)
        assert refused.status_code == 422


def test_events_say_what_happened_and_never_a_score(client: TestClient, assigned: World) -> None:
    sent = assigned.submission
    judge(client, assigned.reviewer, sent, comment="Secret words", forecast=73)
    assignments = read(client, assigned.recruiter, sent, "assignments").json()["items"]
    change(client, assigned.reviewer2, sent, assignments[1], state="declined", reason="Busy.")

    found = [each for each in events_of(assigned) if each[0] != "access.changed"]
    assert [name for name, _facts in found] == [
        "reviewer.assigned",
        "reviewer.assigned",
        "scorecard.saved",
        "scorecard.locked",
        "assignment.declined",
    ]
    ids = {"submission_id", "job_id", "assignment_id", "reviewer_id"}
    assert found[0][1].keys() == {*ids, "after"}
    assert found[2][1].keys() == {"submission_id", "job_id", "scorecard_id", "reviewer_id"}
    assert found[3][1].keys() == {*ids, "scorecard_id", "revision_id", "rubric_id"}
    assert found[4][1]["reason"] == "Busy."


def test_a_list_of_scorecards_costs_the_same_whatever_its_length(
    client: TestClient, assigned: World, statements: list[str]
) -> None:
    sent = assigned.submission
    judge(client, assigned.reviewer, sent)
    statements.clear()
    read(client, assigned.reviewer, sent, "scorecards")
    one = len(statements)
    judge(client, assigned.reviewer2, sent)
    statements.clear()
    listed = read(client, assigned.reviewer, sent, "scorecards")

    assert len(listed.json()["items"]) == 2
    assert len(statements) == one


def test_who_looked_early_is_not_asked_to_judge(client: TestClient, world: World) -> None:
    sent, looker = world.submission, world.recruiter
    with world.database.write() as session:
        session.get_one(User, looker.id).roles = [Role.RECRUITER, Role.REVIEWER]
    unseal(client, looker, sent)
    made = assign(client, looker, world.reviewer, sent).json()
    asked = assign(client, looker, looker, sent)
    given = change(client, looker, sent, made, reviewer=str(looker.id))

    assert [answer.status_code for answer in (asked, given)] == [409, 409]
    assert {answer.json()["code"] for answer in (asked, given)} == {"scores_seen"}


def test_scores_never_open_by_a_looser_rule_once_one_is_locked(
    client: TestClient, assigned: World
) -> None:
    url, by = "/api/v1/jobs/engineer", assigned.recruiter.auth

    def change_rule(rule: SealRule) -> int:
        etag = client.get(url, headers=by).headers["ETag"]
        body = {"seal_rule": rule}
        return client.patch(url, json=body, headers={**by, "If-Match": etag}).status_code

    before = [change_rule(SealRule.ALL_LOCKED), change_rule(SealRule.OWN_LOCK)]
    judge(client, assigned.reviewer, assigned.submission)
    after = [change_rule(SealRule.ALL_LOCKED), change_rule(SealRule.OWN_LOCK)]

    assert (before, after) == ([200, 200], [200, 409])
    assert read(client, assigned.reviewer, assigned.submission, "summary").json()["sealed"]
