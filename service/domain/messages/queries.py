"""What can be asked about letters and about work in the queue."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, and_, false, or_
from sqlmodel import Session, col, func, select

from service.core.changes import Since, list_gone, subjects
from service.core.clock import utc_now
from service.core.errors import NotFound
from service.core.outbox import Task, TaskState
from service.core.paging import Page, Place, Slice, fill
from service.domain.accounts.actor import Actor, require
from service.domain.messages import policy
from service.domain.messages.tables import Message

# Longer than any transaction: what was stamped before it was committed is not missed.
LATE_COMMITS = timedelta(minutes=2)


def count_letters(session: Session, *, kind: str, recipient: str, since: datetime) -> int:
    """How many of one kind went to an address, or wait to go there."""
    query = select(func.count()).select_from(Message).where(Message.recipient == recipient)
    lately = (Message.kind == kind, col(Message.created_at) > since)
    return session.exec(query.where(*lately)).one()


def list_tasks(
    session: Session,
    actor: Actor,
    state: TaskState,
    part: Slice,
    *,
    since: Since | None = None,
) -> Page[Task]:
    """Work in one state, the newest first; with `since` what came to it, and what left it.

    Raises Forbidden.
    """
    require(policy.may_see_queue(actor))
    query = select(Task).where(Task.state == state)
    gone = None
    if since:
        moment = since if isinstance(since, datetime) else datetime.fromisoformat(str(since[0]))
        query = query.where(_came(state, moment))
        gone = list_gone(session, col(Task.id), _left(state, moment))

    def rows(after: Place | None, limit: int) -> Sequence[Task]:
        behind = query.where(col(Task.id) < UUID(str(after[0]))) if after else query
        return session.exec(behind.order_by(col(Task.id).desc()).limit(limit)).all()

    return fill(part, rows, lambda task: (str(task.id),), gone)


def queue_point(_session: Session) -> Place:
    """Where the queue is now. It goes by the clock: work is done and put off without events."""
    return ((utc_now() - LATE_COMMITS).isoformat(),)


def _came(state: TaskState, moment: datetime) -> ColumnElement[bool]:
    if state is TaskState.DONE:
        return col(Task.done_at) >= moment
    return or_(col(Task.created_at) >= moment, col(Task.due_at) >= moment)


def _left(state: TaskState, moment: datetime) -> ColumnElement[bool]:
    """Done work leaves only when it is swept, a week later: that is not told."""
    done = and_(col(Task.state) == TaskState.DONE, col(Task.done_at) >= moment)
    given_up = and_(col(Task.state) == TaskState.GIVEN_UP, col(Task.due_at) >= moment)
    match state:
        case TaskState.WAITING:
            return or_(done, given_up)
        case TaskState.GIVEN_UP:
            retried = col(Task.id).in_(subjects(moment, "task.retried"))
            return and_(col(Task.state) != TaskState.GIVEN_UP, retried)
        case TaskState.DONE:
            return false()


def get_task(session: Session, actor: Actor, id: UUID) -> Task:
    """Raises Forbidden, NotFound."""
    require(policy.may_see_queue(actor))
    task = session.get(Task, id)
    if not task:
        raise NotFound
    return task


def count_given_up(session: Session, actor: Actor) -> int:
    """How much work waits for a person; 0 for those whom it does not concern."""
    if not policy.may_see_queue(actor):
        return 0
    query = select(func.count(col(Task.id))).where(Task.state == TaskState.GIVEN_UP)
    return session.exec(query).one()


def find_letters(session: Session, actor: Actor, tasks: Sequence[Task]) -> dict[UUID, Message]:
    """The letters that tasks were to send, by the task's id. Raises Forbidden."""
    require(policy.may_see_queue(actor))
    wanted = {
        task.id: UUID(str(task.payload["message_id"]))
        for task in tasks
        if "message_id" in task.payload
    }
    query = select(Message).where(col(Message.id).in_(wanted.values()))
    found = {message.id: message for message in session.exec(query).all()}
    return {task_id: found[id] for task_id, id in wanted.items() if id in found}
