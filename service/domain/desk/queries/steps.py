"""Staying in step: what changed since a point, and what the caller no longer sees or asked for.

Events of scores never count: the seal holds here too. Nor does what happens where the caller has
nothing to see: whom else a submission was given to, and all that comes after the own sight ended.
"""

from datetime import datetime

from sqlalchemy import ColumnElement, and_, or_
from sqlmodel import col, select

from service.core.changes import Since, about, subjects
from service.domain.accounts.actor import Actor
from service.domain.accounts.tables import Role
from service.domain.jobs.policy import teams_left
from service.domain.jobs.tables import TeamMember
from service.domain.reviews.policy import sees_scores
from service.domain.submissions.policy import runs, visible_submissions
from service.domain.submissions.tables import Access, Submission

# Facts about the submission itself, by the beginning of their names.
OWN = ("submission.", "revision.")


def changed(actor: Actor, since: Since) -> ColumnElement[bool]:
    """What changed of the submissions that the actor sees, or that the actor came to see them."""
    if isinstance(since, datetime):
        return _changed_after(actor, since)
    given = subjects(since, "access.changed")
    sees_reviewers = or_(runs(actor), sees_scores(actor))
    ways = [
        col(Submission.id).in_(subjects(since, *OWN)),
        _own_access_changed(actor, since),
        and_(sees_reviewers, col(Submission.id).in_(given)),
    ]
    if actor.has(Role.RECRUITER):
        teams = col(Submission.job_id).in_(subjects(since, "job.team_set"))
        ways.append(and_(runs(actor), teams))
    return or_(*ways)


def gone(actor: Actor, since: Since, still: ColumnElement[bool]) -> ColumnElement[bool]:
    """What went out of sight, and what is seen, changed, and no longer `still` asked for."""
    lost = _own_access_changed(actor, since)
    if actor.has(Role.RECRUITER):
        left = col(Submission.job_id).in_(teams_left(actor, since))
        lost = or_(lost, and_(left, _was_there_before_leaving(actor)))
    seen = visible_submissions(actor)
    return or_(and_(seen, changed(actor, since), ~still), and_(~seen, lost))


def _was_there_before_leaving(actor: Actor) -> ColumnElement[bool]:
    """What came in later was never in sight, and is not told of."""
    member = select(TeamMember.id).where(
        TeamMember.job_id == Submission.job_id,
        TeamMember.user_id == actor.user_id,
        col(TeamMember.left_at) >= Submission.created_at,
    )
    return member.correlate(Submission).exists()


def _own_access_changed(actor: Actor, since: Since) -> ColumnElement[bool]:
    if isinstance(since, datetime):
        own = select(Access.submission_id).where(
            Access.user_id == actor.id, col(Access.changed_at) >= since
        )
    else:
        own = subjects(since, "access.changed").where(about("user_id", actor.user_id))
    return col(Submission.id).in_(own)


def _changed_after(actor: Actor, moment: datetime) -> ColumnElement[bool]:
    joined = select(TeamMember.job_id).where(
        TeamMember.user_id == actor.id, col(TeamMember.created_at) >= moment
    )
    return or_(
        col(Submission.updated_at) >= moment,
        _own_access_changed(actor, moment),
        col(Submission.job_id).in_(joined),
    )
