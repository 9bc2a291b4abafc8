"""Scorecards are drafted, locked for good, and seen early by those who may."""

from uuid import UUID

from sqlmodel import Session

from service.core import outbox
from service.core.clock import utc_now
from service.core.errors import Fault, Forbidden, Invalid, Stale, StateConflict
from service.core.versions import Expected
from service.domain.accounts.actor import Actor, require
from service.domain.jobs.queries import find_rubric
from service.domain.jobs.tables import Rubric
from service.domain.reviews import policy
from service.domain.reviews.actions.ratings import (
    check_ratings,
    composite,
    find_missing,
    judged_revision,
)
from service.domain.reviews.events import ScorecardLocked, ScorecardSaved, ScoresUnsealed
from service.domain.reviews.inputs import RatingInput, ScorecardInput
from service.domain.reviews.queries import (
    NotAssigned,
    OwnReview,
    find_own_scorecard,
    get_own_review,
)
from service.domain.reviews.queries.assignments import (
    find_assignment,
    hold_submission,
    share_job,
)
from service.domain.reviews.queries.scorecards import has_looked
from service.domain.reviews.tables import (
    Assignment,
    AssignmentState,
    Rating,
    Scorecard,
    ScorecardState,
    Unsealing,
)
from service.domain.submissions.queries import is_run_by
from service.domain.submissions.tables import Revision, Submission


class NoRubric(StateConflict):
    code = "no_rubric"
    message = "The job has no rubric yet, so there is nothing to judge by."


class RubricUnnamed(Invalid):
    code = "rubric_unnamed"
    message = (
        "The job's rubric was changed since the first. Say as “rubric” which one you chose the "
        "levels from: the newest is {number}."
    )


class RubricChanged(StateConflict):
    code = "rubric_changed"
    message = "The rubric was changed meanwhile. Look at its levels, save again, then lock it."


class ScorecardLockedAlready(StateConflict):
    code = "scorecard_locked"
    message = "This scorecard is locked and stays as it is."


class ScorecardIncomplete(StateConflict):
    code = "scorecard_incomplete"
    message = "Something is missing before this scorecard can be locked. See the errors."


class OwnReviewOpen(Forbidden):
    code = "own_review_open"
    message = "Lock your own scorecard first. Who has yet to judge may not see other scores."


def save_scorecard(
    session: Session,
    actor: Actor,
    submission: Submission,
    wanted: ScorecardInput,
    expected: Expected | None,
) -> OwnReview:
    """Write one's draft, the whole of it; `expected` None says that there is none yet.

    Raises NotAssigned, ScorecardLockedAlready, Stale, NoRubric, RubricUnnamed, RubricChanged,
    ScorecardInvalid.
    """
    hold_submission(session, submission)
    card = find_own_scorecard(session, actor, submission)
    _own_assignment(session, actor, submission, card)
    _check_version(card, expected)
    rubric = find_rubric(session, submission.job_id)
    if not rubric:
        raise NoRubric
    _check_rubric(rubric, wanted)
    revision = judged_revision(session, submission, wanted.revision)
    ratings = check_ratings(rubric, revision, wanted.ratings)
    card = card or _begin(session, actor, submission, revision, rubric)
    _fill(card, wanted, revision, rubric)
    _put_ratings(session, card, ratings)
    session.flush()
    saved = ScorecardSaved(
        submission_id=submission.id,
        job_id=submission.job_id,
        scorecard_id=card.id,
        reviewer_id=card.reviewer_id,
    )
    outbox.record(session, actor, submission.id, saved)
    return get_own_review(session, actor, submission)


def lock_scorecard(
    session: Session, actor: Actor, submission: Submission, expected: Expected
) -> OwnReview:
    """Lock one's scorecard for good; others' open to it, if the job's rule says so.

    Raises NotAssigned, ScorecardLockedAlready, Stale, RubricChanged, ScorecardIncomplete.
    """
    hold_submission(session, submission)
    share_job(session, submission)  # whoever loosens its rule sees this lock, or comes before it
    card = find_own_scorecard(session, actor, submission)
    assignment = _own_assignment(session, actor, submission, card)
    if not card:
        raise ScorecardIncomplete(faults=[Fault("", "Nothing was saved yet.")])
    expected.check(card.version)
    review = get_own_review(session, actor, submission)
    if review.rubric is None or review.rubric_changed:
        raise RubricChanged
    ratings = {rating.criterion_id: rating for rating in card.ratings}
    if missing := find_missing(card, ratings, review.rubric):
        raise ScorecardIncomplete(faults=missing)
    card.state, card.locked_at = ScorecardState.LOCKED, utc_now()
    card.composite = composite(ratings, review.rubric.criteria)
    assignment.state = AssignmentState.DONE
    session.flush()
    outbox.record(session, actor, submission.id, _locked(submission, card, assignment))
    return review


