"""Who champions a submission: says strong yes, and cites what a level at the top rests on.

What a reviewer says now counts, amendments and all: who no longer says so is no champion any more.
"""

from collections import defaultdict
from collections.abc import Collection, Sequence
from uuid import UUID

from sqlmodel import Session, col, select

from service.core.db import load
from service.domain.accounts.actor import Actor
from service.domain.reviews import policy
from service.domain.reviews.queries.scorecards import fetch_locked
from service.domain.reviews.tables import (
    Discussion,
    Recommendation,
    Scorecard,
    ScorecardState,
)
from service.domain.submissions.tables import Submission


def is_champion(card: Scorecard) -> bool:
    """Of a locked scorecard with its ratings and amendments."""
    said = card.amendments[-1] if card.amendments else card
    if said.recommendation != Recommendation.STRONG_YES:
        return False
    tops = {rating.criterion.key: len(rating.criterion.anchors) for rating in card.ratings}
    if card.amendments:
        rated = [(one.criterion, one.level, one.cites) for one in card.amendments[-1].rated]
    else:
        rated = [(one.criterion.key, one.level, one.cites) for one in card.ratings]
    return any(
        level is not None and level == tops.get(key) and cites for key, level, cites in rated
    )


def find_championed(
    session: Session, submissions: Collection[Submission]
) -> dict[UUID, list[Scorecard]]:
    """By submission, the scorecards of its champions, sealed or not: to act by, never to show."""
    found: defaultdict[UUID, list[Scorecard]] = defaultdict(list)
    for card in fetch_locked(session, [one.id for one in submissions]):
        if is_champion(card):
            found[card.submission_id].append(card)
    return dict(found)


def find_sealed(session: Session, actor: Actor, submissions: Collection[Submission]) -> set[UUID]:
    """Which of these have a locked scorecard that is sealed for the actor."""
    locked = select(Scorecard.id).where(
        Scorecard.submission_id == Submission.id, Scorecard.state == ScorecardState.LOCKED
    )
    query = select(Submission.id).where(
        col(Submission.id).in_([one.id for one in submissions]),
        locked.correlate(Submission).exists(),
        ~policy.sees_scores(actor),
    )
    return set(session.exec(query).all())


def list_discussions(
    session: Session, cards: Sequence[Scorecard]
) -> defaultdict[UUID, list[Discussion]]:
    """By scorecard, what was talked over with its reviewer, first to last."""
    query = select(Discussion).where(col(Discussion.scorecard_id).in_([card.id for card in cards]))
    found: defaultdict[UUID, list[Discussion]] = defaultdict(list)
    for one in session.exec(query.order_by(col(Discussion.id)).options(*load(Discussion.by))):
        found[one.scorecard_id].append(one)
    return found
