"""A recruiter's page of many submissions is found along the order, not by sorting all of them."""

from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlmodel import Session

from service.core.db import Database, new_id
from service.core.paging import Slice
from service.domain.accounts.actor import Actor
from service.domain.accounts.tables import User
from service.domain.candidates.tables import Candidate
from service.domain.desk.inputs import SubmissionFilter
from service.domain.desk.queries import list_submissions
from service.domain.desk.queries.filters import MANY
from service.domain.submissions.tables import Revision, Source, Submission
from tests.worlds import World

LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


def test_a_page_of_many_holds_the_newest_and_is_not_sorted_for(
    database: Database, world: World
) -> None:
    few = seen(database, world)
    add_many(world)
    with database.read() as session:
        asked = asked_by(session)
        many = listed(session, world)
        sorted_for = [plan for plan in plans(session, asked) if "ORDER BY" in plan]

    assert few == [world.submission2.id, world.submission.id]
    assert many[:2] == few
    assert len(many) == 50
    assert sorted_for == []


def seen(database: Database, world: World) -> list[Any]:
    with database.read() as session:
        return listed(session, world)


def listed(session: Session, world: World) -> list[Any]:
    me = Actor.of(session.get_one(User, world.recruiter.id))
    return [line.id for line in list_submissions(session, me, SubmissionFilter(), Slice(50)).items]


def add_many(world: World) -> None:
    """Older ones, of people of their own."""
    made: dict[Any, list[dict[str, Any]]] = {Candidate: [], Submission: [], Revision: []}
    for number in range(MANY):
        person, id, email = new_id(), new_id(), f"{number}@example.org"
        when = {"created_at": LONG_AGO + timedelta(minutes=number)}
        named = {"name": "Somebody", "email": email, **when}
        made[Candidate].append({"id": person, "email_key": email, **named})
        where = {"job_id": world.job_id, "stage_id": world.stages["new"], "candidate_id": person}
        made[Submission].append({"id": id, **where, **when})
        sent = {"submission_id": id, "number": 1, "source": Source.API}
        made[Revision].append({"id": id, **sent, **named})
    with world.database.write() as session:
        for table, rows in made.items():
            session.connection().execute(sa.insert(table), rows)


def asked_by(session: Session) -> list[tuple[str, Any]]:
    """What the session asks from now on."""
    asked: list[tuple[str, Any]] = []

    def note(_c: Any, _cursor: Any, statement: str, values: Any, *_: Any) -> None:
        asked.append((statement, values))

    event.listen(session.connection(), "before_cursor_execute", note)
    return asked


def plans(session: Session, asked: list[tuple[str, Any]]) -> list[str]:
    """How SQLite comes to the answers; PostgreSQL knows by itself how many there are."""
    if session.get_bind().dialect.name == "postgresql":
        return []
    connection = session.connection()
    return [
        str(row[3])
        for statement, values in list(asked)
        for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
    ]
