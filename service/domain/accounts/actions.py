"""What can be done with accounts, passwords, sign-ins and API tokens."""

from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from service.core import outbox
from service.core.clock import utc_now
from service.core.db import new_id
from service.core.errors import Fault, Invalid, StateConflict
from service.core.secrets import LinkInvalid, digest, new_token
from service.core.words import email_key
from service.domain.accounts import events, policy
from service.domain.accounts.actor import Actor, require
from service.domain.accounts.inputs import NewUser, UserChange
from service.domain.accounts.passwords import NewPassword, Proof, WrongPassword
from service.domain.accounts.queries import find_user_by_address, find_user_by_email
from service.domain.accounts.tables import ApiToken, PasswordReset, Role, Scope, SignIn, User

SIGNED_IN_FOR = timedelta(days=7)
RESET_WITHIN = timedelta(hours=1)
TOKEN_PREFIX = "exh_"  # noqa: S105  # what every token begins with is no secret
SHOWN = 8  # characters by which a token is recognised in a list, behind TOKEN_PREFIX


class EmailTaken(StateConflict):
    code = "email_taken"
    message = "Somebody here has this e-mail address already."


class LastAdmin(StateConflict):
    code = "last_admin"
    message = "This is the last active admin. Make somebody else an admin first."


class UserDeactivated(StateConflict):
    code = "user_deactivated"
    message = "This account is deactivated. Activate it first."


class ExpiryPast(Invalid):
    code = "expiry_past"
    message = "A token must end in the future."


def create_user(
    session: Session, actor: Actor, wanted: NewUser, *, password: NewPassword | None = None
) -> User:
    """Give somebody an account. Raises Forbidden, EmailTaken."""
    require(policy.may_manage_users(actor))
    key = _free_key(session, wanted.email)
    user = User(email=wanted.email, email_key=key, name=wanted.name, roles=wanted.roles)
    user.password_hash = password.hash if password else None
    session.add(user)
    _flush_address(session)
    detail: dict[str, object] = {"after": wanted.model_dump(mode="json")}
    outbox.record(session, actor, user.id, events.UserCreated(user_id=user.id), detail=detail)
    return user


def change_user(session: Session, actor: Actor, user: User, change: UserChange) -> User:
    """Another name, address or roles. Raises Forbidden, EmailTaken, LastAdmin."""
    require(policy.may_manage_users(actor))
    wanted = change.model_dump(mode="json", exclude_unset=True)
    before: dict[str, object] = {name: getattr(user, name) for name in wanted}
    if wanted == before:
        return user
    if "roles" in wanted and Role.ADMIN not in change.roles:
        _keep_an_admin(session, user)
    if "email" in wanted and (key := email_key(change.email)) != user.email_key:
        user.email_key = _free_key(session, change.email)
        _end_resets(session, user.id)  # a link that was sent to the old address is worth nothing
        before["email_key"], wanted["email_key"] = before["email"], key
    user.sqlmodel_update(wanted)
    _flush_address(session)
    detail: dict[str, object] = {"before": before, "after": wanted}
    outbox.record(session, actor, user.id, events.UserChanged(user_id=user.id), detail=detail)
    return user


def deactivate_user(session: Session, actor: Actor, user: User) -> User:
    """End an account's every credential at once; what the person did stays. Raises LastAdmin."""
    require(policy.may_manage_users(actor))
    if user.deactivated_at:
        return user
    _keep_an_admin(session, user)
    user.deactivated_at = utc_now()
    _revoke_all(session, SignIn, user.id)
    _revoke_all(session, ApiToken, user.id)
    _end_resets(session, user.id)
    session.flush()
    outbox.record(session, actor, user.id, events.UserDeactivated(user_id=user.id))
    return user


def reactivate_user(session: Session, actor: Actor, user: User) -> User:
    """Let somebody in again, with the same password; old sign-ins and tokens stay ended."""
    require(policy.may_manage_users(actor))
    if user.deactivated_at is None:
        return user
    user.deactivated_at = None
    session.flush()
    outbox.record(session, actor, user.id, events.UserReactivated(user_id=user.id))
    return user


def set_password(session: Session, actor: Actor, user: User, password: NewPassword) -> None:
    """Give somebody a new password, from the command line or by an admin."""
    require(policy.may_manage_users(actor))
    _put_password(session, actor, user, password)


def change_password(session: Session, actor: Actor, old: Proof, password: NewPassword) -> None:
    """One's own, knowing the old one. Every sign-in ends. Raises WrongPassword."""
    user = _proven(session, old)
    require(actor.is_staff and actor.id == user.id)
    _put_password(session, actor, user, password)


