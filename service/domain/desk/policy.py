"""Who may take everything away at once."""

from service.domain.accounts.actor import Actor
from service.domain.accounts.tables import Role, Scope


def may_export(actor: Actor) -> bool:
    """Recruiters and admins, with what they can see, when their token is for it."""
    return actor.has(Role.RECRUITER, Role.ADMIN) and actor.may_use(Scope.EXPORT)
