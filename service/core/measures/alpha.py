"""Krippendorff's α: agreement beyond chance, for any number of raters and with gaps.

α = 1 - observed / expected disagreement (K. Krippendorff, "Computing Krippendorff's Alpha-
Reliability", 2011; Content Analysis, 4th ed., chapter 12). 1: all agree; 0: as if by chance; below:
they disagree by system. Undefined (None) where all values are the same: nothing could differ.
"""

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Things = Sequence[Sequence[float]]
Alphas = Callable[[Floats], Floats]  # of D choices among U things, in shape (D, U): D times α
Metric = Callable[[Things], Alphas]

DRAWS = 2_000
AT_ONCE = 200  # draws, so that memory stays flat
NOTHING = 1e-9


def alpha(things: Things, metric: Metric) -> float | None:
    """Of the values that each thing got; a thing with one value says nothing."""
    pairable = [thing for thing in things if len(thing) > 1]
    if not pairable:
        return None
    found = float(metric(pairable)(np.ones((1, len(pairable))))[0])
    return None if np.isnan(found) else found


def bootstrap(
    things: Things, metric: Metric, *, seed: int, draws: int = DRAWS
) -> tuple[float, float] | None:
    """95 % interval of α by percentiles, over things drawn anew (Efron and Tibshirani, An
    Introduction to the Bootstrap, 1993, §13.3). None where a quarter of the draws have no α.
    """
    pairable = [thing for thing in things if len(thing) > 1]
    if not pairable:
        return None
    alphas, source, found = metric(pairable), np.random.default_rng(seed), []
    even = [1 / len(pairable)] * len(pairable)
    for _ in range(0, draws, AT_ONCE):
        taken = source.multinomial(len(pairable), even, AT_ONCE)
        found.append(alphas(taken.astype(np.float64)))
    every = np.concatenate(found)
    if np.isnan(every).mean() >= 1 / 4:
        return None
    low, high = np.nanpercentile(every, (2.5, 97.5))
    return float(low), float(high)


def nominal(things: Things) -> Alphas:
    """δ²: 1 wherever two values differ."""
    return _by_coincidence(things, lambda times: np.asarray(1.0 - np.eye(times.shape[-1])))


def ordinal(things: Things) -> Alphas:
    """δ²: how many values lie from one to the other, half of both ends left out, squared."""
    return _by_coincidence(things, _ranks_between)


def interval(things: Things) -> Alphas:
    """δ²: the distance, squared; by sums of squares, as values may all be different."""
    centre = np.concatenate([np.asarray(thing) for thing in things]).mean()
    given = [np.asarray(thing, np.float64) - centre for thing in things]
    sizes = np.array([thing.size for thing in given], np.float64)
    sums = np.array([thing.sum() for thing in given])
    squares = np.array([(thing**2).sum() for thing in given])
    apart = 2 * (sizes * squares - sums**2) / (sizes - 1)

    def alphas(taken: Floats) -> Floats:
        total = taken @ sizes
        expected = 2 * (total * (taken @ squares) - (taken @ sums) ** 2) / (total - 1)
        return _one_less(taken @ apart, expected)

    return alphas


def _ranks_between(times: Floats) -> Floats:
    """`times` (D, V): how often each of V values was given; the δ² of two in shape (D, V, V)."""
    middle = np.cumsum(times, axis=1) - times / 2
    return np.asarray((middle[:, :, None] - middle[:, None, :]) ** 2)


def _by_coincidence(things: Things, difference: Callable[[Floats], Floats]) -> Alphas:
    """By the matrix of coincidences: how often two of a thing's m values go together, each counted
    1/(m-1) times, in shape (U, V, V).
    """
    values = sorted({value for thing in things for value in thing})
    counts = np.array([[list(thing).count(value) for value in values] for thing in things])
    own = counts[:, :, None] * np.eye(len(values))
    pairs = counts[:, :, None] * counts[:, None, :] - own
    together = pairs / (counts.sum(axis=1) - 1)[:, None, None]
    return partial(_alphas, together.astype(np.float64), difference)


def _alphas(together: Floats, difference: Callable[[Floats], Floats], taken: Floats) -> Floats:
    coincidences = np.tensordot(taken, together, axes=1)
    times = coincidences.sum(axis=2)
    apart = difference(times)
    by_chance = times[:, :, None] * times[:, None, :] * apart
    expected = by_chance.sum(axis=(1, 2)) / (times.sum(axis=1) - 1)
    return _one_less((coincidences * apart).sum(axis=(1, 2)), expected)


def _one_less(observed: Floats, expected: Floats) -> Floats:
    undefined = np.full_like(expected, np.nan)
    return 1 - np.divide(observed, expected, out=undefined, where=expected > NOTHING)
