"""One submission for staff, and what can be done with it: the twin of the API's submissions."""

from uuid import UUID

from fastapi import APIRouter, Request, Response
from pydantic import ValidationError

from service.core.errors import Refusal
from service.core.paging import Slice
from service.domain.accounts.queries import list_colleagues
from service.domain.accounts.tables import Role
from service.domain.history.queries import list_history
from service.domain.jobs.queries import list_jobs, list_stages
from service.domain.pipeline.actions import move_submission, reopen_submission
from service.domain.pipeline.inputs import MoveInput, ReopenInput
from service.domain.reviews.actions import assign_reviewer, unseal_scorecards
from service.domain.reviews.inputs import AssignmentInput, UnsealInput
from service.domain.reviews.policy import may_review
from service.domain.reviews.queries import (
    find_assignment,
    list_assignments,
    list_inbox,
    list_scorecards,
)
from service.domain.submissions.actions import confirm_revision
from service.domain.submissions.inputs import ConfirmInput
from service.domain.submissions.policy import may_handle
from service.domain.submissions.queries import (
    get_file,
    get_revision,
    get_revision_by_id,
    get_submission,
    list_revisions,
)
from service.domain.submissions.tables import RevisionState
from service.doors.downloads import send_file
from service.doors.forms import FormHere
from service.doors.pages import PageVisit
from service.doors.refusals import faults_of, status_of
from service.web.render import page
from service.web.versions import version_in

router = APIRouter(prefix="/desk")
SHOWN = 50


@router.get("")
def inbox(request: Request, visit: PageVisit) -> Response:
    """What waits for one."""
    with visit.reading() as (db, me):
        jobs = list_jobs(db, me, Slice(limit=SHOWN)).items if me.has(Role.REVIEWER) else []
        reviews = list_inbox(db, me, Slice(limit=SHOWN)).items
        return page(
            request, "inbox.html", me=me, reviews=reviews, jobs=jobs, handles=may_handle(me)
        )


@router.get("/submissions/{id}")
def show(request: Request, visit: PageVisit, id: UUID) -> Response:
    """All that one may see of it."""
    return _page(request, visit, id)


@router.get("/submissions/{id}/files/{file_id}")
def file(request: Request, visit: PageVisit, id: UUID, file_id: UUID) -> Response:
    """The bytes, as an attachment."""
    with visit.reading() as (db, me):
        found = get_file(db, me, get_submission(db, me, id), file_id)
    return send_file(
        request,
        visit.tools.blobs,
        sha256=found.sha256,
        size=found.size,
        name=found.name,
        media_type=found.media_type,
    )


@router.post("/submissions/{id}/moves")
def move(request: Request, visit: PageVisit, id: UUID, form: FormHere) -> Response:
    """To another stage, to an end, or back from one."""
    try:
        with visit.writing() as (db, me):
            submission = get_submission(db, me, id, version=version_in(form))
            reason, note = form.get("reason"), form.get("note")
            if form.get("to") == "reopen":
                reopen_submission(db, me, submission, ReopenInput(reason=reason).reason)
            else:
                wanted = MoveInput(to=form.get("to"), reason=reason or None, note=note or None)
                move_submission(db, me, submission, wanted)
            return visit.redirect(f"/desk/submissions/{id}")
    except (Refusal, ValidationError) as error:
        return _page(request, visit, id, error)


@router.post("/submissions/{id}/assignments")
def assign(request: Request, visit: PageVisit, id: UUID, form: FormHere) -> Response:
    """Ask a colleague to review."""
    content = {"reviewer": form.get("reviewer"), "due": form.get("due") or None}
    try:
        wanted = AssignmentInput.model_validate(content)
        with visit.writing() as (db, me):
            assign_reviewer(db, me, get_submission(db, me, id), wanted)
            return visit.redirect(f"/desk/submissions/{id}")
    except (Refusal, ValidationError) as error:
        return _page(request, visit, id, error)


@router.post("/submissions/{id}/unseal")
def unseal(request: Request, visit: PageVisit, id: UUID, form: FormHere) -> Response:
    """Look early, with a reason that stays in the history."""
    try:
        wanted = UnsealInput(reason=form.get("reason"))
        with visit.writing() as (db, me):
            unseal_scorecards(db, me, get_submission(db, me, id), wanted.reason)
            return visit.redirect(f"/desk/submissions/{id}")
    except (Refusal, ValidationError) as error:
        return _page(request, visit, id, error)


@router.post("/submissions/{id}/revisions/{revision_id}/confirm")
def confirm(
    request: Request, visit: PageVisit, id: UUID, revision_id: UUID, form: FormHere
) -> Response:
    """Take an addition as the person's own, by hand."""
    try:
        wanted = ConfirmInput(reason=form.get("reason"))
        with visit.writing() as (db, me):
            submission = get_submission(db, me, id, version=version_in(form))
            revision = get_revision_by_id(db, me, submission, revision_id)
            confirm_revision(db, me, submission, revision, reason=wanted.reason)
            return visit.redirect(f"/desk/submissions/{id}")
    except (Refusal, ValidationError) as error:
        return _page(request, visit, id, error)


def said_of(error: Refusal | ValidationError) -> tuple[int, str]:
    """A status and a sentence for a page."""
    if isinstance(error, ValidationError):
        return 422, " ".join(fault.detail for fault in faults_of(error.errors()))
    details = [fault.detail for fault in error.faults]
    return status_of(error), " ".join([str(error), *details])


def _page(
    request: Request, visit: PageVisit, id: UUID, error: Refusal | ValidationError | None = None
) -> Response:
    status, fault = said_of(error) if error else (200, "")
    with visit.reading() as (db, me):
        submission = get_submission(db, me, id)
        assignments = list_assignments(db, me, submission)
        revisions = list_revisions(db, me, submission) if submission.waiting else []
        handles = may_handle(me)
        return page(
            request,
            "submission.html",
            status=status,
            fault=fault,
            me=me,
            submission=submission,
            revision=get_revision(db, submission),
            unconfirmed=[r for r in revisions if r.state is RevisionState.UNCONFIRMED],
            handles=handles,
            may_review=may_review(find_assignment(db, submission, me.user_id)),
            stages=list_stages(db, submission.job_id),
            assignments=assignments,
            reviewers=[p for p in list_colleagues(db, me) if Role.REVIEWER in p.roles],
            scorecards=list_scorecards(db, me, submission),
            history=list_history(db, me, submission, Slice(limit=SHOWN)).items,
        )
