"""A job's own rules, changed as far as the judgements that are there allow."""

from sqlmodel import Session

from service.core.errors import Fault, StateConflict
from service.domain.accounts.actor import Actor, require
from service.domain.jobs import policy as jobs_policy
from service.domain.jobs.actions import change_job
from service.domain.jobs.inputs import JobChange
from service.domain.jobs.queries import is_on_team
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
    on_team = is_on_team(session, actor, job.id)
    require(jobs_policy.may_change_job(actor, on_team=on_team))
    if _loosens(job, change) and is_judged(session, job):
        raise SealFixed(faults=[Fault("/seal_rule", SealFixed.message)])
    return change_job(session, actor, job, change)


def _loosens(job: Job, change: JobChange) -> bool:
    asked = "seal_rule" in change.model_fields_set
    return asked and job.seal_rule == SealRule.ALL_LOCKED and change.seal_rule != job.seal_rule
