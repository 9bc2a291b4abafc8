"""What reviewers think together: how many, how high, how far apart, and who champions.

All figures are made of first locks, the independent judgements; never of amendments.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from sqlmodel import Session

from service.domain.accounts.actor import Actor
from service.domain.accounts.tables import User
from service.domain.jobs.tables import Criterion
from service.domain.reviews.queries.champions import is_champion, list_discussions
from service.domain.reviews.queries.figures import Figures, disagree, figures_of
from service.domain.reviews.queries.scorecards import are_scores_open, in_order, list_scorecards
from service.domain.reviews.tables import Discussion, Rating, Recommendation, Scorecard
from service.domain.submissions.tables import Submission

YES = (Recommendation.YES, Recommendation.STRONG_YES)
NO = (Recommendation.NO, Recommendation.STRONG_NO)


@dataclass(frozen=True)
class Given:
    """One reviewer's rating of one criterion, at the lock."""

    card: Scorecard
    rating: Rating

    @property
    def anchor(self) -> str:
        """What the level was chosen by; empty when it is not shown."""
        anchors = self.rating.criterion.anchors
        return next((str(a["anchor"]) for a in anchors if a["level"] == self.rating.level), "")

    @property
    def rests_on_evidence(self) -> bool:
        """A level that cites an exhibit; words alone are no evidence."""
        return self.rating.level is not None and any(c.isdecimal() for c in self.rating.cites)


@dataclass(frozen=True)
class CriterionScores:
    """The levels given for one criterion of one rubric version, and who gave them why."""

    rubric: int
    criterion: Criterion
    given: Sequence[Given]

    @property
    def levels(self) -> list[int]:
        return [one.rating.level for one in self.given if one.rating.level is not None]

    @property
    def not_shown(self) -> int:
        return len(self.given) - len(self.levels)

    @property
    def figures(self) -> Figures:
        return figures_of(self.levels)

    @property
    def disagreement(self) -> bool:
        return disagree(self.levels, len(self.criterion.anchors))

    @property
    def without_evidence(self) -> bool:
        return not any(one.rests_on_evidence for one in self.given)


@dataclass(frozen=True)
class Champion:
    """A scorecard that champions, and what was talked over with its reviewer."""

    card: Scorecard
    discussions: Sequence[Discussion]

    @property
    def reviewer(self) -> User:
        return self.card.reviewer


@dataclass(frozen=True)
class Summary:
    """Every figure is None while sealed, so that nothing can be told from it, not even a number.

    `composites` are by rubric version: what was measured by different rubrics is not one measure.
    """

    sealed: bool = True
    n: int | None = None
    rubrics: Sequence[int] | None = None
    recommendations: dict[Recommendation, int] | None = None
    share_yes: float | None = None
    disagreement: bool | None = None
    forecast_mean: float | None = None
    composite_mean: float | None = None
    composites: dict[int, Figures] | None = None
    share_without_evidence: float | None = None
    criteria: Sequence[CriterionScores] | None = field(default=None)
    judgements: Sequence[Scorecard] | None = None
    champions: Sequence[Champion] | None = None


def summarise(session: Session, actor: Actor, submission: Submission) -> Summary:
    """The locked scorecards of a submission in figures, as far as they are open to the actor."""
    if not are_scores_open(session, actor, submission):
        return Summary()
    cards = list_scorecards(session, actor, submission)
    said = Counter(card.recommendation for card in cards)
    yes, criteria = sum(said[word] for word in YES), _by_criterion(cards)
    bare = [one.without_evidence for one in criteria]
    discussions = list_discussions(session, cards)
    return Summary(
        sealed=False,
        n=len(cards),
        rubrics=sorted({card.rubric.number for card in cards}),
        recommendations={word: said[word] for word in Recommendation},
        share_yes=yes / len(cards) if cards else None,
        disagreement=bool(yes) and any(said[word] for word in NO),
        forecast_mean=figures_of([c.forecast for c in cards if c.forecast is not None]).mean,
        composite_mean=figures_of(_composites(cards)).mean,
        composites=_by_rubric(cards),
        share_without_evidence=sum(bare) / len(bare) if bare else None,
        criteria=criteria,
        judgements=cards,
        champions=[Champion(c, discussions[c.id]) for c in cards if is_champion(c)],
    )


def _composites(cards: Sequence[Scorecard]) -> list[float]:
    return [card.composite for card in cards if card.composite is not None]


def _by_rubric(cards: Sequence[Scorecard]) -> dict[int, Figures]:
    """Newest first."""
    numbers = sorted({card.rubric.number for card in cards}, reverse=True)
    return {
        number: figures_of(_composites([c for c in cards if c.rubric.number == number]))
        for number in numbers
    }


def _by_criterion(cards: Sequence[Scorecard]) -> list[CriterionScores]:
    """Newest rubric first; levels of different versions are never mixed."""
    given: dict[UUID, list[Given]] = defaultdict(list)
    for card in cards:
        for rating in in_order(card.ratings):
            given[rating.criterion_id].append(Given(card, rating))
    found = [
        CriterionScores(those[0].card.rubric.number, those[0].rating.criterion, those)
        for those in given.values()
    ]
    return sorted(found, key=lambda one: (-one.rubric, one.criterion.position))
