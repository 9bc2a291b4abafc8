"""Who reviews what, and what they think: assignments, scorecards, ratings, early looks."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlmodel import Field, Index

from service.core.db import Row, Versioned, choice, linked, shaped
from service.domain.accounts.tables import User
from service.domain.jobs.tables import Criterion, Rubric
from service.domain.submissions.tables import Revision, Submission


class AssignmentState(StrEnum):
    """Only an open one still wants something."""

    OPEN = "open"
    DONE = "done"
    DECLINED = "declined"
    ABSTAINED = "abstained"
    REASSIGNED = "reassigned"


class ScorecardState(StrEnum):
    """A locked one stays as it is."""

    DRAFT = "draft"
    LOCKED = "locked"


class Recommendation(StrEnum):
    """There is no neutral: a reviewer leans one way and says how surely."""

    STRONG_NO = "strong_no"
    NO = "no"
    YES = "yes"
    STRONG_YES = "strong_yes"


class Confidence(StrEnum):
    """How sure a reviewer is."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class Assignment(Versioned, table=True):
    """A reviewer asked to review one submission by a date."""

    __tablename__ = "assignment"
    __table_args__ = (
        UniqueConstraint("submission_id", "reviewer_id"),
        Index("ix_assignment_reviewer_id_state", "reviewer_id", "state"),
    )

    submission_id: UUID = Field(foreign_key="submission.id", ondelete="CASCADE")
    reviewer_id: UUID = Field(foreign_key="user_account.id")
    assigned_by: UUID | None = Field(default=None, foreign_key="user_account.id")
    due: date | None = Field(default=None)
    state: AssignmentState = choice(AssignmentState, default=AssignmentState.OPEN)
    reason: str = Field(default="", max_length=2_000)
    submission: Submission = linked()
    reviewer: User = linked(foreign_keys="Assignment.reviewer_id")


class ConflictState(StrEnum):
    """Declared and confirmed ones block; a mere suspicion shuts nobody out."""

    DECLARED = "declared"
    SUSPECTED = "suspected"
    CONFIRMED = "confirmed"
    DISMISSED = "dismissed"


class ConflictKind(StrEnum):
    """What it rests on."""

    EMAIL_DOMAIN = "email_domain"
    EMPLOYER = "employer"
    LINK = "link"
    ALIAS = "alias"
    EARLIER = "earlier"
    PERSONAL = "personal"
    OTHER = "other"


class Conflict(Versioned, table=True):
    """A reason why somebody must not see or judge a submission."""

    __tablename__ = "conflict"

    submission_id: UUID = Field(foreign_key="submission.id", ondelete="CASCADE", index=True)
    user_id: UUID = Field(foreign_key="user_account.id", index=True)
    state: ConflictState = choice(ConflictState)
    kind: ConflictKind = choice(ConflictKind)
    words: str = Field(max_length=2_000)
    reported_by: UUID | None = Field(default=None, foreign_key="user_account.id")  # None: Exhibit
    settled_by: UUID | None = Field(default=None, foreign_key="user_account.id")
    settled_reason: str = Field(default="", max_length=2_000)
    user: User = linked(foreign_keys="Conflict.user_id")


class Scorecard(Versioned, table=True):
    """A reviewer's judgement of one revision by one rubric version; locked once, then for good."""

    __tablename__ = "scorecard"
    __table_args__ = (
        UniqueConstraint("submission_id", "reviewer_id"),
        CheckConstraint("forecast >= 0 AND forecast <= 100", name="forecast"),
        CheckConstraint("composite >= 1 AND composite <= 5", name="composite"),  # a number, that is
    )

    submission_id: UUID = Field(foreign_key="submission.id", ondelete="CASCADE")
    reviewer_id: UUID = Field(foreign_key="user_account.id", index=True)
    revision_id: UUID = Field(foreign_key="revision.id")
    rubric_id: UUID = Field(foreign_key="rubric.id")
    state: ScorecardState = choice(ScorecardState, default=ScorecardState.DRAFT)
    recommendation: Recommendation | None = choice(Recommendation, default=None, nullable=True)
    confidence: Confidence | None = choice(Confidence, default=None, nullable=True)
    forecast: int | None = Field(default=None)  # per cent
    comment: str = Field(default="", max_length=20_000)
    counter_argument: str = Field(default="", max_length=10_000)
    recruiter_comment: str = Field(default="", max_length=10_000)  # never for fellow reviewers
    composite: float | None = Field(default=None)  # weighted mean of the levels shown; when locked
    locked_at: datetime | None = Field(default=None)
    reviewer: User = linked()
    revision: Revision = linked()
    rubric: Rubric = linked()
    ratings: list["Rating"] = linked(back_populates="scorecard")
    amendments: list["Amendment"] = linked(back_populates="scorecard", order_by="Amendment.number")


