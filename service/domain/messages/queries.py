"""What can be asked about letters and about work in the queue."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlmodel import Session, col, func, select

from service.core.errors import NotFound
from service.core.outbox import Task, TaskState
from service.core.paging import Page, Slice, cut
from service.domain.accounts.actor import Actor, require
from service.domain.messages import policy
from service.domain.messages.tables import Message


def list_tasks(
    session: Session,
    actor: Actor,
    state: TaskState,
    part: Slice,
    *,
    since: datetime | None = None,
) -> Page[Task]:
    """Work in one state, the newest first; `since` leaves out older work. Raises Forbidden."""
    require(policy.may_see_queue(actor))
    query = select(Task).where(Task.state == state)
    if since:
        query = query.where(col(Task.created_at) >= since)
    if part.after:
        query = query.where(col(Task.id) < UUID(str(part.after[0])))
    rows = session.exec(query.order_by(col(Task.id).desc()).limit(part.limit + 1)).all()
    return cut(rows, part.limit, lambda task: (str(task.id),))


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
