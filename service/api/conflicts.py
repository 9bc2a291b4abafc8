"""Conflicts of interest over the API: told of, looked at, settled by somebody uninvolved."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field

from service.api.reviews import ReviewerOut
from service.domain.reviews.actions import report_conflict, settle_conflict
from service.domain.reviews.inputs import ConflictChange, ConflictInput
from service.domain.reviews.queries.conflicts import get_conflict, list_conflicts
from service.domain.reviews.tables import Conflict, ConflictKind, ConflictState
from service.domain.submissions.queries import get_submission
from service.doors.listing import ListQuery, PageOut
from service.doors.preconditions import IfMatch
from service.doors.routes import StaffRoute
from service.doors.short_lists import answer_few
from service.doors.visit import StaffVisit

router = APIRouter(prefix="/submissions", tags=["reviews"], route_class=StaffRoute)


class ConflictOut(BaseModel):
    """A reason why somebody must not see or judge a submission. `version` is its ETag."""

    id: UUID
    submission_id: UUID
    user: ReviewerOut = Field(description="Whose conflict it is.")
    state: ConflictState
    kind: ConflictKind = Field(description="What it rests on.")
    words: str
    reported_by: UUID | None = Field(description="The user who told of it; null: Exhibit did.")
    settled_by: UUID | None = Field(description="The user who settled it; null: nobody yet.")
    settled_reason: str = Field(description="Why it was confirmed or dismissed; else empty.")
    created_at: datetime
    version: int

    @classmethod
    def of(cls, conflict: Conflict) -> "ConflictOut":
        user = ReviewerOut.model_validate(conflict.user)
        return cls(**conflict.model_dump(), user=user)


@router.get("/{id}/conflicts", response_model=PageOut[ConflictOut])
def conflicts(visit: StaffVisit, id: UUID, query: Annotated[ListQuery, Query()]) -> Response:
    """For who hires: all but what others say of themselves. For the others: what they said."""
    with visit.reading() as (db, me):
        found = list_conflicts(db, me, get_submission(db, me, id))
        return answer_few(visit, me, query, [ConflictOut.of(each) for each in found])


@router.post("/{id}/conflicts", status_code=201, response_model=ConflictOut)
def report(visit: StaffVisit, id: UUID, body: ConflictInput) -> Response:
    """Declare one's own: from then on one sees nothing of the submission, whatever one's role.

    Or suspect somebody else's, which blocks nothing until somebody uninvolved confirms it.
    """
    with visit.writing() as (db, me):
        told = report_conflict(db, me, get_submission(db, me, id), body)
        return visit.answer(ConflictOut.of(told), status=201, etag=told.version)


@router.get("/{id}/conflicts/{conflict_id}", response_model=ConflictOut)
def conflict(visit: StaffVisit, id: UUID, conflict_id: UUID) -> Response:
    """One conflict, with the ETag to settle it by."""
    with visit.reading() as (db, me):
        found = get_conflict(db, me, get_submission(db, me, id), conflict_id)
        return visit.answer(ConflictOut.of(found), etag=found.version)


@router.patch("/{id}/conflicts/{conflict_id}", response_model=ConflictOut)
def settle(
    visit: StaffVisit, id: UUID, conflict_id: UUID, body: ConflictChange, if_match: IfMatch
) -> Response:
    """Confirm or dismiss it, with a reason; also one that was declared can be dismissed."""
    with visit.writing() as (db, me):
        submission = get_submission(db, me, id)
        found = get_conflict(db, me, submission, conflict_id)
        settled = settle_conflict(db, me, submission, found, body, if_match)
        return visit.answer(ConflictOut.of(settled), etag=settled.version)