class Rating(Row, table=True):
    """One criterion's level, or None: not shown. In a draft it may be that it is not `rated` yet.

    `cites` names evidence numbers, the statement or answers: "1", "statement", "answer:<key>".
    """

    __tablename__ = "rating"
    __table_args__ = (
        UniqueConstraint("scorecard_id", "criterion_id"),
        CheckConstraint("level >= 1 AND level <= 5", name="level"),
    )

    scorecard_id: UUID = Field(foreign_key="scorecard.id", ondelete="CASCADE")
    criterion_id: UUID = Field(foreign_key="criterion.id", index=True)
    level: int | None = Field(default=None)
    rated: bool = Field(default=True)
    cites: list[str] = shaped(list[str], default_factory=list)
    quote: str = Field(default="", max_length=2_000)
    place: str = Field(default="", max_length=200)
    comment: str = Field(default="", max_length=5_000)
    scorecard: Scorecard = linked(back_populates="ratings")
    criterion: Criterion = linked()

    @property
    def is_rated(self) -> bool:
        return self.rated


class AmendedRating(BaseModel):
    """A rating as an amendment has it; `criterion` is a key of the scorecard's rubric."""

    criterion: str
    level: int | None = None
    cites: list[str] = []
    quote: str = ""
    place: str = ""
    comment: str = ""


class Amendment(Row, table=True):
    """What a reviewer says instead of what was locked, the whole of it. The first lock stays."""

    __tablename__ = "amendment"
    __table_args__ = (
        UniqueConstraint("scorecard_id", "number"),
        CheckConstraint("forecast >= 0 AND forecast <= 100", name="forecast"),
        CheckConstraint("composite >= 1 AND composite <= 5", name="composite"),
    )

    scorecard_id: UUID = Field(foreign_key="scorecard.id", ondelete="CASCADE")
    number: int
    revision_id: UUID = Field(foreign_key="revision.id")
    reason: str = Field(max_length=2_000)
    recommendation: Recommendation = choice(Recommendation)
    confidence: Confidence = choice(Confidence)
    forecast: int | None = Field(default=None)
    comment: str = Field(default="", max_length=20_000)
    counter_argument: str = Field(default="", max_length=10_000)
    recruiter_comment: str = Field(default="", max_length=10_000)
    composite: float | None = Field(default=None)
    ratings: list[dict[str, object]] = shaped(list[AmendedRating], default_factory=list)
    scorecard: Scorecard = linked(back_populates="amendments")
    revision: Revision = linked()

    @property
    def rated(self) -> list[AmendedRating]:
        return [AmendedRating.model_validate(rating) for rating in self.ratings]


class Discussion(Row, table=True):
    """What was talked over with a champion before a rejection: the argument, and the answer."""

    __tablename__ = "discussion"

    scorecard_id: UUID = Field(foreign_key="scorecard.id", ondelete="CASCADE", index=True)
    discussed_by: UUID = Field(foreign_key="user_account.id")
    argument: str = Field(max_length=5_000)
    answer: str = Field(max_length=5_000)
    by: User = linked()


class Unsealing(Row, table=True):
    """An early look at sealed scores by someone with the right, with a reason."""

    __tablename__ = "unsealing"
    __table_args__ = (UniqueConstraint("submission_id", "user_id"),)

    submission_id: UUID = Field(foreign_key="submission.id", ondelete="CASCADE")
    user_id: UUID = Field(foreign_key="user_account.id", index=True)
    reason: str = Field(max_length=2_000)
