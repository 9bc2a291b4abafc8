"""Facts and work, written in the same transaction as the change they belong to."""

import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import ClassVar, Protocol
from uuid import UUID

from pydantic import BaseModel, ConfigDict
from sqlalchemy import ColumnElement, true
from sqlmodel import JSON, Field, Index, Session, col, select, update

from service.core.clock import utc_now
from service.core.db import Row, choice, new_id
from service.core.fingerprints import detail_digest, new_salt
from service.core.logs import request_id

LEASE = timedelta(minutes=5)
ATTEMPTS = 12
FIRST_WAIT = timedelta(seconds=5)
LONGEST_WAIT = timedelta(hours=6)

Which = ColumnElement[bool]  # of the tasks
ANY: Which = true()


class ActorKind(StrEnum):
    """Who can act: people who work here, candidates, the service itself."""

    USER = "user"
    CANDIDATE = "candidate"
    SYSTEM = "system"


class Acting(Protocol):
    """Whoever does something, as far as a fact must know."""

    @property
    def kind(self) -> ActorKind: ...

    @property
    def id(self) -> UUID | None: ...


class Event(BaseModel):
    """A fact about the past. `name` is public (webhooks carry it); fields hold ids, never scores.

    What was before and after goes into `detail`, which can be erased without breaking the chain.
    """

    model_config = ConfigDict(frozen=True)

    name: ClassVar[str]


class EventRow(Row, table=True):
    """One fact. `seq`, `digest` and `chain_hash` are filled in by the worker that chains."""

    __tablename__ = "event"
    __table_args__ = (Index("ix_event_subject_id_created_at", "subject_id", "created_at"),)

    name: str = Field(max_length=80, index=True)
    actor_kind: ActorKind = choice(ActorKind)
    actor_id: UUID | None = Field(default=None, index=True)
    subject_id: UUID
    payload: dict[str, object] = Field(sa_type=JSON)
    request_id: str = Field(default="", max_length=64)
    detail_digest: str = Field(max_length=64)
    seq: int | None = Field(default=None, unique=True)
    chain_hash: str | None = Field(default=None, max_length=64)


class EventDetail(Row, table=True):
    """What the fact was about, in values; erased with the person. Its id is the event's."""

    __tablename__ = "event_detail"

    salt: str = Field(max_length=64)
    detail: dict[str, object] = Field(sa_type=JSON)


class TaskState(StrEnum):
    """Where a piece of work stands."""

    WAITING = "waiting"
    DONE = "done"
    GIVEN_UP = "given_up"


class Task(Row, table=True):
    """A piece of work for the worker. While it is leased, `due_at` lies in the future; when it
    was given up, it says since when.
    """

    __tablename__ = "task"
    __table_args__ = (Index("ix_task_state_due_at", "state", "due_at"),)

    kind: str = Field(max_length=80)
    payload: dict[str, object] = Field(sa_type=JSON)
    state: TaskState = choice(TaskState, default=TaskState.WAITING)
    due_at: datetime = Field(default_factory=utc_now)
    done_at: datetime | None = Field(default=None)
    attempts: int = Field(default=0)
    lease: UUID | None = Field(default=None)
    last_error: str = Field(default="", max_length=500)


def record(
    session: Session,
    actor: Acting,
    subject_id: UUID,
    event: Event,
    *,
    detail: dict[str, object] | None = None,
) -> EventRow:
    """Note the fact, and let the worker do what follows from it.

    It is written with the session's next flush, so that many facts take a few statements.
    """
    salt = new_salt()
    row = EventRow(
        name=event.name,
        actor_kind=actor.kind,
        actor_id=actor.id,
        subject_id=subject_id,
        payload=event.model_dump(mode="json"),
        request_id=request_id.get(),
        detail_digest=detail_digest(salt, detail or {}),
    )
    session.add(row)
    session.add(EventDetail(id=row.id, salt=salt, detail=detail or {}))
    enqueue(session, "event", event_id=str(row.id))
    return row


