"""What can be asked about moves and decisions."""

from dataclasses import dataclass

from sqlmodel import Session, col, func, select

from service.domain.accounts.actor import Actor, require
from service.domain.accounts.tables import Role
from service.domain.jobs.tables import Job
from service.domain.pipeline.tables import DecisionRecord
from service.domain.reviews.policy import sees_scores
from service.domain.submissions.policy import runs, visible_submissions
from service.domain.submissions.tables import Decision, Submission


@dataclass(frozen=True)
class Rejections:
    """How many stand whose scores are open to who asks, and how many are against a champion."""

    rejected: int
    against_champion: int


def count_rejections(session: Session, actor: Actor, job: Job) -> Rejections:
    """Of one job. Sealed ones are in neither figure, or the figures would tell of them."""
    require(actor.has(Role.RECRUITER, Role.ADMIN))
    query = (
        select(DecisionRecord.against_champion, func.count())
        .join(Submission, col(Submission.id) == DecisionRecord.submission_id)
        .where(
            Submission.job_id == job.id,
            DecisionRecord.decision == Decision.REJECTED,
            col(DecisionRecord.taken_back_at).is_(None),
            *(visible_submissions(actor), runs(actor), sees_scores(actor)),
        )
        .group_by(col(DecisionRecord.against_champion))
    )
    found = dict(session.exec(query).all())
    return Rejections(rejected=sum(found.values()), against_champion=found.get(True, 0))


def find_decision(session: Session, submission: Submission) -> DecisionRecord | None:
    """The decision that stands."""
    query = select(DecisionRecord).where(
        DecisionRecord.submission_id == submission.id, col(DecisionRecord.taken_back_at).is_(None)
    )
    return session.exec(query.order_by(col(DecisionRecord.id).desc())).first()
