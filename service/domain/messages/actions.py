"""What can be done with letters: write them down to be sent, note what became of them."""

from uuid import UUID

from sqlmodel import Session

from service.core import outbox
from service.core.clock import utc_now
from service.core.db import new_id
from service.core.errors import StateConflict
from service.core.outbox import Task
from service.domain.accounts.actor import Actor, require
from service.domain.messages import events, policy
from service.domain.messages.tables import Message, MessageState

SUBJECT_LENGTH = 300
ERROR_LENGTH = 500


class NotGivenUp(StateConflict):
    code = "task_not_given_up"
    message = "Only work that was given up can be started again."


def write_message(
    session: Session,
    actor: Actor,
    *,
    kind: str,
    recipient: str,
    subject: str,
    text: str,
    submission_id: UUID | None = None,
) -> Message:
    """Put a letter into the queue. Whether the actor may see the submission was asked before."""
    require(policy.may_write_messages(actor))
    id = new_id()
    message = Message(
        id=id,
        kind=kind,
        submission_id=submission_id,
        recipient=recipient,
        subject=_one_line(subject)[:SUBJECT_LENGTH],
        text=text,
        message_id=f"<{id}@exhibit>",  # the site's name is put in its place when it is sent
    )
    session.add(message)
    written = events.MessageWritten(message_id=id, kind=kind, submission_id=submission_id)
    outbox.enqueue(session, "send_message", message_id=str(id))
    outbox.record(session, actor, submission_id or id, written)
    return message


def mark_sent(session: Session, actor: Actor, message: Message) -> None:
    """Note that the mail server has it."""
    require(actor.is_system)
    message.state, message.sent_at, message.error = MessageState.SENT, utc_now(), ""
    session.add(message)
    sent = events.MessageSent(
        message_id=message.id, kind=message.kind, submission_id=message.submission_id
    )
    outbox.record(session, actor, message.submission_id or message.id, sent)


def mark_failed(session: Session, actor: Actor, message: Message, error: str) -> None:
    """Note that it will not be tried again by itself, and why."""
    require(actor.is_system)
    message.state, message.error = MessageState.FAILED, error[:ERROR_LENGTH]
    session.add(message)
    failed = events.MessageFailed(
        message_id=message.id, kind=message.kind, submission_id=message.submission_id
    )
    outbox.record(session, actor, message.submission_id or message.id, failed)


def retry_task(session: Session, actor: Actor, task: Task) -> None:
    """Start given-up work again. Raises NotGivenUp."""
    require(policy.may_retry(actor))
    if not outbox.retry(session, task):
        raise NotGivenUp
    session.refresh(task)
    outbox.record(session, actor, task.id, events.TaskRetried(task_id=task.id, kind=task.kind))


def _one_line(text: str) -> str:
    return " ".join(text.split())
