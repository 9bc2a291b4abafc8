"""Who works there and what they hire for, made by the service's own actions."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlmodel import Session, col, select, update

from service.core.chain import chain_events
from service.core.clock import utc_now
from service.core.db import Database
from service.core.outbox import Task, TaskState
from service.demo.job import DETAILS, QUESTIONS
from service.demo.rubric import CRITERIA
from service.domain.accounts.actions import create_user
from service.domain.accounts.actor import SYSTEM, Actor
from service.domain.accounts.inputs import NewUser
from service.domain.accounts.tables import Role, User
from service.domain.jobs.actions import (
    change_job,
    create_job,
    open_job,
    set_questions,
    set_rubric,
    set_team,
)
from service.domain.jobs.inputs import MemberInput, NewJob
from service.domain.jobs.queries import find_rubric, list_stages
from service.domain.jobs.tables import Job

JOBS = 5
REVIEWERS = 12
RECRUITER, REVIEWER = "ruth@bench.example", "rene@bench.example"


@dataclass(frozen=True)
class HiringJob:
    """What submissions of one job point to; criteria by key with their weights."""

    id: str
    slug: str
    stages: dict[str, str]
    rubric_id: str
    criteria: dict[str, tuple[str, int]]


@dataclass(frozen=True)
class House:
    """Ids in hex, as both databases read them. `reviewer` is who is asked by all that is new."""

    recruiter: str
    reviewer: str
    reviewers: Sequence[str]
    jobs: Sequence[HiringJob]


def build_house(database: Database) -> House:
    """People and jobs in an empty database; nothing of it waits for the worker."""
    with database.write() as session:
        ruth = _user(session, RECRUITER, Role.RECRUITER)
        rene = _user(session, REVIEWER, Role.REVIEWER)
        others = [
            _user(session, f"reviewer-{number}@bench.example", Role.REVIEWER)
            for number in range(REVIEWERS)
        ]
        jobs = [_job(session, ruth, [rene, *others], number) for number in range(1, JOBS + 1)]
        waiting = update(Task).where(col(Task.state) == TaskState.WAITING)
        session.connection().execute(waiting.values(state=TaskState.DONE, done_at=utc_now()))
        while chain_events(session):
            pass
        return House(ruth.id.hex, rene.id.hex, [one.id.hex for one in others], jobs)


def find_staff(session: Session, email: str) -> User:
    return session.exec(select(User).where(User.email_key == email)).one()


def _user(session: Session, email: str, role: Role) -> User:
    return create_user(session, SYSTEM, NewUser(email=email, name=email, roles=[role]))


def _job(session: Session, ruth: User, reviewers: Sequence[User], number: int) -> HiringJob:
    me = Actor.of(ruth)
    job = create_job(session, me, NewJob(slug=f"engineer-{number}", title=f"Engineer {number}"))
    change_job(session, me, job, DETAILS)
    set_questions(session, me, job, QUESTIONS)
    set_rubric(session, me, job, CRITERIA)
    lead = MemberInput(user_id=ruth.id, lead=True)
    members = [MemberInput(user_id=one.id, lead=False) for one in reviewers]
    set_team(session, me, job, [lead, *members])
    return _described(session, open_job(session, me, job))


def _described(session: Session, job: Job) -> HiringJob:
    rubric = find_rubric(session, job.id)
    if rubric is None:
        raise LookupError(job.slug)
    stages = {stage.key: stage.id.hex for stage in list_stages(session, job.id)}
    criteria = {one.key: (one.id.hex, one.weight) for one in rubric.criteria}
    return HiringJob(job.id.hex, job.slug, stages, rubric.id.hex, criteria)


def dashed(hex_id: str) -> str:
    """As events and addresses write it."""
    return str(UUID(hex_id))
