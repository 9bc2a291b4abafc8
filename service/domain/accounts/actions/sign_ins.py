"""Browsers are signed in and out."""

from datetime import timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col

from service.core import outbox
from service.core.clock import utc_now
from service.core.secrets import digest, new_token
from service.domain.accounts import events
from service.domain.accounts.actions.holding import hold_user
from service.domain.accounts.actor import Actor, require
from service.domain.accounts.passwords import Proof, WrongPassword
from service.domain.accounts.tables import SignIn, User

SIGNED_IN_FOR = timedelta(days=7)


def sign_in(session: Session, actor: Actor, proof: Proof) -> tuple[SignIn, str]:
    """A browser's session and its token for the cookie. Raises WrongPassword."""
    require(not actor.is_system)
    user = proven(session, proof)
    user.password_hash = proof.renewed or user.password_hash
    token = new_token("")
    now = utc_now()
    until = now + SIGNED_IN_FOR
    made = SignIn(user_id=user.id, token_digest=digest(token), last_seen_at=now, expires_at=until)
    session.add(made)
    session.flush()
    signed_in = events.UserSignedIn(user_id=user.id, sign_in_id=made.id)
    outbox.record(session, Actor.of(user), user.id, signed_in)
    return made, token


def sign_out(session: Session, actor: Actor, sign_in: SignIn) -> None:
    """End one browser's session, now and on this side."""
    require(actor.id == sign_in.user_id)
    if sign_in.revoked_at:
        return
    sign_in.revoked_at = utc_now()
    signed_out = events.UserSignedOut(user_id=sign_in.user_id, sign_in_id=sign_in.id)
    outbox.record(session, actor, sign_in.user_id, signed_out)


def touch_sign_in(session: Session, actor: Actor, sign_in: SignIn) -> None:
    """Note that somebody is still there. No event, as for a token."""
    require(actor.id == sign_in.user_id)
    sign_in.last_seen_at = utc_now()
    session.add(sign_in)


def end_sign_ins(session: Session, user_id: UUID) -> None:
    """Sign somebody out everywhere."""
    mine = sa.update(SignIn).where(col(SignIn.user_id) == user_id)
    open_ones = mine.where(col(SignIn.revoked_at).is_(None))
    session.execute(open_ones.values(revoked_at=utc_now()))


def proven(session: Session, proof: Proof) -> User:
    """The user, if the password that was proven is still the password. Raises WrongPassword."""
    user = hold_user(session, proof.user_id)
    if not user or user.deactivated_at or user.password_hash != proof.hash:
        raise WrongPassword
    return user
