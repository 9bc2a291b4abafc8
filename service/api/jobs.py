"""Jobs over the API: open ones for everybody, all that belongs to them for staff."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from service.domain.accounts.actor import Actor
from service.domain.jobs.actions import (
    close_job,
    create_job,
    open_job,
    set_questions,
    set_rubric,
    set_team,
)
from service.domain.jobs.inputs import (
    JobChange,
    NewJob,
    QuestionsInput,
    RubricInput,
    StagesInput,
    TeamInput,
)
from service.domain.jobs.queries import (
    JobParts,
    get_job,
    get_parts,
    is_taking,
    list_jobs,
    list_parts,
)
from service.domain.jobs.tables import (
    Job,
    JobState,
    QuestionKind,
    SealRule,
    StageKind,
    TeamMember,
)
from service.domain.pipeline.stages import arrange_stages
from service.domain.reviews.actions import change_judged_job
from service.doors.listing import ListQuery, PageOut, ask
from service.doors.preconditions import IfMatch
from service.doors.routes import JsonRoute, StaffRoute
from service.doors.visit import PublicVisit, StaffVisit, Visit

public = APIRouter(prefix="/jobs", tags=["jobs"], route_class=JsonRoute)
router = APIRouter(prefix="/jobs", tags=["jobs"], route_class=StaffRoute)

# One address, two answers: what a shared cache kept for a stranger is not for staff.
VARY = {"Vary": "Authorization"}


class Shape(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class QuestionOut(Shape):
    """A question of the application form."""

    key: str
    text: str = Field(description="The question as it is asked.")
    help: str = Field(description="A hint under it.")
    kind: QuestionKind = Field(description="How it is answered.")
    options: list[str] = Field(description="What can be chosen; empty for other kinds.")
    required: bool = Field(description="Whether a submission must answer it.")


class PublicJobOut(Shape):
    """An open job, as everybody may see it."""

    id: UUID
    slug: str
    title: str
    summary: str
    description: str
    location: str
    remote: bool
    employment_type: str
    state: JobState
    opened_at: datetime | None
    closes_at: datetime | None
    timezone: str
    taking: bool
    questions: list[QuestionOut]


class StageOut(Shape):
    """One step of the job."""

    id: UUID
    key: str
    name: str = Field(description="What people call it.")
    kind: StageKind = Field(description="What it is for.")


class CriterionOut(Shape):
    """What is judged, with an anchor for each level."""

    id: UUID
    key: str
    name: str = Field(description="What people call it.")
    description: str = Field(description="What is meant by it.")
    weight: int = Field(description="How much it counts beside the others.")
    anchors: list[dict[str, str | int]] = Field(
        description="What each level looks like, lowest first: `level`, `name`, `anchor`."
    )


class RubricOut(Shape):
    """The newest version of what is judged."""

    id: UUID
    number: int = Field(description="Its version: 1, 2, 3 …")
    created_at: datetime
    criteria: list[CriterionOut] = Field(description="What is judged, in order.")


class MemberOut(BaseModel):
    """Somebody on the team."""

    user_id: UUID = Field(description="Who it is.")
    name: str
    email: str
    lead: bool

    @classmethod
    def of(cls, member: TeamMember) -> "MemberOut":
        user = member.user
        return cls(user_id=user.id, name=user.name, email=user.email, lead=member.is_lead)


class ReasonOut(BaseModel):
    """Why somebody may be rejected."""

    key: str
    text: str = Field(description="The reason in words for people.")


class JobOut(PublicJobOut):
    """A job with all that belongs to it."""

    version: int
    created_at: datetime
    updated_at: datetime
    seal_rule: SealRule
    reviews_wanted: int
    rejection_reasons: list[ReasonOut]
    stages: list[StageOut]
    rubric: RubricOut | None
    team: list[MemberOut]


class JobQuery(ListQuery):
    state: JobState | None = Field(
        default=None,
        description="Only jobs in this state.",
    )


def show(me: Actor, job: Job, parts: JobParts) -> JobOut | PublicJobOut:
    """What this caller may see of a job."""
    questions = [QuestionOut.model_validate(question) for question in parts.questions]
    shown = {**job.model_dump(), "taking": is_taking(job), "questions": questions}
    if not me.is_staff:
        return PublicJobOut.model_validate(shown)
    return JobOut.model_validate(
        shown
        | {
            "stages": [StageOut.model_validate(stage) for stage in parts.stages],
            "rubric": RubricOut.model_validate(parts.rubric) if parts.rubric else None,
            "team": [MemberOut.of(member) for member in parts.team],
        }
    )


def answer(
    visit: Visit,
    me: Actor,
    job: Job,
    parts: JobParts,
    *,
    status: int = 200,
    headers: dict[str, str] | None = None,
) -> Response:
    """One job; with the version to change it, for who might."""
    version = job.version if me.is_staff else None
    return visit.answer(show(me, job, parts), status=status, etag=version, headers=headers)


@public.get("", response_model=PageOut[JobOut | PublicJobOut])
def jobs(visit: PublicVisit, query: Annotated[JobQuery, Query()]) -> Response:
    """Open jobs for everybody; for staff also those they work on, with all that belongs to them."""
    with visit.reading() as (db, me):
        asked = ask(visit, db, me, query)
        page = list_jobs(db, me, asked.slice, state=query.state, updated_since=asked.since)
        parts = list_parts(db, me, page.items)
        listed = asked.answer(page, lambda job: show(me, job, parts[job.id]))
        listed.headers.update(VARY)
        return listed


@public.get("/{slug}", response_model=JobOut | PublicJobOut)
def job(visit: PublicVisit, slug: str) -> Response:
    """One job with its form; for staff also stages, rubric, team and the version to change it."""
    with visit.reading() as (db, me):
        found = get_job(db, me, slug)
        return answer(visit, me, found, get_parts(db, me, found), headers=VARY)


@router.post("", status_code=201, response_model=JobOut)
def add(visit: StaffVisit, body: NewJob) -> Response:
    """Make a draft. The usual stages come with it, and its maker leads the team."""
    with visit.writing() as (db, me):
        made = create_job(db, me, body)
        location = {"Location": f"/api/v1/jobs/{made.slug}"}
        return answer(visit, me, made, get_parts(db, me, made), status=201, headers=location)


@router.patch("/{slug}", response_model=JobOut)
def edit(visit: StaffVisit, slug: str, body: JobChange, if_match: IfMatch) -> Response:
    """Change what the body names; the rest stays."""
    with visit.writing() as (db, me):
        changed = change_judged_job(db, me, get_job(db, me, slug, version=if_match), body)
        return answer(visit, me, changed, get_parts(db, me, changed))


@router.put("/{slug}/stages", response_model=JobOut)
def put_stages(visit: StaffVisit, slug: str, body: StagesInput, if_match: IfMatch) -> Response:
    """All stages in order. One left out is archived; one with submissions in it must stay."""
    with visit.writing() as (db, me):
        changed = get_job(db, me, slug, version=if_match)
        arrange_stages(db, me, changed, body.stages)
        return answer(visit, me, changed, get_parts(db, me, changed))


@router.put("/{slug}/questions", response_model=JobOut)
def put_questions(
    visit: StaffVisit, slug: str, body: QuestionsInput, if_match: IfMatch
) -> Response:
    """All questions of the form in order. One left out is archived; its answers stay."""
    with visit.writing() as (db, me):
        changed = get_job(db, me, slug, version=if_match)
        set_questions(db, me, changed, body.questions)
        return answer(visit, me, changed, get_parts(db, me, changed))


@router.put("/{slug}/rubric", response_model=JobOut)
def put_rubric(visit: StaffVisit, slug: str, body: RubricInput, if_match: IfMatch) -> Response:
    """A new version of the rubric, unless it is the same; scorecards keep theirs."""
    with visit.writing() as (db, me):
        changed = get_job(db, me, slug, version=if_match)
        set_rubric(db, me, changed, body.criteria)
        return answer(visit, me, changed, get_parts(db, me, changed))


@router.put("/{slug}/team", response_model=JobOut)
def put_team(visit: StaffVisit, slug: str, body: TeamInput, if_match: IfMatch) -> Response:
    """Everybody on the team, at least one of them a lead."""
    with visit.writing() as (db, me):
        changed = get_job(db, me, slug, version=if_match)
        set_team(db, me, changed, body.members)
        return answer(visit, me, changed, get_parts(db, me, changed))


@router.post("/{slug}/open", response_model=JobOut)
def open_for_submissions(visit: StaffVisit, slug: str, if_match: IfMatch) -> Response:
    """Take submissions from now on."""
    with visit.writing() as (db, me):
        changed = open_job(db, me, get_job(db, me, slug, version=if_match))
        return answer(visit, me, changed, get_parts(db, me, changed))


@router.post("/{slug}/close", response_model=JobOut)
def close(visit: StaffVisit, slug: str, if_match: IfMatch) -> Response:
    """Take no more submissions; those that are in go on."""
    with visit.writing() as (db, me):
        changed = close_job(db, me, get_job(db, me, slug, version=if_match))
        return answer(visit, me, changed, get_parts(db, me, changed))
