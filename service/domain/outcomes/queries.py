"""What can be asked about outcomes."""

from sqlalchemy import func
from sqlmodel import Session, col, select

from service.core.errors import NotFound
from service.domain.accounts.actor import Actor, require
from service.domain.outcomes import policy
from service.domain.outcomes.tables import Outcome
from service.domain.pipeline.queries import find_decision
from service.domain.submissions.tables import Decision, Submission


def find_outcome(session: Session, submission: Submission) -> Outcome | None:
    """Of the hire that stands; those of hires that were taken back stay stored."""
    decision = find_decision(session, submission)
    if decision is None:
        return None
    return session.exec(select(Outcome).where(Outcome.decision_id == decision.id)).first()


def outcome_version(session: Session, outcome: Outcome) -> int:
    """It counts on over the hires of one submission: none of one hire is ever one of another's.

    Of the hire that stands; what is known of those taken back no longer changes.
    """
    of_all = select(func.sum(col(Outcome.version))).where(
        Outcome.submission_id == outcome.submission_id
    )
    return session.exec(of_all).one()


def get_outcome(session: Session, actor: Actor, submission: Submission) -> Outcome:
    """How a hire turned out; of a hire that was taken back, nothing. Raises Forbidden, NotFound."""
    require(policy.may_read_outcomes(actor))
    found = find_outcome(session, submission) if submission.decision == Decision.HIRED else None
    if not found:
        raise NotFound
    return found
