"""A job's own rules, changed as far as the judgements that are there allow."""

from sqlmodel import Session

from service.core.errors import Fault, StateConflict
from service.domain.accounts.actor import Actor
from service.domain.jobs.actions import change_job
from service.domain.jobs.inputs import JobChange
from service.domain.jobs.tables import Job, SealRule
from service.domain.reviews.queries.scorecards import is_judged


class SealFixed(StateConflict):
    code = "seal_fixed"
    message = (
        "Scorecards of this job were locked under its rule, so scores cannot open earlier now."
    )


def change_judged_job(session: Session, actor: Actor, job: Job, change: JobChange) -> Job:
    """Change a job; its seal only to the stricter rule once a scorecard is locked.

    Raises Forbidden, JobIncomplete, SealFixed.
    """
    loosens = _loosens(job, change)
    changed = change_job(session, actor, job, change)
    if loosens and is_judged(session, job):  # looked at last: who may not change is told only that
        raise SealFixed(faults=[Fault("/seal_rule", SealFixed.message)])
    return changed


def _loosens(job: Job, change: JobChange) -> bool:
    asked = "seal_rule" in change.model_fields_set
    return asked and job.seal_rule == SealRule.ALL_LOCKED and change.seal_rule != job.seal_rule
