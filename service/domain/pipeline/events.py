"""What happens to a submission on its way."""

from typing import ClassVar
from uuid import UUID

from service.core.outbox import Event
from service.domain.submissions.tables import Decision


class SubmissionMoved(Event):
    name: ClassVar[str] = "submission.moved"

    submission_id: UUID
    job_id: UUID
    move_id: UUID
    from_stage_id: UUID
    to_stage_id: UUID


class SubmissionDecided(Event):
    """Hired or rejected."""

    name: ClassVar[str] = "submission.decided"

    submission_id: UUID
    job_id: UUID
    decision_id: UUID
    decision: Decision


class SubmissionWithdrawn(Event):
    """By the candidate, or by staff on the candidate's request."""

    name: ClassVar[str] = "submission.withdrawn"

    submission_id: UUID
    job_id: UUID
    decision_id: UUID


class SubmissionReopened(Event):
    name: ClassVar[str] = "submission.reopened"

    submission_id: UUID
    job_id: UUID
    decision_id: UUID


class WithdrawalRequested(Event):
    """From the status page: the worker mails a fresh link to do it by."""

    name: ClassVar[str] = "withdrawal.requested"

    submission_id: UUID
    job_id: UUID
