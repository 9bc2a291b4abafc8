"""What can be asked about letters and about work in the queue."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlmodel import Session, col, select

from service.core.errors import NotFound
from service.core.outbox import Task, TaskState
from service.core.paging import Page, Slice, cut
from service.domain.accounts.actor import Actor, require
from service.domain.messages import policy
from service.domain.messages.tables import Message
from service.domain.submissions.tables import Submission


def list_messages(session: Session, submission: Submission) -> Sequence[Message]:
    """The letters about a submission, oldest first; whoever may handle it may read them."""
    query = select(Message).where(Message.submission_id == submission.id)
    return session.exec(query.order_by(col(Message.id))).all()


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
