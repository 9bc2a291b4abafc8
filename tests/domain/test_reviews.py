"""The seal as a table of who sees what when, and the figures behind it."""

from collections.abc import Sequence
from dataclasses import astuple
from math import sqrt
from uuid import UUID

import pytest
from sqlmodel import Session, col, select

from service.core.outbox import ActorKind
from service.domain.accounts.actor import SYSTEM, Actor
from service.domain.accounts.tables import Role
from service.domain.jobs.tables import Job, SealRule
from service.domain.reviews import policy, queries
from service.domain.reviews.tables import (
    Assignment,
    AssignmentState,
    Confidence,
    Rating,
    Recommendation,
    Scorecard,
    ScorecardState,
    Unsealing,
)
from service.domain.submissions.tables import Submission
from tests.worlds import Person, World

OPEN, DONE = AssignmentState.OPEN, AssignmentState.DONE
DECLINED, ABSTAINED = AssignmentState.DECLINED, AssignmentState.ABSTAINED
REASSIGNED = AssignmentState.REASSIGNED
OWN, ALL = SealRule.OWN_LOCK, SealRule.ALL_LOCKED


def actor_of(person: Person, *roles: Role) -> Actor:
    return Actor(ActorKind.USER, person.id, roles=frozenset(roles))


def add_assignment(session: Session, world: World, person: Person, state: AssignmentState) -> None:
    session.add(Assignment(submission_id=world.submission.id, reviewer_id=person.id, state=state))


def add_scorecard(
    session: Session,
    world: World,
    reviewer_id: UUID,
    levels: Sequence[int | None] = (3, None),
    *,
    recommendation: Recommendation = Recommendation.YES,
    state: ScorecardState = ScorecardState.LOCKED,
) -> None:
    shown = [(weight, level) for weight, level in zip((2, 1), levels, strict=True) if level]
    card = Scorecard(
        submission_id=world.submission.id,
        reviewer_id=reviewer_id,
        revision_id=world.submission.revision_id,
        rubric_id=world.rubric_id,
        state=state,
        recommendation=recommendation,
        confidence=Confidence.HIGH,
        forecast=70,
        composite=sum(w * n for w, n in shown) / sum(w for w, _ in shown) if shown else None,
    )
    session.add(card)
    session.flush()
    for criterion_id, level in zip(world.criteria.values(), levels, strict=True):
        session.add(Rating(scorecard_id=card.id, criterion_id=criterion_id, level=level))
    session.flush()


@pytest.mark.parametrize(
    ("rule", "mine", "others", "looked", "sees"),
    [
        # Nobody was asked, or nobody has judged: there is nothing to open.
        (OWN, None, [], False, False),
        (OWN, None, [OPEN], False, False),
        (OWN, None, [REASSIGNED], False, False),
        # Without an own assignment: when all who were asked have locked.
        (OWN, None, [DONE], False, True),
        (ALL, None, [DONE, REASSIGNED], False, True),
        (OWN, None, [DONE, OPEN], False, False),
        (OWN, None, [DONE, DECLINED], False, False),
        (OWN, None, [DONE, ABSTAINED], False, False),
        (OWN, REASSIGNED, [DONE], False, True),
        (OWN, REASSIGNED, [DONE, OPEN], False, False),
        # With an own one: never before it is locked, and then as the job's rule says.
        (OWN, OPEN, [DONE], False, False),
        (OWN, DECLINED, [DONE], False, False),
        (ALL, ABSTAINED, [DONE], False, False),
        (OWN, DONE, [], False, True),
        (OWN, DONE, [OPEN, DECLINED], False, True),
        (ALL, DONE, [OPEN], False, False),
        (ALL, DONE, [DECLINED], False, False),
        (ALL, DONE, [DONE, REASSIGNED], False, True),
        # An early look opens, but never to one who has yet to judge.
        (OWN, None, [OPEN], True, True),
        (ALL, DONE, [OPEN], True, True),
        (ALL, REASSIGNED, [OPEN], True, True),
        (OWN, OPEN, [DONE], True, False),
        (OWN, DECLINED, [DONE], True, False),
        (OWN, ABSTAINED, [DONE], True, False),
    ],
)
@pytest.mark.parametrize("role", [Role.REVIEWER, Role.RECRUITER, Role.ADMIN])
def test_scores_open_as_the_rule_says(
    world: World,
    role: Role,
    rule: SealRule,
    mine: AssignmentState | None,
    others: list[AssignmentState],
    looked: bool,
    sees: bool,
) -> None:
    me, people = world.reviewer, [world.reviewer2, world.outsider]
    with world.database.write() as session:
        session.get_one(Job, world.job_id).seal_rule = rule
        session.get_one(Job, world.job_id).reviews_wanted = 1
        if mine:
            add_assignment(session, world, me, mine)
        for person, state in zip(people, others, strict=False):
            add_assignment(session, world, person, state)
        if looked:
            session.add(
                Unsealing(submission_id=world.submission.id, user_id=me.id, reason="Because.")
            )
        add_scorecard(session, world, world.reviewer2.id)
        add_scorecard(session, world, world.outsider.id, state=ScorecardState.DRAFT)
        add_scorecard(session, world, me.id, state=ScorecardState.DRAFT)

    actor = actor_of(me, role)
    with world.database.read() as session:
        submission = session.get_one(Submission, world.submission.id)
        shown = session.exec(select(Scorecard.reviewer_id).where(policy.visible_scorecards(actor)))
        composites = session.exec(
            select(Submission.id, queries.visible_composite(actor)).order_by(col(Submission.id))
        ).all()
        summary = queries.summarise(session, actor, submission)

    assert set(shown) == ({me.id, world.reviewer2.id} if sees else {me.id})
    assert composites == [
        (world.submission.id, 3.0 if sees else None),
        (world.submission2.id, None),
    ]
    assert summary.sealed is not sees
    assert summary == queries.Summary() or sees


