"""People get accounts, change, leave and come back."""

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from service.core import outbox
from service.core.clock import utc_now
from service.core.errors import Fault, StateConflict
from service.core.unique import is_taken
from service.core.words import email_key
from service.domain.accounts import events, policy
from service.domain.accounts.actions.passwords import end_resets
from service.domain.accounts.actions.sign_ins import end_sign_ins
from service.domain.accounts.actions.tokens import revoke_tokens
from service.domain.accounts.actor import Actor, require
from service.domain.accounts.inputs import NewUser, UserChange
from service.domain.accounts.passwords import NewPassword
from service.domain.accounts.queries import find_user_by_email
from service.domain.accounts.tables import Role, User


class EmailTaken(StateConflict):
    code = "email_taken"
    message = "Somebody here has this e-mail address already."


class LastAdmin(StateConflict):
    code = "last_admin"
    message = "This is the last active admin. Make somebody else an admin first."


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
    if "email" in wanted and email_key(change.email) != user.email_key:
        before["email_key"], wanted["email_key"] = before["email"], _free_key(session, change.email)
    user.sqlmodel_update(wanted)
    _flush_address(session)
    if "email_key" in wanted:
        end_resets(session, user.id)  # a link that was sent to the old address is worth nothing
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
    end_sign_ins(session, user.id)
    revoke_tokens(session, actor, user)
    end_resets(session, user.id)
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


def _flush_address(session: Session) -> None:
    """Somebody may have taken the address since it was looked for. Raises EmailTaken."""
    try:
        session.flush()
    except IntegrityError as error:
        if is_taken(error, User, "email_key"):
            raise _taken() from error
        raise


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
    # As they are now that it is our turn, whatever this session has read of them before.
    locked = active.with_for_update().execution_options(populate_existing=True)
    found = session.exec(locked).all()
    admins = {one.id for one in found if Role.ADMIN in one.roles}
    if admins == {user.id}:
        raise LastAdmin
