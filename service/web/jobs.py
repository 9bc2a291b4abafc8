"""Jobs for those who hire: make, edit, open, close."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, get_args
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from service.core.errors import Refusal
from service.core.paging import Slice, decode_cursor, encode_cursor
from service.domain.accounts.actor import require
from service.domain.accounts.queries import list_colleagues
from service.domain.jobs import policy
from service.domain.jobs.actions import (
    close_job,
    create_job,
    open_job,
)
from service.domain.jobs.inputs import EmploymentType, JobChange, NewJob
from service.domain.jobs.names import is_time_zone
from service.domain.jobs.queries import (
    find_rubric,
    get_job,
    get_job_to_change,
    get_own_job,
    is_on_team,
    list_jobs,
    list_questions,
    list_stages,
    list_team,
)
from service.domain.jobs.tables import Job
from service.domain.reviews.actions import change_judged_job
from service.doors.forms import FormHere
from service.doors.pages import PageVisit
from service.doors.routes import DoorRoute
from service.web.done import after
from service.web.render import page, words
from service.web.typed import Typed, said_of, whole
from service.web.versions import version_in, version_to_show

router = APIRouter(prefix="/desk/jobs", route_class=DoorRoute)
LOCAL = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,3})?)?", re.ASCII)
EMPLOYMENT = [(value, words(value.lower())) for value in get_args(EmploymentType)]


class Jobs(BaseModel):
    """Where in the list one is."""

    model_config = ConfigDict(extra="forbid")

    cursor: str | None = Field(default=None, max_length=500)


@router.get("")
def show_jobs(request: Request, visit: PageVisit, query: Annotated[Jobs, Query()]) -> Response:
    """The jobs one may see."""
    key = visit.tools.key
    after = decode_cursor(key, "desk jobs", query.cursor) if query.cursor else None
    with visit.reading() as (db, me):
        found = list_jobs(db, me, Slice(after=after))
    following = encode_cursor(key, "desk jobs", found.next) if found.next else ""
    return page(
        request,
        "jobs.html",
        me=me,
        jobs=found.items,
        may_create=policy.may_create_jobs(me),
        next_url=f"/desk/jobs?cursor={following}" if following else "",
    )


@router.get("/new")
def new(request: Request, visit: PageVisit) -> Response:
    """An empty form."""
    with visit.reading() as (_db, me):
        require(policy.may_create_jobs(me))
        form = Typed.filled(timezone="UTC", reviews_wanted=2, employment_type="FULL_TIME")
        return _form(request, me, form, "New job", "/desk/jobs", "")


@router.post("")
def create(request: Request, visit: PageVisit, form: FormHere) -> Response:
    """A draft; it opens later."""
    typed = Typed.of(form)
    try:
        wanted = NewJob.model_validate({**_fields(typed), "slug": typed.value("slug")})
        with visit.writing() as (db, me):
            made = create_job(db, me, wanted)
            return visit.redirect(after(visit, f"/desk/jobs/{made.slug}", "created"))
    except (ValidationError, Refusal) as error:
        status = typed.refused(error)
    with visit.reading() as (_db, me):
        return _form(request, me, typed, "New job", "/desk/jobs", "", status)


@router.get("/{slug}")
def show_job(request: Request, visit: PageVisit, slug: str) -> Response:
    """One job with all that belongs to it."""
    return job_page(request, visit, slug)


@router.get("/{slug}/edit")
def edit(request: Request, visit: PageVisit, slug: str) -> Response:
    """The form, filled in."""
    with visit.reading() as (db, me):
        job = get_job_to_change(db, me, slug)
        version = str(job.version)
        return _form(request, me, _typed(job), job.title, f"/desk/jobs/{slug}", version)


@router.post("/{slug}")
def change(request: Request, visit: PageVisit, slug: str, form: FormHere) -> Response:
    """Keep what was changed."""
    typed = Typed.of(form)
    try:
        wanted = JobChange.model_validate(_fields(typed))
        with visit.writing() as (db, me):
            change_judged_job(db, me, get_job(db, me, slug, version=version_in(form)), wanted)
            return visit.redirect(after(visit, f"/desk/jobs/{slug}", "changed"))
    except (ValidationError, Refusal) as error:
        status, refusal = typed.refused(error), error
    with visit.reading() as (db, me):
        job = get_job_to_change(db, me, slug)
        version = version_to_show(form, refusal, job.version)
        return _form(request, me, typed, job.title, f"/desk/jobs/{slug}", version, status)


@router.post("/{slug}/state")
def change_state(request: Request, visit: PageVisit, slug: str, form: FormHere) -> Response:
    """Open or close."""
    opens = form.get("to") == "open"
    act, done = (open_job, "opened") if opens else (close_job, "closed")
    try:
        with visit.writing() as (db, me):
            act(db, me, get_job(db, me, slug, version=version_in(form)))
            return visit.redirect(after(visit, f"/desk/jobs/{slug}", done))
    except Refusal as refusal:
        return job_page(request, visit, slug, refusal)


def job_page(
    request: Request,
    visit: PageVisit,
    slug: str,
    error: Refusal | ValidationError | None = None,
) -> Response:
    """The page; with why what was tried was refused."""
    status, fault = said_of(error) if error else (200, "")
    with visit.reading() as (db, me):
        job = get_own_job(db, me, slug)
        on_team = is_on_team(db, me, job.id)
        team = list_team(db, job.id)
        known = {member.user_id for member in team}
        return page(
            request,
            "job_desk.html",
            status=status,
            me=me,
            job=job,
            fault=fault,
            rubric=find_rubric(db, job.id),
            stages=list_stages(db, job.id),
            questions=list_questions(db, job.id),
            team=team,
            may_change=policy.may_change_job(me, on_team=on_team),
            colleagues=[one for one in list_colleagues(db, me) if one.id not in known],
        )


def _form(
    request: Request,
    me: object,
    form: Typed,
    title: str,
    action: str,
    version: str,
    status: int = 200,
) -> Response:
    return page(
        request,
        "job_form.html",
        status=status,
        me=me,
        form=form,
        title=title,
        action=action,
        version=version,
        employment=EMPLOYMENT,
    )


def _fields(typed: Typed) -> dict[str, object]:
    names = ("title", "summary", "description", "location", "employment_type", "timezone")
    fields: dict[str, object] = {name: typed.value(name) for name in names}
    wanted = typed.value("reviews_wanted")
    return fields | {
        "remote": bool(typed.value("remote")),
        "seal_rule": typed.value("seal_rule"),
        "reviews_wanted": whole(wanted),
        "closes_at": _moment(typed.value("closes_at"), typed.value("timezone")),
    }


def _moment(text: str, zone: str) -> object:
    """A browser's local date and time in the job's time zone, as an RFC 3339 text.

    Where the zone is wrong there is no such time; the zone is blamed then.
    """
    if not text or not is_time_zone(zone):
        return None
    if not LOCAL.fullmatch(text):
        return text
    try:
        return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).isoformat()
    except ValueError:
        return text


def _as_typed(local: datetime) -> str:
    """As the browser's field shows it: without a zone, and not finer than it can be."""
    fine = "milliseconds" if local.microsecond else "seconds"
    return local.replace(tzinfo=None).isoformat(timespec=fine)


def _typed(job: Job) -> Typed:
    names = ("title", "summary", "description", "location", "employment_type", "timezone")
    values: Mapping[str, object] = {name: getattr(job, name) for name in names}
    local = job.closes_at.astimezone(ZoneInfo(job.timezone)) if job.closes_at else None
    return Typed.filled(
        **values,
        remote="yes" if job.remote else "",
        seal_rule=job.seal_rule.value,
        reviews_wanted=job.reviews_wanted,
        closes_at=_as_typed(local) if local else "",
    )
