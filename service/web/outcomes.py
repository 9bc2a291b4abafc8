"""How a hire turned out, from its page."""

from uuid import UUID

from fastapi import APIRouter, Request, Response
from pydantic import ValidationError

from service.core.errors import Refusal
from service.core.versions import Expected
from service.domain.outcomes.actions import record_outcome
from service.domain.outcomes.inputs import OutcomeInput
from service.domain.submissions.queries import get_submission
from service.doors.forms import FormHere
from service.doors.pages import PageVisit
from service.doors.routes import DoorRoute
from service.web.done import after
from service.web.submissions import Doing, submission_page
from service.web.versions import VersionUnknown, version_in

router = APIRouter(prefix="/desk/submissions", route_class=DoorRoute)
ANY = Expected(anything=True)
SUCCEEDED = {"yes": True, "no": False}


@router.post("/{id}/outcome")
def record(request: Request, visit: PageVisit, id: UUID, form: FormHere) -> Response:
    """For the first time, or to correct it."""
    content = {
        "at": form.get("at"),
        "succeeded": SUCCEEDED.get(form.get("succeeded")),
        "note": form.get("note"),
        "hire": form.get("hire"),
    }
    try:
        if not form.get("hire"):
            raise VersionUnknown
        wanted = OutcomeInput.model_validate(content)
        known = version_in(form) if form.get("version") else None
        with visit.writing() as (db, me):
            submission = get_submission(db, me, id, version=ANY)
            record_outcome(db, me, submission, wanted, version=known)
            return visit.redirect(after(visit, f"/desk/submissions/{id}", "outcome_saved"))
    except (Refusal, ValidationError) as error:
        return submission_page(request, visit, id, Doing("outcome", form, error, {"note": "told"}))
