"""What tests of the worker do again and again."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import update
from sqlmodel import Session, col, select

from service.core.clock import utc_now
from service.core.db import Database
from service.core.outbox import Task, TaskState
from service.domain.accounts.actor import SYSTEM
from service.domain.messages.actions import write_message
from service.domain.messages.tables import Message


def write(session: Session, **changed: Any) -> Message:
    """A letter in the queue."""
    fields: dict[str, Any] = {
        "kind": "rejection",
        "recipient": "ada@example.org",
        "subject": "Your submission",
        "text": "Hello Ada,\n\nthank you.\n",
    }
    return write_message(session, SYSTEM, **fields | changed)


def write_one(database: Database, **changed: Any) -> UUID:
    with database.write() as session:
        return write(session, **changed).id


def tasks(database: Database, kind: str = "send_message") -> list[Task]:
    with database.read() as session:
        query = select(Task).where(Task.kind == kind)
        return list(session.exec(query.order_by(col(Task.id))).all())


def make_due(database: Database, **values: object) -> None:
    """As if the wait of all that waits were over."""
    with database.write() as session:
        waiting = update(Task).where(col(Task.state) == TaskState.WAITING)
        past = utc_now() - timedelta(seconds=1)
        session.connection().execute(waiting.values(due_at=past, **values))


def message(database: Database, id: UUID) -> Message:
    with database.read() as session:
        return session.get_one(Message, id)
