"""What happens to letters, and to the work that a person starts again."""

from typing import ClassVar
from uuid import UUID

from service.core.outbox import Event


class MessageWritten(Event):
    name: ClassVar[str] = "message.written"

    message_id: UUID
    kind: str
    submission_id: UUID | None


class MessageSent(Event):
    """The mail server took it (or it lies in the folder for mail)."""

    name: ClassVar[str] = "message.sent"

    message_id: UUID
    kind: str
    submission_id: UUID | None


class MessageFailed(Event):
    """It was given up: the server refused it for good, or no try succeeded. Why is in the row."""

    name: ClassVar[str] = "message.failed"

    message_id: UUID
    kind: str
    submission_id: UUID | None


class TaskRetried(Event):
    """A person started given-up work again."""

    name: ClassVar[str] = "task.retried"

    task_id: UUID
    kind: str
