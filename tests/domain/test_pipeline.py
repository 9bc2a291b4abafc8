"""Candidates withdraw, and a decision freezes what was thought at that moment."""

import pytest
from sqlmodel import Session, select

from service.core.clock import utc_now
from service.core.db import Database
from service.core.errors import Forbidden
from service.core.outbox import ActorKind, EventRow
from service.domain.accounts.actor import STRANGER, Actor
from service.domain.accounts.tables import Role, User
from service.domain.jobs.tables import Job
from service.domain.pipeline.actions import (
    AlreadyDecided,
    ReasonNeeded,
    move_submission,
    withdraw_submission,
)
from service.domain.pipeline.inputs import MoveInput
from service.domain.pipeline.queries import find_decision
from service.domain.pipeline.tables import DecisionRecord
from service.domain.reviews.tables import Rating, Recommendation, Scorecard, ScorecardState
from service.domain.submissions.tables import Submission
from tests.worlds import World


def recruiter_of(session: Session, world: World) -> Actor:
    return Actor.of(session.get_one(User, world.recruiter.id))


def lock(session: Session, world: World, level: int) -> None:
    """What a locked scorecard leaves in the tables."""
    card = Scorecard(
        submission_id=world.submission.id,
        reviewer_id=world.reviewer.id,
        revision_id=world.submission.revision_id,
        rubric_id=world.rubric_id,
        state=ScorecardState.LOCKED,
        recommendation=Recommendation.YES,
        composite=float(level),
        locked_at=utc_now(),
    )
    session.add(card)
    session.flush()
    session.add(Rating(scorecard_id=card.id, criterion_id=world.criteria["depth"], level=level))
    session.flush()


def test_a_candidate_withdraws_and_nobody_else_does_it_this_way(
    database: Database, world: World
) -> None:
    candidate = Actor(ActorKind.CANDIDATE, world.submission.candidate_id)
    other = Actor(ActorKind.CANDIDATE, world.submission2.candidate_id)
    with database.write() as session:
        submission = session.get_one(Submission, world.submission.id)
        for actor in (other, STRANGER, recruiter_of(session, world)):
            with pytest.raises(Forbidden):
                withdraw_submission(session, actor, submission)

        withdraw_submission(session, candidate, submission, "I found a place.")
        with pytest.raises(AlreadyDecided):
            withdraw_submission(session, candidate, submission)

    with database.read() as session:
        record = session.exec(select(DecisionRecord)).one()
        assert (record.decision, record.decided_by) == ("withdrawn", None)
        event = session.exec(select(EventRow)).one()
        assert (event.name, event.actor_kind) == ("submission.withdrawn", ActorKind.CANDIDATE)
        assert "found" not in str(event.payload)


def test_a_candidate_moves_nothing(database: Database, world: World) -> None:
    candidate = Actor(
        ActorKind.CANDIDATE, world.submission.candidate_id, roles=frozenset({Role.REVIEWER})
    )
    with database.write() as session:
        submission = session.get_one(Submission, world.submission.id)
        with pytest.raises(Forbidden):
            move_submission(session, candidate, submission, MoveInput(to="screen"))


def test_a_decision_keeps_the_scores_of_its_moment(database: Database, world: World) -> None:
    with database.write() as session:
        lock(session, world, level=3)
        recruiter = recruiter_of(session, world)
        submission = session.get_one(Submission, world.submission.id)
        move_submission(session, recruiter, submission, MoveInput(to="hired"))
    with database.write() as session:
        session.exec(select(Rating)).one().level = 1

    with database.read() as session:
        kept = find_decision(session, session.get_one(Submission, world.submission.id))
        assert kept is not None
        assert "'levels': {'depth': 3}" in str(kept.snapshot)


def test_a_job_without_a_list_takes_any_reason_but_none(database: Database, world: World) -> None:
    with database.write() as session:
        session.get_one(Job, world.job_id).rejection_reasons = []
        session.flush()
        recruiter = recruiter_of(session, world)
        submission = session.get_one(Submission, world.submission.id)
        with pytest.raises(ReasonNeeded):
            move_submission(session, recruiter, submission, MoveInput(to="rejected"))
        ended = move_submission(
            session, recruiter, submission, MoveInput(to="rejected", reason="Not enough depth.")
        )

        assert ended.reason == "Not enough depth."
