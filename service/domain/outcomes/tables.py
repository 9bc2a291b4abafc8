"""How hires turned out, months later: what makes judging measurable."""

from datetime import date
from uuid import UUID

from sqlmodel import Field

from service.core.db import Versioned


class Outcome(Versioned, table=True):
    __tablename__ = "outcome"

    submission_id: UUID = Field(foreign_key="submission.id", ondelete="CASCADE", unique=True)
    at: date
    succeeded: bool
    note: str = Field(default="", max_length=5_000)
    recorded_by: UUID = Field(foreign_key="user_account.id")