def request_password_reset(session: Session, actor: Actor, email: str) -> None:
    """Somebody forgot a password. The same happens here whoever has the address, if anybody."""
    requested = events.UserPasswordResetRequested(reset_id=new_id())
    outbox.record(session, actor, requested.reset_id, requested, detail={"email": email})


def open_password_reset(
    session: Session, actor: Actor, reset_id: UUID, email: str
) -> PasswordReset | None:
    """What follows from the request, in the worker: a reset, if an active user has the address.

    Done again, it gives the same reset. The link holds `sign(key, "password_reset", str(id))`.
    """
    require(actor.is_system)
    if known := session.get(PasswordReset, reset_id):
        return known
    user = find_user_by_address(session, email)
    if not user or user.deactivated_at:
        return None
    reset = PasswordReset(id=reset_id, user_id=user.id, expires_at=utc_now() + RESET_WITHIN)
    session.add(reset)
    session.flush()
    opened = events.UserPasswordResetOpened(user_id=user.id, reset_id=reset.id)
    outbox.record(session, actor, user.id, opened)
    return reset


def reset_password(session: Session, actor: Actor, reset_id: UUID, password: NewPassword) -> User:
    """A new password by a mailed link, once. Raises LinkInvalid."""
    require(not actor.is_system)  # the command line uses set_password
    locked = select(PasswordReset).where(PasswordReset.id == reset_id).with_for_update()
    reset = session.exec(locked).first()
    if not reset or reset.used_at or reset.expires_at <= utc_now():
        raise LinkInvalid
    user = session.get_one(User, reset.user_id)
    if user.deactivated_at:
        raise LinkInvalid
    _put_password(session, Actor.of(user), user, password)
    return user


def sign_in(session: Session, actor: Actor, proof: Proof) -> tuple[SignIn, str]:
    """A browser's session and its token for the cookie. Raises WrongPassword."""
    require(not actor.is_system)
    user = _proven(session, proof)
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


def touch_token(session: Session, actor: Actor, token: ApiToken) -> None:
    """Note that it was used. No event: this is no fact about anybody's work."""
    require(actor.id == token.user_id)
    token.last_used_at = utc_now()
    session.add(token)


def touch_sign_in(session: Session, actor: Actor, sign_in: SignIn) -> None:
    """Note that somebody is still there. No event, as for a token."""
    require(actor.id == sign_in.user_id)
    sign_in.last_seen_at = utc_now()
    session.add(sign_in)


def _proven(session: Session, proof: Proof) -> User:
    """The user, if the password that was proven is still the password. Raises WrongPassword."""
    user = session.get(User, proof.user_id, with_for_update=True)
    if not user or user.deactivated_at or user.password_hash != proof.hash:
        raise WrongPassword
    return user


def _put_password(session: Session, actor: Actor, user: User, password: NewPassword) -> None:
    user.password_hash = password.hash
    _revoke_all(session, SignIn, user.id)
    _end_resets(session, user.id)
    session.flush()
    outbox.record(session, actor, user.id, events.UserPasswordSet(user_id=user.id))


def _flush_address(session: Session) -> None:
    """Somebody may have taken the address since it was looked for. Raises EmailTaken."""
    try:
        session.flush()
    except IntegrityError as error:
        raise _taken() from error


def _taken() -> EmailTaken:
    return EmailTaken(faults=[Fault("/email", EmailTaken.message)])


def _free_key(session: Session, email: str) -> str:
    key = email_key(email)
    if find_user_by_email(session, key):
        raise _taken()
    return key


def _keep_an_admin(session: Session, user: User) -> None:
    """Raises LastAdmin. Two admins who demote each other at the same time wait in line here."""
    active = select(User).where(col(User.deactivated_at).is_(None)).order_by(col(User.id))
    found = session.exec(active.with_for_update()).all()
    admins = {one.id for one in found if Role.ADMIN in one.roles}
    if admins == {user.id}:
        raise LastAdmin


def _revoke_all(session: Session, kind: type[SignIn | ApiToken], user_id: UUID) -> None:
    mine = sa.update(kind).where(col(kind.user_id) == user_id, col(kind.revoked_at).is_(None))
    session.execute(mine.values(revoked_at=utc_now()))


def _end_resets(session: Session, user_id: UUID) -> None:
    mine = sa.update(PasswordReset).where(col(PasswordReset.user_id) == user_id)
    session.execute(mine.where(col(PasswordReset.used_at).is_(None)).values(used_at=utc_now()))
