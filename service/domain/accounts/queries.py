"""What can be asked about people who work here."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import ColumnElement, String, bindparam, cast, tuple_
from sqlmodel import Session, and_, col, func, or_, select
from sqlmodel.sql.expression import SelectOfScalar

from service.core.changes import Since, list_gone, newer, subjects
from service.core.clock import utc_now
from service.core.db import load
from service.core.errors import NotFound
from service.core.outbox import ActorKind, EventRow
from service.core.paging import Page, Place, Slice, cut, fill
from service.core.secrets import LinkInvalid
from service.core.versions import Expected
from service.core.words import email_key as key_of
from service.domain.accounts import policy
from service.domain.accounts.actor import Actor, require
from service.domain.accounts.passwords import KnownPassword
from service.domain.accounts.tables import (
    ApiToken,
    PasswordReset,
    Role,
    Scope,
    SignIn,
    User,
)

IDLE = timedelta(hours=12)
TOKEN = ("id", "user_id", "scopes", "expires_at", "last_used_at", "revoked_at")
USER = ("name", "roles", "deactivated_at")
# What colleagues see of each other; that somebody signed in is told to nobody.
SEEN = ("user.created", "user.changed", "user.deactivated", "user.reactivated")


def find_actor_by_token(
    session: Session, token_digest: str
) -> tuple[Actor, datetime | None] | None:
    """The user behind an API token that is neither expired nor revoked; when use was last noted."""
    session.flush()
    found = session.connection().execute(_by_token(), {"digest": token_digest}).first()
    if not found or found.revoked_at or _is_past(found.expires_at) or found.deactivated_at:
        return None
    roles, scopes = frozenset(map(Role, found.roles)), frozenset(map(Scope, found.scopes))
    actor = Actor(ActorKind.USER, found.user_id, found.name, roles, scopes, found.id)
    return actor, found.last_used_at


def find_actor_by_sign_in(session: Session, token_digest: str) -> tuple[Actor, SignIn] | None:
    """The user behind a browser's session that is neither idle too long, expired nor revoked."""
    sign_in = session.exec(_by_sign_in(), params={"digest": token_digest}).first()
    if not sign_in or sign_in.revoked_at or _is_past(sign_in.expires_at):
        return None
    if _is_past(sign_in.last_seen_at + IDLE) or sign_in.user.deactivated_at:
        return None
    return Actor.of(sign_in.user), sign_in


# Every request of somebody who works here begins with one of these: they are built once.
@cache
def _by_token() -> Any:
    """Columns: most requests come with a token, and rows that could be changed cost more."""
    known = [getattr(ApiToken, name) for name in TOKEN]
    query = sa.select(*known, *(getattr(User, name) for name in USER))
    mine = query.join(User, col(User.id) == ApiToken.user_id)
    return mine.where(col(ApiToken.token_digest) == bindparam("digest"))


@cache
def _by_sign_in() -> SelectOfScalar[SignIn]:
    query = select(SignIn).where(col(SignIn.token_digest) == bindparam("digest"))
    return query.options(*load(SignIn.user))


def find_user_by_email(session: Session, email_key: str) -> User | None:
    return session.exec(select(User).where(User.email_key == email_key)).first()


def find_user_by_address(session: Session, text: str) -> User | None:
    """Whose address somebody typed; the same statement for any text."""
    try:
        key = key_of(text)
    except ValueError:
        key = ""
    return find_user_by_email(session, key)


def find_password(session: Session, email: str) -> KnownPassword:
    """What a password for this address is checked against; the same statement for any text."""
    user = find_user_by_address(session, email)
    if not user or user.deactivated_at or not user.password_hash:
        return KnownPassword()
    return KnownPassword(user.id, user.password_hash)


def get_own_password(session: Session, actor: Actor) -> KnownPassword:
    """What one's own old password is checked against. Raises Forbidden."""
    user = session.get_one(User, actor.user_id)
    return KnownPassword(user.id, user.password_hash)


def get_password_reset(session: Session, id: UUID) -> PasswordReset:
    """A reset that can still be used, with its user. Raises LinkInvalid."""
    query = select(PasswordReset).where(PasswordReset.id == id)
    reset = session.exec(query.options(*load(PasswordReset.user))).first()
    if not reset or reset.used_at or _is_past(reset.expires_at) or reset.user.deactivated_at:
        raise LinkInvalid
    return reset


def count_open_resets(session: Session, user_id: UUID) -> int:
    """How many mailed links to a new password are good now."""
    open_now = (col(PasswordReset.used_at).is_(None), col(PasswordReset.expires_at) > utc_now())
    query = select(func.count()).select_from(PasswordReset)
    return session.exec(query.where(PasswordReset.user_id == user_id, *open_now)).one()


