"""Letters are written down, sent by the worker, and given-up work can be started again."""

from uuid import UUID

import pytest
from sqlmodel import Session, col, select

from service.core.db import Database, new_id
from service.core.errors import Forbidden, NotFound
from service.core.outbox import EventRow, Task, TaskState, claim, fail
from service.core.paging import Slice
from service.domain.accounts.actor import STRANGER, SYSTEM, Actor
from service.domain.accounts.tables import Role, Scope, User
from service.domain.messages import letters
from service.domain.messages.actions import (
    NotGivenUp,
    mark_failed,
    mark_sent,
    retry_task,
    write_message,
)
from service.domain.messages.queries import get_task, list_tasks
from service.domain.messages.tables import Message, MessageState
from tests.worlds import Person, World


def acting(session: Session, person: Person) -> Actor:
    return Actor.of(session.get_one(User, person.id))


def events(session: Session) -> list[tuple[str, UUID]]:
    query = select(EventRow.name, EventRow.subject_id)
    return list(session.exec(query.order_by(col(EventRow.id))).all())


def write(session: Session, actor: Actor = SYSTEM, submission_id: UUID | None = None) -> Message:
    return write_message(
        session,
        actor,
        kind="rejection",
        recipient="ada@example.org",
        subject="Your submission\nfor  Engineer",
        text="Hello",
        submission_id=submission_id,
    )


def given_up(database: Database) -> UUID:
    with database.write() as session:
        write(session)
    with database.write() as session:
        for task in claim(session):
            assert fail(session, task, "broken", final=task.kind == "send_message")
        query = select(Task.id).where(Task.state == TaskState.GIVEN_UP)
        return session.exec(query).one()


def test_a_letter_waits_with_an_id_of_its_own(world: World) -> None:
    with world.database.write() as session:
        message = write(session, acting(session, world.recruiter), world.submission.id)

    assert message.state is MessageState.QUEUED
    assert message.message_id == f"<{message.id}@exhibit>"
    assert message.subject == "Your submission for Engineer"
    with world.database.read() as session:
        tasks = session.exec(select(Task).where(Task.kind == "send_message")).all()
        assert [task.payload for task in tasks] == [{"message_id": str(message.id)}]
        assert events(session) == [("message.written", world.submission.id)]


def test_only_those_who_handle_submissions_write_letters(world: World) -> None:
    with world.database.write() as session:
        for actor in (acting(session, world.reviewer), STRANGER):
            with pytest.raises(Forbidden):
                write(session, actor)
        assert events(session) == []


def test_what_became_of_a_letter_is_noted(database: Database) -> None:
    with database.write() as session:
        sent, failed = write(session), write(session)
        mark_sent(session, SYSTEM, sent)
        mark_failed(session, SYSTEM, failed, "x" * 600)

    assert (sent.state, sent.error) == (MessageState.SENT, "")
    assert sent.sent_at is not None
    assert (failed.state, failed.error) == (MessageState.FAILED, "x" * 500)
    with database.read() as session:
        assert events(session)[2:] == [("message.sent", sent.id), ("message.failed", failed.id)]


def test_an_admin_starts_given_up_work_again_once(world: World) -> None:
    task_id = given_up(world.database)
    with world.database.write() as session:
        admin = acting(session, world.admin)
        page = list_tasks(session, admin, TaskState.GIVEN_UP, Slice())
        assert [(task.id, task.last_error) for task in page.items] == [(task_id, "broken")]
        task = get_task(session, admin, task_id)
        retry_task(session, admin, task)
        assert (task.state, task.attempts, task.lease) == (TaskState.WAITING, 0, None)
        with pytest.raises(NotGivenUp):
            retry_task(session, admin, task)
        assert ("task.retried", task_id) in events(session)


def test_the_queue_is_for_admins_only(world: World) -> None:
    task_id = given_up(world.database)
    with world.database.write() as session:
        user = session.get_one(User, world.admin.id)
        reader = Actor.of(user, [Scope.READ, Scope.ADMIN])
        assert reader.has(Role.ADMIN)
        task = get_task(session, reader, task_id)
        with pytest.raises(Forbidden):
            retry_task(session, reader, task)
        for other in (acting(session, world.recruiter), Actor.of(user, [Scope.READ]), STRANGER):
            with pytest.raises(Forbidden):
                list_tasks(session, other, TaskState.GIVEN_UP, Slice())
            with pytest.raises(Forbidden):
                get_task(session, other, task_id)
        with pytest.raises(NotFound):
            get_task(session, reader, new_id())


def test_the_queue_is_listed_page_by_page(world: World) -> None:
    with world.database.write() as session:
        session.add_all(Task(kind="x", payload={}, state=TaskState.GIVEN_UP) for _ in range(3))
    with world.database.read() as session:
        admin = acting(session, world.admin)
        first = list_tasks(session, admin, TaskState.GIVEN_UP, Slice(2))
        rest = list_tasks(session, admin, TaskState.GIVEN_UP, Slice(2, first.next))

    ids = [task.id for task in [*first.items, *rest.items]]
    assert ids == sorted(ids, reverse=True)
    assert (len(ids), rest.next) == (3, None)


def test_letters_to_staff_name_no_candidate() -> None:
    told = letters.assignment(job="Engineer", link="https://x.example/y", due="3 May 2026")

    assert "by 3 May 2026" in told.text
    assert "by" not in letters.assignment(job="Engineer", link="", due="").text.split()


def test_every_letter_fits_its_row() -> None:
    long = "W" * 200
    told = letters.rejection(company=long, job=long, name=long)

    assert len(told.subject) <= 300
    assert len(told.text) <= 60_000
