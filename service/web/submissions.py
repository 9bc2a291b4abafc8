"""One submission for staff, and what can be done with it: the twin of the API's submissions."""

from dataclasses import dataclass
from uuid import UUID

from fastapi import APIRouter, Request, Response
from pydantic import ValidationError

from service.core.errors import Refusal
from service.core.paging import Slice
from service.domain.accounts.queries import list_colleagues
from service.domain.accounts.tables import Role
from service.domain.history.queries import list_history
from service.domain.jobs.queries import list_jobs_on_team, list_stages
from service.domain.outcomes.queries import find_outcome
from service.domain.pipeline.actions import move_submission, reopen_submission
from service.domain.pipeline.inputs import MoveInput, ReopenInput
from service.domain.reviews.policy import UNLOCKED, may_review
from service.domain.reviews.queries import (
    find_assignment,
    in_order,
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
    is_handled_by,
    list_revisions,
)
from service.domain.submissions.tables import Decision, RevisionState
from service.doors.downloads import send_file
from service.doors.forms import Form, FormHere
from service.doors.pages import PageVisit
from service.web.render import page
from service.web.typed import said_of
from service.web.versions import version_in

router = APIRouter(prefix="/desk")
SHOWN = 50


@dataclass(frozen=True)
class Doing:
    """Something tried on a submission's page and refused; its form's words are kept."""

    what: str
    form: Form
    error: Refusal | ValidationError

    def kept(self, what: str, name: str) -> str:
        """What was typed into a field of one of the page's forms."""
        return self.form.get(name) if what == self.what else ""


def nothing_kept(_what: str, _name: str) -> str:
    return ""


@router.get("")
def inbox(request: Request, visit: PageVisit) -> Response:
    """What waits for one."""
    with visit.reading() as (db, me):
        jobs = list_jobs_on_team(db, me, SHOWN) if me.has(Role.REVIEWER) else []
        reviews = list_inbox(db, me, Slice(limit=SHOWN)).items
        return page(
            request, "inbox.html", me=me, reviews=reviews, jobs=jobs, handles=may_handle(me)
        )


@router.get("/submissions/{id}")
def show(request: Request, visit: PageVisit, id: UUID) -> Response:
    """All that one may see of it."""
    return submission_page(request, visit, id)


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
        return submission_page(request, visit, id, Doing("move", form, error))


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
        return submission_page(request, visit, id, Doing("confirm", form, error))


def submission_page(
    request: Request, visit: PageVisit, id: UUID, doing: Doing | None = None
) -> Response:
    """The page; with what was tried, why it was refused, and the words typed for it."""
    status, fault = said_of(doing.error) if doing else (200, "")
    with visit.reading() as (db, me):
        submission = get_submission(db, me, id)
        assignments = list_assignments(db, me, submission)
        asked = {assignment.reviewer_id for assignment in assignments}
        revisions = list_revisions(db, me, submission) if submission.waiting else []
        handles = is_handled_by(db, me, submission)
        hired = submission.decision is Decision.HIRED
        return page(
            request,
            "submission.html",
            status=status,
            fault=fault,
            kept=doing.kept if doing else nothing_kept,
            me=me,
            submission=submission,
            revision=get_revision(db, submission),
            unconfirmed=[r for r in revisions if r.state is RevisionState.UNCONFIRMED],
            handles=handles,
            may_review=may_review(find_assignment(db, submission, me.user_id)),
            stages=list_stages(db, submission.job_id),
            assignments=assignments,
            replaceable=[one for one in assignments if one.state in UNLOCKED],
            reviewers=[
                p for p in list_colleagues(db, me) if Role.REVIEWER in p.roles and p.id not in asked
            ],
            scorecards=list_scorecards(db, me, submission),
            in_order=in_order,
            outcome=find_outcome(db, submission) if hired and handles else None,
            history=list_history(db, me, submission, Slice(limit=SHOWN)).items,
        )
