"""Who may see and change jobs."""

from sqlalchemy import ColumnElement, false, or_, true
from sqlmodel import col, select

from service.domain.accounts.actor import Actor
from service.domain.accounts.tables import Role, Scope
from service.domain.jobs.tables import Job, JobState, TeamMember


def own_jobs(actor: Actor) -> ColumnElement[bool]:
    """The jobs whose team an actor is on, all of them for an admin: as a condition on Job.id."""
    if actor.is_system or actor.has(Role.ADMIN):
        return true()
    if not actor.is_staff:
        return false()
    team = select(TeamMember.job_id).where(
        TeamMember.user_id == actor.user_id, col(TeamMember.left_at).is_(None)
    )
    return col(Job.id).in_(team)


def visible_jobs(actor: Actor) -> ColumnElement[bool]:
    """Strangers see open jobs; staff these too, and all of the jobs they work on."""
    return or_(col(Job.state) == JobState.OPEN, own_jobs(actor))


def may_create_jobs(actor: Actor) -> bool:
    return actor.has(Role.RECRUITER, Role.ADMIN) and actor.may_use(Scope.WRITE)


def may_change_job(actor: Actor, *, on_team: bool) -> bool:
    """Recruiters change the jobs whose team they are on, admins all."""
    if not actor.may_use(Scope.WRITE):
        return False
    return actor.has(Role.ADMIN) or (actor.has(Role.RECRUITER) and on_team)
