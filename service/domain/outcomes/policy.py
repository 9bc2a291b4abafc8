"""Who may know and say how hires turned out."""

from service.domain.accounts.actor import Actor
from service.domain.accounts.tables import Role
from service.domain.submissions.policy import may_handle


def may_read_outcomes(actor: Actor) -> bool:
    """Recruiters and admins, on what they can see."""
    return actor.is_system or actor.has(Role.RECRUITER, Role.ADMIN)


def may_record_outcomes(actor: Actor) -> bool:
    return may_handle(actor)
