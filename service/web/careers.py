"""The company's front door: open jobs, and one job."""

import json
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from markupsafe import Markup
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import FileResponse

from service.core.errors import NotFound
from service.core.markup import to_html
from service.core.paging import Slice, decode_cursor, encode_cursor
from service.domain.jobs.queries import get_job_to_send_to, is_taking, list_jobs
from service.domain.jobs.tables import Job, JobState
from service.doors.pages import StrangerVisit
from service.doors.routes import DoorRoute
from service.settings import Settings
from service.web.render import message, page

router = APIRouter(route_class=DoorRoute)
CLOSED = "It no longer takes submissions. Thank you for looking."
LOGO_TYPES = {
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".webp": "image/webp",
}


class Careers(BaseModel):
    """Where in the list one is."""

    model_config = ConfigDict(extra="forbid")

    cursor: str | None = Field(default=None, max_length=500)


@router.get("/")
@router.get("/jobs")
def careers(request: Request, visit: StrangerVisit, query: Annotated[Careers, Query()]) -> Response:
    """All open jobs."""
    tools = visit.tools
    after = decode_cursor(tools.key, "careers", query.cursor) if query.cursor else None
    with visit.reading() as (db, me):
        found = list_jobs(db, me, Slice(after=after), state=JobState.OPEN)
    following = encode_cursor(tools.key, "careers", found.next) if found.next else None
    intro = Markup(to_html(tools.settings.company.intro))  # noqa: S704  # sanitised there
    jobs = [job for job in found.items if is_taking(job)]
    return page(request, "careers.html", jobs=jobs, next=following, intro=intro)


@router.get("/jobs/{slug}")
def job(request: Request, visit: StrangerVisit, slug: str) -> Response:
    """One job, as text and as schema.org's JobPosting."""
    with visit.reading() as (db, _me):
        found = get_job_to_send_to(db, slug)
        if found.state is JobState.CLOSED:
            return message(request, "This job is closed", CLOSED, status=410)
    description = to_html(found.description)
    return page(
        request,
        "job.html",
        job=found,
        taking=is_taking(found),
        description=Markup(description),  # noqa: S704  # sanitised by to_html
        posting=Markup(posting(found, description, visit.tools.settings)),  # noqa: S704  # escaped
    )


@router.get("/logo")
def logo(visit: StrangerVisit) -> Response:
    """The company's logo, where one is set."""
    path = Path(visit.tools.settings.company.logo)
    kind = LOGO_TYPES.get(path.suffix.lower())
    if not kind or not path.is_file():
        raise NotFound
    return FileResponse(path, media_type=kind)


def posting(job: Job, description: str, settings: Settings) -> str:
    """https://schema.org/JobPosting as JSON that cannot end the script element it stands in."""
    facts: dict[str, object] = {
        "@context": "https://schema.org",
        "@type": "JobPosting",
        "title": job.title,
        "description": description,
        "identifier": {"@type": "PropertyValue", "name": settings.company.name, "value": job.slug},
        "datePosted": (job.opened_at or job.created_at).date().isoformat(),
        "employmentType": job.employment_type,
        "hiringOrganization": {"@type": "Organization", "name": settings.company.name},
        "url": f"{settings.site}/jobs/{job.slug}",
        "directApply": True,
    }
    if job.closes_at:
        facts["validThrough"] = job.closes_at.isoformat()
    if job.location:
        address = {"@type": "PostalAddress", "addressLocality": job.location}
        facts["jobLocation"] = {"@type": "Place", "address": address}
    if job.remote:
        facts["jobLocationType"] = "TELECOMMUTE"
    text = json.dumps(facts, ensure_ascii=False)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
