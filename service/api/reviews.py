"""Who reviews what, over the API: assignments, the inbox, and the next one to take."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from service.domain.jobs.queries import get_job
from service.domain.reviews.actions import assign_reviewer, change_assignment, take_next
from service.domain.reviews.inputs import AssignmentChange, AssignmentInput
from service.domain.reviews.queries import get_assignment, list_assignments, list_inbox
from service.domain.reviews.tables import Assignment, AssignmentState
from service.domain.submissions.queries import get_submission
from service.doors.listing import ListQuery, PageOut, ask
from service.doors.preconditions import IfMatch
from service.doors.routes import StaffRoute
from service.doors.short_lists import answer_few
from service.doors.visit import StaffVisit

router = APIRouter(tags=["reviews"], route_class=StaffRoute)


class ReviewerOut(BaseModel):
    """Who reviews."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    name: str


class AssignmentOut(BaseModel):
    """A reviewer asked to review one submission by a date. `version` is its ETag."""

    id: UUID
    submission_id: UUID
    job: str = Field(description="Slug of the job.")
    job_title: str = Field(description="Title of the job.")
    reviewer: ReviewerOut = Field(description="Who is asked.")
    state: AssignmentState
    due: date | None
    reason: str = Field(description="Why it was declined, abstained from or given to another.")
    assigned_at: datetime = Field(description="When they were asked.")
    version: int

    @classmethod
    def of(cls, assignment: Assignment) -> "AssignmentOut":
        job = assignment.submission.job
        return cls(
            id=assignment.id,
            submission_id=assignment.submission_id,
            job=job.slug,
            job_title=job.title,
            reviewer=ReviewerOut.model_validate(assignment.reviewer),
            state=assignment.state,
            due=assignment.due,
            reason=assignment.reason,
            assigned_at=assignment.created_at,
            version=assignment.version,
        )


class ChangedAssignmentOut(AssignmentOut):
    """`following` is the assignment that takes its place, when it was given to somebody else."""

    following: AssignmentOut | None = None

    @classmethod
    def after(cls, assignment: Assignment, following: Assignment | None) -> "ChangedAssignmentOut":
        new = AssignmentOut.of(following) if following else None
        return cls(**AssignmentOut.of(assignment).model_dump(), following=new)


@router.get("/submissions/{id}/assignments", response_model=PageOut[AssignmentOut])
def assignments(visit: StaffVisit, id: UUID, query: Annotated[ListQuery, Query()]) -> Response:
    """Who is asked to review. A reviewer sees only the own one until the scores open."""
    with visit.reading() as (db, me):
        found = list_assignments(db, me, get_submission(db, me, id))
        return answer_few(visit, me, query, [AssignmentOut.of(each) for each in found])


@router.post("/submissions/{id}/assignments", status_code=201, response_model=AssignmentOut)
def assign(visit: StaffVisit, id: UUID, body: AssignmentInput) -> Response:
    """Ask a colleague to review a submission; from then on they see it."""
    with visit.writing() as (db, me):
        submission = get_submission(db, me, id)
        assigned = assign_reviewer(db, me, submission, body)
        shown = get_assignment(db, me, submission, assigned.id)
        return visit.answer(AssignmentOut.of(shown), status=201, etag=shown.version)


@router.get("/submissions/{id}/assignments/{assignment_id}", response_model=AssignmentOut)
def assignment(visit: StaffVisit, id: UUID, assignment_id: UUID) -> Response:
    """One assignment, with the ETag to change it by."""
    with visit.reading() as (db, me):
        found = get_assignment(db, me, get_submission(db, me, id), assignment_id)
        return visit.answer(AssignmentOut.of(found), etag=found.version)


@router.patch("/submissions/{id}/assignments/{assignment_id}", response_model=ChangedAssignmentOut)
def change(
    visit: StaffVisit, id: UUID, assignment_id: UUID, body: AssignmentChange, if_match: IfMatch
) -> Response:
    """The reviewer declines or abstains; a recruiter puts another in the place, or sets a date."""
    with visit.writing() as (db, me):
        submission = get_submission(db, me, id)
        found = get_assignment(db, me, submission, assignment_id)
        following = change_assignment(db, me, submission, found, body, if_match)
        if following:
            following = get_assignment(db, me, submission, following.id)
        return visit.answer(ChangedAssignmentOut.after(found, following), etag=found.version)


@router.get("/assignments", response_model=PageOut[AssignmentOut])
def inbox(visit: StaffVisit, query: Annotated[ListQuery, Query()]) -> Response:
    """What one is asked to review, due first."""
    with visit.reading() as (db, me):
        asked = ask(visit, db, me, query)
        page = list_inbox(db, me, asked.slice, since=asked.since)
        return asked.answer(page, AssignmentOut.of)


@router.post(
    "/jobs/{slug}/next",
    response_model=AssignmentOut,
    responses={204: {"description": "There is nothing to take."}},
)
def take(visit: StaffVisit, slug: str) -> Response:
    """Take the least-reviewed submission one may; what one has open on this job comes first."""
    with visit.writing() as (db, me):
        taken = take_next(db, me, get_job(db, me, slug))
        if not taken:
            return visit.answer(status=204)
        return visit.answer(AssignmentOut.of(taken), etag=taken.version)
