"""Accounts and tokens by command line, done by the service itself."""

import secrets
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from service.core.errors import NotFound
from service.domain.accounts.actions import (
    create_user,
    deactivate_user,
    issue_token,
    reactivate_user,
    revoke_token,
    set_password,
)
from service.domain.accounts.actor import SYSTEM
from service.domain.accounts.inputs import NewUser
from service.domain.accounts.passwords import NewPassword, choose_password
from service.domain.accounts.queries import find_user_by_address
from service.domain.accounts.tables import ApiToken, Role, Scope, User
from service.doors.tools import Tools

CONSOLE = "console"


class NobodyThere(NotFound):
    code = "no_such_user"
    message = "Nobody has the address {email}."


class NoSuchToken(NotFound):
    code = "no_such_token"
    message = "There is no token that begins with {prefix} and is not revoked."


def new_password() -> str:
    """96 random bits: enough for ever, short enough to type once."""
    return secrets.token_urlsafe(12)


@dataclass(frozen=True)
class Account:
    """Somebody to be let in, with a password that was found good."""

    user: NewUser
    password: NewPassword


def account(*, name: str, email: str, roles: list[Role], password: str) -> Account:
    """Looked at before anything is opened. Raises ValidationError, WeakPassword."""
    user = NewUser(name=name, email=email, roles=roles)
    return Account(user, choose_password(password, user.email))


def add_user(tools: Tools, new: Account) -> None:
    """Raises EmailTaken."""
    with tools.database.write() as session:
        create_user(session, SYSTEM, new.user, password=new.password)


def reset_user(tools: Tools, email: str, password: str) -> tuple[int, bool]:
    """A new password; all sign-ins and tokens of the user end.

    Says how many tokens, and whether one may sign in with the password.
    """
    chosen = choose_password(password, email)
    with tools.database.write() as session:
        user = _user(session, email)
        return set_password(session, SYSTEM, user, chosen), user.deactivated_at is None


def close_user(tools: Tools, email: str) -> None:
    with tools.database.write() as session:
        deactivate_user(session, SYSTEM, _user(session, email))


def open_user(tools: Tools, email: str) -> None:
    with tools.database.write() as session:
        reactivate_user(session, SYSTEM, _user(session, email))


def add_token(
    tools: Tools, email: str, *, name: str, scopes: list[Scope], expires_at: datetime | None
) -> str:
    """The token's text, for this once."""
    with tools.database.write() as session:
        user = _user(session, email)
        _token, text = issue_token(
            session, SYSTEM, user, name=name, scopes=scopes, expires_at=expires_at
        )
        return text


def close_token(tools: Tools, prefix: str) -> int:
    """Revoke every token that begins so; says how many. Raises NoSuchToken."""
    with tools.database.write() as session:
        query = select(ApiToken).where(
            col(ApiToken.prefix) == prefix, col(ApiToken.revoked_at).is_(None)
        )
        found = session.exec(query).all()
        for token in found:
            revoke_token(session, SYSTEM, token)
    if not found:
        raise NoSuchToken(prefix=prefix)
    return len(found)


def is_empty(tools: Tools) -> bool:
    """Whether nobody works here: yet, or any more."""
    active = select(User.id).where(col(User.deactivated_at).is_(None))
    with tools.database.read() as session:
        return session.exec(active.limit(1)).first() is None


def renew_console_token(tools: Tools) -> tuple[str, str] | None:
    """Revoke the console tokens of earlier runs; the first admin's address and a fresh token."""
    with tools.database.write() as session:
        old = select(ApiToken).where(ApiToken.is_console, col(ApiToken.revoked_at).is_(None))
        for token in session.exec(old).all():
            revoke_token(session, SYSTEM, token)
        admin = _first_admin(session)
        if admin is None:
            return None
        _token, text = issue_token(
            session, SYSTEM, admin, name=CONSOLE, scopes=list(Scope), console=True
        )
        return admin.email, text


def _first_admin(session: Session) -> User | None:
    active = select(User).where(col(User.deactivated_at).is_(None))
    users = session.exec(active.order_by(col(User.created_at), col(User.id))).all()
    return next((user for user in users if Role.ADMIN in user.roles), None)


def _user(session: Session, email: str) -> User:
    found = find_user_by_address(session, email)
    if found is None:
        raise NobodyThere(email=email)
    return found