def unseal_scorecards(session: Session, actor: Actor, submission: Submission, reason: str) -> None:
    """Look at sealed scores early; each look leaves its reason in the history.

    Raises OwnReviewOpen.
    """
    require(is_run_by(session, actor, submission))
    hold_submission(session, submission)
    own = find_assignment(session, submission, actor.user_id)
    if own and own.state in policy.UNLOCKED:
        raise OwnReviewOpen
    if not has_looked(session, actor, submission):
        session.add(Unsealing(submission_id=submission.id, user_id=actor.user_id, reason=reason))
    unsealed = ScoresUnsealed(
        submission_id=submission.id, job_id=submission.job_id, user_id=actor.user_id
    )
    outbox.record(session, actor, submission.id, unsealed, detail={"reason": reason})


def _own_assignment(
    session: Session, actor: Actor, submission: Submission, card: Scorecard | None
) -> Assignment:
    """The actor's open one."""
    if card and card.state == ScorecardState.LOCKED:
        raise ScorecardLockedAlready
    assignment = find_assignment(session, submission, actor.user_id)
    if not assignment or not policy.may_review(assignment):
        raise NotAssigned
    return assignment


def _check_version(card: Scorecard | None, expected: Expected | None) -> None:
    if card and expected:
        expected.check(card.version)
    elif card or expected:
        raise Stale


def _check_rubric(rubric: Rubric, wanted: ScorecardInput) -> None:
    """Levels of an older rubric are never read as if they were of the newest."""
    if wanted.rubric is None and rubric.number > 1:
        fault = Fault(
            "/rubric", f"Send the number that your form says; the newest is {rubric.number}."
        )
        raise RubricUnnamed(number=rubric.number, faults=[fault])
    if wanted.rubric not in (None, rubric.number):
        raise RubricChanged


def _begin(
    session: Session, actor: Actor, submission: Submission, revision: Revision, rubric: Rubric
) -> Scorecard:
    card = Scorecard(
        submission_id=submission.id,
        reviewer_id=actor.user_id,
        revision_id=revision.id,
        rubric_id=rubric.id,
        ratings=[],
    )
    session.add(card)
    return card


def _fill(card: Scorecard, wanted: ScorecardInput, revision: Revision, rubric: Rubric) -> None:
    card.revision_id, card.rubric_id = revision.id, rubric.id
    card.recommendation, card.confidence = wanted.recommendation, wanted.confidence
    card.forecast, card.comment = wanted.forecast, wanted.comment
    card.counter_argument = wanted.counter_argument
    card.recruiter_comment = wanted.recruiter_comment
    card.updated_at = utc_now()  # so that the version is raised when only ratings change


def _put_ratings(session: Session, card: Scorecard, wanted: dict[UUID, RatingInput]) -> None:
    """Change what is there, so that a criterion never has two rows, not even for a moment."""
    present = {rating.criterion_id: rating for rating in card.ratings}
    for id in present.keys() - wanted.keys():
        session.delete(present[id])
    for id, given in wanted.items():
        rating = present.get(id) or Rating(scorecard_id=card.id, criterion_id=id)
        rating.level, rating.rated, rating.cites = (
            given.level,
            given.is_rated,
            [*map(str, given.cites)],
        )
        rating.quote, rating.place, rating.comment = given.quote, given.place, given.comment
        session.add(rating)


def _locked(submission: Submission, card: Scorecard, assignment: Assignment) -> ScorecardLocked:
    return ScorecardLocked(
        submission_id=submission.id,
        job_id=submission.job_id,
        scorecard_id=card.id,
        reviewer_id=card.reviewer_id,
        assignment_id=assignment.id,
        revision_id=card.revision_id,
        rubric_id=card.rubric_id,
    )
