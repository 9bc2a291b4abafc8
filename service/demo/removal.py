"""Takes the demo away again, and nothing that anybody else brought in."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, SQLModel, col, delete, select, update

from service.core import outbox
from service.core.clock import utc_now
from service.core.counting import counted
from service.core.db import Database
from service.core.outbox import Event, EventDetail, EventRow, Task, TaskState
from service.demo.exhibits import DOMAIN
from service.demo.job import SLUG
from service.domain.accounts.actor import SYSTEM
from service.domain.accounts.tables import ApiToken, SignIn, User
from service.domain.candidates.tables import Candidate
from service.domain.jobs.actions import close_job
from service.domain.jobs.tables import Job, JobState, TeamMember
from service.domain.messages.tables import Message
from service.domain.submissions.tables import (
    Blob,
    Draft,
    Revision,
    Source,
    StagedFile,
    Submission,
    SubmissionFile,
)


class DemoRemoved(Event):
    """The demo's rows are gone; their events stay in the chain, without what they were about."""

    name: ClassVar[str] = "demo.removed"

    job_id: UUID | None


@dataclass(frozen=True)
class DemoRemoval:
    """What went. `kept` says in words what had to stay, because others built on it."""

    users: int = 0
    submissions: int = 0
    jobs: int = 0
    kept: tuple[str, ...] = ()


def remove_demo(database: Database) -> DemoRemoval:
    """Done again, it does nothing."""
    with database.write() as session:
        users = session.exec(select(User).where(col(User.email_key).endswith(f"@{DOMAIN}"))).all()
        job = _find_job(session, [user.id for user in users])
        sent = _demo_submissions(session)
        if not users and not job and not sent:
            return DemoRemoval()
        subjects = [*sent, *(user.id for user in users), *([job.id] if job else [])]
        subjects += _remove_submissions(session, sent)
        kept = _remove_job(session, job) + _remove_users(session, users)
        _forget(session, subjects)
        event = DemoRemoved(job_id=job.id if job else None)
        outbox.record(session, SYSTEM, job.id if job else users[0].id, event)
        gone = sum(session.get(User, user.id) is None for user in users)
        jobs = int(job is not None and session.get(Job, job.id) is None)
        return DemoRemoval(gone, len(sent), jobs, tuple(kept))


def _find_job(session: Session, user_ids: Sequence[UUID]) -> Job | None:
    """The demo's own, not another of the same name: somebody of the demo was on its team."""
    team = select(TeamMember.job_id).where(col(TeamMember.user_id).in_(user_ids))
    return session.exec(select(Job).where(Job.slug == SLUG, col(Job.id).in_(team))).first()


def _demo_submissions(session: Session) -> list[UUID]:
    """Those that came with the demo, to which nobody has added anything since."""
    revisions = select(Revision.submission_id)
    demo = revisions.where(Revision.source == Source.DEMO)
    other = revisions.where(Revision.source != Source.DEMO)
    query = select(Submission.id).where(
        col(Submission.id).in_(demo), col(Submission.id).not_in(other)
    )
    return list(session.exec(query))


def _remove_submissions(session: Session, ids: Sequence[UUID]) -> list[UUID]:
    """With all that hangs on them; says whose they were."""
    mine = select(Revision.id).where(col(Revision.submission_id).in_(ids))
    _uncount(session, SubmissionFile, col(SubmissionFile.revision_id).in_(mine))
    owners = session.exec(select(Submission.candidate_id).where(col(Submission.id).in_(ids))).all()
    session.execute(delete(Submission).where(col(Submission.id).in_(ids)))
    others = select(Submission.candidate_id)
    session.execute(
        delete(Candidate).where(col(Candidate.id).in_(owners), col(Candidate.id).not_in(others))
    )
    return list(owners)


def _remove_job(session: Session, job: Job | None) -> list[str]:
    if job is None:
        return []
    left = session.exec(select(Submission.id).where(Submission.job_id == job.id)).all()
    if left:
        if job.state is JobState.OPEN:
            close_job(session, SYSTEM, job)
        count = counted(len(left), "submission")
        return [f"the job “{job.title}”, closed, with {count} from outside"]
    drafts = select(Draft.id).where(Draft.job_id == job.id)
    _uncount(session, StagedFile, col(StagedFile.draft_id).in_(drafts))
    session.execute(delete(Job).where(col(Job.id) == job.id))
    session.expunge(job)
    return []


def _remove_users(session: Session, users: Sequence[User]) -> list[str]:
    """Who did something to what stays is deactivated instead."""
    kept = []
    for user in users:
        if _is_named(session, user.id):
            user.deactivated_at = user.deactivated_at or utc_now()
            for kind in (SignIn, ApiToken):
                session.execute(delete(kind).where(col(kind.user_id) == user.id))
            kept.append(f"{user.name}, deactivated: others' submissions name this account")
        else:
            session.expunge(user)
            session.execute(delete(User).where(col(User.id) == user.id))
    session.flush()
    return kept


def _is_named(session: Session, user_id: UUID) -> bool:
    """Whether a row that stays points to this account."""
    pointers = [
        key.parent
        for table in SQLModel.metadata.tables.values()
        for key in table.foreign_keys
        if key.column.table.name == User.__tablename__ and key.ondelete != "CASCADE"
    ]
    queries = [sa.select(sa.true()).where(column == user_id).limit(1) for column in pointers]
    return any(session.connection().execute(query).first() for query in queries)


def _uncount(
    session: Session, kind: type[SubmissionFile | StagedFile], which: sa.ColumnElement[bool]
) -> None:
    """Let go of bytes; the nightly sweep takes away those that nothing holds."""
    for sha256 in session.exec(select(kind.sha256).where(which)).all():
        held = update(Blob).where(col(Blob.sha256) == sha256)
        session.connection().execute(held.values(refs=col(Blob.refs) - 1))


def _forget(session: Session, subjects: Sequence[UUID]) -> None:
    """What the events were about, what was to follow from them, and letters on their way."""
    events = session.exec(select(EventRow.id).where(col(EventRow.subject_id).in_(subjects))).all()
    session.execute(delete(EventDetail).where(col(EventDetail.id).in_(events)))
    letters = select(Message.id).where(col(Message.recipient).endswith(f"@{DOMAIN}"))
    gone = {str(id) for id in (*events, *session.exec(letters))}
    session.execute(delete(Message).where(col(Message.recipient).endswith(f"@{DOMAIN}")))
    for task in session.exec(select(Task).where(Task.state == TaskState.WAITING)).all():
        if gone & {str(value) for value in task.payload.values()}:
            session.delete(task)
    session.flush()
