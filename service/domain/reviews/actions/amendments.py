"""What a reviewer says after the lock: with a reason, beside what was locked, never instead."""

from collections.abc import Mapping
from uuid import UUID

from sqlmodel import Session

from service.core import outbox
from service.core.clock import utc_now
from service.core.errors import StateConflict
from service.core.versions import Expected
from service.domain.accounts.actor import Actor
from service.domain.jobs.tables import Criterion, Rubric
from service.domain.reviews.actions.ratings import (
    check_ratings,
    composite,
    find_missing,
    judged_revision,
)
from service.domain.reviews.actions.scorecards import ScorecardIncomplete
from service.domain.reviews.events import ScorecardAmended
from service.domain.reviews.inputs import AmendmentInput, RatingInput
from service.domain.reviews.queries import (
    NotAssigned,
    OwnReview,
    find_own_scorecard,
    get_own_review,
)
from service.domain.reviews.queries.assignments import hold_submission
from service.domain.reviews.queries.scorecards import get_rubric, last_judged
from service.domain.reviews.tables import Amendment, Scorecard, ScorecardState
from service.domain.submissions.tables import Revision, Submission

MOST_AMENDMENTS = 20


class ScorecardNotLocked(StateConflict):
    code = "scorecard_not_locked"
    message = "This scorecard is a draft. Change it, and lock it once it is done."


class AmendedTooOften(StateConflict):
    code = "amended_too_often"
    message = "A scorecard is amended {most} times at most."


def amend_scorecard(
    session: Session,
    actor: Actor,
    submission: Submission,
    wanted: AmendmentInput,
    expected: Expected,
) -> OwnReview:
    """Say something else than one locked. It opens nothing, and figures go on by the first lock.

    Raises NotAssigned, ScorecardNotLocked, Stale, AmendedTooOften, ScorecardInvalid,
    ScorecardIncomplete.
    """
    hold_submission(session, submission)
    card = find_own_scorecard(session, actor, submission)
    if not card:
        raise NotAssigned
    if card.state != ScorecardState.LOCKED:
        raise ScorecardNotLocked
    expected.check(card.version)
    if len(card.amendments) >= MOST_AMENDMENTS:
        raise AmendedTooOften(most=MOST_AMENDMENTS)
    amendment = _amendment(session, submission, card, wanted)
    session.add(amendment)
    card.updated_at = utc_now()  # its version is raised, so that two tabs are told of each other
    session.flush()
    amended = ScorecardAmended(
        submission_id=submission.id,
        job_id=submission.job_id,
        scorecard_id=card.id,
        reviewer_id=card.reviewer_id,
        amendment_id=amendment.id,
    )
    outbox.record(session, actor, submission.id, amended)
    return get_own_review(session, actor, submission)


def _amendment(
    session: Session, submission: Submission, card: Scorecard, wanted: AmendmentInput
) -> Amendment:
    rubric = get_rubric(session, card)
    number = last_judged(card).number if wanted.revision is None else wanted.revision
    revision = judged_revision(session, submission, number)
    ratings = check_ratings(rubric, revision, wanted.ratings)
    if missing := find_missing(wanted, ratings, rubric):
        raise ScorecardIncomplete(faults=missing)
    return _filled(card, wanted, rubric, revision, ratings)


def _filled(
    card: Scorecard,
    wanted: AmendmentInput,
    rubric: Rubric,
    revision: Revision,
    ratings: Mapping[UUID, RatingInput],
) -> Amendment:
    said = wanted.model_dump(exclude={"revision", "ratings"})
    return Amendment(
        scorecard_id=card.id,
        number=len(card.amendments) + 1,
        revision_id=revision.id,
        composite=composite(ratings, rubric.criteria),
        ratings=[_rating(criterion, ratings[criterion.id]) for criterion in rubric.criteria],
        **said,
    )


def _rating(criterion: Criterion, rating: RatingInput) -> dict[str, object]:
    said = rating.model_dump(include={"level", "quote", "place", "comment"})
    return {"criterion": criterion.key, "cites": [*map(str, rating.cites)], **said}