def test_only_staff_see_scores_and_the_service_sees_all(world: World) -> None:
    candidate = Actor(ActorKind.CANDIDATE, world.submission.candidate_id)
    with world.database.write() as session:
        add_assignment(session, world, world.reviewer, OPEN)
        add_scorecard(session, world, world.reviewer.id)
        add_scorecard(session, world, world.reviewer2.id, state=ScorecardState.DRAFT)

    with world.database.read() as session:
        seen = {
            who: session.exec(select(Scorecard.reviewer_id).where(policy.visible_scorecards(who)))
            .all()
            for who in (candidate, SYSTEM)
        }  # fmt: skip

    assert seen == {candidate: [], SYSTEM: [world.reviewer.id]}


def test_the_summary_counts_what_was_shown_and_how_far_apart_it_is(world: World) -> None:
    with world.database.write() as session:
        add_scorecard(session, world, world.reviewer.id, (4, None))
        add_scorecard(session, world, world.reviewer2.id, (1, 2), recommendation=Recommendation.NO)

    with world.database.read() as session:
        submission = session.get_one(Submission, world.submission.id)
        summary = queries.summarise(session, SYSTEM, submission)
        frozen = queries.score_snapshot(session, submission)

    assert summary.n == 2
    assert summary.recommendations == {"strong_no": 0, "no": 1, "yes": 1, "strong_yes": 0}
    assert (summary.share_yes, summary.forecast_mean) == (0.5, 70.0)
    assert summary.composite_mean == pytest.approx((4 + 4 / 3) / 2)
    assert summary.criteria is not None
    assert [(one.rubric, one.criterion.key, one.not_shown) for one in summary.criteria] == [
        (1, "humility", 0),
        (1, "depth", 1),
    ]
    assert [astuple(one.figures) for one in summary.criteria] == [
        (2, 2.5, 2.5, 1, 4, sqrt(4.5)),
        (1, 2.0, 2.0, 2, 2, None),
    ]
    assert frozen["scorecards"] == [
        {
            "reviewer_id": str(reviewer_id),
            "revision": 1,
            "rubric": 1,
            "recommendation": recommendation,
            "confidence": "high",
            "forecast": 70,
            "composite": pytest.approx(composite),
            "levels": levels,
        }
        for reviewer_id, recommendation, composite, levels in (
            (world.reviewer.id, "yes", 4.0, {"humility": 4, "depth": None}),
            (world.reviewer2.id, "no", 4 / 3, {"humility": 1, "depth": 2}),
        )
    ]


@pytest.mark.parametrize(
    ("wanted", "roles", "sees"),
    [
        (2, {Role.RECRUITER}, True),
        (2, {Role.RECRUITER, Role.REVIEWER}, False),
        (2, {Role.ADMIN, Role.REVIEWER}, False),
        (1, {Role.RECRUITER, Role.REVIEWER}, True),
    ],
)
def test_who_could_still_take_a_seat_does_not_see_what_was_judged_before(
    world: World, wanted: int, roles: set[Role], sees: bool
) -> None:
    with world.database.write() as session:
        session.get_one(Job, world.job_id).reviews_wanted = wanted
        add_assignment(session, world, world.reviewer2, DONE)
    actor = Actor(ActorKind.USER, world.recruiter.id, roles=frozenset(roles))
    with world.database.read() as session:
        submission = session.get_one(Submission, world.submission.id)
        assert queries.are_scores_open(session, actor, submission) is sees
