"""It is written down how a hire turned out."""

from sqlmodel import Session

from service.core import outbox
from service.core.errors import Stale, StateConflict
from service.core.versions import Expected
from service.domain.accounts.actor import Actor, require
from service.domain.outcomes.events import OutcomeRecorded
from service.domain.outcomes.inputs import OutcomeInput
from service.domain.outcomes.queries import find_outcome, outcome_version
from service.domain.outcomes.tables import Outcome
from service.domain.pipeline.queries import find_decision
from service.domain.pipeline.tables import DecisionRecord
from service.domain.submissions.queries import is_handled_by
from service.domain.submissions.tables import Decision, Submission


class NotHired(StateConflict):
    code = "not_hired"
    message = "Only a hire has an outcome, and this submission is none."


def record_outcome(
    session: Session,
    actor: Actor,
    submission: Submission,
    told: OutcomeInput,
    *,
    version: Expected | None,
) -> Outcome:
    """Write down how a hire turned out; `version` None: for the first time.

    The submission must be locked, so that two first times come one after the other.
    Raises NotHired, Stale.
    """
    require(is_handled_by(session, actor, submission))
    hire = _hire_of(session, submission)
    found = find_outcome(session, submission)
    if (found is None) != (version is None) or told.hire not in (None, hire.id):
        raise Stale
    if found and version:
        version.check(outcome_version(session, found))
    before = _values(found) if found else None
    values = {**told.model_dump(exclude={"hire"}), "recorded_by": actor.user_id}
    outcome = found or Outcome(submission_id=submission.id, decision_id=hire.id, **values)
    for name, value in values.items():
        setattr(outcome, name, value)
    session.add(outcome)
    session.flush()
    detail: dict[str, object] = {"before": before, "after": _values(outcome)}
    outbox.record(session, actor, submission.id, _recorded(submission, outcome), detail=detail)
    return outcome


def _hire_of(session: Session, submission: Submission) -> DecisionRecord:
    hire = find_decision(session, submission)
    if hire is None or hire.decision != Decision.HIRED:
        raise NotHired
    return hire


def _recorded(submission: Submission, outcome: Outcome) -> OutcomeRecorded:
    return OutcomeRecorded(
        submission_id=submission.id,
        job_id=submission.job_id,
        outcome_id=outcome.id,
        decision_id=outcome.decision_id,
    )


def _values(outcome: Outcome) -> dict[str, object]:
    return {"at": str(outcome.at), "succeeded": outcome.succeeded, "note": outcome.note}
