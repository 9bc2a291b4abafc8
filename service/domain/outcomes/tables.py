"""How hires turned out, months later: what makes judging measurable."""

from datetime import date
from uuid import UUID

from sqlmodel import Field

from service.core.db import Versioned


class Outcome(Versioned, table=True):
    """How one hire turned out; a hire that came after it was taken back has its own."""

    __tablename__ = "outcome"

    submission_id: UUID = Field(foreign_key="submission.id", ondelete="CASCADE", index=True)
    decision_id: UUID = Field(foreign_key="decision_record.id", ondelete="CASCADE", unique=True)
    at: date
    succeeded: bool
    note: str = Field(default="", max_length=5_000)
    recorded_by: UUID = Field(foreign_key="user_account.id")
