"""Who was asked to review what, and what there is to take next."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, or_
from sqlalchemy.orm import joinedload
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from service.core.changes import Since, about, list_gone, subjects
from service.core.errors import NotFound
from service.core.paging import Page, Place, Slice, fill
from service.domain.accounts.actor import Actor
from service.domain.accounts.tables import Role, User
from service.domain.jobs.tables import Job, Stage, StageKind
from service.domain.reviews import policy
from service.domain.reviews.tables import Assignment, AssignmentState
from service.domain.submissions.policy import visible_submissions
from service.domain.submissions.tables import Access, Submission

JUDGED_IN = (StageKind.NEW, StageKind.REVIEW)
SEATS_TAKEN = (AssignmentState.OPEN, AssignmentState.DONE)


def get_assignment(session: Session, actor: Actor, submission: Submission, id: UUID) -> Assignment:
    """One assignment of a submission, with its reviewer. Raises NotFound."""
    query = _visible(actor).where(Assignment.id == id, Assignment.submission_id == submission.id)
    found = session.exec(query).first()
    if not found:
        raise NotFound
    return found


def list_assignments(
    session: Session, actor: Actor, submission: Submission
) -> Sequence[Assignment]:
    """All of a submission's that the actor may see, with their reviewers, oldest first."""
    query = _visible(actor).where(Assignment.submission_id == submission.id)
    return session.exec(query.order_by(col(Assignment.id))).all()


def list_inbox(
    session: Session, actor: Actor, part: Slice, *, since: Since | None = None
) -> Page[Assignment]:
    """What the actor is asked to review, with its submission and job: due first, then oldest.

    With `since` what changed of it, and what left it.
    """
    due = func.coalesce(col(Assignment.due), date.max)
    query = _own_open(actor)
    gone = None
    if since:
        changed = _own_changed(actor, since)
        still = col(Assignment.id).in_(query.with_only_columns(col(Assignment.id)))
        query = query.where(changed)
        gone = list_gone(session, col(Assignment.id), changed, ~still)

    def rows(after: Place | None, limit: int) -> Sequence[Assignment]:
        behind = query.where(_after(due, after)) if after else query
        return session.exec(behind.order_by(due, col(Assignment.id)).limit(limit)).all()

    return fill(part, rows, _place, gone)


def find_assignment(
    session: Session, submission: Submission, reviewer_id: UUID
) -> Assignment | None:
    """What a reviewer was ever asked to do with a submission, whatever became of it."""
    query = select(Assignment).where(
        Assignment.submission_id == submission.id, Assignment.reviewer_id == reviewer_id
    )
    return session.exec(query).first()


def find_own_open(session: Session, actor: Actor, job: Job) -> Assignment | None:
    """What the actor has yet to review on a job whose end is not decided: the oldest."""
    query = _own_open(actor).where(Submission.job_id == job.id, col(Submission.decision).is_(None))
    return session.exec(query.order_by(col(Assignment.id)).limit(1)).first()


def find_next(session: Session, actor: Actor, job: Job) -> Submission | None:
    """The least-reviewed submission of a job, then the oldest, that has a seat for the actor.

    Not one that the actor was ever asked to judge, is kept from, or may have seen scores of. It
    is locked; one that somebody is changing at this moment is passed over.
    """
    me, seats = actor.user_id, _seats_taken()
    query = (
        select(Submission)
        .join(Stage, col(Stage.id) == Submission.stage_id)
        .where(
            Submission.job_id == job.id,
            col(Submission.decision).is_(None),
            col(Stage.kind).in_(JUDGED_IN),
            seats < job.reviews_wanted,
            ~_has(Assignment, Assignment.reviewer_id == me),
            ~_has(Access, Access.user_id == me, col(Access.blocked).is_(True)),
            ~policy.may_have_seen(actor),
        )
        .order_by(seats, col(Submission.created_at), col(Submission.id))
        .limit(1)
    )
    return session.exec(
        query.with_for_update(of=Submission, skip_locked=True, key_share=True)
    ).first()


