"""Who works on a job, from its page: roles, who leaves, and one more."""

from fastapi import APIRouter, Request, Response
from pydantic import ValidationError

from service.core.errors import Refusal
from service.domain.jobs.actions import set_team
from service.domain.jobs.inputs import TeamInput
from service.domain.jobs.queries import get_job
from service.doors.forms import Form, FormHere
from service.doors.pages import PageVisit
from service.doors.routes import DoorRoute
from service.web.done import after
from service.web.jobs import job_page
from service.web.versions import version_in

router = APIRouter(prefix="/desk/jobs", route_class=DoorRoute)
ROLE = "role-"  # and the member's id
LEAD, NONE = "lead", "none"


@router.post("/{slug}/team")
def save_team(request: Request, visit: PageVisit, slug: str, form: FormHere) -> Response:
    """The whole team, as the form says."""
    try:
        wanted = TeamInput.model_validate({"members": _members(form)})
        with visit.writing() as (db, me):
            set_team(db, me, get_job(db, me, slug, version=version_in(form)), wanted.members)
            return visit.redirect(after(visit, f"/desk/jobs/{slug}", "changed"))
    except (Refusal, ValidationError) as error:
        return job_page(request, visit, slug, error)


def _members(form: Form) -> list[dict[str, object]]:
    roles = {name.removeprefix(ROLE): role for name, role in form.fields if name.startswith(ROLE)}
    if added := form.get("user"):
        roles.setdefault(added, "")
    return [{"user_id": id, "lead": role == LEAD} for id, role in roles.items() if role != NONE]
