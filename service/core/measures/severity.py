"""How strict each rater is, when not everybody rated everything.

y = μ + thing + rater + rest, things and raters as crossed random effects. The variances by
restricted maximum likelihood over the two ratios of standard deviations (D. Bates, M. Mächler,
B. Bolker, S. Walker, "Fitting Linear Mixed-Effects Models Using lme4", 2015, §3.4), the effects by
Henderson's equations (C. R. Henderson, "Best Linear Unbiased Estimation and Prediction", 1975). Who
rated little is drawn towards the middle (shrinkage). Things are eliminated first, so that a matrix
is as large as there are raters.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.linalg import cho_factor, cho_solve
from scipy.optimize import minimize

from service.core.measures.ratings import Rating

Floats = npt.NDArray[np.float64]

BEGINNINGS = ((1.0, 1.0), (1.0, 0.2), (0.2, 1.0))
LEAST = 1e-12
NORMAL_95 = 1.959963984540054


@dataclass(frozen=True)
class Effect:
    """How far above the middle, in points, with its interval at 95 %; `n` ratings behind it."""

    value: float
    low: float
    high: float
    n: int


@dataclass(frozen=True)
class Crossed:
    """What the model says; `raters` and `things` by their names."""

    mean: float
    thing_variance: float
    rater_variance: float
    rest_variance: float
    raters: dict[str, Effect]
    things: dict[str, float]


@dataclass(frozen=True)
class Solved:
    """Henderson's equations solved for one pair of ratios."""

    rests: float  # the sum of squares that is left
    log_determinant: float
    fixed_and_raters: Floats
    things: Floats
    inverse: Floats  # of the mean and the raters


class Table:
    """The sums that the equations are made of; `counts` is things by raters."""

    def __init__(self, ratings: Sequence[Rating]) -> None:
        self.things = sorted({one.thing for one in ratings})
        self.raters = sorted({one.rater for one in ratings})
        at_thing = {name: place for place, name in enumerate(self.things)}
        at_rater = {name: place for place, name in enumerate(self.raters)}
        rows = [at_thing[one.thing] for one in ratings]
        columns = [at_rater[one.rater] for one in ratings]
        values = np.array([one.value for one in ratings], np.float64)
        self.centre = float(values.mean())
        values -= self.centre  # so that no digits are lost on it
        self.counts = np.zeros((len(self.things), len(self.raters)))
        self.sums = np.zeros_like(self.counts)
        np.add.at(self.counts, (rows, columns), 1)
        np.add.at(self.sums, (rows, columns), values)
        self.n, self.squares = values.size, float((values**2).sum())

    def solve(self, thing_ratio: float, rater_ratio: float) -> Solved:
        """The ratios are those of the standard deviations to that of the rest."""
        per_thing = self.counts.sum(axis=1)
        beside = np.column_stack([per_thing, self.counts * rater_ratio])  # the mean, then raters
        pivots = thing_ratio**2 * per_thing + 1
        across = thing_ratio * beside
        sides = np.concatenate([[self.sums.sum()], rater_ratio * self.sums.sum(axis=0)])
        of_things = thing_ratio * self.sums.sum(axis=1)
        matrix = self._beside_themselves(rater_ratio) - across.T @ (across / pivots[:, None])
        factor = cho_factor(matrix, lower=True)
        found = cho_solve(factor, sides - across.T @ (of_things / pivots))
        things = (of_things - across @ found) / pivots
        left = self.squares - float(sides @ found) - float(of_things @ things)
        size = np.log(pivots).sum() + 2 * np.log(np.diag(factor[0])).sum()
        inverse = cho_solve(factor, np.eye(len(sides)))
        return Solved(left, float(size), found, things, inverse)

    def _beside_themselves(self, rater_ratio: float) -> Floats:
        """The mean and the raters among themselves, before things are eliminated."""
        per_rater = self.counts.sum(axis=0)
        matrix = np.diag(np.concatenate([[self.n], rater_ratio**2 * per_rater + 1]))
        matrix[0, 1:] = matrix[1:, 0] = rater_ratio * per_rater
        return np.asarray(matrix)

    def deviance(self, ratios: Floats) -> float:
        """Minus twice the restricted log likelihood, without what is the same for all ratios."""
        solved, free = self.solve(*ratios), self.n - 1
        return solved.log_determinant + free * float(np.log(max(solved.rests, LEAST) / free))


def crossed(ratings: Sequence[Rating]) -> Crossed | None:
    """Of ratings of one pool; None where nothing varies."""
    table = Table(ratings)
    if table.squares <= LEAST * table.n or table.n <= len(table.raters):
        return None
    tries = [
        minimize(table.deviance, begin, method="L-BFGS-B", bounds=[(0, 1e3)] * 2)
        for begin in BEGINNINGS
    ]
    best = min(tries, key=lambda one: float(one.fun)).x
    thing_ratio, rater_ratio = map(float, best)
    solved = table.solve(thing_ratio, rater_ratio)
    rest = max(solved.rests, 0.0) / (table.n - 1)
    return Crossed(
        mean=table.centre + float(solved.fixed_and_raters[0]),
        thing_variance=thing_ratio**2 * rest,
        rater_variance=rater_ratio**2 * rest,
        rest_variance=rest,
        raters=_effects(table, solved, rater_ratio, rest),
        things=dict(zip(table.things, (thing_ratio * solved.things).tolist(), strict=True)),
    )


def _effects(table: Table, solved: Solved, ratio: float, rest: float) -> dict[str, Effect]:
    """With the error of prediction: σ² ratio² (C⁻¹) of the rater."""
    values = ratio * solved.fixed_and_raters[1:]
    around = NORMAL_95 * ratio * np.sqrt(rest * np.diag(solved.inverse)[1:])
    times = table.counts.sum(axis=0)
    return {
        name: Effect(float(value), float(value - off), float(value + off), int(n))
        for name, value, off, n in zip(table.raters, values, around, times, strict=True)
    }
