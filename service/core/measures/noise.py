"""Noise in judgement: how far apart equal cases are judged, and why.

System noise² = level noise² + pattern noise²: some raters are stricter throughout (level), and
each has likings of their own (pattern, with what a bad day does). D. Kahneman, O. Sibony, C. R.
Sunstein, Noise, 2021, chapter 6 and appendix A.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from service.core.measures.ratings import Rating
from service.core.measures.severity import Crossed


@dataclass(frozen=True)
class Noise:
    """Standard deviations in points of the scale; their squares add up to `system` squared.

    `complete`: everybody rated everything, so that it is what was seen. Else it is estimated.
    """

    system: float
    level: float
    pattern: float
    complete: bool


def noise(ratings: Sequence[Rating], crossed: Crossed) -> Noise:
    """Of ratings of one pool, with what `crossed` estimated from them."""
    raters = sorted({one.rater for one in ratings})
    things = sorted({one.thing for one in ratings})
    if len(raters) * len(things) != len(ratings):
        level, pattern = crossed.rater_variance, crossed.rest_variance
        return _noise(level, pattern, complete=False)
    value = {(one.thing, one.rater): one.value for one in ratings}
    table = np.array([[value[thing, rater] for rater in raters] for thing in things])
    system = float(table.var(axis=1).mean())
    level = float(table.mean(axis=0).var())
    return _noise(level, max(system - level, 0.0), complete=True)


def _noise(level: float, pattern: float, *, complete: bool) -> Noise:
    system, level, pattern = np.sqrt([level + pattern, level, pattern]).tolist()
    return Noise(system, level, pattern, complete)
