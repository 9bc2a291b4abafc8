"""What can be asked about jobs. Every question starts from what the actor may see."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID

from sqlmodel import Session, and_, col, func, or_, select, tuple_
from sqlmodel.sql.expression import SelectOfScalar

from service.core.changes import Since, list_gone
from service.core.clock import utc_now
from service.core.db import load, load_lists
from service.core.errors import NotFound
from service.core.paging import Page, Place, Slice, fill
from service.core.versions import Expected
from service.domain.accounts.actor import Actor, require
from service.domain.jobs import policy
from service.domain.jobs.names import is_slug
from service.domain.jobs.tables import Job, JobState, Question, Rubric, Stage, TeamMember


def get_job(session: Session, actor: Actor, slug: str, *, version: Expected | None = None) -> Job:
    """One job by its slug. With `version` it is locked for a change.

    Raises NotFound, Forbidden, Stale.
    """
    if not is_slug(slug):
        raise NotFound
    query = select(Job).where(Job.slug == slug, policy.visible_jobs(actor))
    job = session.exec(query.with_for_update() if version else query).first()
    if not job:
        raise NotFound
    if version:
        require_change(session, actor, job)  # before it is told whether it was changed
        version.check(job.version)
    return job


def get_job_to_send_to(session: Session, slug: str) -> Job:
    """A job that is or was public, for whoever knows its slug. Raises NotFound."""
    query = select(Job).where(Job.slug == slug, Job.state != JobState.DRAFT)
    found = session.exec(query).first() if is_slug(slug) else None
    if not found:
        raise NotFound
    return found


def require_change(session: Session, actor: Actor, job: Job) -> None:
    """Raises Forbidden."""
    if actor.is_system:
        return
    require(policy.may_change_job(actor, on_team=is_on_team(session, actor, job.id)))


def get_own_job(session: Session, actor: Actor, slug: str) -> Job:
    """One job that the actor works on. Raises NotFound."""
    job = get_job(session, actor, slug)
    if not is_on_team(session, actor, job.id):
        raise NotFound
    return job


def get_job_to_change(session: Session, actor: Actor, slug: str) -> Job:
    """One job for a form to change it by. Raises NotFound, Forbidden."""
    job = get_own_job(session, actor, slug)
    require(policy.may_change_job(actor, on_team=True))
    return job


def list_jobs(
    session: Session,
    actor: Actor,
    part: Slice,
    *,
    state: JobState | None = None,
    updated_since: Since | None = None,
) -> Page[Job]:
    """Newest first; with `updated_since` what changed, and what is gone."""
    seen = policy.visible_jobs(actor)
    wanted = and_(seen, Job.state == state) if state else seen
    query = select(Job).where(wanted)
    gone = None
    if updated_since:
        changed = policy.changed_jobs(actor, updated_since)
        query = query.where(changed)
        lost = policy.lost_jobs(actor, updated_since)
        left = or_(and_(seen, changed, ~wanted), and_(~seen, lost))
        gone = list_gone(session, col(Job.id), left)

    def rows(after: Place | None, limit: int) -> Sequence[Job]:
        behind = query.where(col(Job.id) < UUID(str(after[0]))) if after else query
        return session.exec(behind.order_by(col(Job.id).desc()).limit(limit)).all()

    return fill(part, rows, lambda job: (str(job.id),), gone)


def list_jobs_on_team(session: Session, actor: Actor, limit: int) -> Sequence[Job]:
    """The newest jobs that the actor works on and that were opened once."""
    query = select(Job).where(policy.own_jobs(actor), Job.state != JobState.DRAFT)
    return session.exec(query.order_by(col(Job.id).desc()).limit(limit)).all()


def is_slug_taken(session: Session, slug: str) -> bool:
    return session.exec(select(Job.id).where(Job.slug == slug)).first() is not None


def is_taking(job: Job) -> bool:
    """Whether submissions are taken now."""
    return job.state == JobState.OPEN and (job.closes_at is None or job.closes_at > utc_now())


def is_on_team(session: Session, actor: Actor, job_id: UUID) -> bool:
    """Whether the actor works on a job: member of its team, admin, or the service itself."""
    query = select(Job.id).where(Job.id == job_id, policy.own_jobs(actor))
    return session.exec(query).first() is not None


def list_stages(session: Session, job_id: UUID) -> Sequence[Stage]:
    """The stages in use, in order."""
    query = select(Stage).where(Stage.job_id == job_id, col(Stage.archived_at).is_(None))
    return session.exec(query.order_by(col(Stage.position))).all()


def find_stage(session: Session, job_id: UUID, key: str) -> Stage | None:
    """A stage to put a submission into. It is held: nobody archives it before that is done."""
    query = select(Stage).where(Stage.job_id == job_id, Stage.key == key)
    return session.exec(_held(query)).first()


def first_stage(session: Session, job_id: UUID) -> Stage:
    """Where a submission begins; held like `find_stage`."""
    used = select(Stage).where(Stage.job_id == job_id, col(Stage.archived_at).is_(None))
    query = _held(used.order_by(col(Stage.position)).limit(1))
    # Who waited while that one was archived finds none at first (PostgreSQL).
    return session.exec(query).first() or session.exec(query).one()


def _held(query: SelectOfScalar[Stage]) -> SelectOfScalar[Stage]:
    """As they are when nobody changes them any more, whatever was read of them before."""
    held = query.with_for_update(read=True, key_share=True)
    return held.execution_options(populate_existing=True)


def list_questions(session: Session, job_id: UUID) -> Sequence[Question]:
    """The form's questions in use, in order."""
    query = select(Question).where(Question.job_id == job_id, col(Question.archived_at).is_(None))
    return session.exec(query.order_by(col(Question.position))).all()


