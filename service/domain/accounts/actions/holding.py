"""A user's row is the lock before everything that is theirs."""

from uuid import UUID

from sqlmodel import Session, select

from service.domain.accounts.tables import User


def hold_user(session: Session, user_id: UUID) -> User | None:
    """As it is now, and held before any of its sign-ins, tokens and resets: whoever changes both
    takes them in this order, so that nobody waits for one who waits.
    """
    # `session.get` would refuse somebody who was changed since this session read them.
    held = select(User).where(User.id == user_id).with_for_update()
    return session.exec(held.execution_options(populate_existing=True)).first()
