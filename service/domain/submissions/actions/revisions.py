"""What happens to revisions after they came in: confirmed, expired, added to."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import func, update
from sqlmodel import Session, col, select

from service.core import outbox
from service.core.clock import utc_now
from service.core.db import load_lists
from service.core.errors import Fault, Forbidden, Invalid, StateConflict
from service.domain.accounts.actor import Actor, require
from service.domain.submissions.actions.content import (
    Place,
    add_evidence,
    add_files,
    check_evidence,
)
from service.domain.submissions.actions.found_by import add_words
from service.domain.submissions.events import RevisionAdded, RevisionConfirmed, RevisionExpired
from service.domain.submissions.inputs import MOST_EVIDENCE, AdditionInput, StoredFile
from service.domain.submissions.queries import is_handled_by
from service.domain.submissions.tables import (
    Evidence,
    LinkPurpose,
    MailedLink,
    Revision,
    RevisionState,
    Source,
    Submission,
    SubmissionFile,
)


class RevisionSettled(StateConflict):
    code = "revision_settled"
    message = "This revision does not wait for a confirmation: it is {state}."


class ReasonMissing(Invalid):
    code = "reason_missing"
    message = "Say why you take this revision as the person's own."


class TooMuchEvidence(Invalid):
    code = "too_much_evidence"
    message = "With what was sent before, these are more than {most} pieces of evidence."


class SubmissionEnded(StateConflict):
    code = "submission_ended"
    message = "This submission has ended, so nothing can be added."


def confirm_revision(
    session: Session, actor: Actor, submission: Submission, revision: Revision, *, reason: str = ""
) -> Revision:
    """Make a waiting revision the newest one.

    The candidate does it from the mailed link, staff by hand with a reason. All other links that
    could confirm it end. Raises Forbidden, ReasonMissing, RevisionSettled.
    """
    if actor.is_staff:
        require(is_handled_by(session, actor, submission))
        if not reason.strip():
            raise ReasonMissing(faults=[Fault("/reason", "Write a reason.")])
    elif actor.id != submission.candidate_id and not actor.is_system:
        raise Forbidden
    _refuse_settled(submission, revision)
    revision.number = _next_number(session, submission)
    revision.state, revision.settled_at = RevisionState.CONFIRMED, utc_now()
    revision.confirm_reason = reason
    submission.revision = revision.number
    submission.waiting = max(0, submission.waiting - 1)
    session.flush()
    _end_links(session, revision.id)
    event = RevisionConfirmed(**_ids(submission, revision), number=revision.number)
    outbox.record(session, actor, submission.id, event, detail={"reason": reason} if reason else {})
    return revision


def expire_revision(
    session: Session, actor: Actor, submission: Submission, revision: Revision
) -> None:
    """Nobody confirmed it in time. It stays, for the record, and is never shown as the newest."""
    require(actor.is_system)
    _refuse_settled(submission, revision)
    revision.state, revision.settled_at = RevisionState.EXPIRED, utc_now()
    submission.waiting = max(0, submission.waiting - 1)
    session.flush()
    _end_links(session, revision.id)
    outbox.record(session, actor, submission.id, RevisionExpired(**_ids(submission, revision)))


def add_to_submission(
    session: Session,
    actor: Actor,
    submission: Submission,
    addition: AdditionInput,
    files: Sequence[StoredFile] = (),
) -> Revision:
    """From the status page: a new revision of all that was there and what is added now.

    It needs no confirmation. New evidence gets the next numbers, a new statement follows the old
    one. Raises Forbidden, SubmissionEnded, TooMuchEvidence, ContentInvalid, FileGone.
    """
    require(actor.id == submission.candidate_id or actor.is_system)
    if submission.decision:
        raise SubmissionEnded
    newest = _newest(session, submission)
    if len(newest.evidence) + len(addition.evidence) > MOST_EVIDENCE:
        raise TooMuchEvidence(most=MOST_EVIDENCE)
    first = max((piece.number for piece in newest.evidence), default=0) + 1
    placed = check_evidence(addition.evidence, files, first_number=first)
    revision = _copy(newest, _next_number(session, submission), addition.statement)
    evidence = _copy_evidence(session, newest, revision.id)
    evidence += add_evidence(session, revision.id, addition.evidence, first_number=first)
    old = [_as_placed(file) for file in newest.files]
    rows = add_files(session, revision.id, [*old, *placed])
    session.add(revision)
    submission.revision = revision.number or 1
    session.flush()
    add_words(session, revision, evidence, rows)
    event = RevisionAdded(**_ids(submission, revision), number=submission.revision)
    outbox.record(session, actor, submission.id, event)
    return revision


def _newest(session: Session, submission: Submission) -> Revision:
    query = select(Revision).where(
        Revision.submission_id == submission.id, Revision.number == submission.revision
    )
    return session.exec(query.options(*load_lists(Revision.evidence, Revision.files))).one()


def _copy(newest: Revision, number: int, added: str) -> Revision:
    same = newest.model_dump(
        include={"submission_id", "name", "email", "location", "links", "answers"}
    )
    statement = "\n\n".join(text for text in (newest.statement, added) if text)
    if len(statement) > 20_000:  # noqa: PLR2004  # as long as the column is
        raise Invalid(faults=[Fault("/statement", "All statements together are too long.")])
    return Revision(
        **same,
        number=number,
        state=RevisionState.CONFIRMED,
        settled_at=utc_now(),
        source=Source.STATUS_PAGE,
        statement=statement,
    )


def _copy_evidence(session: Session, newest: Revision, revision_id: UUID) -> list[Evidence]:
    rows = [
        Evidence(
            **piece.model_dump(exclude={"id", "created_at", "revision_id"}),
            revision_id=revision_id,
        )
        for piece in newest.evidence
    ]
    session.add_all(rows)
    return rows


def _as_placed(file: SubmissionFile) -> tuple[Place, StoredFile]:
    place = Place(file.name, "", file.evidence_number, file.question_key)
    return place, StoredFile(file.name, file.media_type, file.size, file.sha256)


def _next_number(session: Session, submission: Submission) -> int:
    query = select(func.max(Revision.number)).where(Revision.submission_id == submission.id)
    return (session.exec(query).one() or 0) + 1


def _refuse_settled(submission: Submission, revision: Revision) -> None:
    if revision.submission_id != submission.id or revision.state != RevisionState.UNCONFIRMED:
        raise RevisionSettled(state=revision.state.value)


def _end_links(session: Session, revision_id: UUID) -> None:
    end = (
        update(MailedLink)
        .where(
            col(MailedLink.revision_id) == revision_id,
            col(MailedLink.purpose) == LinkPurpose.CONFIRM,
            col(MailedLink.ended_at).is_(None),
        )
        .values(ended_at=utc_now())
    )
    session.connection().execute(end)


def _ids(submission: Submission, revision: Revision) -> dict[str, UUID]:
    return {
        "submission_id": submission.id,
        "job_id": submission.job_id,
        "revision_id": revision.id,
    }
