"""Many are rejected together, with a letter each: all of them, or none."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from uuid import UUID

import pytest
from psycopg.errors import LockNotAvailable
from pydantic import ValidationError
from sqlalchemy import event
from sqlmodel import col, select

from service.core.clock import utc_now
from service.core.db import Database
from service.core.errors import Forbidden, Refusal
from service.core.outbox import EventRow
from service.domain.accounts.actor import Actor
from service.domain.accounts.tables import Role, User
from service.domain.desk.actions import reject_submissions
from service.domain.desk.inputs import RejectInput
from service.domain.jobs.tables import Job, TeamMember
from service.domain.messages.tables import Message
from service.domain.submissions.queries import get_submissions
from service.domain.submissions.tables import Access, Revision, Submission
from tests.house.growth import grow
from tests.meetings import Other, sent, wait_for
from tests.worlds import REASONS, Person, World


def reject(
    database: Database, world: World, by: Person, *, versions: tuple[int, int] = (1, 1)
) -> None:
    chosen = zip((world.submission.id, world.submission2.id), versions, strict=True)
    wanted = RejectInput(
        submissions=list(chosen),
        reason="depth",
        subject="About {job}",
        text="Dear {name},\n\nno.\n\nUs",
    )
    with database.write() as session:
        reject_submissions(session, Actor.of(session.get_one(User, by.id)), wanted)


def test_all_are_rejected_and_written_to(database: Database, world: World) -> None:
    with database.write() as session:
        session.get_one(Revision, world.submission2.revision_id).name = "{job}"

    reject(database, world, world.recruiter)

    with database.read() as session:
        assert set(session.exec(select(Submission.decision))) == {"rejected"}
        letters = session.exec(select(Message).order_by(col(Message.recipient))).all()
        assert [letter.recipient for letter in letters] == ["ada@example.org", "grace@example.org"]
        title = session.exec(select(Job.title)).one()
        assert {letter.subject for letter in letters} == {f"About {title}"}
        assert [letter.text for letter in letters] == [
            "Dear Ada,\n\nno.\n\nUs",
            "Dear {job},\n\nno.\n\nUs",
        ]
        names = session.exec(select(EventRow.name).order_by(col(EventRow.id))).all()
        assert names.count("submission.decided") == 2


@pytest.mark.parametrize("versions", [(1, 2), (2, 1)])
def test_one_that_was_changed_keeps_all_as_they_were(
    database: Database, world: World, versions: tuple[int, int]
) -> None:
    with pytest.raises(Refusal):
        reject(database, world, world.recruiter, versions=versions)

    with database.read() as session:
        assert set(session.exec(select(Submission.decision))) == {None}
        assert not session.exec(select(Message)).all()
        assert not session.exec(select(EventRow)).all()


@pytest.fixture
def crowd(world: World) -> list[tuple[UUID, int]]:
    for _ in range(98):
        grow(world)
    with world.database.write() as session:
        for submission in session.exec(select(Submission)).all():
            submission.job_id, submission.stage_id = world.job_id, world.stages["new"]
    with world.database.read() as session:
        return [(one.id, one.version) for one in session.exec(select(Submission)).all()]


def test_a_hundred_are_rejected_in_few_statements(
    database: Database, world: World, crowd: list[tuple[UUID, int]]
) -> None:
    wanted = RejectInput(submissions=crowd, reason="depth", subject="About {job}", text="{name}")
    with database.write() as session:
        me = Actor.of(session.get_one(User, world.recruiter.id))
        with counted(database) as seen:
            reject_submissions(session, me, wanted)

    # One for each changes it, in the version that was seen; all else is read and written at once.
    assert len(seen) == len(crowd) + 17
    with database.read() as session:
        versions = {one.id: one.version for one in session.exec(select(Submission)).all()}
        assert versions == {id: version + 1 for id, version in crowd}


@contextmanager
def counted(database: Database) -> Iterator[list[str]]:
    """What is said to the database; many rows in one statement are one."""
    seen: list[str] = []

    def note(_connection: object, _cursor: object, text: str, *_more: object) -> None:
        seen.append(text)

    event.listen(database.engine, "before_cursor_execute", note)
    yield seen
    event.remove(database.engine, "before_cursor_execute", note)


def test_only_who_may_move_rejects(database: Database, world: World) -> None:
    with pytest.raises(Forbidden):
        reject(database, world, world.reviewer)
    with pytest.raises(Refusal):
        reject(database, world, world.other_recruiter)


def test_who_may_not_move_one_of_them_rejects_none(database: Database, world: World) -> None:
    """The other recruiter hires for one job, and for the other one was only asked to review."""
    with database.write() as session:
        job = Job(slug="second", title="Second", rejection_reasons=REASONS)
        session.add(job)
        session.flush()
        own, seen = world.other_recruiter.id, world.submission
        session.get_one(User, own).roles = [Role.RECRUITER, Role.REVIEWER]
        session.add(TeamMember(job_id=job.id, user_id=own))
        session.get_one(Submission, world.submission2.id).job_id = job.id
        session.add(Access(submission_id=seen.id, user_id=own, assigned=True, changed_at=utc_now()))

    with pytest.raises(Forbidden):
        reject(database, world, world.other_recruiter, versions=(1, 2))

    with database.read() as session:
        assert set(session.exec(select(Submission.decision))) == {None}
        assert not session.exec(select(Message)).all()
        assert not session.exec(select(EventRow)).all()


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_who_changes_many_takes_them_in_one_order(
    database: Database, world: World, others: Callable[[], Other]
) -> None:
    """However they are stored and asked for; else two would wait for each other in a circle."""
    first, last = sorted((world.submission.id, world.submission2.id))
    other, third = others(), others()
    for stored in (last, first):  # who is written anew stands behind
        other.change("submission", stored, "waiting", 0)
    other.keep()
    with database.engine.begin() as connection:
        connection.exec_driver_sql("ANALYZE submission")  # so small, it is read as it is stored
    other.lock("submission", last)

    def choose() -> int:
        with database.write() as session:
            me = Actor.of(session.get_one(User, world.recruiter.id))
            return len(get_submissions(session, me, [(last, 1), (first, 1)]))

    with sent(choose) as chosen:
        wait_for(database, 1)
        with pytest.raises(LockNotAvailable):
            third.lock("submission", first, now=True)
        other.end()
        assert chosen() == 2


def test_nobody_and_too_many_are_refused(world: World) -> None:
    for count in (0, 101):
        with pytest.raises(ValidationError):
            RejectInput(
                submissions=[(world.submission.id, 1)] * count,
                reason="depth",
                subject="About",
                text="No.",
            )


def test_a_guest_is_not_told_whether_it_was_changed(database: Database, world: World) -> None:
    with database.write() as session:
        session.get_one(User, world.other_recruiter.id).roles = [Role.RECRUITER, Role.REVIEWER]
        for sent in (world.submission, world.submission2):
            session.add(
                Access(
                    submission_id=sent.id,
                    user_id=world.other_recruiter.id,
                    assigned=True,
                    changed_at=utc_now(),
                )
            )

    for versions in ((1, 1), (1, 2)):
        with pytest.raises(Forbidden):
            reject(database, world, world.other_recruiter, versions=versions)
