"""The list of submissions: whom it shows, filters, sorts, pages, and how a client stays in step."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import event
from sqlmodel import Session, col, func, select, update
from starlette.testclient import TestClient

from service.core import outbox
from service.core.clock import utc_now
from service.core.db import Database
from service.core.outbox import Event, EventRow
from service.core.words import fold
from service.domain.accounts.actor import SYSTEM
from service.domain.candidates.tables import Candidate
from service.domain.jobs.events import JobTeamSet
from service.domain.jobs.tables import TeamMember
from service.domain.reviews.tables import (
    Assignment,
    AssignmentState,
    Recommendation,
    Scorecard,
    ScorecardState,
)
from service.domain.submissions.actions import set_access
from service.domain.submissions.tables import Access, Revision, Source, Submission
from tests.worlds import Person, World

URL = "/api/v1/submissions"


def names(client: TestClient, by: Person, **query: str | int) -> list[str]:
    found = client.get(URL, params=query, headers=by.auth)
    assert found.status_code == 200, found.text
    return [item["name"] for item in found.json()["items"]]


def send(session: Session, world: World, name: str, days: int = 0, statement: str = "") -> UUID:
    """A submission of somebody with this name, some days after the world began."""
    key = f"{len(name)}-{abs(hash(name))}@example.org"
    candidate = Candidate(name=name, email=key, email_key=key)
    session.add(candidate)
    session.flush()
    at = datetime(2026, 6, 1, tzinfo=UTC) + timedelta(days=days)
    submission = Submission(
        job_id=world.job_id,
        stage_id=world.stages["new"],
        candidate_id=candidate.id,
        created_at=at,
        updated_at=at,
    )
    session.add(submission)
    session.flush()
    revision = Revision(
        submission_id=submission.id,
        number=1,
        source=Source.API,
        name=name,
        email=key,
        search_text=fold(f"{name}\n{statement}"),
    )
    session.add(revision)
    session.flush()
    return submission.id


def judge(session: Session, world: World, submission_id: UUID, score: float, *, by: UUID) -> None:
    """What an assignment that is done and its locked scorecard leave in the tables."""
    revision = session.exec(
        select(Revision.id).where(Revision.submission_id == submission_id)
    ).one()
    session.add(Assignment(submission_id=submission_id, reviewer_id=by, state=AssignmentState.DONE))
    card = Scorecard(
        submission_id=submission_id,
        reviewer_id=by,
        revision_id=revision,
        rubric_id=world.rubric_id,
        state=ScorecardState.LOCKED,
        recommendation=Recommendation.YES,
        composite=score,
        locked_at=utc_now(),
    )
    session.add(card)
    session.flush()


def give_access(session: Session, world: World, person: Person) -> None:
    seen = Access(
        submission_id=world.submission.id, user_id=person.id, assigned=True, changed_at=utc_now()
    )
    session.add(seen)
    session.flush()


@contextmanager
def counted(database: Database) -> Iterator[list[str]]:
    statements: list[str] = []

    def note(*arguments: Any) -> None:
        statements.append(arguments[2])

    event.listen(database.engine, "before_cursor_execute", note)
    yield statements
    event.remove(database.engine, "before_cursor_execute", note)


def test_each_sees_what_is_theirs(client: TestClient, world: World) -> None:
    with world.database.write() as session:
        give_access(session, world, world.reviewer)

    assert names(client, world.admin, sort="name") == ["Ada", "Grace"]
    assert names(client, world.recruiter, sort="name") == ["Ada", "Grace"]
    assert names(client, world.reviewer) == ["Ada"]
    assert names(client, world.other_recruiter) == names(client, world.outsider) == []
    assert client.get(URL).status_code == 401


def test_a_line_shows_what_one_chooses_by(client: TestClient, world: World) -> None:
    with world.database.write() as session:
        give_access(session, world, world.reviewer)
        judge(session, world, world.submission.id, 3.5, by=world.reviewer.id)

    (line,) = client.get(URL, params={"q": "ada"}, headers=world.recruiter.auth).json()["items"]

    assert line["id"] == str(world.submission.id)
    expected = {
        "job": "engineer",
        "stage": "new",
        "stage_name": "New",
        "decision": None,
        "email": "ada@example.org",
        "revision": 1,
        "waiting": 0,
        "version": 1,
        "evidence_count": 1,
        "evidence_kinds": ["open_source"],
        "reviews_done": 1,
        "reviews_wanted": 2,
        "score": 3.5,
    }
    assert {key: line[key] for key in expected} == expected
    (line,) = client.get(URL, headers=world.reviewer.auth).json()["items"]
    assert (line["reviews_done"], line["reviews_wanted"], line["score"]) == (None, None, 3.5)


def test_a_list_of_three_costs_as_many_queries_as_one_of_one(
    client: TestClient, world: World, tools: Any
) -> None:
    with world.database.write() as session:
        send(session, world, "Third")
    counts = []
    for query in ({"q": "third"}, {}):
        with counted(tools.database) as statements:
            names(client, world.recruiter, **query)
        counts.append(len(statements))

    assert counts[0] == counts[1] <= 10


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"job": "engineer"}, ["Ada", "Grace"]),
        ({"stage": "new"}, ["Ada", "Grace"]),
        ({"job": "engineer", "stage": "screen"}, []),
        ({"decision": "none"}, ["Ada", "Grace"]),
        ({"decision": "hired"}, []),
        ({"evidence_kind": "open_source"}, ["Ada", "Grace"]),
        ({"evidence_kind": "patent"}, []),
        ({"assigned_to": "me"}, []),
        ({"q": "GRACE compiler"}, ["Grace"]),
        ({"q": "grace ada"}, []),
        ({"q": "%"}, []),
        ({"q": "_"}, []),
        ({"q": "\\"}, []),
        ({"submitted_since": "2999-01-01T00:00:00Z"}, []),
        ({"submitted_since": "2000-01-01T00:00:00+02:00"}, ["Ada", "Grace"]),
        ({"updated_since": "2000-01-01T00:00:00Z"}, ["Ada", "Grace"]),
        ({"min_score": "1"}, []),
    ],
)
def test_filters(
    client: TestClient, world: World, query: dict[str, str], expected: list[str]
) -> None:
    assert names(client, world.recruiter, sort="name", **query) == expected


@pytest.mark.parametrize(
    "query",
    [
        {"job": "enginer"},
        {"stage": "nowhere"},
        {"job": "engineer", "stage": "nowhere"},
        {"job": ""},
        {"decision": "fired"},
        {"evidence_kind": "cv"},
        {"assigned_to": "you"},
        {"assigned_to": "00000000-0000-0000-0000-000000000000"},
        {"q": ""},
        {"q": "x" * 501},
        {"q": "a\x00b"},
        {"min_score": "1e999"},
        {"min_score": "nan"},
        {"min_score": "high"},
        {"submitted_since": "253402300800"},
        {"submitted_since": "2026-02-30T00:00:00Z"},
        {"updated_since": "0001-01-01T00:00:00+14:00"},
        {"sort": "email"},
        {"sort": "name; DROP TABLE submission"},
        {"limit": "0"},
        {"limit": "201"},
        {"limit": "-1"},
        {"limit": "1_0"},
        {"limit": "1.0"},
        {"limit": "abc"},
        {"limit": "9" * 30},
        {"stag": "new"},
    ],
)
def test_a_mistyped_filter_is_refused(
    client: TestClient, world: World, query: dict[str, str]
) -> None:
    refused = client.get(URL, params=query, headers=world.recruiter.auth)

    assert refused.status_code == 422
    assert refused.headers["content-type"] == "application/problem+json"


def test_a_filter_given_twice_or_in_bad_utf_8_is_refused(client: TestClient, world: World) -> None:
    auth = world.recruiter.auth
    assert client.get(f"{URL}?stage=new&stage=screen", headers=auth).status_code == 422
    assert client.get(f"{URL}?q=%FF", headers=auth).status_code == 400


@pytest.mark.parametrize(
    "word", ["C++", "C#", ".NET", "a/b", "node.js", "@handle", "100%", "snake_case", '"quoted"']
)
def test_skills_are_found_as_they_are_written(client: TestClient, world: World, word: str) -> None:
    with world.database.write() as session:
        send(session, world, "Bjarne", statement=f"I write {word} daily.")
        send(session, world, "Dennis", statement="I write C daily, a b node js, 100 snakeXcase.")

    assert names(client, world.recruiter, q=word) == ["Bjarne"]


@pytest.mark.parametrize(("name", "query"), [("İpek", "ipek"), ("Große", "GROSSE"), ("É", "é")])
def test_case_is_folded_alike_on_both_databases(
    client: TestClient, world: World, name: str, query: str
) -> None:
    with world.database.write() as session:
        send(session, world, name)

    assert names(client, world.recruiter, q=query) == [name]


def test_a_long_search_ends(client: TestClient, world: World) -> None:
    words = " ".join(f"{number}" for number in range(140))

    assert len(words) <= 500
    assert names(client, world.recruiter, q=words) == []


def test_sorts_are_the_same_on_both_databases(client: TestClient, world: World) -> None:
    people = ["zoe", "Bob", "Äda", "ada", "Ärger", "Zoe", "_x", "😀", "שרה", "ada b"]
    with world.database.write() as session:
        session.exec(update(Revision).values(name="!"))
        for day, name in enumerate(people):
            send(session, world, name, days=day)

    def shown(sort: str) -> list[str]:
        return [name for name in names(client, world.recruiter, sort=sort) if name != "!"]

    by_name = ["_x", "ada", "ada b", "Bob", "zoe", "Zoe", "Äda", "Ärger", "שרה", "😀"]
    assert shown("name") == by_name
    assert shown("-name")[::-1] in (by_name, [*by_name[:4], "Zoe", "zoe", *by_name[6:]])
    assert shown("submitted") == shown("updated") == people
    assert shown("-submitted") == shown("-updated") == people[::-1]


def scored(world: World) -> None:
    """Six submissions with scores, one of them sealed, beside the world's two without."""
    with world.database.write() as session:
        for number, score in enumerate((2.0, 4.0, 3.0, 3.0, 1.5)):
            id = send(session, world, f"S{number}")
            judge(session, world, id, score, by=world.reviewer.id)
        sealed = send(session, world, "Sealed")
        judge(session, world, sealed, 4.0, by=world.reviewer.id)
        owing = Assignment(submission_id=sealed, reviewer_id=world.reviewer2.id)
        session.add(owing)


