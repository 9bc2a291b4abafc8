"""Who may know and say how hires turned out."""

from service.domain.accounts.actor import Actor
from service.domain.accounts.tables import Role


def may_read_outcomes(actor: Actor) -> bool:
    """Recruiters and admins, on what they can see."""
    return actor.is_system or actor.has(Role.RECRUITER, Role.ADMIN)
