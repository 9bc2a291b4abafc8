"""Who may see and change submissions."""

from uuid import UUID

from sqlalchemy import BindParameter, ColumnElement, and_, false, func, null, or_, true
from sqlmodel import col, select

from service.domain.accounts.actor import Actor
from service.domain.accounts.tables import Role, Scope
from service.domain.jobs.policy import team_jobs
from service.domain.submissions.tables import Access, Submission


def visible_submissions(
    actor: Actor, *, among_many: bool = False, one: UUID | BindParameter[UUID] | None = None
) -> ColumnElement[bool]:
    """The submissions an actor may see, as a condition on Submission.

    Admins see all, recruiters those of their jobs, reviewers those assigned to them, candidates
    their own; a conflict of interest blocks everyone. `among_many` says that a page of them is
    found sooner by going along the order than by taking all of their jobs and sorting them;
    `one` is the id of the only one that is asked for: of much that is assigned, only this is read.
    """
    if actor.is_system:
        return true()
    if not actor.is_staff:
        return col(Submission.candidate_id) == actor.id if actor.id else false()
    mine = select(Access.submission_id).where(Access.user_id == actor.user_id)
    if one is not None:
        mine = mine.where(col(Access.submission_id) == one)
    blocked = col(Submission.id).in_(mine.where(col(Access.blocked)))
    assigned = col(Submission.id).in_(mine.where(col(Access.assigned)))
    return and_(or_(*_ways_in(actor, assigned, among_many=among_many)), ~blocked)


def _ways_in(
    actor: Actor, assigned: ColumnElement[bool], *, among_many: bool
) -> list[ColumnElement[bool]]:
    if actor.has(Role.ADMIN):
        return [true()]
    ways: list[ColumnElement[bool]] = [false()]
    if actor.has(Role.RECRUITER):
        # Hidden in a function, the column's index is out of question for SQLite's planner.
        plain = col(Submission.job_id)
        job_id = func.coalesce(plain, null()) if among_many else plain
        ways.append(job_id.in_(team_jobs(actor)))
    if actor.has(Role.REVIEWER):
        ways.append(assigned)
    return ways


def runs(actor: Actor) -> ColumnElement[bool]:
    """Whether an actor hires for a submission's job, as a condition on Submission.

    Recruiters on its team and admins: they move, decide, assign, and may look early.
    """
    if actor.is_system or actor.has(Role.ADMIN):
        return true()
    if not actor.has(Role.RECRUITER):
        return false()
    return col(Submission.job_id).in_(team_jobs(actor))


def may_handle(actor: Actor) -> bool:
    """Move, decide, assign, confirm by hand: for recruiters and admins, on what they can see."""
    return actor.is_system or (actor.has(Role.RECRUITER, Role.ADMIN) and actor.may_use(Scope.WRITE))