def test_a_sealed_score_is_last_whatever_it_is_and_passes_no_filter(
    client: TestClient, world: World
) -> None:
    scored(world)

    down = names(client, world.recruiter, sort="-score")
    up = names(client, world.recruiter, sort="score")
    assert (down[0], down[1:3], down[3:5]) == ("S1", ["S2", "S3"], ["S0", "S4"])
    assert (up[:2], up[4]) == (["S4", "S0"], "S1")
    assert set(down[5:]) == set(up[5:]) == {"Sealed", "Ada", "Grace"}
    enough = names(client, world.recruiter, min_score=3, sort="name")
    assert enough == ["S1", "S2", "S3"]
    assert "Sealed" not in names(client, world.recruiter, min_score=-1)
    items = client.get(URL, headers=world.recruiter.auth).json()["items"]
    assert [item["score"] for item in items if item["name"] == "Sealed"] == [None]


def test_two_databases_that_differ_in_a_sealed_score_answer_the_same(
    client: TestClient, world: World
) -> None:
    scored(world)
    sealed = select(Submission.id).join(Revision).where(Revision.name == "Sealed")

    def everything() -> list[bytes]:
        queries = [{"sort": sort} for sort in ("score", "-score", "updated")]
        queries += [{"min_score": str(level)} for level in (0, 1, 2, 4)]
        auth = world.recruiter.auth
        return [client.get(URL, params=query, headers=auth).content for query in queries]

    before = everything()
    with world.database.write() as session:
        change = update(Scorecard).where(col(Scorecard.submission_id).in_(sealed))
        session.exec(change.values(composite=1.0, recommendation=Recommendation.STRONG_NO))

    # The walk's own sync cursors are signed over the same text, so all bytes are the same.
    assert everything() == before


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


def walk(client: TestClient, by: Person, **query: str) -> tuple[list[dict[str, Any]], str]:
    """All items, two by two, and the sync cursor at the end."""
    items: list[dict[str, Any]] = []
    cursor: dict[str, str] = {}
    while True:
        found = client.get(URL, params={**query, "limit": 2, **cursor}, headers=by.auth)
        assert found.status_code == 200, found.text
        page = found.json()
        items += page["items"]
        if page["next_cursor"] is None:
            return items, page["sync"]
        assert page["sync"] is None
        cursor = {"cursor": page["next_cursor"]}


def chain(world: World) -> None:
    """Number the events, as the worker does."""
    with world.database.write() as session:
        query = select(EventRow).where(col(EventRow.seq).is_(None)).order_by(col(EventRow.id))
        last = session.exec(select(func.max(EventRow.seq))).one() or 0
        for number, row in enumerate(session.exec(query).all(), last + 1):
            row.seq = number


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