def enqueue(
    session: Session, kind: str, *, after: timedelta = timedelta(), **payload: object
) -> None:
    """Leave a piece of work for the worker, due now or `after` some time."""
    session.add(Task(kind=kind, payload=payload, due_at=utc_now() + after))


def is_any_due(session: Session, which: Which = ANY) -> bool:
    """Whether there is something to claim; asked before, so that an idle worker never writes."""
    due = select(Task.id).where(
        Task.state == TaskState.WAITING, col(Task.due_at) <= utc_now(), which
    )
    return session.exec(due.limit(1)).first() is not None


def claim(
    session: Session, limit: int = 10, *, lease: timedelta = LEASE, which: Which = ANY
) -> Sequence[Task]:
    """Take due tasks for one lease. A worker that dies simply lets its lease run out."""
    due = (
        select(Task.id)
        .where(Task.state == TaskState.WAITING, col(Task.due_at) <= utc_now(), which)
        .order_by(col(Task.due_at))
        .limit(limit)
        .with_for_update(skip_locked=True)  # PostgreSQL; SQLite already holds the only write lock
        .cte("due")  # evaluated once; as a mere subquery it could be run again and take too many
    )
    taken = (
        update(Task)
        .where(col(Task.id).in_(select(due.c.id)))
        .values(due_at=utc_now() + lease, attempts=col(Task.attempts) + 1, lease=new_id())
        .returning(Task)
    )
    found = session.scalars(taken, execution_options={"populate_existing": True})
    return sorted(found, key=lambda task: task.id)


def give_back(session: Session, task: Task) -> bool:
    """Let another worker have it at once; it was not tried."""
    return _settle(session, task, due_at=utc_now(), lease=None, attempts=task.attempts - 1)


def renew(session: Session, task: Task, *, lease: timedelta = LEASE) -> bool:
    """Keep it for one lease more; False when another worker has it now.

    What is written in the same transaction is so written by one worker only.
    """
    return _settle(session, task, due_at=utc_now() + lease)


def finish(session: Session, task: Task) -> bool:
    """Mark as done; False when the lease ran out and another worker has it now."""
    return _settle(session, task, state=TaskState.DONE, done_at=utc_now(), last_error="")


def repeat(session: Session, task: Task, after: timedelta, error: str = "") -> bool:
    """Let the same task come again `after` some time; False when another worker has it now."""
    due_at = utc_now() + after
    return _settle(session, task, due_at=due_at, lease=None, attempts=0, last_error=error[:500])


def gives_up(task: Task, *, final: bool = False) -> bool:
    """Whether `fail` will not try it again."""
    return final or task.attempts >= ATTEMPTS


def fail(session: Session, task: Task, error: str, *, final: bool = False) -> bool:
    """Try again later, waiting longer each time; give up after ATTEMPTS, or at once if `final`."""
    if gives_up(task, final=final):
        given_up = {"state": TaskState.GIVEN_UP, "due_at": utc_now()}
        return _settle(session, task, **given_up, lease=None, last_error=error[:500])
    due_at = utc_now() + wait_after(task.attempts)
    return _settle(session, task, due_at=due_at, lease=None, last_error=error[:500])


def wait_after(attempts: int) -> timedelta:
    """Exponential back-off with jitter: between half and all of 5 s · 2^(attempts-1), ≤ 6 h."""
    longest = min(FIRST_WAIT * 2.0 ** max(attempts - 1, 0), LONGEST_WAIT)
    return longest * random.uniform(0.5, 1)  # noqa: S311  # jitter is no secret


def retry(session: Session, task: Task) -> bool:
    """Start a given-up task again, by a person's wish; False when it is not given up (any more)."""
    given_up = update(Task).where(col(Task.id) == task.id, col(Task.state) == TaskState.GIVEN_UP)
    values = {"state": TaskState.WAITING, "attempts": 0, "due_at": utc_now(), "lease": None}
    return session.connection().execute(given_up.values(values)).rowcount == 1


def _settle(session: Session, task: Task, **values: object) -> bool:
    mine = update(Task).where(col(Task.id) == task.id, col(Task.lease) == task.lease)
    return session.connection().execute(mine.values(**values)).rowcount == 1
