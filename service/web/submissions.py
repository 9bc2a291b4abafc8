"""One submission for staff, and what can be done with it: the twin of the API's submissions."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

from fastapi import APIRouter, Request, Response
from pydantic import ValidationError

from service.core.errors import Refusal, Stale
from service.core.paging import Slice
from service.domain.accounts.actor import Actor
from service.domain.accounts.queries import list_colleagues
from service.domain.accounts.tables import Role
from service.domain.history.queries import list_history
from service.domain.jobs.queries import list_jobs_on_team, list_stages
from service.domain.messages.queries import count_given_up
from service.domain.outcomes.queries import find_outcome, outcome_version
from service.domain.outcomes.tables import Outcome
from service.domain.pipeline.actions import move_submission, reopen_submission
from service.domain.pipeline.inputs import MoveInput, ReopenInput
from service.domain.pipeline.queries import find_decision
from service.domain.pipeline.tables import DecisionRecord
from service.domain.reviews.policy import UNLOCKED, may_review
from service.domain.reviews.queries import (
    are_comments_for,
    are_scores_open,
    find_assignment,
    in_order,
    list_assignments,
    list_inbox,
    list_scorecards,
    summarise,
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
from service.domain.submissions.tables import Decision, RevisionState, Submission
from service.doors.downloads import send_stored
from service.doors.forms import Form, FormHere
from service.doors.pages import PageVisit
from service.doors.routes import DoorRoute
from service.doors.visit import Db
from service.web.done import after
from service.web.render import page
from service.web.typed import Typed
from service.web.versions import RevisionAsked, version_in

router = APIRouter(prefix="/desk", route_class=DoorRoute)
SHOWN = 50


@dataclass(frozen=True)
class Doing:
    """Something tried on a submission's page and refused; its form's words are kept.

    The page has several forms; `places` are its fields that are not called as the form's are.
    """

    what: str
    form: Form
    error: Refusal | ValidationError
    places: Mapping[str, str] = field(default_factory=dict)

    def kept(self, what: str, name: str) -> str:
        """What was typed into a field of one of the page's forms."""
        return self.form.get(name) if what == self.what else ""

    def said(self) -> tuple[int, Typed]:
        """A status, and what is wrong, by the fields of the page."""
        wrong = Typed(field_of=lambda pointer: self.places.get(pointer[1:], pointer[1:]))
        return wrong.refused(self.error), wrong


def nothing_kept(_what: str, _name: str) -> str:
    return ""


@router.get("")
def inbox(request: Request, visit: PageVisit) -> Response:
    """What waits for one."""
    with visit.reading() as (db, me):
        jobs = list_jobs_on_team(db, me, SHOWN) if me.has(Role.REVIEWER) else []
        reviews = list_inbox(db, me, Slice(limit=SHOWN)).items
        return page(
            request,
            "inbox.html",
            me=me,
            reviews=reviews,
            jobs=jobs,
            handles=may_handle(me),
            given_up=count_given_up(db, me),
        )


@router.get("/submissions/{id}")
def show(request: Request, visit: PageVisit, id: UUID, revision: RevisionAsked = None) -> Response:
    """All that one may see of it: the newest revision, or an older one."""
    return submission_page(request, visit, id, number=revision)


@router.get("/submissions/{id}/files/{file_id}")
def file(request: Request, visit: PageVisit, id: UUID, file_id: UUID) -> Response:
    """The bytes, as an attachment."""
    with visit.reading() as (db, me):
        found = get_file(db, me, get_submission(db, me, id), file_id)
    return send_stored(request, visit.tools.blobs, found)


@router.post("/submissions/{id}/moves")
def move(request: Request, visit: PageVisit, id: UUID, form: FormHere) -> Response:
    """To another stage, to an end, or back from one."""
    try:
        with visit.writing() as (db, me):
            submission = get_submission(db, me, id, version=version_in(form))
            if form.get("to") == "reopen":
                reopen_submission(db, me, submission, ReopenInput(reason=form.get("reason")).reason)
                return visit.redirect(after(visit, f"/desk/submissions/{id}", "reopened"))
            move_submission(db, me, submission, _move_in(form))
            return visit.redirect(after(visit, f"/desk/submissions/{id}", "moved"))
    except (Refusal, ValidationError) as error:
        is_withdrawal = form.get("to") == Decision.WITHDRAWN.value
        places = {"reason": "note"} if is_withdrawal else {}
        return submission_page(request, visit, id, Doing("move", form, error, places))


