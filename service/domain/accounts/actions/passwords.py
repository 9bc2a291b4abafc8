"""Passwords are set, changed by who knows the old one, and reset by a mailed link."""

from datetime import timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col

from service.core import outbox
from service.core.clock import utc_now
from service.core.db import new_id
from service.core.secrets import LinkInvalid
from service.domain.accounts import events, policy
from service.domain.accounts.actions.holding import hold_user
from service.domain.accounts.actions.sign_ins import end_sign_ins, proven
from service.domain.accounts.actions.tokens import revoke_tokens
from service.domain.accounts.actor import Actor, require
from service.domain.accounts.passwords import NewPassword, Proof
from service.domain.accounts.queries import (
    count_live_tokens,
    count_open_resets,
    find_user_by_address,
)
from service.domain.accounts.tables import PasswordReset, User

RESET_WITHIN = timedelta(hours=1)
MOST_RESETS = 3  # that are good at a time; whoever asks for more has these in the mailbox


def set_password(session: Session, actor: Actor, user: User, password: NewPassword) -> int:
    """Give somebody a new password, from the command line or by an admin.

    Somebody else may have had the account, so all sign-ins and tokens end; says how many tokens.
    """
    require(policy.may_manage_users(actor))
    _put_password(session, actor, user, password)
    return revoke_tokens(session, actor, user)


def change_password(
    session: Session,
    actor: Actor,
    old: Proof,
    password: NewPassword,
    *,
    tokens_too: bool = False,
) -> int:
    """One's own, knowing the old one. Every sign-in ends; says how many tokens stay good.

    Programs are not to stop because a person changes a password, so tokens end on demand only.
    Raises WrongPassword.
    """
    user = proven(session, old)
    require(actor.is_staff and actor.id == user.id)
    _put_password(session, actor, user, password)
    if tokens_too:
        revoke_tokens(session, actor, user)
    return count_live_tokens(session, user.id)


def request_password_reset(session: Session, actor: Actor, email: str) -> None:
    """Somebody forgot a password. The same happens here whoever has the address, if anybody."""
    requested = events.UserPasswordResetRequested(reset_id=new_id())
    outbox.record(session, actor, requested.reset_id, requested, detail={"email": email})


def open_password_reset(
    session: Session, actor: Actor, reset_id: UUID, email: str
) -> PasswordReset | None:
    """What follows from the request, in the worker: a reset, if an active user has the address.

    Without it nothing is mailed: so a stranger who asks again and again floods nobody.
    Done again, it gives the same reset. The link holds `sign(key, "password_reset", str(id))`.
    """
    require(actor.is_system)
    if known := session.get(PasswordReset, reset_id):
        return known
    user = find_user_by_address(session, email)
    if not user or user.deactivated_at or count_open_resets(session, user.id) >= MOST_RESETS:
        return None
    reset = PasswordReset(id=reset_id, user_id=user.id, expires_at=utc_now() + RESET_WITHIN)
    session.add(reset)
    session.flush()
    opened = events.UserPasswordResetOpened(user_id=user.id, reset_id=reset.id)
    outbox.record(session, actor, user.id, opened)
    return reset


def reset_password(session: Session, actor: Actor, reset_id: UUID, password: NewPassword) -> User:
    """A new password by a mailed link, once; all sign-ins and tokens end. Raises LinkInvalid."""
    require(not actor.is_system)  # the command line uses set_password
    known = session.get(PasswordReset, reset_id)
    user = hold_user(session, known.user_id) if known else None
    # As it is now that it is our turn: used meanwhile, or even swept.
    reset = session.get(PasswordReset, reset_id, with_for_update=True, populate_existing=True)
    if not user or user.deactivated_at:
        raise LinkInvalid
    if not reset or reset.used_at or reset.expires_at <= utc_now():
        raise LinkInvalid
    _put_password(session, Actor.of(user), user, password)
    revoke_tokens(session, Actor.of(user), user)
    return user


def end_resets(session: Session, user_id: UUID) -> None:
    mine = sa.update(PasswordReset).where(col(PasswordReset.user_id) == user_id)
    session.execute(mine.where(col(PasswordReset.used_at).is_(None)).values(used_at=utc_now()))


def _put_password(session: Session, actor: Actor, user: User, password: NewPassword) -> None:
    user.password_hash = password.hash
    end_sign_ins(session, user.id)
    end_resets(session, user.id)
    session.flush()
    outbox.record(session, actor, user.id, events.UserPasswordSet(user_id=user.id))
