"""Who may see and change jobs."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_, false, or_, true
from sqlalchemy.orm import aliased
from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from service.core.changes import Since, newer, subjects
from service.core.outbox import EventRow
from service.domain.accounts.actor import Actor
from service.domain.accounts.tables import Role, Scope
from service.domain.jobs.tables import Job, JobState, TeamMember

TEAM_SET = "job.team_set"


def own_jobs(actor: Actor) -> ColumnElement[bool]:
    """The jobs whose team an actor is on, all of them for an admin: as a condition on Job.id."""
    if actor.is_system or actor.has(Role.ADMIN):
        return true()
    if not actor.is_staff:
        return false()
    return col(Job.id).in_(team_jobs(actor))


def team_jobs(actor: Actor) -> SelectOfScalar[UUID]:
    """The ids of the jobs whose team somebody who works here is on."""
    return select(TeamMember.job_id).where(
        TeamMember.user_id == actor.user_id, col(TeamMember.left_at).is_(None)
    )


def visible_jobs(actor: Actor) -> ColumnElement[bool]:
    """Strangers see open jobs; staff these too, and all of the jobs they work on."""
    return or_(col(Job.state) == JobState.OPEN, own_jobs(actor))


def changed_jobs(actor: Actor, since: Since) -> ColumnElement[bool]:
    """What changed of the jobs that an actor sees; strangers are told of what they see of them."""
    if actor.is_staff or actor.is_system:
        return col(Job.id).in_(subjects(since, "job."))
    shown = subjects(since, "job.opened", "job.closed", "job.questions_set")
    told = subjects(since, "job.changed").where(
        col(EventRow.payload)["public"].as_boolean().is_distinct_from(False)
    )
    return or_(col(Job.id).in_(shown), col(Job.id).in_(told))


def lost_jobs(actor: Actor, since: Since) -> ColumnElement[bool]:
    """Jobs whose closing ended their being public, or whose team the actor left."""
    closed = and_(col(Job.opened_at).is_not(None), col(Job.id).in_(subjects(since, "job.closed")))
    return or_(closed, col(Job.id).in_(teams_left(actor, since)))


def teams_left(actor: Actor, since: Since) -> SelectOfScalar[UUID]:
    """Jobs whose team an actor left since. What became of the team later is not told."""
    query = select(TeamMember.job_id).where(
        TeamMember.user_id == actor.id, col(TeamMember.left_at).is_not(None)
    )
    if isinstance(since, datetime):
        return query.where(col(TeamMember.left_at) >= since)
    leaving, earlier = EventRow, aliased(EventRow)
    between = select(earlier.id).where(
        earlier.subject_id == TeamMember.job_id,
        earlier.name == TEAM_SET,
        col(earlier.created_at) >= TeamMember.left_at,
        col(earlier.created_at) < leaving.created_at,
    )
    left = select(leaving.id).where(
        newer(since),
        leaving.subject_id == TeamMember.job_id,
        leaving.name == TEAM_SET,
        col(leaving.created_at) >= TeamMember.left_at,
        ~between.correlate(TeamMember, leaving).exists(),
    )
    return query.where(left.correlate(TeamMember).exists())


def may_create_jobs(actor: Actor) -> bool:
    return actor.has(Role.RECRUITER, Role.ADMIN) and actor.may_use(Scope.WRITE)


def may_change_job(actor: Actor, *, on_team: bool) -> bool:
    """Recruiters change the jobs whose team they are on, admins all."""
    if not actor.may_use(Scope.WRITE):
        return False
    return actor.has(Role.ADMIN) or (actor.has(Role.RECRUITER) and on_team)
