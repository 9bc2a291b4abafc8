"""Who may move submissions and end them."""

from service.core.outbox import ActorKind
from service.domain.accounts.actor import Actor
from service.domain.submissions.policy import may_handle
from service.domain.submissions.tables import Submission


def may_move(actor: Actor) -> bool:
    """Move, decide, reopen: recruiters and admins, on what they can see."""
    return may_handle(actor)


def may_withdraw(actor: Actor, submission: Submission) -> bool:
    """The candidate who sent it."""
    is_candidate = actor.kind is ActorKind.CANDIDATE and actor.id is not None
    return is_candidate and actor.id == submission.candidate_id
