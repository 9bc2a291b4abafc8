"""Taking in a submission: every door ends here."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import update
from sqlmodel import Session, col, select

from service.core import outbox
from service.core.clock import utc_now
from service.core.db import new_id
from service.core.errors import StateConflict
from service.core.upserts import insert_new
from service.domain.accounts.actor import Actor
from service.domain.candidates.actions import take_consent
from service.domain.jobs.queries import first_stage, is_taking, list_questions
from service.domain.jobs.tables import Job
from service.domain.submissions.actions.content import (
    Checked,
    add_evidence,
    add_files,
    check_content,
)
from service.domain.submissions.actions.found_by import add_words
from service.domain.submissions.events import RevisionReceived, SubmissionReceived
from service.domain.submissions.inputs import StoredFile, SubmissionInput
from service.domain.submissions.tables import Revision, RevisionState, Source, Submission


class JobClosed(StateConflict):
    code = "job_closed"
    message = "This job no longer takes submissions."


@dataclass(frozen=True)
class Received:
    """`id` is what the sender is told. All else stays inside: it tells who is known."""

    id: UUID
    submission_id: UUID
    revision_id: UUID
    is_new: bool


def receive_submission(
    session: Session,
    actor: Actor,
    job: Job,
    content: SubmissionInput,
    files: Sequence[StoredFile] = (),
    *,
    source: Source,
    consent_text: str,
    consent_version: str,
) -> Received:
    """Keep what was sent: as a submission, or as an unconfirmed revision of the one there is.

    For addresses known and unknown the statements are the same, in the same order, and so is the
    answer: a stranger must not learn who has sent something here. Raises JobClosed,
    ContentInvalid, FileGone.
    """
    if not is_taking(job):
        raise JobClosed
    checked = check_content(content, list_questions(session, job.id), files)
    candidate = take_consent(
        session,
        actor,
        name=content.name,
        email=content.email,
        text=consent_text,
        text_version=consent_version,
    )
    received = _find_or_make(session, job, candidate.id)
    _add_revision(session, received, content, checked, source)
    _count(session, received)
    outbox.record(session, actor, received.submission_id, _event(job, received))
    return received


def _find_or_make(session: Session, job: Job, candidate_id: UUID) -> Received:
    """The first revision's id is its submission's, so `id` is known before it is known which."""
    id = new_id()
    row = Submission(
        id=id,
        job_id=job.id,
        stage_id=first_stage(session, job.id).id,
        candidate_id=candidate_id,
        version=0,  # `_count` raises it
    )
    insert_new(session, row, ["job_id", "candidate_id"])
    query = select(Submission.id).where(
        Submission.job_id == job.id, Submission.candidate_id == candidate_id
    )
    found = session.exec(query.with_for_update()).one()
    return Received(id=id, submission_id=found, revision_id=id, is_new=found == id)


def _add_revision(
    session: Session,
    received: Received,
    content: SubmissionInput,
    checked: Checked,
    source: Source,
) -> None:
    new = received.is_new
    revision = Revision(
        id=received.revision_id,
        submission_id=received.submission_id,
        number=1 if new else None,
        state=RevisionState.CONFIRMED if new else RevisionState.UNCONFIRMED,
        settled_at=utc_now() if new else None,
        source=source,
        answers=checked.answers,
        **content.model_dump(include={"name", "email", "location", "links", "statement"}),
    )
    evidence = add_evidence(session, revision.id, content.evidence, first_number=1)
    files = add_files(session, revision.id, checked.files)
    session.add(revision)
    session.flush()
    add_words(session, revision, evidence, files)


def _event(job: Job, received: Received) -> SubmissionReceived | RevisionReceived:
    kind = SubmissionReceived if received.is_new else RevisionReceived
    return kind(
        submission_id=received.submission_id, job_id=job.id, revision_id=received.revision_id
    )


def _count(session: Session, received: Received) -> None:
    raised = (
        update(Submission)
        .where(col(Submission.id) == received.submission_id)
        .values(
            waiting=col(Submission.waiting) + int(not received.is_new),
            version=col(Submission.version) + 1,
            updated_at=utc_now(),
        )
    )
    session.connection().execute(raised)
