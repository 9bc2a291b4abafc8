"""How many ratings make a mean as reliable as wanted. (Spearman 1910; Brown 1910.)"""

from math import ceil

MOST = 1_000


def stepped_up(single: float, times: float) -> float:
    """The reliability of the mean of `times` ratings, of one of which it is `single`."""
    return times * single / (1 + (times - 1) * single)


def wanted(single: float, reliability: float = 0.8) -> int | None:
    """How many ratings it takes; None where one says nothing (or a thousand would not do)."""
    if single <= 0:
        return None
    if single >= reliability:
        return 1
    needed = reliability * (1 - single) / (single * (1 - reliability))
    return ceil(needed - 1e-9) if needed <= MOST else None
