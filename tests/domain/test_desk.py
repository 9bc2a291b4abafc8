"""Many are rejected together, with a letter each: all of them, or none."""

import pytest
from pydantic import ValidationError
from sqlmodel import col, select

from service.core.db import Database
from service.core.errors import Forbidden, Refusal
from service.core.outbox import EventRow
from service.domain.accounts.actor import Actor
from service.domain.accounts.tables import User
from service.domain.desk.actions import reject_submissions
from service.domain.desk.inputs import RejectInput
from service.domain.jobs.tables import Job
from service.domain.messages.tables import Message
from service.domain.submissions.tables import Revision, Submission
from tests.worlds import Person, World


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


def test_only_who_may_move_rejects(database: Database, world: World) -> None:
    with pytest.raises(Forbidden):
        reject(database, world, world.reviewer)
    with pytest.raises(Refusal):
        reject(database, world, world.other_recruiter)


def test_nobody_and_too_many_are_refused(world: World) -> None:
    for count in (0, 201):
        with pytest.raises(ValidationError):
            RejectInput(
                submissions=[(world.submission.id, 1)] * count,
                reason="depth",
                subject="About",
                text="No.",
            )
