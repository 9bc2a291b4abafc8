"""A job we hire for: its stages, form questions, rubric versions and team."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlmodel import Field

from service.core.db import Row, Versioned, choice, linked, shaped
from service.domain.accounts.tables import User


class JobState(StrEnum):
    """Only an open job takes submissions."""

    DRAFT = "draft"
    OPEN = "open"
    CLOSED = "closed"


class StageKind(StrEnum):
    """What a stage is for, behind its free name."""

    NEW = "new"
    REVIEW = "review"
    INTERVIEW = "interview"
    OFFER = "offer"


class QuestionKind(StrEnum):
    """How a form question is answered."""

    SHORT = "short"
    LONG = "long"
    CHOICE = "choice"
    MULTI_CHOICE = "multi_choice"
    NUMBER = "number"
    DATE = "date"
    YES_NO = "yes_no"
    FILE = "file"


class SealRule(StrEnum):
    """When others' locked scores open."""

    OWN_LOCK = "own_lock"
    ALL_LOCKED = "all_locked"


class Job(Versioned, table=True):
    __tablename__ = "job"

    slug: str = Field(max_length=80, unique=True)
    title: str = Field(max_length=200)
    summary: str = Field(default="", max_length=500)
    description: str = Field(default="", max_length=50_000)  # Markdown
    location: str = Field(default="", max_length=200)
    remote: bool = Field(default=False)
    employment_type: str = Field(default="FULL_TIME", max_length=40)  # schema.org's words
    state: JobState = choice(JobState, default=JobState.DRAFT)
    opened_at: datetime | None = Field(default=None)
    closes_at: datetime | None = Field(default=None)
    timezone: str = Field(default="UTC", max_length=64)
    seal_rule: SealRule = choice(SealRule, default=SealRule.OWN_LOCK)
    reviews_wanted: int = Field(default=2)
    reviews_wanted_least: int = Field(default=2)  # the lowest that `reviews_wanted` ever was
    rejection_reasons: list[dict[str, str]] = shaped(list[dict[str, str]], default_factory=list)


class Stage(Versioned, table=True):
    __tablename__ = "stage"
    __table_args__ = (UniqueConstraint("job_id", "key"),)

    job_id: UUID = Field(foreign_key="job.id", ondelete="CASCADE")
    key: str = Field(max_length=40)
    name: str = Field(max_length=80)
    kind: StageKind = choice(StageKind)
    position: int
    archived_at: datetime | None = Field(default=None)


class Question(Versioned, table=True):
    __tablename__ = "question"
    __table_args__ = (UniqueConstraint("job_id", "key"),)

    job_id: UUID = Field(foreign_key="job.id", ondelete="CASCADE")
    key: str = Field(max_length=40)
    text: str = Field(max_length=500)
    help: str = Field(default="", max_length=2_000)
    kind: QuestionKind = choice(QuestionKind)
    options: list[str] = shaped(list[str], default_factory=list)
    required: bool = Field(default=False)
    position: int
    archived_at: datetime | None = Field(default=None)


class Rubric(Row, table=True):
    """One version of what a job's submissions are judged by; never changed, only followed."""

    __tablename__ = "rubric"
    __table_args__ = (UniqueConstraint("job_id", "number"),)

    job_id: UUID = Field(foreign_key="job.id", ondelete="CASCADE")
    number: int
    criteria: list["Criterion"] = linked(back_populates="rubric", order_by="Criterion.position")


class Criterion(Row, table=True):
    """What is judged. `anchors` holds {"level": 1.., "name": …, "anchor": …}, lowest first."""

    __tablename__ = "criterion"
    __table_args__ = (
        UniqueConstraint("rubric_id", "key"),
        CheckConstraint("weight >= 1 AND weight <= 100", name="weight"),
    )

    rubric_id: UUID = Field(foreign_key="rubric.id", ondelete="CASCADE")
    key: str = Field(max_length=40)
    name: str = Field(max_length=200)
    description: str = Field(default="", max_length=2_000)
    weight: int = Field(default=1)
    position: int
    anchors: list[dict[str, object]] = shaped(list[dict[str, object]])
    rubric: Rubric = linked(back_populates="criteria")


class TeamMember(Row, table=True):
    __tablename__ = "team_member"
    __table_args__ = (UniqueConstraint("job_id", "user_id"),)

    job_id: UUID = Field(foreign_key="job.id", ondelete="CASCADE")
    user_id: UUID = Field(foreign_key="user_account.id", ondelete="CASCADE", index=True)
    is_lead: bool = Field(default=False)
    left_at: datetime | None = Field(default=None)
    user: User = linked()
