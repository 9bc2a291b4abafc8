"""Conflicts of interest are declared, suspected and settled; those that stand block."""

from uuid import UUID

from sqlmodel import Session

from service.core import outbox
from service.core.errors import Fault, Forbidden, Invalid, StateConflict
from service.core.versions import Expected
from service.domain.accounts.actor import Actor, require
from service.domain.accounts.tables import Scope
from service.domain.reviews import policy
from service.domain.reviews.events import (
    AssignmentBlocked,
    ConflictConfirmed,
    ConflictDeclared,
    ConflictDismissed,
    ConflictSuspected,
    LeadNamed,
)
from service.domain.reviews.inputs import ConflictChange, ConflictInput
from service.domain.reviews.queries.assignments import find_assignment, hold_submission
from service.domain.reviews.queries.conflicts import (
    BLOCKING,
    find_active,
    find_conflicts,
    list_leads,
)
from service.domain.reviews.tables import (
    AssignmentState,
    Conflict,
    ConflictState,
)
from service.domain.submissions.actions import set_access, set_blocked
from service.domain.submissions.queries import is_run_by
from service.domain.submissions.tables import Submission

Kind = type[ConflictDeclared | ConflictSuspected | ConflictConfirmed | ConflictDismissed]


class NoColleague(Invalid):
    code = "no_colleague"
    message = "Choose an active colleague."


class ConflictKnown(StateConflict):
    code = "conflict_known"
    message = "You told of this conflict already."


class ConflictSettled(StateConflict):
    code = "conflict_settled"
    message = "This conflict is {state} already."


class NotUninvolved(Forbidden):
    code = "not_uninvolved"
    message = "Who accuses does not judge. Somebody else who hires for this job must settle it."


class NobodyLeft(StateConflict):
    code = "nobody_left"
    message = (
        "Nobody else could act on this submission then. First put another recruiter on the job's "
        "team, or make somebody else an admin."
    )


def report_conflict(
    session: Session, actor: Actor, submission: Submission, told: ConflictInput
) -> Conflict:
    """Declare one's own conflict, which blocks at once; or suspect a colleague's, which does not.

    Raises NoColleague, ConflictKnown, NobodyLeft.
    """
    require(actor.may_use(Scope.WRITE))
    hold_submission(session, submission)
    user_id = told.user or actor.user_id
    own = user_id == actor.user_id
    user = find_active(session, user_id)
    if not user:
        raise NoColleague(faults=[Fault("/user", NoColleague.message)])
    _refuse_again(session, actor, submission, user_id, own=own)
    state = ConflictState.DECLARED if own else ConflictState.SUSPECTED
    conflict = Conflict(
        submission_id=submission.id,
        user_id=user_id,
        user=user,
        state=state,
        kind=told.kind,
        words=told.words,
        reported_by=actor.id,
    )
    _add(session, actor, submission, conflict)
    if own:
        _block(session, actor, submission, user_id)
    return conflict


def settle_conflict(
    session: Session,
    actor: Actor,
    submission: Submission,
    conflict: Conflict,
    change: ConflictChange,
    expected: Expected,
) -> Conflict:
    """Confirm or dismiss it. Raises NotUninvolved, Stale, ConflictSettled."""
    require(is_run_by(session, actor, submission) and actor.may_use(Scope.WRITE))
    if not policy.may_settle(actor, conflict):
        raise NotUninvolved
    hold_submission(session, submission)
    expected.check(conflict.version)
    confirms = change.state is ConflictState.CONFIRMED
    if conflict.state is ConflictState.DISMISSED or (confirms and conflict.state in BLOCKING):
        raise ConflictSettled(state=conflict.state)
    before = conflict.state
    conflict.state, conflict.settled_by = change.state, actor.id
    conflict.settled_reason = change.reason
    session.flush()
    kind: Kind = ConflictConfirmed if confirms else ConflictDismissed
    detail: dict[str, object] = {"before": {"state": before}, "reason": change.reason}
    _record(session, actor, submission, conflict, kind, detail)
    if confirms:
        _block(session, actor, submission, conflict.user_id)
    else:
        _unblock(session, actor, submission, conflict.user_id)
    return conflict


def _refuse_again(
    session: Session, actor: Actor, submission: Submission, user_id: UUID, *, own: bool
) -> None:
    """Once is enough: whoever was told that it is none asks somebody else to look again."""
    said = find_conflicts(session, submission, user_id)
    if not own and any(one.reported_by == actor.id for one in said):
        raise ConflictKnown


def _add(session: Session, actor: Actor, submission: Submission, conflict: Conflict) -> None:
    session.add(conflict)
    session.flush()
    declared = conflict.state is ConflictState.DECLARED
    kind: Kind = ConflictDeclared if declared else ConflictSuspected
    detail: dict[str, object] = {"kind": conflict.kind, "reason": conflict.words}
    _record(session, actor, submission, conflict, kind, detail)


def _block(session: Session, actor: Actor, submission: Submission, user_id: UUID) -> None:
    """Whatever the role: out of sight, out of the work, and out of the lead. Raises NobodyLeft."""
    led = [user.id for user in list_leads(session, submission)]
    set_blocked(session, actor, submission, user_id, blocked=True)
    _end_assignment(session, actor, submission, user_id)
    leads = list_leads(session, submission)
    if not leads:
        raise NobodyLeft
    if user_id in led and leads[0].id not in led:
        named = LeadNamed(
            submission_id=submission.id, job_id=submission.job_id, user_id=leads[0].id
        )
        outbox.record(session, actor, submission.id, named)


def _unblock(session: Session, actor: Actor, submission: Submission, user_id: UUID) -> None:
    stands = [one for one in find_conflicts(session, submission, user_id) if one.state in BLOCKING]
    set_blocked(session, actor, submission, user_id, blocked=bool(stands))


def _end_assignment(session: Session, actor: Actor, submission: Submission, user_id: UUID) -> None:
    """As if abstained from: the place waits for somebody else, and nothing opens."""
    assignment = find_assignment(session, submission, user_id)
    if not assignment or assignment.state is not AssignmentState.OPEN:
        return
    assignment.state = AssignmentState.ABSTAINED
    session.flush()
    set_access(session, actor, submission, user_id, assigned=False)
    ended = AssignmentBlocked(
        submission_id=submission.id,
        job_id=submission.job_id,
        assignment_id=assignment.id,
        reviewer_id=user_id,
    )
    outbox.record(session, actor, submission.id, ended)


def _record(
    session: Session,
    actor: Actor,
    submission: Submission,
    conflict: Conflict,
    kind: Kind,
    detail: dict[str, object],
) -> None:
    event = kind(
        submission_id=submission.id,
        job_id=submission.job_id,
        conflict_id=conflict.id,
        user_id=conflict.user_id,
    )
    outbox.record(session, actor, submission.id, event, detail=detail)
