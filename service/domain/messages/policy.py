"""Who may write letters and look after the queue."""

from service.domain.accounts.actor import Actor
from service.domain.accounts.tables import Role, Scope
from service.domain.submissions import policy as submissions


def may_write_messages(actor: Actor) -> bool:
    """The service itself, and those who handle submissions."""
    return submissions.may_handle(actor)


def may_see_queue(actor: Actor) -> bool:
    return actor.has(Role.ADMIN) and actor.may_use(Scope.ADMIN)


def may_retry(actor: Actor) -> bool:
    return may_see_queue(actor) and actor.may_use(Scope.WRITE)