def get_user(session: Session, actor: Actor, id: UUID, *, version: Expected | None = None) -> User:
    """An account, for admins; with `version` to change it. Raises Forbidden, NotFound, Stale."""
    require(policy.may_manage_users(actor) if version else policy.may_see_users(actor))
    user = session.get(User, id)
    if not user:
        raise NotFound
    if version:
        version.check(user.version)
    return user


def get_me(session: Session, actor: Actor) -> User:
    return session.get_one(User, actor.user_id)


def list_users(
    session: Session, actor: Actor, part: Slice, *, updated_since: Since | None = None
) -> Page[User]:
    """All accounts, newest first, for admins. Raises Forbidden."""
    require(policy.may_see_users(actor))
    query = select(User)
    if updated_since:
        names = (*SEEN, "user.password_set")
        query = query.where(col(User.id).in_(subjects(updated_since, *names)))
    if part.after:
        query = query.where(col(User.id) < UUID(str(part.after[0])))
    rows = session.exec(query.order_by(col(User.id).desc()).limit(part.limit + 1)).all()
    return cut(rows, part.limit, lambda user: (str(user.id),))


def get_token(session: Session, actor: Actor, id: UUID) -> ApiToken:
    """One's own token, anybody's for an admin. Raises NotFound."""
    query = select(ApiToken).where(ApiToken.id == id, policy.visible_tokens(actor))
    token = session.exec(query).first()
    if not token:
        raise NotFound
    return token


def list_tokens(
    session: Session,
    actor: Actor,
    part: Slice,
    *,
    user_id: UUID | None = None,
    updated_since: Since | None = None,
) -> Page[ApiToken]:
    """Newest first, ended ones too. That one was used is no change of it."""
    query = select(ApiToken).where(policy.visible_tokens(actor))
    if user_id:
        query = query.where(ApiToken.user_id == user_id)
    if updated_since:
        query = query.where(_token_changed(updated_since))
    if part.after:
        query = query.where(col(ApiToken.id) < UUID(str(part.after[0])))
    rows = session.exec(query.order_by(col(ApiToken.id).desc()).limit(part.limit + 1)).all()
    return cut(rows, part.limit, lambda token: (str(token.id),))


def list_live_tokens(session: Session, actor: Actor) -> Sequence[ApiToken]:
    """One's own that open something now, newest first; there are never many."""
    query = select(ApiToken).where(ApiToken.user_id == actor.user_id, is_live())
    return session.exec(query.order_by(col(ApiToken.id).desc())).all()


def count_live_tokens(session: Session, user_id: UUID) -> int:
    """How many of somebody's tokens open something now."""
    return session.exec(
        select(func.count()).select_from(ApiToken).where(ApiToken.user_id == user_id, is_live())
    ).one()


def is_live() -> ColumnElement[bool]:
    """Neither revoked nor expired, as a condition on ApiToken."""
    lasting = or_(col(ApiToken.expires_at).is_(None), col(ApiToken.expires_at) > utc_now())
    return and_(col(ApiToken.revoked_at).is_(None), lasting)


def list_colleagues(session: Session, actor: Actor) -> Sequence[User]:
    """Everybody who works here and is active, by name. For choosing a team or a reviewer."""
    actor.user_id  # noqa: B018  # strangers are refused
    query = select(User).where(col(User.deactivated_at).is_(None))
    return session.exec(query.order_by(col(User.name), col(User.id))).all()


def page_colleagues(
    session: Session, actor: Actor, part: Slice, *, since: Since | None = None
) -> Page[User]:
    """The same people page by page; with `since` who changed, and who is active no longer."""
    actor.user_id  # noqa: B018  # strangers are refused
    active, order = col(User.deactivated_at).is_(None), (col(User.name), col(User.id))
    changed = col(User.id).in_(subjects(since, *SEEN)) if since else None

    def rows(after: Place | None, limit: int) -> Sequence[User]:
        query = select(User).where(active)
        if changed is not None:
            query = query.where(changed)
        if after:
            query = query.where(tuple_(*order) > (str(after[0]), UUID(str(after[1]))))
        return session.exec(query.order_by(*order).limit(limit)).all()

    gone = None if changed is None else list_gone(session, col(User.id), changed, ~active)
    return fill(part, rows, lambda user: (user.name, str(user.id)), gone)


def _token_changed(since: Since) -> ColumnElement[bool]:
    """It was issued or revoked; or all of its person were, with the account."""
    events = select(_plain(col(EventRow.payload)["token_id"].as_string()))
    named = col(EventRow.name).in_(("token.issued", "token.revoked"))
    return or_(
        _plain(cast(col(ApiToken.id), String)).in_(events.where(newer(since), named)),
        col(ApiToken.user_id).in_(subjects(since, "user.deactivated")),
    )


def _plain(id: ColumnElement[str]) -> ColumnElement[str]:
    """An id as text, the same on both databases."""
    return func.replace(id, "-", "")


def _is_past(moment: datetime | None) -> bool:
    return moment is not None and moment <= utc_now()
