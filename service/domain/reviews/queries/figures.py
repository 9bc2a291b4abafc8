"""Plain figures of what reviewers gave, the same wherever they are shown."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, median, stdev

APART = 2  # levels


@dataclass(frozen=True)
class Figures:
    """Of the numbers given. `spread` is the sample standard deviation: None for fewer than two."""

    n: int
    mean: float | None
    median: float | None
    min: float | None
    max: float | None
    spread: float | None


def figures_of(given: Sequence[float]) -> Figures:
    return Figures(
        n=len(given),
        mean=fmean(given) if given else None,
        median=float(median(given)) if given else None,
        min=min(given, default=None),
        max=max(given, default=None),
        spread=stdev(given) if len(given) > 1 else None,
    )


def disagree(levels: Sequence[int], scale: int) -> bool:
    """Two levels apart or more, or, where there are only two, at both ends of the scale."""
    return bool(levels) and max(levels) - min(levels) >= min(APART, scale - 1)
