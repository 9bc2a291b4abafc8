"""A job's stages put into another order, as far as the submissions in them allow."""

from collections.abc import Sequence

from sqlmodel import Session, col, select

from service.domain.accounts.actor import Actor
from service.domain.jobs.actions import set_stages
from service.domain.jobs.inputs import StageInput
from service.domain.jobs.tables import Job, Stage
from service.domain.submissions.tables import Submission


def arrange_stages(session: Session, actor: Actor, job: Job, stages: Sequence[StageInput]) -> None:
    """Put the stages into this order; those left out are archived. Raises Forbidden, StageInUse."""
    mine = select(Stage.id).where(Stage.job_id == job.id)
    # Held until the end, so that nobody moves into a stage while it is archived (PostgreSQL).
    session.exec(mine.order_by(col(Stage.id)).with_for_update()).all()
    occupied = select(Submission.stage_id).where(Submission.job_id == job.id).distinct()
    set_stages(session, actor, job, stages, occupied=set(session.exec(occupied)))
