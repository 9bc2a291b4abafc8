"""Reviewers are asked, answer, are replaced, or take work themselves."""

from datetime import date
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlmodel import Session

from service.core import outbox
from service.core.clock import utc_now
from service.core.errors import Fault, Invalid, StateConflict
from service.core.versions import Expected
from service.domain.accounts.actor import Actor, require
from service.domain.jobs.queries import is_on_team
from service.domain.jobs.tables import Job
from service.domain.reviews import policy
from service.domain.reviews.events import (
    AssignmentAbstained,
    AssignmentChanged,
    AssignmentDeclined,
    AssignmentReassigned,
    ReviewerAssigned,
)
from service.domain.reviews.inputs import AssignmentChange, AssignmentInput
from service.domain.reviews.queries.assignments import (
    find_assignment,
    find_next,
    find_own_open,
    find_reviewer,
    find_unreplaced,
    hold_job,
    hold_submission,
    may_have_seen,
)
from service.domain.reviews.queries.conflicts import is_blocked
from service.domain.reviews.tables import Assignment, AssignmentState
from service.domain.submissions.actions import set_access
from service.domain.submissions.queries import is_run_by
from service.domain.submissions.tables import Submission


class NoReviewer(Invalid):
    code = "no_reviewer"
    message = "Choose an active colleague with the role reviewer."


class DuePast(Invalid):
    code = "due_past"
    message = "The date has passed. Choose today or a later day."


class AlreadyAssigned(StateConflict):
    code = "already_assigned"
    message = "This person was asked to review this submission already."


class ScoresSeen(StateConflict):
    code = "scores_seen"
    message = "This person may have seen scores of this submission, so cannot judge it any more."


class InConflict(StateConflict):
    code = "in_conflict"
    message = "A conflict of interest keeps this person from this submission."


class AssignmentEnded(StateConflict):
    code = "assignment_ended"
    message = "This assignment is {state} already."


def assign_reviewer(
    session: Session, actor: Actor, submission: Submission, wanted: AssignmentInput
) -> Assignment:
    """Ask a colleague to review.

    Raises NoReviewer, DuePast, AlreadyAssigned, InConflict, ScoresSeen.
    """
    require(is_run_by(session, actor, submission))
    hold_submission(session, submission)
    _refuse_past(submission.job, wanted.due)
    _refuse_unfit(session, submission, wanted.reviewer)
    return _assign(session, actor, submission, wanted.reviewer, wanted.due)


def change_assignment(
    session: Session,
    actor: Actor,
    submission: Submission,
    assignment: Assignment,
    change: AssignmentChange,
    expected: Expected,
) -> Assignment | None:
    """Answer it, give it to another reviewer, or change its date, as `change` says.

    Returns the assignment that takes its place, if one does. Raises Stale.
    """
    is_answer = change.state is not None
    own = assignment.reviewer_id == actor.user_id
    require(own if is_answer else is_run_by(session, actor, submission))
    expected.check(assignment.version)
    if change.state:
        answer_assignment(session, actor, submission, assignment, change.state, change.reason)
        return None
    if change.reviewer:
        return reassign(session, actor, submission, assignment, change.reviewer, change)
    change_due(session, actor, submission, assignment, change.due)
    return None


def answer_assignment(
    session: Session,
    actor: Actor,
    submission: Submission,
    assignment: Assignment,
    state: AssignmentState,
    reason: str,
) -> None:
    """The reviewer declines or abstains, and no longer sees the submission; scores stay sealed.

    Raises AssignmentEnded.
    """
    require(assignment.reviewer_id == actor.user_id)
    hold_submission(session, submission)
    _require_state(assignment, AssignmentState.OPEN)
    declines = state is AssignmentState.DECLINED
    kind: type[AssignmentDeclined | AssignmentAbstained] = (
        AssignmentDeclined if declines else AssignmentAbstained
    )
    assignment.state, assignment.reason = state, reason
    session.flush()
    set_access(session, actor, submission, actor.user_id, assigned=False)
    event = kind(**_ids(submission, assignment))
    outbox.record(session, actor, submission.id, event, detail={"reason": reason})


def reassign(
    session: Session,
    actor: Actor,
    submission: Submission,
    assignment: Assignment,
    reviewer_id: UUID,
    change: AssignmentChange,
) -> Assignment:
    """Put another reviewer in the place of one who has not judged; returns the new assignment.

    Raises AssignmentEnded, NoReviewer, DuePast, AlreadyAssigned, InConflict, ScoresSeen.
    """
    require(is_run_by(session, actor, submission))
    hold_submission(session, submission)
    _require_state(assignment, *policy.UNLOCKED)
    due = change.due if "due" in change.model_fields_set else assignment.due
    if due != assignment.due:
        _refuse_past(submission.job, due)
    _refuse_unfit(session, submission, reviewer_id)
    following = _assign(session, actor, submission, reviewer_id, due)
    _replace(session, actor, submission, assignment, following, change.reason)
    return following


