"""The intraclass correlation: how much of what a score varies by lies in what was judged.

One-way random effects, as each thing has raters of its own: ICC(1) of one rating, ICC(k) of the
mean of k (P. E. Shrout, J. L. Fleiss, "Intraclass Correlations", Psychological Bulletin 86, 1979).
Where a things have unequally many of N ratings, k is (N - Σnᵢ²/N)/(a - 1), as in Searle, Casella
and McCulloch, Variance Components, 1992, §3.6; the interval, by quantiles of F, is exact for
equally many and close otherwise.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf

import numpy as np
import numpy.typing as npt
from scipy.special import fdtri

CONFIDENCE = 0.95
NOTHING = 1e-9


@dataclass(frozen=True)
class Intraclass:
    """`single` is ICC(1), `mean` is ICC(k) for `k` ratings; each with its interval at 95 %."""

    single: float
    single_interval: tuple[float, float]
    mean: float | None
    mean_interval: tuple[float | None, float | None]
    k: float
    balanced: bool


def intraclass(things: Sequence[Sequence[float]]) -> Intraclass | None:
    """Of the values that each thing got; None where nothing varies or there is one thing only."""
    given = [np.asarray(thing, np.float64) for thing in things if len(thing) > 1]
    if len(given) <= 1:
        return None
    sizes = np.array([thing.size for thing in given])
    total, a = int(sizes.sum()), len(given)
    between, within = _mean_squares(given)
    if between + within <= NOTHING:
        return None
    k = (total - float((sizes**2).sum()) / total) / (a - 1)
    ratio = between / within if within > NOTHING else inf
    tail = (1 + CONFIDENCE) / 2
    low = ratio / float(fdtri(a - 1, total - a, tail))
    high = ratio * float(fdtri(total - a, a - 1, tail))
    return Intraclass(
        single=_single(ratio, k),
        single_interval=(_single(low, k), _single(high, k)),
        mean=_mean(ratio),
        mean_interval=(_mean(low), _mean(high)),
        k=k,
        balanced=len(set(sizes)) == 1,
    )


def _mean_squares(given: Sequence[npt.NDArray[np.float64]]) -> tuple[float, float]:
    """Between the things and within them."""
    every = np.concatenate(given)
    grand = every.mean()
    between = sum(thing.size * float(thing.mean() - grand) ** 2 for thing in given)
    within = sum(float(((thing - thing.mean()) ** 2).sum()) for thing in given)
    return between / (len(given) - 1), within / (every.size - len(given))


def _single(ratio: float, k: float) -> float:
    return (ratio - 1) / (ratio + k - 1) if ratio < inf else 1.0


def _mean(ratio: float) -> float | None:
    """None: things differ less than chance lets them, without end."""
    return 1 - 1 / ratio if ratio > 0 else None
