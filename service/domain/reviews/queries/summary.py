"""What reviewers think together: how many, how high, and how far apart."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import fmean, median, stdev

from sqlmodel import Session

from service.domain.accounts.actor import Actor
from service.domain.jobs.tables import Criterion
from service.domain.reviews.queries.scorecards import are_scores_open, list_scorecards
from service.domain.reviews.tables import Recommendation, Scorecard
from service.domain.submissions.tables import Submission

YES = (Recommendation.YES, Recommendation.STRONG_YES)


@dataclass(frozen=True)
class CriterionScores:
    """The levels given for one criterion of one rubric version; `n` of them, `not_shown` beside.

    `spread` is the sample standard deviation: None for fewer than two levels.
    """

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


@dataclass(frozen=True)
class Summary:
    """Every figure is None while sealed, so that nothing can be told from it, not even a number."""

    sealed: bool = True
    n: int | None = None
    recommendations: dict[Recommendation, int] | None = None
    share_yes: float | None = None
    forecast_mean: float | None = None
    composite_mean: float | None = None
    criteria: Sequence[CriterionScores] | None = field(default=None)


def summarise(session: Session, actor: Actor, submission: Submission) -> Summary:
    """The locked scorecards of a submission in figures, as far as they are open to the actor."""
    if not are_scores_open(session, actor, submission):
        return Summary()
    cards = list_scorecards(session, actor, submission)
    said = Counter(card.recommendation for card in cards)
    return Summary(
        sealed=False,
        n=len(cards),
        recommendations={word: said[word] for word in Recommendation},
        share_yes=sum(said[word] for word in YES) / len(cards) if cards else None,
        forecast_mean=_mean([c.forecast for c in cards if c.forecast is not None]),
        composite_mean=_mean([c.composite for c in cards if c.composite is not None]),
        criteria=_by_criterion(cards),
    )


def _by_criterion(cards: Sequence[Scorecard]) -> list[CriterionScores]:
    """Newest rubric first; levels of different versions are never mixed."""
    numbers = {card.rubric_id: card.rubric.number for card in cards}
    criteria: dict[tuple[int, int], Criterion] = {}
    levels: dict[tuple[int, int], list[int | None]] = defaultdict(list)
    for rating in (rating for card in cards for rating in card.ratings):
        place = -numbers[rating.criterion.rubric_id], rating.criterion.position
        criteria[place] = rating.criterion
        levels[place].append(rating.level)
    return [_scores(-place[0], criteria[place], levels[place]) for place in sorted(levels)]


def _scores(rubric: int, criterion: Criterion, given: Sequence[int | None]) -> CriterionScores:
    shown = [level for level in given if level is not None]
    return CriterionScores(
        rubric=rubric,
        criterion=criterion.key,
        name=criterion.name,
        n=len(shown),
        not_shown=len(given) - len(shown),
        mean=_mean(shown),
        median=float(median(shown)) if shown else None,
        min=min(shown, default=None),
        max=max(shown, default=None),
        spread=stdev(shown) if len(shown) > 1 else None,
    )


def _mean(numbers: Sequence[float]) -> float | None:
    return fmean(numbers) if numbers else None
