"""What scorecards look like over the API."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from service.api.reviews import ReviewerOut
from service.domain.jobs.tables import Criterion
from service.domain.reviews.queries import OwnReview, in_order
from service.domain.reviews.tables import (
    Amendment,
    Confidence,
    Rating,
    Recommendation,
    Scorecard,
    ScorecardState,
)
from service.domain.submissions.differences import Difference
from service.domain.submissions.tables import Submission
from service.doors.listing import PageOut


class Out(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class AnchorOut(Out):
    """What a level looks like."""

    level: int
    name: str = Field(default="", description="The level in a word.")
    anchor: str = ""


class RatingOut(Out):
    """`level` null says: not shown. `cites` are evidence numbers, `statement`, `answer:<key>`."""

    criterion: str
    name: str = Field(description="What people call the criterion.")
    level: int | None = None
    cites: list[str] = []
    quote: str = ""
    place: str = ""
    comment: str = ""

    @classmethod
    def of(cls, rating: Rating) -> "RatingOut":
        said = rating.model_dump(include={"level", "cites", "quote", "place", "comment"})
        return cls(criterion=rating.criterion.key, name=rating.criterion.name, **said)


class DifferenceOut(Out):
    """What the candidate added since: numbers of evidence, `statement`, `answer:<key>`."""

    added: list[str] = Field(description="What was not there.")
    changed: list[str] = Field(description="What is there otherwise.")
    gone: list[str] = Field(description="What is there no longer.")


class AmendmentOut(Out):
    """What a reviewer said after the lock, the whole of it. What was locked stays beside it."""

    number: int = Field(description="The first amendment is 1.")
    at: datetime = Field(description="When it was said.")
    reason: str = Field(description="Why the reviewer says something else now.")
    revision: int | None = Field(description="Number of the revision that was judged by then.")
    recommendation: Recommendation
    confidence: Confidence
    forecast: int | None
    composite: float | None
    comment: str
    counter_argument: str
    recruiter_comment: str | None
    ratings: list[RatingOut]

    @classmethod
    def of(cls, amendment: Amendment, card: Scorecard, *, all_words: bool) -> "AmendmentOut":
        apart = {"revision_id", "ratings", "recruiter_comment"}
        names = {rating.criterion.key: rating.criterion.name for rating in card.ratings}
        return cls(
            **amendment.model_dump(exclude=apart),
            at=amendment.created_at,
            revision=amendment.revision.number,
            recruiter_comment=amendment.recruiter_comment if all_words else None,
            ratings=[
                RatingOut(name=names.get(one.criterion, one.criterion), **one.model_dump())
                for one in amendment.rated
            ],
        )


class ScorecardOut(Out):
    """A locked scorecard, of one revision by one version of the rubric."""

    id: UUID
    submission_id: UUID
    reviewer: ReviewerOut
    revision: int | None = Field(description="Number of the revision that was judged.")
    newer_revision: bool = Field(description="Whether the candidate has added something since.")
    difference: DifferenceOut | None = Field(
        description="What came since the revision that was judged last; null: nothing."
    )
    rubric: int
    recommendation: Recommendation | None
    confidence: Confidence | None
    forecast: int | None
    composite: float | None
    comment: str
    counter_argument: str
    recruiter_comment: str | None = Field(description="Null for whom it is not meant.")
    locked_at: datetime | None
    ratings: list[RatingOut]
    amendments: list[AmendmentOut] = Field(description="What the reviewer said after the lock.")

    @classmethod
    def of(
        cls,
        card: Scorecard,
        submission: Submission,
        difference: Difference | None,
        *,
        all_words: bool,
    ) -> "ScorecardOut":
        apart = {"revision_id", "rubric_id", "reviewer_id", "recruiter_comment"}
        return cls(
            **card.model_dump(exclude=apart),
            recruiter_comment=card.recruiter_comment if all_words else None,
            amendments=[AmendmentOut.of(a, card, all_words=all_words) for a in card.amendments],
            reviewer=ReviewerOut.model_validate(card.reviewer),
            revision=card.revision.number,
            newer_revision=card.revision.number != submission.revision,
            difference=DifferenceOut.model_validate(difference) if difference else None,
            rubric=card.rubric.number,
            ratings=[RatingOut.of(rating) for rating in in_order(card.ratings)],
        )


class ScorecardsOut(PageOut[ScorecardOut]):
    """While `sealed`, there is none but one's own."""

    sealed: bool


