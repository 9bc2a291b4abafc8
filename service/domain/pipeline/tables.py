"""Where submissions went and how they ended."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Field

from service.core.db import Row, choice, shaped
from service.domain.submissions.tables import Decision


class Move(Row, table=True):
    """A submission going from one stage to another."""

    __tablename__ = "move"

    submission_id: UUID = Field(foreign_key="submission.id", ondelete="CASCADE", index=True)
    from_stage_id: UUID = Field(foreign_key="stage.id")
    to_stage_id: UUID = Field(foreign_key="stage.id")
    moved_by: UUID | None = Field(default=None, foreign_key="user_account.id")
    reason: str = Field(default="", max_length=2_000)
    note: str = Field(default="", max_length=5_000)


class DecisionRecord(Row, table=True):
    """How a submission ended, with the scores as they were; `reopen` takes it back, never away."""

    __tablename__ = "decision_record"

    submission_id: UUID = Field(foreign_key="submission.id", ondelete="CASCADE", index=True)
    decision: Decision = choice(Decision)
    decided_by: UUID | None = Field(default=None, foreign_key="user_account.id")  # None: candidate
    reason: str = Field(default="", max_length=2_000)  # a key of the job's list, when rejected
    note: str = Field(default="", max_length=5_000)
    # sealed like the scores it froze: see `reviews.queries.score_snapshot`
    snapshot: dict[str, object] = shaped(dict[str, object], default_factory=dict)
    # whether somebody championed who was rejected; sealed like the scores
    against_champion: bool = Field(default=False)
    taken_back_at: datetime | None = Field(default=None)
    taken_back_by: UUID | None = Field(default=None, foreign_key="user_account.id")
    taken_back_reason: str = Field(default="", max_length=2_000)
