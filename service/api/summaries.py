"""What reviewers think together, over the API: figures, champions, and what was said to them."""

from datetime import datetime
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field

from service.api.reviews import ReviewerOut
from service.domain.jobs.queries import get_own_job
from service.domain.pipeline.queries import count_rejections
from service.domain.reviews.actions import discuss_champion
from service.domain.reviews.inputs import DiscussionInput
from service.domain.reviews.queries import summarise
from service.domain.reviews.queries.figures import Figures
from service.domain.reviews.queries.summary import Champion, CriterionScores, Given, Summary
from service.domain.reviews.tables import Confidence, Discussion, Recommendation, Scorecard
from service.domain.submissions.queries import get_submission
from service.doors.routes import StaffRoute
from service.doors.visit import StaffVisit

router = APIRouter(tags=["reviews"], route_class=StaffRoute)


class Out(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class FiguresOut(Out):
    """Figures of what was given, the highest beside the middle: a mean punishes spikes."""

    n: int = Field(description="How many gave one.")
    mean: float | None = Field(description="Mean; null when nobody gave one.")
    median: float | None = Field(description="Median.")
    min: float | None = Field(description="Lowest.")
    max: float | None = Field(description="Highest.")
    spread: float | None = Field(description="Sample standard deviation; null for fewer than two.")


class GivenOut(Out):
    """A level that one reviewer gave at the lock, and what it rests on."""

    scorecard_id: UUID = Field(description="The scorecard it stands in.")
    reviewer: ReviewerOut
    level: int | None
    anchor: str = Field(description="The text that the level was chosen by.")
    cites: list[str]
    quote: str
    place: str
    comment: str

    @classmethod
    def of(cls, given: Given) -> "GivenOut":
        said = given.rating.model_dump(include={"level", "cites", "quote", "place", "comment"})
        reviewer = ReviewerOut.model_validate(given.card.reviewer)
        return cls(scorecard_id=given.card.id, reviewer=reviewer, anchor=given.anchor, **said)


class CriterionScoresOut(FiguresOut):
    """The levels given for a criterion of one version of the rubric."""

    rubric: int
    criterion: str
    name: str = Field(description="What people call it.")
    not_shown: int = Field(description="How many said that it is not shown.")
    disagreement: bool = Field(
        description="Whether levels are two apart or more; of two levels, whether both were given."
    )
    without_evidence: bool = Field(
        description="Whether no level rests on a piece of evidence: not shown, or words only."
    )
    given: list[GivenOut] = Field(description="Each locked rating, in the order of locking.")

    @classmethod
    def of(cls, one: CriterionScores) -> "CriterionScoresOut":
        return cls(
            **FiguresOut.model_validate(one.figures).model_dump(),
            rubric=one.rubric,
            criterion=one.criterion.key,
            name=one.criterion.name,
            not_shown=one.not_shown,
            disagreement=one.disagreement,
            without_evidence=one.without_evidence,
            given=[GivenOut.of(given) for given in one.given],
        )


class CompositesOut(FiguresOut):
    """The composites by one version of the rubric."""

    rubric: int

    @classmethod
    def of(cls, rubric: int, figures: Figures) -> "CompositesOut":
        return cls(rubric=rubric, **FiguresOut.model_validate(figures).model_dump())


class JudgementOut(Out):
    """What one reviewer locked, as a whole, to be read beside the others."""

    scorecard_id: UUID = Field(description="The scorecard it stands in.")
    reviewer: ReviewerOut
    rubric: int
    recommendation: Recommendation | None
    confidence: Confidence | None
    forecast: int | None
    composite: float | None
    amended: bool = Field(description="Whether the reviewer says something else by now.")

    @classmethod
    def of(cls, card: Scorecard) -> "JudgementOut":
        names = {"recommendation", "confidence", "forecast", "composite"}
        return cls(
            scorecard_id=card.id,
            reviewer=ReviewerOut.model_validate(card.reviewer),
            rubric=card.rubric.number,
            amended=bool(card.amendments),
            **card.model_dump(include=names),
        )


class DiscussionOut(Out):
    """What was talked over with a champion."""

    by: ReviewerOut = Field(description="Who recorded it.")
    at: datetime = Field(description="When it was recorded.")
    argument: str = Field(description="What the champion argues.")
    answer: str = Field(description="What came of it.")

    @classmethod
    def of(cls, one: Discussion) -> "DiscussionOut":
        by = ReviewerOut.model_validate(one.by)
        return cls(by=by, at=one.created_at, argument=one.argument, answer=one.answer)


class ChampionOut(Out):
    """A strong yes with a cited level at the top. It stops a rejection until it was discussed."""

    scorecard_id: UUID = Field(description="The scorecard that champions.")
    reviewer: ReviewerOut
    discussions: list[DiscussionOut] = Field(description="First to last; empty: not heard yet.")

    @classmethod
    def of(cls, champion: Champion) -> "ChampionOut":
        return cls(
            scorecard_id=champion.card.id,
            reviewer=ReviewerOut.model_validate(champion.reviewer),
            discussions=[DiscussionOut.of(one) for one in champion.discussions],
        )


class SummaryOut(Out):
    """What the reviewers think together; while `sealed`, nothing can be told from it."""

    sealed: bool
    n: int | None = Field(description="How many scorecards are locked.")
    rubrics: list[int] | None = Field(
        description="By which versions of the rubric: with several, means over all mix them."
    )
    recommendations: dict[Recommendation, int] | None = Field(
        description="How many recommend what."
    )
    share_yes: float | None = Field(description="Share of `yes` and `strong_yes`, 0 to 1.")
    disagreement: bool | None = Field(description="Whether some say yes and some say no.")
    forecast_mean: float | None = Field(description="Mean forecast, per cent.")
    composite_mean: float | None = Field(description="Mean composite, over all `rubrics`.")
    composites: list[CompositesOut] | None = Field(
        description="Composites by version of the rubric, the newest first."
    )
    share_without_evidence: float | None = Field(
        description="Share of the criteria for which no level rests on a piece of evidence, 0 to 1."
    )
    criteria: list[CriterionScoresOut] | None = Field(
        description="Figures by criterion, the newest rubric first."
    )
    judgements: list[JudgementOut] | None = Field(
        description="Recommendations, forecasts and composites beside each other, as locked."
    )
    champions: list[ChampionOut] | None = Field(
        description="Who champions now, amendments and all."
    )

    @classmethod
    def of(cls, summary: Summary) -> "SummaryOut":
        plain = {"n", "rubrics", "recommendations", "share_yes", "disagreement", "forecast_mean"}
        plain |= {"sealed", "composite_mean", "share_without_evidence"}
        told = {name: getattr(summary, name) for name in plain}
        if summary.sealed:
            return cls(**told, composites=None, criteria=None, judgements=None, champions=None)
        return cls(
            **told,
            composites=[CompositesOut.of(*one) for one in (summary.composites or {}).items()],
            criteria=[CriterionScoresOut.of(one) for one in summary.criteria or ()],
            judgements=[JudgementOut.of(card) for card in summary.judgements or ()],
            champions=[ChampionOut.of(one) for one in summary.champions or ()],
        )


class RejectionsOut(Out):
    """How many rejections stand whose scores are open to the caller."""

    rejected: int = Field(description="All of them.")
    against_champion: int = Field(description="Those against a champion.")


@router.get("/submissions/{id}/summary", response_model=SummaryOut)
def summary(visit: StaffVisit, id: UUID) -> Response:
    """All locked scorecards in figures, with how far apart they are."""
    with visit.reading() as (db, me):
        return visit.answer(SummaryOut.of(summarise(db, me, get_submission(db, me, id))))


@router.post(
    "/submissions/{id}/scorecards/{scorecard_id}/discussions",
    status_code=201,
    response_model=ChampionOut,
)
def discuss(visit: StaffVisit, id: UUID, scorecard_id: UUID, body: DiscussionInput) -> Response:
    """Record what a champion argues and what was answered, so that one may reject."""
    with visit.writing() as (db, me):
        submission = get_submission(db, me, id)
        discuss_champion(db, me, submission, scorecard_id, body)
        champions = summarise(db, me, submission).champions or ()
        found = next(one for one in champions if one.card.id == scorecard_id)
        return visit.answer(ChampionOut.of(found), status=201)


@router.get("/jobs/{slug}/rejections", response_model=RejectionsOut)
def rejections(visit: StaffVisit, slug: str) -> Response:
    """How often a job rejects against a champion, among what is open to the caller."""
    with visit.reading() as (db, me):
        found = count_rejections(db, me, get_own_job(db, me, slug))
        return visit.answer(RejectionsOut.model_validate(found))
