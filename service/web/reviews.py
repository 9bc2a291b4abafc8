"""Who reviews a submission, from its page: ask, answer, give to somebody else, look early."""

from uuid import UUID

from fastapi import APIRouter, Request, Response
from pydantic import ValidationError

from service.core.errors import Refusal
from service.domain.reviews.actions import (
    assign_reviewer,
    change_assignment,
    discuss_champion,
    unseal_scorecards,
)
from service.domain.reviews.inputs import (
    AssignmentChange,
    AssignmentInput,
    DiscussionInput,
    UnsealInput,
)
from service.domain.reviews.queries import get_assignment
from service.domain.submissions.queries import get_submission
from service.doors.forms import FormHere
from service.doors.pages import PageVisit
from service.doors.routes import DoorRoute
from service.web.done import after
from service.web.submissions import Doing, submission_page
from service.web.versions import version_in

router = APIRouter(prefix="/desk/submissions", route_class=DoorRoute)


@router.post("/{id}/assignments")
def assign(request: Request, visit: PageVisit, id: UUID, form: FormHere) -> Response:
    """Ask a colleague to review."""
    content = {"reviewer": form.get("reviewer"), "due": form.get("due") or None}
    try:
        wanted = AssignmentInput.model_validate(content)
        with visit.writing() as (db, me):
            assign_reviewer(db, me, get_submission(db, me, id), wanted)
            return visit.redirect(after(visit, f"/desk/submissions/{id}", "assigned"))
    except (Refusal, ValidationError) as error:
        return submission_page(request, visit, id, Doing("assign", form, error))


@router.post("/{id}/assignments/{assignment_id}")
def change(
    request: Request, visit: PageVisit, id: UUID, assignment_id: UUID, form: FormHere
) -> Response:
    """The reviewer answers no, or a recruiter puts somebody else in the place."""
    wishes = ("state", "reviewer", "reason")
    content = {name: form.get(name) for name in wishes if form.get(name)}
    try:
        wanted = AssignmentChange.model_validate(content)
        with visit.writing() as (db, me):
            submission = get_submission(db, me, id)
            version = version_in(form)
            assignment = get_assignment(db, me, submission, assignment_id)
            change_assignment(db, me, submission, assignment, wanted, version)
            if wanted.state:
                return visit.redirect(after(visit, "/desk", "given_back"))
            return visit.redirect(after(visit, f"/desk/submissions/{id}", "given_on"))
    except (Refusal, ValidationError) as error:
        places = {"reviewer": f"instead-{assignment_id}"}
        return submission_page(request, visit, id, Doing("answer", form, error, places))


@router.post("/{id}/unseal")
def unseal(request: Request, visit: PageVisit, id: UUID, form: FormHere) -> Response:
    """Look early, with a reason that stays in the history."""
    try:
        wanted = UnsealInput(reason=form.get("reason"))
        with visit.writing() as (db, me):
            unseal_scorecards(db, me, get_submission(db, me, id), wanted.reason)
            return visit.redirect(after(visit, f"/desk/submissions/{id}", "unsealed"))
    except (Refusal, ValidationError) as error:
        refused = Doing("unseal", form, error, {"reason": "unseal"})
        return submission_page(request, visit, id, refused)


@router.post("/{id}/scorecards/{scorecard_id}/discussions")
def discuss(
    request: Request, visit: PageVisit, id: UUID, scorecard_id: UUID, form: FormHere
) -> Response:
    """Record a talk with a champion, so that one may reject."""
    said = {name: form.get(name) for name in ("argument", "answer")}
    try:
        wanted = DiscussionInput.model_validate(said)
        with visit.writing() as (db, me):
            discuss_champion(db, me, get_submission(db, me, id), scorecard_id, wanted)
            return visit.redirect(after(visit, f"/desk/submissions/{id}", "discussed"))
    except (Refusal, ValidationError) as error:
        places = {name: f"{name}-{scorecard_id}" for name in said}
        return submission_page(request, visit, id, Doing("discuss", form, error, places))
