"""What can happen to a job."""

from typing import ClassVar
from uuid import UUID

from service.core.outbox import Event


class JobCreated(Event):
    name: ClassVar[str] = "job.created"

    job_id: UUID


class JobChanged(Event):
    """`public` says whether it changed what strangers see of an open job."""

    name: ClassVar[str] = "job.changed"

    job_id: UUID
    public: bool


class JobOpened(Event):
    name: ClassVar[str] = "job.opened"

    job_id: UUID


class JobClosed(Event):
    name: ClassVar[str] = "job.closed"

    job_id: UUID


class JobStagesSet(Event):
    name: ClassVar[str] = "job.stages_set"

    job_id: UUID


class JobQuestionsSet(Event):
    name: ClassVar[str] = "job.questions_set"

    job_id: UUID


class JobRubricSet(Event):
    """A new version of the rubric; those before it stay."""

    name: ClassVar[str] = "job.rubric_set"

    job_id: UUID
    rubric_id: UUID


class JobTeamSet(Event):
    name: ClassVar[str] = "job.team_set"

    job_id: UUID
