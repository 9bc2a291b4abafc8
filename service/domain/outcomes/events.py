"""What happens to what is known about hires."""

from typing import ClassVar
from uuid import UUID

from service.core.outbox import Event


class OutcomeRecorded(Event):
    """For the first time, or anew."""

    name: ClassVar[str] = "outcome.recorded"

    submission_id: UUID
    job_id: UUID
    outcome_id: UUID
    decision_id: UUID
