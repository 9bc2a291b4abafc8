"""Conflicts of interest as one may see them, and who is left to act when somebody has one."""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy.orm import joinedload
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from service.core.errors import NotFound
from service.domain.accounts.actor import Actor
from service.domain.accounts.tables import Role, User
from service.domain.jobs.queries import list_team
from service.domain.reviews import policy
from service.domain.reviews.tables import Conflict, ConflictState
from service.domain.submissions.policy import visible_submissions
from service.domain.submissions.tables import Access, Submission

HIRING = frozenset({Role.RECRUITER, Role.ADMIN})
BLOCKING = (ConflictState.DECLARED, ConflictState.CONFIRMED)


def list_conflicts(session: Session, actor: Actor, submission: Submission) -> Sequence[Conflict]:
    """Those of a submission that the actor may know of, oldest first."""
    query = _visible(actor).where(Conflict.submission_id == submission.id)
    return session.exec(query.order_by(col(Conflict.id))).all()


def get_conflict(session: Session, actor: Actor, submission: Submission, id: UUID) -> Conflict:
    """Raises NotFound."""
    query = _visible(actor).where(Conflict.submission_id == submission.id, Conflict.id == id)
    found = session.exec(query).first()
    if not found:
        raise NotFound
    return found


def find_conflicts(session: Session, submission: Submission, user_id: UUID) -> Sequence[Conflict]:
    """All that was ever said of somebody's conflicts with a submission."""
    query = select(Conflict).where(
        Conflict.submission_id == submission.id, Conflict.user_id == user_id
    )
    return session.exec(query).all()


def is_blocked(session: Session, submission: Submission, user_id: UUID) -> bool:
    """Whether a conflict keeps somebody from a submission."""
    return user_id in find_blocked(session, submission)


def find_blocked(session: Session, submission: Submission) -> Collection[UUID]:
    """Ids of those whom a conflict keeps from a submission."""
    query = select(Access.user_id).where(
        Access.submission_id == submission.id, col(Access.blocked).is_(True)
    )
    return set(session.exec(query).all())


def find_active(session: Session, id: UUID) -> User | None:
    """A colleague who can come in."""
    found = session.get(User, id)
    return found if found and not found.deactivated_at else None


def list_leads(session: Session, submission: Submission) -> Sequence[User]:
    """Who leads the hiring of one submission: the team's leads, without those in conflict.

    Else the team's others who hire, else the admins: whoever is there first of these.
    """
    blocked = find_blocked(session, submission)
    team = [one for one in list_team(session, submission.job_id) if _may_lead(one.user, blocked)]
    hiring = [one for one in team if HIRING.intersection(one.user.roles)]
    leads = [one.user for one in hiring if one.is_lead]
    return leads or [one.user for one in hiring] or _list_admins(session, blocked)


def _list_admins(session: Session, blocked: Collection[UUID]) -> Sequence[User]:
    active = select(User).where(col(User.deactivated_at).is_(None)).order_by(col(User.id))
    found = session.exec(active).all()
    return [one for one in found if Role.ADMIN in one.roles and _may_lead(one, blocked)]


def _may_lead(user: User, blocked: Collection[UUID]) -> bool:
    return user.deactivated_at is None and user.id not in blocked


def _visible(actor: Actor) -> SelectOfScalar[Conflict]:
    user: Any = Conflict.user
    query = select(Conflict).join(Submission, col(Submission.id) == Conflict.submission_id)
    seen = query.where(visible_submissions(actor), policy.visible_conflicts(actor))
    return seen.options(joinedload(user))
