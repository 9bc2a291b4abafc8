"""What reviewers think, over the API: one's own scorecard, and others' once they are open."""

from datetime import datetime
from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict

from service.api.reviews import ReviewerOut
from service.core.paging import Place
from service.domain.jobs.tables import Criterion
from service.domain.reviews.actions import lock_scorecard, save_scorecard, unseal_scorecards
from service.domain.reviews.inputs import ScorecardInput, UnsealInput
from service.domain.reviews.queries import (
    OwnReview,
    are_scores_open,
    get_own_review,
    in_order,
    list_scorecards,
    summarise,
)
from service.domain.reviews.tables import (
    Confidence,
    Rating,
    Recommendation,
    Scorecard,
    ScorecardState,
)
from service.domain.submissions.queries import get_submission
from service.domain.submissions.tables import Submission
from service.doors.listing import ListQuery, PageOut
from service.doors.preconditions import IfMatch, PutCondition
from service.doors.routes import StaffRoute
from service.doors.short_lists import answer_few, in_time
from service.doors.visit import StaffVisit

router = APIRouter(prefix="/submissions", tags=["reviews"], route_class=StaffRoute)


class Out(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class AnchorOut(Out):
    """What a level looks like."""

    level: int
    name: str = ""
    anchor: str = ""


class RatingOut(Out):
    """`level` null says: not shown. `cites` are evidence numbers, `statement`, `answer:<key>`."""

    criterion: str
    name: str
    level: int | None = None
    cites: list[str] = []
    quote: str = ""
    comment: str = ""

    @classmethod
    def of(cls, rating: Rating) -> "RatingOut":
        said = rating.model_dump(include={"level", "cites", "quote", "comment"})
        return cls(criterion=rating.criterion.key, name=rating.criterion.name, **said)


class ScorecardOut(Out):
    """A locked scorecard, of one revision by one version of the rubric."""

    id: UUID
    submission_id: UUID
    reviewer: ReviewerOut
    revision: int | None
    newer_revision: bool
    rubric: int
    recommendation: Recommendation | None
    confidence: Confidence | None
    forecast: int | None
    composite: float | None
    comment: str
    counter_argument: str
    locked_at: datetime | None
    ratings: list[RatingOut]

    @classmethod
    def of(cls, card: Scorecard, submission: Submission) -> "ScorecardOut":
        return cls(
            **card.model_dump(exclude={"revision_id", "rubric_id", "reviewer_id"}),
            reviewer=ReviewerOut.model_validate(card.reviewer),
            revision=card.revision.number,
            newer_revision=card.revision.number != submission.revision,
            rubric=card.rubric.number,
            ratings=[RatingOut.of(rating) for rating in in_order(card.ratings)],
        )


class ScorecardsOut(PageOut[ScorecardOut]):
    """While `sealed`, there is none but one's own."""

    sealed: bool


class OwnRatingOut(RatingOut):
    """One criterion of the form, and what was said about it; not `rated`: nothing yet."""

    description: str
    weight: int
    anchors: list[AnchorOut]
    rated: bool = False

    @classmethod
    def in_form(cls, criterion: Criterion, rating: Rating | None) -> "OwnRatingOut":
        said = {"level", "cites", "quote", "comment", "rated"}
        return cls(
            criterion=criterion.key,
            name=criterion.name,
            description=criterion.description,
            weight=criterion.weight,
            anchors=[AnchorOut.model_validate(anchor) for anchor in criterion.anchors],
            **(rating.model_dump(include=said) if rating else {}),
        )


class CitableEvidenceOut(Out):
    number: int
    id: UUID
    title: str


class CitableAnswerOut(Out):
    """Cited as `answer:<key>`."""

    key: str
    question: str


class OwnScorecardOut(Out):
    """A form to fill, one's draft, or one's locked scorecard; with what may be cited."""

    id: UUID | None = None
    submission_id: UUID
    state: ScorecardState | None = None
    revision: int | None
    newer_revision: bool
    rubric: int | None
    rubric_changed: bool
    recommendation: Recommendation | None = None
    confidence: Confidence | None = None
    forecast: int | None = None
    composite: float | None = None
    comment: str = ""
    counter_argument: str = ""
    locked_at: datetime | None = None
    ratings: list[OwnRatingOut]
    statement: bool
    evidence: list[CitableEvidenceOut]
    answers: list[CitableAnswerOut]

    @classmethod
    def of(cls, review: OwnReview) -> "OwnScorecardOut":
        card, criteria = review.card, review.rubric.criteria if review.rubric else []
        said = set(cls.model_fields) & (set(Scorecard.model_fields) - {"submission_id"})
        return cls(
            submission_id=review.submission.id,
            revision=review.revision.number,
            newer_revision=review.newer_revision,
            rubric=review.rubric.number if review.rubric else None,
            rubric_changed=review.rubric_changed,
            ratings=[OwnRatingOut.in_form(c, review.find_rating(c)) for c in criteria],
            statement=bool(review.revision.statement),
            evidence=[CitableEvidenceOut.model_validate(e) for e in review.revision.evidence],
            answers=[CitableAnswerOut.model_validate(a) for a in review.revision.answers],
            **(card.model_dump(include=said) if card else {}),
        )


class CriterionScoresOut(Out):
    """The levels given for a criterion. `spread` is their sample standard deviation."""

    rubric: int
    criterion: str
    name: str
    n: int
    not_shown: int
    mean: float | None
    median: float | None
    min: int | None
    max: int | None
    spread: float | None


class SummaryOut(Out):
    """What the reviewers think together; while `sealed`, nothing can be told from it."""

    sealed: bool
    n: int | None
    recommendations: dict[Recommendation, int] | None
    share_yes: float | None
    forecast_mean: float | None
    composite_mean: float | None
    criteria: list[CriterionScoresOut] | None


class UnsealedOut(Out):
    sealed: bool


def by_lock(card: ScorecardOut) -> Place:
    return in_time(card.locked_at), str(card.id)


@router.get("/{id}/scorecards", response_model=ScorecardsOut)
def scorecards(visit: StaffVisit, id: UUID, query: Annotated[ListQuery, Query()]) -> Response:
    """The locked scorecards that are open to the caller."""
    with visit.reading() as (db, me):
        submission = get_submission(db, me, id)
        found = [ScorecardOut.of(c, submission) for c in list_scorecards(db, me, submission)]
        sealed = not are_scores_open(db, me, submission)
        make = partial(ScorecardsOut.model_construct, sealed=sealed)
        return answer_few(visit, me, query, found, place=by_lock, make=make)


@router.get("/{id}/summary", response_model=SummaryOut)
def summary(visit: StaffVisit, id: UUID) -> Response:
    """All locked scorecards in figures, with how far apart they are."""
    with visit.reading() as (db, me):
        figures = summarise(db, me, get_submission(db, me, id))
        return visit.answer(SummaryOut.model_validate(figures))


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
