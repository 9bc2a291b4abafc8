"""Staying in step: what changed since a point, and what the caller no longer sees or asked for.

A point is a number in the sequence of events, which misses no late commit; what is not numbered
yet counts as newer and is told again. Events of scores never count: the seal holds here too.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, or_
from sqlmodel import Session, col, func, select

from service.core.outbox import EventRow
from service.core.paging import Place
from service.domain.accounts.actor import Actor
from service.domain.accounts.tables import Role
from service.domain.jobs.tables import TeamMember
from service.domain.submissions.policy import visible_submissions
from service.domain.submissions.tables import Access, Submission

Since = datetime | Place

# Facts about the submission itself, by the beginning of their names.
OWN = ("submission.", "revision.", "access.")


def sync_point(session: Session) -> Place:
    """Where the sequence of events is now."""
    return (session.exec(select(func.max(EventRow.seq))).one() or 0,)


def changed(actor: Actor, since: Since) -> ColumnElement[bool]:
    """Submissions that changed, or that the actor came to see or ceased to see."""
    if isinstance(since, datetime):
        return _changed_after(actor, since)
    newer = or_(col(EventRow.seq).is_(None), col(EventRow.seq) > int(str(since[0])))
    named = or_(*(col(EventRow.name).startswith(word, autoescape=True) for word in OWN))
    ways = [col(Submission.id).in_(select(EventRow.subject_id).where(newer, named))]
    if actor.has(Role.RECRUITER):
        teams = select(EventRow.subject_id).where(newer, EventRow.name == "job.team_set")
        ways.append(col(Submission.job_id).in_(teams))
    return or_(*ways)


def list_gone(
    session: Session,
    actor: Actor,
    since: Since,
    still: ColumnElement[bool],
    after: UUID,
    limit: int,
) -> Sequence[UUID]:
    """Changed ones that the actor saw or sees, and that are not among those `still` asked for."""
    query = select(Submission.id).where(
        changed(actor, since), or_(visible_submissions(actor), _once_seen(actor)), ~still
    )
    query = query.where(col(Submission.id) > after).order_by(col(Submission.id)).limit(limit)
    return session.exec(query).all()


def _changed_after(actor: Actor, moment: datetime) -> ColumnElement[bool]:
    opened = select(Access.submission_id).where(
        Access.user_id == actor.id, col(Access.changed_at) >= moment
    )
    teams = select(TeamMember.job_id).where(
        TeamMember.user_id == actor.id,
        or_(col(TeamMember.created_at) >= moment, col(TeamMember.left_at) >= moment),
    )
    return or_(
        col(Submission.updated_at) >= moment,
        col(Submission.id).in_(opened),
        col(Submission.job_id).in_(teams),
    )


def _once_seen(actor: Actor) -> ColumnElement[bool]:
    opened = select(Access.submission_id).where(Access.user_id == actor.id)
    teams = select(TeamMember.job_id).where(
        TeamMember.user_id == actor.id, col(TeamMember.left_at).is_not(None)
    )
    return or_(col(Submission.id).in_(opened), col(Submission.job_id).in_(teams))
