"""Tokens for programs: made, used, ended."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col

from service.core import outbox
from service.core.clock import utc_now
from service.core.errors import Fault, Invalid, StateConflict
from service.core.secrets import digest, new_token
from service.domain.accounts import events, policy
from service.domain.accounts.actor import Actor, require
from service.domain.accounts.tables import ApiToken, Scope, User

TOKEN_PREFIX = "exh_"  # noqa: S105  # what every token begins with is no secret
SHOWN = 8  # characters by which a token is recognised in a list, behind TOKEN_PREFIX


class UserDeactivated(StateConflict):
    code = "user_deactivated"
    message = "This account is deactivated. Activate it first."


class ExpiryPast(Invalid):
    code = "expiry_past"
    message = "A token must end in the future."


def issue_token(
    session: Session,
    actor: Actor,
    user: User,
    *,
    name: str,
    scopes: Collection[Scope],
    expires_at: datetime | None = None,
    console: bool = False,
) -> tuple[ApiToken, str]:
    """An API token and, for this once, its text. Raises Forbidden, UserDeactivated, ExpiryPast."""
    require(policy.may_issue_token(actor, user.id))
    require(all(actor.may_use(scope) for scope in scopes))
    if user.deactivated_at:
        raise UserDeactivated
    if expires_at and expires_at <= utc_now():
        raise ExpiryPast(faults=[Fault("/expires_at", "Choose a time in the future.")])
    text = new_token(TOKEN_PREFIX)
    token = ApiToken(
        user_id=user.id,
        name=name,
        prefix=text[: len(TOKEN_PREFIX) + SHOWN],
        token_digest=digest(text),
        scopes=[scope for scope in Scope if scope in scopes],
        expires_at=expires_at,
        is_console=console,
    )
    session.add(token)
    issued = events.TokenIssued(user_id=user.id, token_id=token.id)
    outbox.record(session, actor, user.id, issued, detail={"name": name, "scopes": token.scopes})
    return token, text


def revoke_token(session: Session, actor: Actor, token: ApiToken) -> ApiToken:
    require(policy.may_manage_tokens(actor, token.user_id))
    if token.revoked_at:
        return token
    token.revoked_at = utc_now()
    revoked = events.TokenRevoked(user_id=token.user_id, token_id=token.id)
    outbox.record(session, actor, token.user_id, revoked)
    return token


def revoke_tokens(session: Session, user_id: UUID) -> None:
    """End every token of somebody's."""
    mine = sa.update(ApiToken).where(col(ApiToken.user_id) == user_id)
    live = mine.where(col(ApiToken.revoked_at).is_(None))
    session.execute(live.values(revoked_at=utc_now()))


def touch_token(session: Session, actor: Actor, token: ApiToken) -> None:
    """Note that it was used. No event: this is no fact about anybody's work."""
    require(actor.id == token.user_id)
    token.last_used_at = utc_now()
    session.add(token)