def change_due(
    session: Session,
    actor: Actor,
    submission: Submission,
    assignment: Assignment,
    due: date | None,
) -> None:
    """Raises AssignmentEnded, DuePast."""
    require(is_run_by(session, actor, submission))
    hold_submission(session, submission)
    _require_state(assignment, AssignmentState.OPEN)
    _refuse_past(submission.job, due)
    before, assignment.due = assignment.due, due
    session.flush()
    event = AssignmentChanged(**_ids(submission, assignment))
    detail: dict[str, object] = {"before": {"due": _text(before)}, "after": {"due": _text(due)}}
    outbox.record(session, actor, submission.id, event, detail=detail)


def take_next(session: Session, actor: Actor, job: Job) -> Assignment | None:
    """Hand the actor the least-reviewed submission of a job that has a seat; None: there is none.

    What the actor has open on this job comes first, so asking twice does not pile up. Who takes a
    seat that somebody declined takes that person's place. Callers on one job stand in line.
    """
    require(policy.may_take(actor, on_team=is_on_team(session, actor, job.id)))
    hold_job(session, job)
    if waiting := find_own_open(session, actor, job):
        return waiting
    submission = find_next(session, actor, job)
    while submission and not _is_free(session, actor, submission):
        submission = find_next(session, actor, job)
    if not submission:
        return None
    taken = _assign(session, actor, submission, actor.user_id, None)
    if declined := find_unreplaced(session, submission):
        _replace(session, actor, submission, declined, taken, "")
    return find_own_open(session, actor, job)


def _is_free(session: Session, actor: Actor, submission: Submission) -> bool:
    """Still, now that it is locked: somebody may have asked us for it, or we have looked at it."""
    asked = find_assignment(session, submission, actor.user_id)
    if asked or is_blocked(session, submission, actor.user_id):
        return False
    return not may_have_seen(session, actor, submission)


def _assign(
    session: Session, actor: Actor, submission: Submission, reviewer_id: UUID, due: date | None
) -> Assignment:
    assignment = Assignment(
        submission_id=submission.id, reviewer_id=reviewer_id, assigned_by=actor.id, due=due
    )
    session.add(assignment)
    session.flush()
    set_access(session, actor, submission, reviewer_id, assigned=True)
    event = ReviewerAssigned(**_ids(submission, assignment))
    outbox.record(session, actor, submission.id, event, detail={"after": {"due": _text(due)}})
    return assignment


def _replace(
    session: Session,
    actor: Actor,
    submission: Submission,
    assignment: Assignment,
    following: Assignment,
    reason: str,
) -> None:
    before, assignment.state = assignment.state, AssignmentState.REASSIGNED
    session.flush()
    set_access(session, actor, submission, assignment.reviewer_id, assigned=False)
    event = AssignmentReassigned(
        **_ids(submission, assignment),
        to_assignment_id=following.id,
        to_reviewer_id=following.reviewer_id,
    )
    detail: dict[str, object] = {"before": {"state": before}, "reason": reason}
    outbox.record(session, actor, submission.id, event, detail=detail)


def _refuse_unfit(session: Session, submission: Submission, reviewer_id: UUID) -> None:
    reviewer = find_reviewer(session, reviewer_id)
    if not reviewer:
        raise NoReviewer(faults=[Fault("/reviewer", NoReviewer.message)])
    if find_assignment(session, submission, reviewer_id):
        raise AlreadyAssigned
    if is_blocked(session, submission, reviewer_id):
        raise InConflict
    if may_have_seen(session, Actor.of(reviewer), submission):
        raise ScoresSeen


def _refuse_past(job: Job, due: date | None) -> None:
    """A day is over when it is over where the job is."""
    if due and due < utc_now().astimezone(ZoneInfo(job.timezone)).date():
        raise DuePast(faults=[Fault("/due", DuePast.message)])


def _require_state(assignment: Assignment, *states: AssignmentState) -> None:
    if assignment.state not in states:
        raise AssignmentEnded(state=assignment.state)


def _ids(submission: Submission, assignment: Assignment) -> dict[str, UUID]:
    return {
        "submission_id": submission.id,
        "job_id": submission.job_id,
        "assignment_id": assignment.id,
        "reviewer_id": assignment.reviewer_id,
    }


def _text(day: date | None) -> str | None:
    return day.isoformat() if day else None
