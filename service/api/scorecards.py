"""What reviewers think, over the API: one's own scorecard, and others' once they are open."""

from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from service.api.scorecard_records import Out, OwnScorecardOut, ScorecardOut, ScorecardsOut
from service.core.paging import Place
from service.domain.reviews.actions import (
    amend_scorecard,
    lock_scorecard,
    save_scorecard,
    unseal_scorecards,
)
from service.domain.reviews.inputs import AmendmentInput, ScorecardInput, UnsealInput
from service.domain.reviews.queries import (
    are_comments_for,
    are_scores_open,
    find_differences,
    get_own_review,
    list_scorecards,
)
from service.domain.submissions.queries import get_submission
from service.doors.listing import ListQuery
from service.doors.preconditions import IfMatch, PutCondition
from service.doors.routes import StaffRoute
from service.doors.short_lists import answer_few, in_time
from service.doors.visit import StaffVisit

router = APIRouter(prefix="/submissions", tags=["reviews"], route_class=StaffRoute)


class UnsealedOut(Out):
    """Whether it is open now."""

    sealed: bool


def by_lock(card: ScorecardOut) -> Place:
    return in_time(card.locked_at), str(card.id)


@router.get("/{id}/scorecards", response_model=ScorecardsOut)
def scorecards(visit: StaffVisit, id: UUID, query: Annotated[ListQuery, Query()]) -> Response:
    """The locked scorecards that are open to the caller."""
    with visit.reading() as (db, me):
        submission = get_submission(db, me, id)
        is_meant = are_comments_for(db, me, submission)
        cards = list_scorecards(db, me, submission)
        since = find_differences(db, submission, cards)
        found = [
            ScorecardOut.of(
                card,
                submission,
                since.get(card.id),
                all_words=is_meant or card.reviewer_id == me.id,
            )
            for card in cards
        ]
        sealed = not are_scores_open(db, me, submission)
        make = partial(ScorecardsOut.model_construct, sealed=sealed)
        return answer_few(visit, me, query, found, place=by_lock, make=make)


@router.post("/{id}/scorecards/unseal", response_model=UnsealedOut)
def unseal(visit: StaffVisit, id: UUID, body: UnsealInput) -> Response:
    """Look early: for recruiters of the job and admins, with a reason that stays in the history."""
    with visit.writing() as (db, me):
        submission = get_submission(db, me, id)
        unseal_scorecards(db, me, submission, body.reason)
        return visit.answer(UnsealedOut(sealed=not are_scores_open(db, me, submission)))


@router.get("/{id}/scorecards/mine", response_model=OwnScorecardOut)
def mine(visit: StaffVisit, id: UUID) -> Response:
    """One's own scorecard with its ETag; before the first PUT a form to fill, without one."""
    with visit.reading() as (db, me):
        review = get_own_review(db, me, get_submission(db, me, id))
        return visit.answer(OwnScorecardOut.of(review), etag=review.version)


@router.put("/{id}/scorecards/mine", response_model=OwnScorecardOut)
def save(visit: StaffVisit, id: UUID, body: ScorecardInput, condition: PutCondition) -> Response:
    """Save one's draft, the whole of it: `If-None-Match: *` first, `If-Match` from then on."""
    with visit.writing() as (db, me):
        review = save_scorecard(db, me, get_submission(db, me, id), body, condition)
        return visit.answer(OwnScorecardOut.of(review), etag=review.version)


@router.post("/{id}/scorecards/mine/lock", response_model=OwnScorecardOut)
def lock(visit: StaffVisit, id: UUID, if_match: IfMatch) -> Response:
    """Lock one's scorecard for good. Others' scorecards open then, if the job's rule says so."""
    with visit.writing() as (db, me):
        review = lock_scorecard(db, me, get_submission(db, me, id), if_match)
        return visit.answer(OwnScorecardOut.of(review), etag=review.version)


@router.post("/{id}/scorecards/mine/amendments", status_code=201, response_model=OwnScorecardOut)
def amend(visit: StaffVisit, id: UUID, body: AmendmentInput, if_match: IfMatch) -> Response:
    """Say something else than one locked, with a reason. What was locked stays beside it."""
    with visit.writing() as (db, me):
        review = amend_scorecard(db, me, get_submission(db, me, id), body, if_match)
        return visit.answer(OwnScorecardOut.of(review), status=201, etag=review.version)
