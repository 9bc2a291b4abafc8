"""What can be asked about submissions. Every question starts from what the actor may see."""

from collections.abc import Sequence
from uuid import UUID

from sqlmodel import Session, col, select

from service.core.db import load, load_lists
from service.core.errors import NotFound
from service.core.versions import Expected
from service.domain.accounts.actor import Actor
from service.domain.jobs.tables import Job, JobState
from service.domain.submissions import policy
from service.domain.submissions.tables import (
    Revision,
    RevisionState,
    Submission,
    SubmissionFile,
)


def get_job_to_send_to(session: Session, slug: str) -> Job:
    """A job that is or was public, for whoever knows its slug. Raises NotFound."""
    found = session.exec(select(Job).where(Job.slug == slug, Job.state != JobState.DRAFT)).first()
    if not found:
        raise NotFound
    return found


def get_submission(
    session: Session, actor: Actor, id: UUID, *, version: Expected | None = None
) -> Submission:
    """One submission with its job, stage and candidate. With `version` it is locked for a change.

    Raises NotFound, Stale.
    """
    links = load(Submission.job, Submission.stage, Submission.candidate)
    query = select(Submission).where(Submission.id == id, policy.visible_submissions(actor))
    if version:
        query = query.with_for_update(of=Submission)
    found = session.exec(query.options(*links)).first()
    if not found:
        raise NotFound
    if version:
        version.check(found.version)
    return found


def get_revision(session: Session, submission: Submission, number: int | None = None) -> Revision:
    """A confirmed revision, the newest by default, with evidence and files. Raises NotFound."""
    wanted = submission.revision if number is None else number
    query = select(Revision).where(
        Revision.submission_id == submission.id, Revision.number == wanted
    )
    found = session.exec(query.options(*load_lists(Revision.evidence, Revision.files))).first()
    if not found:
        raise NotFound
    return found


def list_revisions(session: Session, actor: Actor, submission: Submission) -> Sequence[Revision]:
    """Oldest first; what nobody has confirmed yet is for those who may confirm it."""
    query = select(Revision).where(Revision.submission_id == submission.id)
    if not policy.sees_unconfirmed(actor):
        query = query.where(Revision.state == RevisionState.CONFIRMED)
    return session.exec(query.order_by(col(Revision.id))).all()


def get_revision_by_id(
    session: Session, actor: Actor, submission: Submission, id: UUID
) -> Revision:
    """Any revision, also one that waits, with evidence and files. Raises NotFound."""
    query = select(Revision).where(Revision.id == id, Revision.submission_id == submission.id)
    if not policy.sees_unconfirmed(actor):
        query = query.where(Revision.state == RevisionState.CONFIRMED)
    found = session.exec(query.options(*load_lists(Revision.evidence, Revision.files))).first()
    if not found:
        raise NotFound
    return found


def get_sent(session: Session, id: UUID) -> Revision:
    """What one sending held, with its files, for whoever has its receipt. Raises NotFound."""
    query = select(Revision).where(Revision.id == id)
    links = (*load_lists(Revision.files), *load(Revision.submission))
    found = session.exec(query.options(*links)).first()
    if not found:
        raise NotFound
    return found


def get_file(session: Session, actor: Actor, submission: Submission, id: UUID) -> SubmissionFile:
    """A file of one of the revisions that the actor may see. Raises NotFound."""
    query = (
        select(SubmissionFile)
        .join(Revision)
        .where(SubmissionFile.id == id, Revision.submission_id == submission.id)
    )
    if not policy.sees_unconfirmed(actor):
        query = query.where(Revision.state == RevisionState.CONFIRMED)
    found = session.exec(query).first()
    if not found:
        raise NotFound
    return found
