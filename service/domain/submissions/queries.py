"""What can be asked about submissions. Every question starts from what the actor may see."""

from uuid import UUID

from sqlmodel import Session, select

from service.core.db import load, load_lists
from service.core.errors import NotFound
from service.core.versions import Expected
from service.domain.accounts.actor import Actor
from service.domain.submissions import policy
from service.domain.submissions.tables import Revision, Submission, SubmissionFile


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


def get_file(session: Session, submission: Submission, id: UUID) -> SubmissionFile:
    """A file of one of the submission's revisions. Raises NotFound."""
    query = (
        select(SubmissionFile)
        .join(Revision)
        .where(SubmissionFile.id == id, Revision.submission_id == submission.id)
    )
    found = session.exec(query).first()
    if not found:
        raise NotFound
    return found
