"""Submissions go from stage to stage, and end."""

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlmodel import Session

from service.core import outbox
from service.core.clock import utc_now
from service.core.errors import Fault, Invalid, StateConflict
from service.domain.accounts.actor import Actor, require
from service.domain.jobs.queries import find_stage
from service.domain.jobs.tables import Job, Stage
from service.domain.pipeline import policy
from service.domain.pipeline.events import (
    SubmissionDecided,
    SubmissionMoved,
    SubmissionReopened,
    SubmissionWithdrawn,
    WithdrawalRequested,
)
from service.domain.pipeline.gates import check_rejection
from service.domain.pipeline.inputs import MoveInput
from service.domain.pipeline.queries import find_decision
from service.domain.pipeline.tables import DecisionRecord, Move
from service.domain.reviews.queries import score_snapshots
from service.domain.submissions.queries import is_handled_by
from service.domain.submissions.tables import Decision, Submission

DECISIONS = frozenset(Decision)
AGAINST_CHAMPION = "Write why, since this is against a champion. It is counted."


class AlreadyThere(StateConflict):
    code = "already_there"
    message = "The submission is in this stage already."


class AlreadyDecided(StateConflict):
    code = "already_decided"
    message = "The submission has ended ({decision}). Reopen it first."


class NotDecided(StateConflict):
    code = "not_decided"
    message = "The submission has not ended, so there is nothing to take back."


class StageElsewhere(Invalid):
    code = "stage_elsewhere"
    message = "The submission's job has no such stage in use."


class ReasonNeeded(Invalid):
    code = "reason_needed"
    message = "Give a reason."


def move_submission(
    session: Session, actor: Actor, submission: Submission, wanted: MoveInput
) -> Move | DecisionRecord:
    """Put a submission into another stage of its job, or end it.

    Raises AlreadyDecided, AlreadyThere, StageElsewhere, ReasonNeeded, ScoresSealed,
    ChampionUnheard.
    """
    if wanted.to in DECISIONS:
        [record] = end_submissions(session, actor, [submission], wanted)
        session.flush()
        return record
    require(is_handled_by(session, actor, submission))
    _refuse_decided(submission)
    return _move(session, actor, submission, wanted)


def end_submissions(
    session: Session, actor: Actor, submissions: Sequence[Submission], wanted: MoveInput
) -> Sequence[DecisionRecord]:
    """End all of these by one decision, at the next flush.

    Raises AlreadyDecided, ReasonNeeded, ScoresSealed, ChampionUnheard.
    """
    require(is_handled_by(session, actor, *submissions))
    for one in submissions:
        _refuse_decided(one)
    decision = Decision(wanted.to)
    against: Collection[UUID] = ()
    if decision is Decision.REJECTED:
        against = check_rejection(session, actor, submissions)
    if against and not wanted.note:
        raise ReasonNeeded(faults=[Fault("/note", AGAINST_CHAMPION)])
    records = _records(session, actor, submissions, decision)
    for one, record in zip(submissions, records, strict=True):
        record.reason = _checked_reason(session, one, decision, wanted.reason or "")
        record.note = wanted.note or ""
        record.against_champion = one.id in against
        _decide(session, actor, one, record)
    return records


def request_withdrawal(session: Session, actor: Actor, submission: Submission) -> None:
    """Ask for a fresh link to withdraw by; the worker mails it. Raises AlreadyDecided."""
    require(policy.may_withdraw(actor, submission))
    _refuse_decided(submission)
    asked = WithdrawalRequested(submission_id=submission.id, job_id=submission.job_id)
    outbox.record(session, actor, submission.id, asked)


def withdraw_submission(
    session: Session, actor: Actor, submission: Submission, reason: str = ""
) -> DecisionRecord:
    """End a submission by the candidate's own wish. Raises AlreadyDecided."""
    require(policy.may_withdraw(actor, submission))
    _refuse_decided(submission)
    [record] = _records(session, actor, [submission], Decision.WITHDRAWN)
    record.reason = reason
    _decide(session, actor, submission, record)
    session.flush()
    return record