class OwnRatingOut(RatingOut):
    """One criterion of the form, and what was said about it; not `rated`: nothing yet."""

    description: str = Field(description="What is meant by the criterion.")
    weight: int = Field(description="How much it counts beside the others.")
    anchors: list[AnchorOut] = Field(description="What each level looks like, lowest first.")
    rated: bool = Field(
        default=False,
        description="Whether it was rated, be it as not shown; if not, send back false with it.",
    )

    @classmethod
    def in_form(cls, criterion: Criterion, review: OwnReview) -> "OwnRatingOut":
        """A level of an older rubric is none of this form, whose anchors are others."""
        said, rating = {"cites", "quote", "place", "comment"}, review.find_rating(criterion)
        if not review.rubric_changed:
            said |= {"level", "rated"}
        return cls(
            criterion=criterion.key,
            name=criterion.name,
            description=criterion.description,
            weight=criterion.weight,
            anchors=[AnchorOut.model_validate(anchor) for anchor in criterion.anchors],
            **(rating.model_dump(include=said) if rating else {}),
        )


class CitableEvidenceOut(Out):
    """Cited by its number or its id."""

    number: int = Field(description="What to cite it by.")
    id: UUID
    title: str = Field(description="What it is called.")


class CitableAnswerOut(Out):
    """Cited as `answer:<key>`."""

    key: str = Field(description="Key of the question.")
    question: str = Field(description="The question as it was asked.")


class OwnScorecardOut(Out):
    """A form to fill, one's draft, or one's locked scorecard; with what may be cited."""

    id: UUID | None = None
    submission_id: UUID
    state: ScorecardState | None = Field(default=None, description="Null before the first draft.")
    revision: int | None = Field(description="Number of the revision it judges.")
    newer_revision: bool = Field(description="Whether the candidate has added something since.")
    difference: DifferenceOut | None = Field(
        default=None,
        description="What came since the revision that was judged last; null: nothing.",
    )
    rubric: int | None
    rubric_changed: bool = Field(
        description="Whether the rubric is newer than the draft: save it again before locking."
    )
    recommendation: Recommendation | None = None
    confidence: Confidence | None = None
    forecast: int | None = None
    composite: float | None = None
    comment: str = ""
    counter_argument: str = ""
    recruiter_comment: str = ""
    locked_at: datetime | None = None
    ratings: list[OwnRatingOut] = Field(description="One for each criterion, in order.")
    amendments: list[AmendmentOut] = Field(
        default=[], description="What one said after the lock, first to last."
    )
    earlier_ratings: list[RatingOut] = Field(
        default=[],
        description="While `rubric_changed`: what was said under the older rubric, to read only. "
        "The levels in `ratings` are to be chosen anew, by the anchors beside them.",
    )
    statement: bool = Field(description="Whether there is a statement to cite.")
    evidence: list[CitableEvidenceOut] = Field(description="The evidence that may be cited.")
    answers: list[CitableAnswerOut] = Field(description="The answers that may be cited.")

    @classmethod
    def of(cls, review: OwnReview) -> "OwnScorecardOut":
        card, criteria = review.card, review.rubric.criteria if review.rubric else []
        said = set(cls.model_fields) & (set(Scorecard.model_fields) - {"submission_id"})
        return cls(
            submission_id=review.submission.id,
            revision=review.revision.number,
            newer_revision=review.newer_revision,
            difference=DifferenceOut.model_validate(review.difference)
            if review.difference
            else None,
            rubric=review.rubric.number if review.rubric else None,
            rubric_changed=review.rubric_changed,
            ratings=[OwnRatingOut.in_form(criterion, review) for criterion in criteria],
            earlier_ratings=[RatingOut.of(rating) for rating in review.earlier_ratings],
            amendments=[AmendmentOut.of(a, card, all_words=True) for a in card.amendments]
            if card
            else [],
            statement=bool(review.revision.statement),
            evidence=[CitableEvidenceOut.model_validate(e) for e in review.revision.evidence],
            answers=[CitableAnswerOut.model_validate(a) for a in review.revision.answers],
            **(card.model_dump(include=said) if card else {}),
        )
