"""How hires turned out, over the API."""

from datetime import date, datetime
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from service.core.versions import Expected
from service.domain.outcomes.actions import record_outcome
from service.domain.outcomes.inputs import OutcomeInput
from service.domain.outcomes.queries import get_outcome, outcome_version
from service.domain.outcomes.tables import Outcome
from service.domain.submissions.queries import get_submission
from service.doors.preconditions import PutCondition
from service.doors.routes import StaffRoute
from service.doors.visit import StaffVisit

router = APIRouter(prefix="/submissions", tags=["outcomes"], route_class=StaffRoute)
ANY = Expected(anything=True)


class OutcomeOut(BaseModel):
    """How a hire turned out."""

    at: date
    succeeded: bool
    note: str
    hire: UUID = Field(description="Id of the hire that it is about.")
    recorded_by: UUID = Field(description="The user who wrote it last.")
    updated_at: datetime

    @classmethod
    def of(cls, outcome: Outcome) -> "OutcomeOut":
        return cls(**outcome.model_dump(), hire=outcome.decision_id)


@router.get("/{id}/outcome", response_model=OutcomeOut)
def read(visit: StaffVisit, id: UUID) -> Response:
    """How this hire turned out."""
    with visit.reading() as (db, me):
        outcome = get_outcome(db, me, get_submission(db, me, id))
        version = outcome_version(db, outcome)
        return visit.answer(OutcomeOut.of(outcome), etag=version)


@router.put("/{id}/outcome", response_model=OutcomeOut)
def record(visit: StaffVisit, id: UUID, body: OutcomeInput, condition: PutCondition) -> Response:
    """Say how this hire turned out: `If-None-Match: *` the first time, `If-Match` to correct it."""
    with visit.writing() as (db, me):
        submission = get_submission(db, me, id, version=ANY)
        outcome = record_outcome(db, me, submission, body, version=condition)
        version = outcome_version(db, outcome)
        return visit.answer(OutcomeOut.of(outcome), etag=version)
