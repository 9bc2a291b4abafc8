"""Mail on its way: what is written to whom, sent by the worker, kept as a log."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlmodel import Field, Index

from service.core.db import Row, choice


class MessageState(StrEnum):
    QUEUED = "queued"
    SENT = "sent"
    FAILED = "failed"


class Message(Row, table=True):
    """One letter. `message_id` is its Message-ID header: the same on every attempt."""

    __tablename__ = "message"
    __table_args__ = (Index("ix_message_recipient_created_at", "recipient", "created_at"),)

    kind: str = Field(max_length=60, index=True)
    submission_id: UUID | None = Field(
        default=None, foreign_key="submission.id", ondelete="CASCADE", index=True
    )
    recipient: str = Field(max_length=254)
    subject: str = Field(max_length=300)
    text: str = Field(max_length=60_000)
    message_id: str = Field(max_length=255, unique=True)
    state: MessageState = choice(MessageState, default=MessageState.QUEUED)
    sent_at: datetime | None = Field(default=None)
    error: str = Field(default="", max_length=500)