def find_unreplaced(session: Session, submission: Submission) -> Assignment | None:
    """The oldest assignment that was declined and has not been given to somebody else."""
    states = (AssignmentState.DECLINED, AssignmentState.ABSTAINED)
    query = select(Assignment).where(
        Assignment.submission_id == submission.id, col(Assignment.state).in_(states)
    )
    return session.exec(query.order_by(col(Assignment.id)).limit(1)).first()


def find_reviewer(session: Session, id: UUID) -> User | None:
    """An active colleague who reviews."""
    found = session.get(User, id)
    fit = found and not found.deactivated_at and Role.REVIEWER in found.roles
    return found if fit else None


def may_have_seen(session: Session, actor: Actor, submission: Submission) -> bool:
    """Whether somebody without an assignment may have seen scores of a submission."""
    condition = policy.may_have_seen(actor)
    query = select(Submission.id).where(Submission.id == submission.id, condition)
    return session.exec(query).first() is not None


def hold_submission(session: Session, submission: Submission) -> None:
    """Let reviews of one submission change one after another, without changing the submission.

    For PostgreSQL; on SQLite the writer is alone anyhow.
    """
    query = select(Submission.id).where(Submission.id == submission.id)
    session.exec(query.with_for_update(key_share=True)).one()


def share_job(session: Session, submission: Submission) -> None:
    """Let nobody change the submission's job until this transaction ends; others may share it."""
    query = select(Job.id).where(Job.id == submission.job_id)
    session.exec(query.with_for_update(read=True, key_share=True)).one()


def hold_job(session: Session, job: Job) -> None:
    """Let those who take work of one job stand in line; new submissions do not wait for them."""
    session.exec(select(Job.id).where(Job.id == job.id).with_for_update(key_share=True)).one()


def _visible(actor: Actor) -> SelectOfScalar[Assignment]:
    return _with_links().where(visible_submissions(actor), policy.visible_assignments(actor))


def _own_open(actor: Actor) -> SelectOfScalar[Assignment]:
    return _with_links().where(
        visible_submissions(actor),
        Assignment.reviewer_id == actor.user_id,
        Assignment.state == AssignmentState.OPEN,
    )


def _own_changed(actor: Actor, since: Since) -> ColumnElement[bool]:
    mine = col(Assignment.reviewer_id) == actor.user_id
    if isinstance(since, datetime):
        return and_(mine, col(Assignment.updated_at) >= since)
    told = subjects(since, "reviewer.assigned", "assignment.", "scorecard.locked")
    return and_(
        mine, col(Assignment.submission_id).in_(told.where(about("reviewer_id", actor.user_id)))
    )


def _with_links() -> SelectOfScalar[Assignment]:
    reviewer: Any = Assignment.reviewer
    submission: Any = Assignment.submission
    job: Any = Submission.job
    query = select(Assignment).join(Submission, col(Submission.id) == Assignment.submission_id)
    return query.options(joinedload(reviewer), joinedload(submission).joinedload(job))


def _seats_taken() -> ColumnElement[int]:
    taken = select(func.count(col(Assignment.id))).where(
        Assignment.submission_id == Submission.id, col(Assignment.state).in_(SEATS_TAKEN)
    )
    return taken.correlate(Submission).scalar_subquery()


def _has(
    table: type[Assignment | Access], *conditions: ColumnElement[bool] | bool
) -> ColumnElement[bool]:
    found = select(table.id).where(table.submission_id == Submission.id, *conditions)
    return found.correlate(Submission).exists()


def _after(due: ColumnElement[date], place: Place) -> ColumnElement[bool]:
    day, id = date.fromisoformat(str(place[0])), UUID(str(place[1]))
    return or_(due > day, and_(due == day, col(Assignment.id) > id))


def _place(assignment: Assignment) -> Place:
    return (assignment.due or date.max).isoformat(), str(assignment.id)
