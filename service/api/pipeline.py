"""Moves, decisions and taking them back, over the API."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from service.domain.pipeline.actions import move_submission, reopen_submission
from service.domain.pipeline.inputs import MoveInput, ReopenInput
from service.domain.pipeline.tables import DecisionRecord, Move
from service.domain.submissions.queries import get_submission
from service.domain.submissions.tables import Decision, Submission
from service.doors.preconditions import IfMatch
from service.doors.routes import StaffRoute
from service.doors.visit import StaffVisit

router = APIRouter(prefix="/submissions", tags=["submissions"], route_class=StaffRoute)


class MoveOut(BaseModel):
    """A move to another stage."""

    kind: Literal["move"] = Field(
        default="move", description="Says that this is a move, not a decision."
    )
    id: UUID
    submission_id: UUID
    to: str = Field(description="Key of the stage it is in now.")
    from_stage_id: UUID = Field(description="The stage it left.")
    to_stage_id: UUID = Field(description="The stage it is in now.")
    reason: str = Field(description="The reason given.")
    note: str
    by: UUID | None
    at: datetime

    @classmethod
    def of(cls, move: Move, submission: Submission) -> "MoveOut":
        return cls(
            id=move.id,
            submission_id=move.submission_id,
            to=submission.stage.key,
            from_stage_id=move.from_stage_id,
            to_stage_id=move.to_stage_id,
            reason=move.reason,
            note=move.note,
            by=move.moved_by,
            at=move.created_at,
        )


class DecisionOut(BaseModel):
    """How a submission ended; the scores it froze are in the exports, for whom they are open."""

    kind: Literal["decision"] = Field(
        default="decision", description="Says that this is a decision, not a move."
    )
    id: UUID
    submission_id: UUID
    to: Decision = Field(description="How it ended.")
    reason: str = Field(
        description="The reason given; for a rejection the key of one of the job's."
    )
    note: str
    by: UUID | None
    at: datetime
    taken_back_at: datetime | None = Field(
        description="When it was taken back; null while it holds."
    )
    taken_back_reason: str = Field(description="Why it was taken back.")

    @classmethod
    def of(cls, record: DecisionRecord) -> "DecisionOut":
        return cls(
            id=record.id,
            submission_id=record.submission_id,
            to=record.decision,
            reason=record.reason,
            note=record.note,
            by=record.decided_by,
            at=record.created_at,
            taken_back_at=record.taken_back_at,
            taken_back_reason=record.taken_back_reason,
        )


StepOut = Annotated[MoveOut | DecisionOut, Field(discriminator="kind")]


@router.post("/{id}/moves", status_code=201, response_model=StepOut)
def move(visit: StaffVisit, id: UUID, body: MoveInput, if_match: IfMatch) -> Response:
    """Move a submission to another stage of its job, or end it with a decision."""
    with visit.writing() as (db, me):
        submission = get_submission(db, me, id, version=if_match)
        step = move_submission(db, me, submission, body)
        out = MoveOut.of(step, submission) if isinstance(step, Move) else DecisionOut.of(step)
        return visit.answer(out, status=201, etag=submission.version)


@router.post("/{id}/reopen", response_model=DecisionOut)
def reopen(visit: StaffVisit, id: UUID, body: ReopenInput, if_match: IfMatch) -> Response:
    """Take a decision back; the submission goes on in the stage it was in."""
    with visit.writing() as (db, me):
        submission = get_submission(db, me, id, version=if_match)
        record = reopen_submission(db, me, submission, body.reason)
        return visit.answer(DecisionOut.of(record), etag=submission.version)