def reopen_submission(
    session: Session, actor: Actor, submission: Submission, reason: str
) -> DecisionRecord:
    """Take a decision back; the submission goes on in the stage it was in. Raises NotDecided."""
    require(is_handled_by(session, actor, submission))
    record = find_decision(session, submission)
    if submission.decision is None or record is None:
        raise NotDecided
    before = submission.decision
    record.taken_back_at, record.taken_back_by = utc_now(), actor.id
    record.taken_back_reason = reason
    submission.decision = submission.decided_at = None
    session.flush()
    reopened = SubmissionReopened(
        submission_id=submission.id, job_id=submission.job_id, decision_id=record.id
    )
    detail = {"before": {"decision": before}, "after": {"decision": None}, "reason": reason}
    outbox.record(session, actor, submission.id, reopened, detail=detail)
    return record


def _move(session: Session, actor: Actor, submission: Submission, wanted: MoveInput) -> Move:
    before, to = _stages(session, submission, wanted.to)
    move = Move(
        submission_id=submission.id,
        from_stage_id=before.id,
        to_stage_id=to.id,
        moved_by=actor.id,
        reason=wanted.reason or "",
        note=wanted.note or "",
    )
    session.add(move)
    submission.stage = to
    session.flush()
    moved = SubmissionMoved(
        submission_id=submission.id,
        job_id=submission.job_id,
        move_id=move.id,
        from_stage_id=before.id,
        to_stage_id=to.id,
    )
    detail: dict[str, object] = {
        "before": {"stage": before.key},
        "after": {"stage": to.key},
        "reason": move.reason,
        "note": move.note,
    }
    outbox.record(session, actor, submission.id, moved, detail=detail)
    return move


def _refuse_decided(submission: Submission) -> None:
    if submission.decision:
        raise AlreadyDecided(decision=submission.decision)


def _stages(session: Session, submission: Submission, key: str) -> tuple[Stage, Stage]:
    """Where a submission is, and where it shall go."""
    # By its id: a row that was waited for may have come with another stage than the one joined.
    before = session.get_one(Stage, submission.stage_id)
    to = find_stage(session, submission.job_id, key)
    if to is None or to.archived_at:
        raise StageElsewhere(faults=[Fault("/to", "Take a key of one of the job's stages.")])
    if to.id == before.id:
        raise AlreadyThere
    return before, to


def _checked_reason(
    session: Session, submission: Submission, decision: Decision, reason: str
) -> str:
    """To reject takes a reason of the job's list; to withdraw for somebody, any words."""
    if decision is Decision.HIRED:
        return reason
    listed = session.get_one(Job, submission.job_id).rejection_reasons
    keys = [entry["key"] for entry in listed] if decision is Decision.REJECTED else []
    if keys and reason not in keys:
        raise ReasonNeeded(faults=[Fault("/reason", "Choose one of the job's reasons to reject.")])
    if not reason:
        raise ReasonNeeded(faults=[Fault("/reason", "Write a few words, like how it was asked.")])
    return reason


def _records(
    session: Session, actor: Actor, submissions: Sequence[Submission], decision: Decision
) -> list[DecisionRecord]:
    """Each with its scores as they are now."""
    snapshots = score_snapshots(session, submissions)
    by = actor.id if actor.is_staff else None
    return [
        DecisionRecord(
            submission_id=one.id, decision=decision, decided_by=by, snapshot=snapshots[one.id]
        )
        for one in submissions
    ]


def _decide(session: Session, actor: Actor, submission: Submission, record: DecisionRecord) -> None:
    session.add(record)
    submission.decision, submission.decided_at = record.decision, record.created_at
    ids = {"submission_id": submission.id, "job_id": submission.job_id, "decision_id": record.id}
    event: SubmissionWithdrawn | SubmissionDecided
    if record.decision is Decision.WITHDRAWN:
        event = SubmissionWithdrawn(**ids)
    else:
        event = SubmissionDecided(**ids, decision=record.decision)
    detail: dict[str, object] = {
        "before": {"decision": None},
        "after": {"decision": record.decision},
        "reason": record.reason,
        "note": record.note,
    }
    outbox.record(session, actor, submission.id, event, detail=detail)
