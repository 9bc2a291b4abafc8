"""Persons who send evidence, and what they consented to."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Field

from service.core.db import Row, Versioned


class Candidate(Versioned, table=True):
    """One person, found again by `email_key`. The door never changes one that exists."""

    __tablename__ = "candidate"

    name: str = Field(max_length=200)
    email: str = Field(max_length=254)
    email_key: str = Field(max_length=254, unique=True)


class Consent(Row, table=True):
    """To which text a person agreed, and when."""

    __tablename__ = "consent"

    candidate_id: UUID = Field(foreign_key="candidate.id", ondelete="CASCADE", index=True)
    text_version: str = Field(max_length=40)
    text: str = Field(max_length=4_000)
    given_at: datetime