def _move_in(form: Form) -> MoveInput:
    """The page has one field for words: of a withdrawal they are the reason."""
    to, note = form.get("to"), form.get("note") or None
    if to == Decision.WITHDRAWN.value:
        return MoveInput(to=to, reason=note)
    return MoveInput(to=to, reason=form.get("reason") or None, note=note)


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
            return visit.redirect(after(visit, f"/desk/submissions/{id}", "confirmed_by_hand"))
    except (Refusal, ValidationError) as error:
        refused = Doing("confirm", form, error, {"reason": f"why-{revision_id}"})
        return submission_page(request, visit, id, refused)


def submission_page(
    request: Request,
    visit: PageVisit,
    id: UUID,
    doing: Doing | None = None,
    *,
    number: int | None = None,
) -> Response:
    """The page; with what was tried, why it was refused, and the words typed for it."""
    status, wrong = doing.said() if doing else (200, Typed())
    with visit.reading() as (db, me):
        submission = get_submission(db, me, id)
        handles = is_handled_by(db, me, submission)
        return page(
            request,
            "submission.html",
            status=status,
            wrong=wrong,
            kept=doing.kept if doing else nothing_kept,
            me=me,
            submission=submission,
            handles=handles,
            stages=list_stages(db, submission.job_id),
            reasons={one["key"]: one["text"] for one in submission.job.rejection_reasons},
            history=list_history(db, me, submission, Slice(limit=SHOWN)).items,
            **_sent(db, me, submission, number),
            **_reviewed(db, me, submission),
            **_ended(db, submission, doing, handles=handles),
        )


def _sent(db: Db, me: Actor, submission: Submission, number: int | None) -> dict[str, object]:
    """What the candidate sent: one revision, which others there are, and what waits."""
    revisions = list_revisions(db, me, submission)
    waiting = [r.id for r in revisions if r.state is RevisionState.UNCONFIRMED]
    return {
        "revision": get_revision(db, submission, number),
        "numbers": sorted(r.number for r in revisions if r.number),
        "unconfirmed": [get_revision_by_id(db, me, submission, one) for one in waiting],
    }


def _reviewed(db: Db, me: Actor, submission: Submission) -> dict[str, object]:
    """Who judges it, who could, and the judgements that are open."""
    assignments = list_assignments(db, me, submission)
    asked = {assignment.reviewer_id for assignment in assignments}
    colleagues = [one for one in list_colleagues(db, me) if Role.REVIEWER in one.roles]
    return {
        "may_review": may_review(find_assignment(db, submission, me.user_id)),
        "assignments": assignments,
        "replaceable": [one for one in assignments if one.state in UNLOCKED],
        "reviewers": [one for one in colleagues if one.id not in asked],
        "scores_open": are_scores_open(db, me, submission),
        "comments_for_me": are_comments_for(db, me, submission),
        "scorecards": list_scorecards(db, me, submission),
        "champions": {one.card.id: one for one in summarise(db, me, submission).champions or ()},
        "in_order": in_order,
    }


def _ended(
    db: Db, submission: Submission, doing: Doing | None, *, handles: bool
) -> dict[str, object]:
    """How it was decided, and how a hire turned out."""
    hired = submission.decision is Decision.HIRED
    outcome = find_outcome(db, submission) if hired and handles else None
    decision = find_decision(db, submission)
    written_to = _written_to(db, decision, outcome, doing)
    return {"decision": decision, "outcome": outcome, "outcome_of": written_to}


def _written_to(
    db: Db, hire: DecisionRecord | None, outcome: Outcome | None, doing: Doing | None
) -> dict[str, str]:
    """Words that are shown again belong to the hire and version that they were written to."""
    if doing and doing.what == "outcome" and not isinstance(doing.error, Stale):
        return {name: doing.form.get(name) for name in ("hire", "version")}
    version = str(outcome_version(db, outcome)) if outcome else ""
    return {"hire": str(hire.id) if hire else "", "version": version}
