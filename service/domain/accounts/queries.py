"""What can be asked about people who work here."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel import Session, col, select

from service.core.clock import utc_now
from service.core.db import load
from service.core.errors import NotFound
from service.domain.accounts.actor import Actor
from service.domain.accounts.tables import ApiToken, SignIn, User

IDLE = timedelta(hours=12)


def find_actor_by_token(session: Session, token_digest: str) -> tuple[Actor, ApiToken] | None:
    """The user behind an API token that is neither expired nor revoked."""
    query = select(ApiToken).where(ApiToken.token_digest == token_digest)
    token = session.exec(query.options(*load(ApiToken.user))).first()
    if not token or token.revoked_at or _is_past(token.expires_at) or token.user.deactivated_at:
        return None
    return Actor.of(token.user, token.scopes), token


def find_actor_by_sign_in(session: Session, token_digest: str) -> tuple[Actor, SignIn] | None:
    """The user behind a browser's session that is neither idle too long, expired nor revoked."""
    query = select(SignIn).where(SignIn.token_digest == token_digest)
    sign_in = session.exec(query.options(*load(SignIn.user))).first()
    if not sign_in or sign_in.revoked_at or _is_past(sign_in.expires_at):
        return None
    if _is_past(sign_in.last_seen_at + IDLE) or sign_in.user.deactivated_at:
        return None
    return Actor.of(sign_in.user), sign_in


def find_user_by_email(session: Session, email_key: str) -> User | None:
    return session.exec(select(User).where(User.email_key == email_key)).first()


def get_colleague(session: Session, actor: Actor, id: UUID) -> User:
    """Any user, for those who work here: staff know their colleagues by name. Raises NotFound."""
    found = session.get(User, id) if actor.is_staff or actor.is_system else None
    if not found:
        raise NotFound
    return found


def list_colleagues(session: Session, actor: Actor) -> Sequence[User]:
    """Everybody who works here and is active, by name. For choosing a team or a reviewer."""
    actor.user_id  # noqa: B018  # strangers are refused
    query = select(User).where(col(User.deactivated_at).is_(None))
    return session.exec(query.order_by(col(User.name), col(User.id))).all()


def _is_past(moment: datetime | None) -> bool:
    return moment is not None and moment <= utc_now()
