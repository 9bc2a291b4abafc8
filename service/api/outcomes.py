"""How hires turned out, over the API."""

from datetime import date, datetime
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field

from service.core.versions import Expected
from service.domain.outcomes.actions import record_outcome
from service.domain.outcomes.inputs import OutcomeInput
from service.domain.outcomes.queries import get_outcome
from service.domain.submissions.queries import get_submission
from service.doors.preconditions import PutCondition
from service.doors.routes import StaffRoute
from service.doors.visit import StaffVisit

router = APIRouter(prefix="/submissions", tags=["outcomes"], route_class=StaffRoute)
ANY = Expected(anything=True)


class OutcomeOut(BaseModel):
    """How a hire turned out."""

    model_config = ConfigDict(from_attributes=True)

    at: date
    succeeded: bool
    note: str
    recorded_by: UUID = Field(description="The user who wrote it last.")
    updated_at: datetime


@router.get("/{id}/outcome", response_model=OutcomeOut)
def read(visit: StaffVisit, id: UUID) -> Response:
    """How this hire turned out."""
    with visit.reading() as (db, me):
        outcome = get_outcome(db, me, get_submission(db, me, id))
        return visit.answer(OutcomeOut.model_validate(outcome), etag=outcome.version)


@router.put("/{id}/outcome", response_model=OutcomeOut)
def record(visit: StaffVisit, id: UUID, body: OutcomeInput, condition: PutCondition) -> Response:
    """Say how this hire turned out: `If-None-Match: *` the first time, `If-Match` to correct it."""
    with visit.writing() as (db, me):
        submission = get_submission(db, me, id, version=ANY)
        outcome = record_outcome(db, me, submission, body, version=condition)
        return visit.answer(OutcomeOut.model_validate(outcome), etag=outcome.version)
