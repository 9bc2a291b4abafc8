"""Who may see and change accounts and credentials."""

from uuid import UUID

from sqlalchemy import ColumnElement, false, true
from sqlmodel import col

from service.domain.accounts.actor import Actor
from service.domain.accounts.tables import ApiToken, Role, Scope


def may_see_users(actor: Actor) -> bool:
    return actor.is_system or actor.has(Role.ADMIN)


def may_manage_users(actor: Actor) -> bool:
    return actor.is_system or (actor.has(Role.ADMIN) and actor.may_use(Scope.ADMIN))


def may_manage_tokens(actor: Actor, user_id: UUID) -> bool:
    """One's own; an admin everybody's."""
    return may_manage_users(actor) or (actor.is_staff and actor.id == user_id)


def may_issue_token(actor: Actor, user_id: UUID) -> bool:
    """For oneself, else from the command line: who holds another's token would see with its eyes,
    and no seal, blindness or conflict of interest could hold.
    """
    return actor.is_system or (actor.is_staff and actor.id == user_id)


def visible_tokens(actor: Actor) -> ColumnElement[bool]:
    """As a condition on ApiToken."""
    if may_manage_users(actor):
        return true()
    if not actor.is_staff:
        return false()
    return col(ApiToken.user_id) == actor.user_id
