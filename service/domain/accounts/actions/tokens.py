"""Tokens for programs: made, used, ended."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlmodel import Session, col, select

from service.core import outbox
from service.core.clock import utc_now
from service.core.errors import Fault, Invalid, StateConflict, Unknown
from service.core.secrets import digest, new_token
from service.domain.accounts import events, policy
from service.domain.accounts.actions.holding import hold_user
from service.domain.accounts.actor import Actor, require
from service.domain.accounts.queries import count_live_tokens
from service.domain.accounts.tables import ApiToken, Scope, User

TOKEN_PREFIX = "exh_"  # noqa: S105  # what every token begins with is no secret
SHOWN = 8  # characters by which a token is recognised in a list, behind TOKEN_PREFIX
MOST_TOKENS = 100  # of one user: more than anybody looks after, and a bound for a thief


class UserDeactivated(StateConflict):
    code = "user_deactivated"
    message = "This account is deactivated. Activate it first."


class TooManyTokens(StateConflict):
    code = "too_many_tokens"
    message = "A person has at most {most} tokens that are good. Revoke one first."


class ExpiryPast(Invalid):
    code = "expiry_past"
    message = "A token must end in the future."


class ExpiryLate(Invalid):
    code = "expiry_late"
    message = "A token that is made with another token ends when that one does, or earlier."


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
    """An API token and, for this once, its text.

    Who comes with a token makes one that reaches no further, lasts no longer, and ends with it.
    Raises Forbidden, UserDeactivated, TooManyTokens, ExpiryPast, ExpiryLate.
    """
    require(policy.may_issue_token(actor, user.id))
    require(all(actor.may_use(scope) for scope in scopes))
    hold_user(session, user.id)  # who ends all tokens meanwhile ends this one too
    maker = _hold_maker(session, actor)
    _refuse_unfit(session, user, console=console)
    text = new_token(TOKEN_PREFIX)
    token = ApiToken(
        user_id=user.id,
        name=name,
        prefix=text[: len(TOKEN_PREFIX) + SHOWN],
        token_digest=digest(text),
        scopes=[scope for scope in Scope if scope in scopes],
        expires_at=_checked_end(expires_at, maker),
        is_console=console,
        made_with=maker.id if maker else None,
    )
    session.add(token)
    issued = events.TokenIssued(user_id=user.id, token_id=token.id)
    outbox.record(session, actor, user.id, issued, detail={"name": name, "scopes": token.scopes})
    return token, text


def revoke_token(session: Session, actor: Actor, token: ApiToken) -> ApiToken:
    """End it, and every token that was made with it."""
    require(policy.may_manage_tokens(actor, token.user_id))
    hold_user(session, token.user_id)
    session.refresh(token)
    ending: Sequence[ApiToken] = [] if token.revoked_at else [token]
    while ending:
        _end(session, actor, ending)
        made_with = col(ApiToken.made_with).in_([one.id for one in ending])
        ending = session.exec(
            select(ApiToken).where(made_with, col(ApiToken.revoked_at).is_(None))
        ).all()
    return token


def revoke_tokens(session: Session, actor: Actor, user: User) -> int:
    """End all tokens of a user; how many were still good."""
    require(policy.may_manage_tokens(actor, user.id))
    good = count_live_tokens(session, user.id)
    mine = select(ApiToken).where(ApiToken.user_id == user.id, col(ApiToken.revoked_at).is_(None))
    _end(session, actor, session.exec(mine.with_for_update()).all())
    return good


def touch_token(session: Session, actor: Actor, token: ApiToken) -> None:
    """Note that it was used. No event: this is no fact about anybody's work."""
    require(actor.id == token.user_id)
    token.last_used_at = utc_now()
    session.add(token)


def _hold_maker(session: Session, actor: Actor) -> ApiToken | None:
    """The token that the actor came with, so that nobody revokes it meanwhile. Raises Unknown."""
    if actor.token_id is None:
        return None
    maker = session.get_one(ApiToken, actor.token_id, with_for_update=True, populate_existing=True)
    if maker.revoked_at:
        raise Unknown
    return maker


def _refuse_unfit(session: Session, user: User, *, console: bool) -> None:
    if user.deactivated_at:
        raise UserDeactivated
    if not console and count_live_tokens(session, user.id) >= MOST_TOKENS:
        raise TooManyTokens(most=MOST_TOKENS)


def _checked_end(wanted: datetime | None, maker: ApiToken | None) -> datetime | None:
    if wanted and wanted <= utc_now():
        raise ExpiryPast(faults=[Fault("/expires_at", "Choose a time in the future.")])
    latest = maker.expires_at if maker else None
    if wanted and latest and wanted > latest:
        raise ExpiryLate(faults=[Fault("/expires_at", ExpiryLate.message)])
    return wanted or latest


def _end(session: Session, actor: Actor, tokens: Sequence[ApiToken]) -> None:
    for token in tokens:
        token.revoked_at = utc_now()
        revoked = events.TokenRevoked(user_id=token.user_id, token_id=token.id)
        outbox.record(session, actor, token.user_id, revoked)
    session.flush()
