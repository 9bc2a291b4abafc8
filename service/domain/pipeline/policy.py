"""Who may end submissions. Moves are for those who may handle them: `submissions.policy`."""

from service.core.outbox import ActorKind
from service.domain.accounts.actor import Actor
from service.domain.submissions.tables import Submission


def may_withdraw(actor: Actor, submission: Submission) -> bool:
    """The candidate who sent it."""
    is_candidate = actor.kind is ActorKind.CANDIDATE and actor.id is not None
    return is_candidate and actor.id == submission.candidate_id