def find_rubric(session: Session, job_id: UUID, number: int | None = None) -> Rubric | None:
    """A version of a job's rubric, the newest by default, with its criteria in order."""
    query = select(Rubric).where(Rubric.job_id == job_id).order_by(col(Rubric.number).desc())
    if number is not None:
        query = query.where(Rubric.number == number)
    return session.exec(query.options(*load_lists(Rubric.criteria)).limit(1)).first()


def list_team(session: Session, job_id: UUID) -> Sequence[TeamMember]:
    query = select(TeamMember).where(TeamMember.job_id == job_id, col(TeamMember.left_at).is_(None))
    return session.exec(
        query.options(*load(TeamMember.user)).order_by(col(TeamMember.created_at))
    ).all()


@dataclass(frozen=True)
class JobParts:
    """What belongs to a job. Only `questions` are for everybody's eyes."""

    questions: Sequence[Question]
    stages: Sequence[Stage] = ()
    rubric: Rubric | None = None
    team: Sequence[TeamMember] = ()


def list_parts(session: Session, actor: Actor, jobs: Sequence[Job]) -> dict[UUID, JobParts]:
    """The parts of jobs that were found already, in as many statements for one as for many."""
    ids = [job.id for job in jobs]
    asked = select(Question).where(col(Question.job_id).in_(ids))
    asked = asked.where(col(Question.archived_at).is_(None)).order_by(col(Question.position))
    questions = _by_job(session.exec(asked).all())
    if not actor.is_staff:
        return {id: JobParts(questions[id]) for id in ids}
    used = select(Stage).where(col(Stage.job_id).in_(ids), col(Stage.archived_at).is_(None))
    stages = _by_job(session.exec(used.order_by(col(Stage.position))).all())
    rubrics = _newest_rubrics(session, ids)
    on_team = select(TeamMember).where(col(TeamMember.job_id).in_(ids))
    on_team = on_team.where(col(TeamMember.left_at).is_(None)).options(*load(TeamMember.user))
    team = _by_job(session.exec(on_team.order_by(col(TeamMember.created_at))).all())
    return {id: JobParts(questions[id], stages[id], rubrics.get(id), team[id]) for id in ids}


def get_parts(session: Session, actor: Actor, job: Job) -> JobParts:
    """The parts of one job that was found already."""
    return list_parts(session, actor, [job])[job.id]


def _newest_rubrics(session: Session, job_ids: Sequence[UUID]) -> dict[UUID, Rubric]:
    newest = select(Rubric.job_id, func.max(Rubric.number)).group_by(col(Rubric.job_id))
    which = tuple_(col(Rubric.job_id), col(Rubric.number)).in_(newest)
    query = select(Rubric).where(col(Rubric.job_id).in_(job_ids), which)
    found = session.exec(query.options(*load_lists(Rubric.criteria))).all()
    return {rubric.job_id: rubric for rubric in found}


Part = TypeVar("Part", Question, Stage, TeamMember)


def _by_job(rows: Sequence[Part]) -> dict[UUID, list[Part]]:
    found: dict[UUID, list[Part]] = defaultdict(list)
    for row in rows:
        found[row.job_id].append(row)
    return found
